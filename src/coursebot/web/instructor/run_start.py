"""What an instructor fills in, or a broken-off run ▶ an order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from coursebot.errors import CoursebotError, RunError
from coursebot.retrieval import Weights
from coursebot.web.instructor.jobs import Order

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.evaluation.golden import GoldenSet
    from coursebot.evaluation.run.records import RunInfo

PRESETS = (
    ("default", "weights.default"),
    ("lexical=0", "weights.meaning"),
    ("dense=0", "weights.words"),
)
"""Weights that the form offers, and the key of each one's name."""

SUFFIXES = (".jsonl", ".yaml", ".yml")
EVERYWHERE = "*"
"""In the form: all courses are asked."""

_NAME = re.compile(r"[\w][\w.+=-]{0,99}")


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in, as it was."""

    golden: str = ""
    course: str = ""
    """Empty: the golden set's own; ``*``: all of them; ``=name``: this one."""
    tags: str = ""
    weights: str = "default"
    name: str = ""

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Self:
        """Return what a request carries; anything that is no text is left out."""
        held = {
            name: value.strip()[:500]
            for name in ("golden", "course", "tags", "weights", "name")
            if isinstance(value := given.get(name), str)
        }
        return cls(**held)


def golden_sets(corpus: Path) -> dict[str, Path]:
    """Return the golden sets of the courses, by the name that the pages and runs call them."""
    found = (
        path
        for place in (corpus, *sorted(folder for folder in _folders(corpus)))
        for suffix in SUFFIXES
        if (path := place / f"golden{suffix}").is_file()
    )
    return {name_of(path, corpus): path for path in found}


def sets_of(assistant: Assistant) -> dict[str, Path]:
    """Return the golden sets of the courses that an assistant knows."""
    from coursebot.evaluation.golden import course_of

    corpus = assistant.settings.corpus
    found = golden_sets(corpus)
    if not assistant.index.hidden:
        return found
    return {
        name: path for name, path in found.items() if course_of(path, corpus) in assistant.courses
    }


def name_of(golden: Path, corpus: Path) -> str:
    """Return a golden set's name, as ``coursebot eval`` would call it, without machine paths."""
    from coursebot.evaluation.run.fingerprints import shown_path

    shown = shown_path(golden)
    if "/" not in shown and golden.resolve().is_relative_to(corpus.resolve()):
        return f"{corpus.name}/{golden.resolve().relative_to(corpus.resolve()).as_posix()}"
    return shown


def order(form: Form, assistant: Assistant, runs: Path) -> Order:
    """Return the order that a form means, every part of it tried; raises CoursebotError."""
    from coursebot.evaluation import golden
    from coursebot.evaluation.run import describe

    corpus = assistant.settings.corpus
    path = sets_of(assistant).get(form.golden)
    if path is None:
        raise RunError(f"There is no golden set {form.golden[:100]!r}.")
    if form.name and not _NAME.fullmatch(form.name):
        raise RunError(
            f"{form.name!r} cannot be the name of a run.",
            "Use letters, digits and . _ + = -, with a letter or digit first.",
        )
    if form.name and ((runs / form.name).exists() or form.name == "latest"):
        raise RunError(f"There is a run called {form.name} already.", "Give another name.")
    if form.course == EVERYWHERE:
        course = None
    else:
        course = form.course.removeprefix("=") or golden.course_of(path, corpus)
    made = Order(
        golden=path,
        golden_name=form.golden,
        course=course,
        tags=tuple(sorted(set(form.tags.replace(",", " ").split()))),
        weights=Weights.parse(form.weights),
        name=form.name or None,
    )
    describe(assistant, golden.read(path), course=course, tags=made.tags)
    return made


def again(info: RunInfo, name: str, assistant: Assistant) -> Order:
    """Return the order that goes on with a broken-off run; raises CoursebotError.

    The golden set is the one whose questions are those of the run, wherever it is now.
    """
    from coursebot.evaluation import golden
    from coursebot.evaluation.run.fingerprints import INPUTS

    weights = Weights.parse(str(info.settings.get("weights", "default")))
    for path in _candidates(info, assistant):
        try:
            held = golden.read(path)
            now = _described(assistant.weighted(weights), held, info)
        except CoursebotError:
            continue
        if now.golden_digest != info.golden_digest:
            continue
        differing = [field for field in INPUTS if getattr(now, field) != getattr(info, field)]
        if differing:
            raise RunError(
                f"The run {name} was made from something else ({', '.join(differing)}).",
                "Start a new run.",
            )
        return Order(path, info.golden, info.course, info.tags, weights, name, new=False)
    raise RunError(
        f"The golden set of the run {name} is not there any more, or its questions were edited.",
        "Start a new run.",
    )


def _described(assistant: Assistant, held: GoldenSet, info: RunInfo) -> RunInfo:
    from coursebot.evaluation.run import describe

    return describe(assistant, held, course=info.course, tags=info.tags, golden_name=info.golden)


def _candidates(info: RunInfo, assistant: Assistant) -> Iterable[Path]:
    known = sets_of(assistant)
    if info.golden in known:
        yield known[info.golden]
    # A set elsewhere, that the command line was given below the folder it runs in.
    here = Path.cwd().resolve()
    named = (here / info.golden).resolve()
    if named.is_relative_to(here) and named.suffix in SUFFIXES and named.is_file():
        yield named
    yield from (path for name, path in known.items() if name != info.golden)


def _folders(corpus: Path) -> list[Path]:
    try:
        return [path for path in corpus.iterdir() if path.is_dir()]
    except OSError:
        return []
