"""A version in a database ▶ an index that can be searched, its outline in memory."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from coursebot.errors import UnknownCourseError
from coursebot.index.arrays import array_of
from coursebot.index.interface import Positions, Searchable
from coursebot.index.lexical import usual_of
from coursebot.index.manifest import Manifest
from coursebot.index.part import Parts
from coursebot.index.postgres import tables
from coursebot.index.postgres.connections import Connection, Connections
from coursebot.index.postgres.lazy import Lazy
from coursebot.index.postgres.part import PostgresPart
from coursebot.index.postgres.rows import (
    Contents,
    Outline,
    contents,
    encoded,
    lengths_name,
)
from coursebot.index.postgres.searching import PostgresSearch
from coursebot.types import Encoder, Floats, Passage, Section, Statement, Suggestion

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

SECTIONS_KEPT = 4096
"""Sections whose statements and passages a process remembers; some 40 MB."""
TERMS_KEPT = 16_384
"""Terms whose inverse document frequency it remembers."""
AT_ONCE = 500
"""Sections read in one step when all are walked through."""


class Recent(Generic[K, T]):
    """The values that were asked for last; safe for many threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, keys: Iterable[K]) -> dict[K, T]:
        """Return what is remembered of ``keys``."""
        with self._lock:
            found = {key: self._held[key] for key in keys if key in self._held}
            for key in found:
                self._held.move_to_end(key)
            return found

    def keep(self, values: Mapping[K, T]) -> None:
        """Remember ``values``, and forget the longest unasked beyond the bound."""
        with self._lock:
            self._held.update(values)
            while len(self._held) > self._most:
                self._held.popitem(last=False)


