"""Index ▶ the files of each course, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from weakref import WeakKeyDictionary

from coursebot.index import Searchable
from coursebot.types import Course, Section


@dataclass(frozen=True, slots=True)
class File:
    """A file of a course, and its sections in document order."""

    course: Course
    path: str
    title: str
    """Its outermost heading when there is one, else the file's name, unless that says nothing."""
    sections: tuple[Section, ...]


SAYS_NOTHING = frozenset({"readme", "index"})
"""Names that many files of a course may have."""


_known: WeakKeyDictionary[Searchable, Mapping[str, File]] = WeakKeyDictionary()


def files(index: Searchable) -> Mapping[str, File]:
    """Return the files of ``index`` by path, in document order; remembered as long as it lives."""
    kept = _known.get(index)
    if kept is None:
        kept = _known[index] = _files(index)
    return kept


def _files(index: Searchable) -> Mapping[str, File]:
    found: dict[str, File] = {}
    for path, run in groupby(index.sections.values(), key=lambda section: section.path):
        sections = tuple(run)
        course = index.courses[sections[0].course]
        outermost = [s.heading_path[0] for s in sections if len(s.heading_path) == 1]
        stem = PurePosixPath(path).stem
        first = len(outermost) == 1 or (outermost and stem.casefold() in SAYS_NOTHING)
        title = outermost[0] if first else stem
        found[path] = File(course, path, title, sections)
    return found


def neighbours(index: Searchable, file: File) -> tuple[File | None, File | None]:
    """Return the files before and after ``file`` in its course."""
    same = [other for other in files(index).values() if other.course.name == file.course.name]
    at = next(n for n, other in enumerate(same) if other.path == file.path)
    before = same[at - 1] if at else None
    return before, same[at + 1] if at + 1 < len(same) else None
