"""What two runs were made from ▶ what differs, and whether they can be compared at all."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from coursebot.errors import RunError
from coursebot.evaluation.comparison.alignment import Alignment
from coursebot.evaluation.run import Run
from coursebot.evaluation.run.records import RunInfo

What = Literal["golden", "tags", "course", "corpus", "index", "model", "settings", "code"]

LISTED = 5
"""Ids that a message names of each sort."""


@dataclass(frozen=True, slots=True)
class Differing:
    """One thing that the runs were made from and that is not the same."""

    what: What
    name: str
    """The field; of a setting, its name."""
    before: str
    after: str


def differing(a: RunInfo, b: RunInfo) -> tuple[Differing, ...]:
    """Return everything but the machine in which the runs' inputs differ, each setting by name."""
    return tuple(one for one in _inputs(a, b) if one.before != one.after)


def _inputs(a: RunInfo, b: RunInfo) -> Iterator[Differing]:
    yield Differing("golden", "golden_digest", a.golden_digest, b.golden_digest)
    yield Differing("tags", "tags", *(", ".join(sorted(x.tags)) or "all" for x in (a, b)))
    yield Differing("course", "course", a.course or "all", b.course or "all")
    yield Differing("corpus", "corpus_digest", a.corpus_digest, b.corpus_digest)
    yield Differing("index", "index_digest", a.index_digest, b.index_digest)
    yield Differing("model", "model", a.model, b.model)
    yield Differing("model", "model_fingerprint", a.model_fingerprint, b.model_fingerprint)
    for name in dict.fromkeys([*a.settings, *b.settings]):
        if name != "model":  # said already
            old, new = (str(x.settings.get(name, "–")) for x in (a, b))
            yield Differing("settings", name, old, new)
    yield Differing("code", "code", a.code, b.code)


def check_finished(run: Run) -> None:
    """Raise RunError, with the command that finishes it, for a run that was broken off."""
    if run.finished:
        return
    info = run.info
    parts = ["coursebot", "eval", info.golden]
    if info.course:
        parts += ["--course", info.course]
    for tag in info.tags:
        parts += ["--tag", tag]
    parts += ["--out", run.folder.parent.as_posix(), "--name", info.name]
    raise RunError(
        f"The run {run.folder} is not finished: {len(run.rows):,} of {info.questions:,} questions.",
        f"Finish it: {shlex.join(parts)}",
    )


def refusal(a: RunInfo, b: RunInfo, found: Alignment) -> RunError:
    """Return the error for runs of other golden sets: both digests, and what differs in them."""
    sorts = {
        "added": [row.id for row in found.added],
        "removed": [row.id for row in found.removed],
        "changed": [change.after.id for change in found.edited],
    }
    listed = [f"{len(ids):,} {name} ({_some(ids)})" for name, ids in sorts.items() if ids]
    if not listed:
        listed = ["only what no verdict depends on, such as tags, notes or clusters"]
    tags = "".join(
        f" {run.name} asked only items tagged {' or '.join(run.tags)}."
        for run in (a, b)
        if run.tags and set(a.tags) != set(b.tags)
    )
    return RunError(
        f"The runs were made with different golden sets: {a.name} with {a.golden_digest[:12]}, "
        f"{b.name} with {b.golden_digest[:12]}. Items: {', '.join(listed)}.{tags}",
        f"Make the older run again with the same set (coursebot eval {shlex.quote(b.golden)}), or "
        f"compare the {len(found.pairs):,} questions that are the same in both: add --aligned.",
    )


def _some(ids: Iterable[str]) -> str:
    held = list(ids)
    more = f" and {len(held) - LISTED:,} more" if len(held) > LISTED else ""
    return ", ".join(held[:LISTED]) + more
