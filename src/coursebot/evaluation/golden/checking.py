"""A golden set's file and the material ▶ what an author should know of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coursebot.evaluation.golden.files import parse
from coursebot.evaluation.golden.material import Material
from coursebot.evaluation.golden.placing import Match, Placed, Stale, place
from coursebot.evaluation.golden.problems import Problem
from coursebot.evaluation.golden.records import Asked, GoldenItem, Source, Status, kind_of

GROUPS = ("status", "lang", "kind", "difficulty", "origin", "tag")
"""What questions are counted by."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A source that no longer stands in the material, and the line of its item."""

    line: int
    row: str
    """The item's id; ``id#2`` for its first follow-up."""
    stale: Stale


@dataclass(frozen=True, slots=True)
class Moved:
    """A source that stands below other headings, or is written otherwise, than the set says."""

    line: int
    row: str
    source: Source
    placed: Placed


@dataclass(frozen=True, slots=True)
class Checked:
    """One golden set, looked through."""

    path: Path
    course: str | None
    items: tuple[GoldenItem, ...]
    """Those without a fault."""
    problems: tuple[Problem, ...]
    gone: tuple[Gone, ...]
    moved: tuple[Moved, ...]
    counts: Mapping[str, Mapping[str, int]]
    """By group and value, how many questions; of all groups but the status, retired ones are
    left out. Follow-ups are questions of their own."""

    @property
    def questions(self) -> int:
        """How many questions there are, follow-ups and retired ones included."""
        return sum(self.counts["status"].values())


def check(path: Path, material: Material, course: str | None) -> Checked:
    """Look a golden set through; what is wrong with some items does not hide the others."""
    parsed = parse(path)
    gone: list[Gone] = []
    moved: list[Moved] = []
    items: list[GoldenItem] = []
    for entry, item in zip(parsed.entries, parsed.items, strict=True):
        if item is None:
            continue
        items.append(item)
        if item.status is Status.RETIRED:
            continue
        for row, asked in rows(item):
            placed, stale = place(asked, material, course)
            gone += [Gone(entry.line, row, replace(one, item=item.id)) for one in stale]
            moved += [
                Moved(entry.line, row, asked.sources[one.source], one)
                for one in placed
                if one.moved or one.match is not Match.VERBATIM
            ]
    return Checked(
        path, course, tuple(items), parsed.problems, tuple(gone), tuple(moved), count(items)
    )


def rows(item: GoldenItem) -> Iterator[tuple[str, Asked]]:
    """Yield an item's questions with their ids: ``id``, ``id#2`` for the first follow-up, …."""
    yield item.id, item
    for number, followup in enumerate(item.followups, 2):
        yield f"{item.id}#{number}", followup


def count(items: Sequence[GoldenItem]) -> dict[str, dict[str, int]]:
    """Return how many questions there are by group and value, the most frequent first."""
    found: dict[str, Counter[str]] = {group: Counter() for group in GROUPS}
    for item in items:
        for _, asked in rows(item):
            found["status"][item.status.value] += 1
            if item.status is Status.RETIRED:
                continue
            found["lang"][item.lang.value] += 1
            found["kind"][kind_of(asked)] += 1
            found["difficulty"][item.difficulty.value] += 1
            found["origin"][item.origin.value] += 1
            found["tag"].update(item.tags)
    return {
        group: dict(sorted(counter.items(), key=lambda one: (-one[1], one[0])))
        for group, counter in found.items()
    }