class PostgresIndex:
    """All courses of a corpus, in document order; safe for many threads.

    Courses, sections and suggestions are in memory; texts, vectors and postings are read from the
    database when a question needs them.
    """

    def __init__(
        self, connections: Connections, number: int, manifest: Manifest, outline: Outline
    ) -> None:
        self.connections = connections
        self.manifest = manifest
        self.version = f"{number:05}"
        self.courses = outline.courses
        self.sections: dict[str, Section] = {s.id: s for s in outline.sections}
        self.hidden = 0
        """No course is unknown to it (see ``only``)."""
        self.refusals = outline.refusals
        self.suggestions = outline.suggestions
        self.outline = outline
        self.statements: Sequence[Statement] = Lazy(
            manifest.counts["statements"], self._statement, self._all_statements
        )
        self.passages: Sequence[Passage] = Lazy(
            manifest.counts["passages"], self._passage, self._all_passages
        )
        self._table_number = number
        self._sections = outline.sections
        self._section_number = {s.id: n for n, s in enumerate(outline.sections)}
        self._course_run = _runs([s.course for s in outline.sections])
        self._file_run = _runs([s.path for s in outline.sections])
        self._recent: Recent[int, Contents] = Recent(SECTIONS_KEPT)
        self._idf: Recent[tuple[str, str], float] = Recent(TERMS_KEPT)
        self._lengths: dict[str, tuple[NDArray[np.unsignedinteger[Any]], float]] = {}
        self._parts: Parts[Searchable] = Parts()

    def only(self, courses: Collection[str]) -> Searchable:
        """Return the index of some courses, which knows nothing of the others; remembered."""
        return self._parts.of(self, courses, lambda _, names: PostgresPart(self, names))

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise IndexMismatchError unless ``encoder`` made this index's vectors."""
        self.manifest.check_encoder(encoder)

    def source(self, path: str) -> str:
        """Return the text of the file at ``path``; raises KeyError when it is not indexed."""
        run = self._file_run.get(path)
        course = self._sections[run.start].course if run else None
        read = sql.SQL("SELECT data FROM {} WHERE path = %s AND course = %s").format(
            self.table("sources")
        )
        row = course and self.connections.run(
            lambda connection: connection.execute(read, [path, course], binary=True).fetchone()
        )
        if not row:
            raise KeyError(path)
        return bytes(row[0]).decode("utf-8", "surrogatepass")

    def statements_of(self, section: str) -> tuple[Statement, ...]:
        """Return a section's statements in document order; none for an unknown section."""
        number = self._section_number.get(section)
        return () if number is None else self.contents([number])[number].statements

    def statement_position(self, name: str) -> int | None:
        """Return the position of the statement with this id; None when there is none."""
        path, _, span = name.rpartition(":")
        start = span.partition("-")[0]
        run = self._file_run.get(path)
        if run is None or not start.isdecimal():
            return None
        number = bisect_right(self._sections, int(start), run.start, run.stop, key=_start) - 1
        if number not in run:
            return None
        names = [statement.id for statement in self.contents([number])[number].statements]
        first = int(self.outline.section_starts["statements"][number])
        return first + names.index(name) if name in names else None

    def owners(self, statements: Positions) -> Positions:
        """Return the position of the passage that holds each of these statements."""
        starts = self.outline.passage_starts
        return (np.searchsorted(starts, statements, side="right") - 1).astype(np.int64)

    def suggested(self, suggestion: Suggestion) -> str:
        """Return the plain text of the statement that answers one of ``suggestions``."""
        return self.outline.suggested[suggestion.statement]

    def idf(self, leg: str, term: str) -> float:
        """Return the inverse document frequency of a leg's term over passages; 0.0 if unknown."""
        found = self._idf.get([(leg, term)])
        if not found:
            read = self.reading_terms()
            rows = self.connections.run(
                lambda connection: connection.execute(
                    read, [leg, [encoded(term)]], binary=True
                ).fetchall()
            )
            found = {(leg, term): float(rows[0][1]) if rows else 0.0}
            self._idf.keep(found)
        return found[(leg, term)]

    def search(
        self, vector: Floats, terms: Mapping[str, Sequence[str]], k: int, course: str | None = None
    ) -> PostgresSearch:
        """Look for the ``k`` nearest passages, twice as many statements, and each leg's ``terms``.

        Raises UnknownCourseError.
        """
        if course is not None and course not in self.courses:
            raise UnknownCourseError.among(course, self.courses)
        return PostgresSearch(self, vector, terms, k, course)

    def table(self, name: str) -> sql.Identifier:
        """Return the name of one of this version's tables."""
        return tables.table(self._table_number, name)

    def reading_terms(self) -> sql.Composed:
        """Return the query for the inverse document frequencies of a leg's terms."""
        return sql.SQL("SELECT term, idf FROM {} WHERE leg = %s AND term = ANY(%s)").format(
            self.table("terms")
        )

    def lengths(self, leg: str, unit: str) -> tuple[NDArray[np.unsignedinteger[Any]], float]:
        """Return how long each passage or statement is, and they usually are; remembered.

        In a leg's terms.
        """
        name = lengths_name(leg, unit)
        if name not in self._lengths:
            read = sql.SQL("SELECT data FROM {} WHERE name = %s").format(self.table("files"))
            row = self.connections.run(
                lambda connection: connection.execute(read, [name], binary=True).fetchone()
            )
            lengths = array_of(bytes(row[0]) if row else b"")
            self._lengths[name] = lengths, usual_of(lengths)
        return self._lengths[name]

    def range_of(self, unit: str, course: str | None) -> tuple[int, int]:
        """Return the first passage or statement of a course, and the one after its last."""
        starts = self.outline.section_starts[unit]
        everything = range(len(self._sections))
        run = everything if course is None else self._course_run.get(course, range(0))
        return int(starts[run.start]), int(starts[run.stop])

    def courses_of(self, unit: str, positions: Positions) -> list[str]:
        """Return the courses of passages or statements, each once."""
        return self.courses_of_sections(set(self.section_numbers(unit, positions).tolist()))

    def courses_of_sections(self, numbers: Iterable[int]) -> list[str]:
        """Return the courses of sections, each once."""
        return sorted({self._sections[number].course for number in numbers})

    def section_numbers(self, unit: str, positions: Positions) -> Positions:
        """Return the number of the section that each passage or statement stands in."""
        starts = self.outline.section_starts[unit]
        return (np.searchsorted(starts, positions, side="right") - 1).astype(np.int64)

    def contents(self, numbers: Sequence[int]) -> dict[int, Contents]:
        """Return what sections hold, those of which it is not remembered from the database."""
        found = self._recent.get(numbers)
        unknown = [number for number in dict.fromkeys(numbers) if number not in found]
        if unknown:
            read = self.connections.run(lambda connection: self.read_contents(connection, unknown))
            self._recent.keep(read)
            found |= read
        return found

    def unknown_sections(self, numbers: Iterable[int]) -> list[int]:
        """Return those of which nothing is remembered."""
        wanted = list(dict.fromkeys(numbers))
        known = self._recent.get(wanted)
        return [number for number in wanted if number not in known]

    def remember(self, rows: Iterable[tuple[int, bytes]]) -> dict[int, Contents]:
        """Return the contents of rows of ``sections``, and remember them."""
        read = {
            number: contents(self._sections[number], number, bytes(data)) for number, data in rows
        }
        self._recent.keep(read)
        return read

    def reading_sections(self) -> sql.Composed:
        """Return the query for sections by courses and numbers."""
        return sql.SQL(
            "SELECT number, data FROM {} WHERE course = ANY(%s) AND number = ANY(%s)"
        ).format(self.table("sections"))

    def read_contents(self, connection: Connection, numbers: Sequence[int]) -> dict[int, Contents]:
        """Read what sections hold."""
        wanted = [self.courses_of_sections(numbers), list(numbers)]
        rows = connection.execute(self.reading_sections(), wanted, binary=True).fetchall()
        return {
            number: contents(self._sections[number], number, bytes(data)) for number, data in rows
        }

    def _statement(self, at: int) -> Statement:
        number, first = self._place("statements", at)
        return self.contents([number])[number].statements[at - first]

    def _passage(self, at: int) -> Passage:
        number, first = self._place("passages", at)
        return self.contents([number])[number].passages[at - first]

    def _place(self, unit: str, at: int) -> tuple[int, int]:
        """Return the section of a passage or statement, and the first one in that section."""
        number = int(self.section_numbers(unit, np.array([at]))[0])
        return number, int(self.outline.section_starts[unit][number])

    def _all_statements(self) -> Iterator[Statement]:
        for found in self.walk(range(len(self._sections))):
            yield from found.statements

    def _all_passages(self) -> Iterator[Passage]:
        for found in self.walk(range(len(self._sections))):
            yield from found.passages

    def walk(self, sections: Sequence[int]) -> Iterator[Contents]:
        """Yield what sections hold, without remembering it."""
        for first in range(0, len(sections), AT_ONCE):
            numbers = sections[first : first + AT_ONCE]
            read = self.connections.run(partial(self.read_contents, numbers=numbers))
            yield from (read[number] for number in numbers)


def _runs(names: Sequence[str]) -> dict[str, range]:
    """Return where each name's run begins and ends."""
    runs: dict[str, range] = {}
    first = 0
    for name, run in groupby(names):
        last = first + sum(1 for _ in run)
        runs[name] = range(first, last)
        first = last
    return runs


def _start(section: Section) -> int:
    return section.span[0]
