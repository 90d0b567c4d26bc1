"""Index or corpus ▶ the text that gold is resolved against, the same from both."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from coursebot.evaluation.golden.folding import Folded, fold, folded
from coursebot.evaluation.golden.nearest import Nearest
from coursebot.evaluation.golden.records import Source
from coursebot.types import Corpus, Lines, Section, Span, Statement


class Indexed(Protocol):
    """What is needed of an index."""

    @property
    def sections(self) -> Mapping[str, Section]:
        """All sections by id, in document order."""

    @property
    def statements(self) -> Sequence[Statement]:
        """All statements in document order."""

    def source(self, path: str) -> str:
        """Return the text of a file."""


class File:
    """One file of a course; spans are offsets into ``source``."""

    def __init__(
        self,
        course: str,
        path: str,
        source: str,
        sections: tuple[Section, ...],
        statements: tuple[Statement, ...],
    ) -> None:
        self.course = course
        self.path = path
        """Relative to the corpus folder."""
        self.source = source
        self.sections = sections
        """In document order."""
        self.statements = statements
        """In document order."""

    @cached_property
    def folded(self) -> Folded:
        """The source in the form in which quotes are compared."""
        return folded(self.source)

    @cached_property
    def reading(self) -> tuple[str, list[int]]:
        """The folded text of all statements as a learner reads them, and where each begins."""
        texts = [fold(statement.plain) for statement in self.statements]
        starts = [0]
        for text in texts:
            starts.append(starts[-1] + len(text))
        return "".join(texts), starts

    @cached_property
    def _line_ends(self) -> list[int]:
        return [n for n, character in enumerate(self.source) if character == "\n"]

    @cached_property
    def _section_starts(self) -> list[int]:
        return [section.span[0] for section in self.sections]

    def lines(self, span: Span) -> Lines:
        """Return the lines from the first to the last character of a span."""
        last = max(span[0], span[1] - 1)
        return (bisect_left(self._line_ends, span[0]) + 1, bisect_left(self._line_ends, last) + 1)

    def sections_of(self, span: Span) -> tuple[Section, ...]:
        """Return the sections that a span touches, in document order."""
        first = max(bisect_right(self._section_starts, span[0]) - 1, 0)
        last = max(bisect_left(self._section_starts, span[1]), first + 1)
        return tuple(s for s in self.sections[first:last] if s.span[1] > span[0])

    def stretches(self, heading_path: Sequence[str]) -> tuple[Span, ...]:
        """Return where a section with these headings and what lies below it stand.

        ``heading_path`` is all of the section's headings or the last ones of them; sections of
        which it is all come first. White space and width of the characters do not count.
        """
        wanted = [fold(heading) for heading in heading_path]
        whole: list[Span] = []
        partly: list[Span] = []
        for position, section in enumerate(self.sections):
            if len(section.heading_path) < len(wanted):
                continue
            if [fold(h) for h in section.heading_path[-len(wanted) :]] == wanted:
                found = (section.span[0], self._end_below(position))
                (whole if len(section.heading_path) == len(wanted) else partly).append(found)
        return (*whole, *partly)

    def _end_below(self, position: int) -> int:
        """Return where the last section below the one at ``position`` ends."""
        section = self.sections[position]
        end = section.span[1]
        for below in self.sections[position + 1 :]:
            if below.level <= section.level:
                break
            end = below.span[1]
        return end


class Material:
    """All files of a corpus, as a golden set's sources name them; safe for many threads."""

    def __init__(self, files: Iterable[File]) -> None:
        self.files: dict[str, File] = {file.path: file for file in files}
        """By path relative to the corpus folder, in document order."""
        self._paths = {_plain(path): path for path in self.files}

    @classmethod
    def from_index(cls, index: Indexed) -> Material:
        """Return the material that an index was made from."""
        statements = {
            path: tuple(group) for path, group in groupby(index.statements, attrgetter("path"))
        }
        return cls(
            File(group[0].course, path, index.source(path), group, statements.get(path, ()))
            for path, group in _by_path(index.sections.values())
        )

    @classmethod
    def from_corpus(cls, corpus: Corpus) -> Material:
        """Return the material of a corpus as it stands on the disk."""
        return cls(
            File(doc.course, doc.path, doc.source, doc.sections, doc.statements)
            for doc in corpus.documents
        )

    @property
    def courses(self) -> tuple[str, ...]:
        """The names of the courses, in order."""
        return tuple(dict.fromkeys(file.course for file in self.files.values()))

    def file(self, path: str, course: str | None) -> File | None:
        """Return the file that a source names; None when it is not there.

        ``path`` is relative to the course's folder or, without a course, to the corpus folder;
        one relative to the corpus folder that lies in the course is understood as well.
        """
        plain = _plain(path)
        names = [plain] if course is None else [_plain(f"{course}/{plain}"), plain]
        for name in names:
            file = self.files.get(self._paths.get(name, ""))
            if file is not None and course in (None, file.course):
                return file
        return None

    def source_of(
        self, statement: Statement, heading_path: Sequence[str], course: str | None
    ) -> Source:
        """Return a statement of the material as a source in the set of ``course``."""
        return Source(
            path=self.relative(self.files[statement.path], course),
            heading_path=tuple(heading_path),
            quote=statement.text,
        )

    def relative(self, file: File, course: str | None) -> str:
        """Return a file's path as a source of a set about ``course`` gives it."""
        prefix = f"{course}/"
        short = file.path.removeprefix(prefix) if course else file.path
        return short if self.file(short, course) is file else file.path

    @cached_property
    def nearest(self) -> Nearest:
        """Finds the statement that is most like a quote."""
        return Nearest([s for file in self.files.values() for s in file.statements])


def _by_path(sections: Iterable[Section]) -> list[tuple[str, tuple[Section, ...]]]:
    return [(path, tuple(group)) for path, group in groupby(sections, attrgetter("path"))]


def _plain(path: str) -> str:
    """Return a path as all systems write it: forward slashes, composed characters."""
    plain = unicodedata.normalize("NFC", path).replace("\\", "/")
    return plain.removeprefix("./")
