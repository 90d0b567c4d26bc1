"""A version that is being written ▶ questions that it answers, few courses in memory at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from coursebot.index import lexical, store
from coursebot.index.dense import EXACT_UP_TO, Dense
from coursebot.index.kept import Places
from coursebot.index.lexical import LexicalLeg
from coursebot.index.loaded import Index
from coursebot.index.manifest import Manifest
from coursebot.index.part import counts_of, manifest_of
from coursebot.index.progress import Progress, Silent
from coursebot.index.staged import Staged, course_of
from coursebot.types import Course, Suggestion

TOGETHER = EXACT_UP_TO
"""Statements up to which all courses are asked as one index, as learners ask them."""


class Suggester(Protocol):
    """Index ▶ questions that it answers."""

    @property
    def version(self) -> str:
        """Changes with everything but corpus and model that decides what is suggested."""

    def __call__(self, index: Index, progress: Progress) -> Sequence[Suggestion]:
        """Return the suggestions for ``index``, those of a course together."""


def suggestions(
    suggest: Suggester,
    staged: Staged,
    manifest: Manifest,
    courses: Mapping[str, Course],
    places: Mapping[str, Places],
    progress: Progress,
) -> list[Suggestion]:
    """Return the suggestions for every course of ``staged``, whose files are all written.

    In a large corpus each course is asked as an index of its own, so that neither memory nor the
    time that a question takes grow with the other courses.
    """
    if manifest.counts["statements"] <= TOGETHER or len(courses) == 1:
        whole = Index.from_data(manifest, store.Files(staged.folder))
        return list(suggest(whole, progress))
    found: list[Suggestion] = []
    progress.start(len(courses), "courses asked")
    for name in courses:
        found.extend(suggest(_alone(staged, manifest, name, courses, places), Silent()))
        progress.advance(1)
    progress.done()
    return found


def _alone(
    staged: Staged,
    manifest: Manifest,
    name: str,
    courses: Mapping[str, Course],
    places: Mapping[str, Places],
) -> Index:
    """Return the index of one course."""
    contents = course_of(staged, name, courses)
    dense: dict[str, Dense] = {}
    texts: dict[str, list[str]] = {}
    for unit in lexical.UNITS:
        first, last = staged.shares[name].rows[f"{unit}.json"]
        dense[unit] = Dense.build(places[unit].read(first, last, manifest.dimension))
        texts[unit] = [staged.text(unit, at) for at in range(first, last)]
    legs = {
        leg: LexicalLeg.build(tokenise, texts["passages"], texts["statements"])
        for leg, tokenise in lexical.LEGS.items()
    }
    files = [(one.course, one.path, one.digest) for one in contents.sources]
    about = manifest_of(manifest, contents.courses, files, counts_of(contents))
    return Index(about, contents, dense, legs)
