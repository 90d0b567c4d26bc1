"""Index folder ▶ an index in memory that can be searched."""

from __future__ import annotations

import gc
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from coursebot.errors import IndexDamagedError, IndexMismatchError, UnknownCourseError
from coursebot.index import lexical, records, store
from coursebot.index.dense import Dense, Nearest
from coursebot.index.interface import (
    Lexical,
    Pool,
    Positions,
    best_of_each,
    concatenated_ranges,
)
from coursebot.index.lexical import LexicalLeg
from coursebot.index.manifest import REBUILD, Manifest
from coursebot.index.part import Parts, part
from coursebot.index.records import Records
from coursebot.terms import language_of
from coursebot.types import (
    Course,
    Encoder,
    Floats,
    Language,
    Passage,
    Refusal,
    Section,
    Statement,
    Suggestion,
)

Range = tuple[int, int]

_MALFORMED = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What reading files raises that are not as they were written."""


class Index:
    """All courses of a corpus, in document order; never changes, safe for many threads.

    Passages and statements are named by their positions in ``passages`` and ``statements``.
    """

    def __init__(
        self,
        manifest: Manifest,
        contents: Records,
        dense: Mapping[str, Nearest],
        legs: Mapping[str, LexicalLeg],
        version: str = "",
        hidden: int = 0,
    ) -> None:
        self.contents = contents
        self.hidden = hidden
        """Courses of the folder that this index does not know of (see ``only``)."""
        self.manifest = manifest
        self.version = version
        """Name of the version's folder."""
        self.courses: dict[str, Course] = {course.name: course for course in contents.courses}
        self.sections: dict[str, Section] = {section.id: section for section in contents.sections}
        self.statements: tuple[Statement, ...] = contents.statements
        """In document order."""
        self.passages: tuple[Passage, ...] = contents.passages
        """In document order."""
        self.refusals: tuple[Refusal, ...] = contents.refusals
        """Files that were not indexed."""
        self.suggestions: tuple[Suggestion, ...] = contents.suggestions
        """Questions that were seen to be answered when it was built, those of a course together."""
        lengths = np.array([len(p.statements) for p in self.passages], dtype=np.int64)
        self.passage_of_statement: Positions = np.repeat(np.arange(len(lengths)), lengths)
        """Shape (statements,): the position of the passage that holds each statement."""
        self._bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self._sources = {source.path: source.text for source in contents.sources}
        self._positions = {statement.id: n for n, statement in enumerate(self.statements)}
        self._section_range = _ranges([statement.section for statement in self.statements])
        self._course_range = {
            "passages": _ranges([passage.course for passage in self.passages]),
            "statements": _ranges([statement.course for statement in self.statements]),
        }
        self.dense = dense
        """Vectors, by unit."""
        self.legs = legs
        """Lexical legs, by name."""
        self._parts: Parts[Index] = Parts()

    @cached_property
    def japanese(self) -> NDArray[np.bool_]:
        """Shape (passages,): which passages are written in Japanese."""
        return np.array([language_of(p.text) is Language.JA for p in self.passages], dtype=bool)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load the current version in ``folder``, checking the digest of every file.

        Raises IndexMissingError, IndexDamagedError (naming the file) or IndexMismatchError.
        """
        collecting = gc.isenabled()
        gc.disable()  # a hundred thousand records that all live on: nothing to collect
        try:
            return cls._load(folder)
        finally:
            if collecting:
                gc.enable()

    @classmethod
    def _load(cls, folder: Path) -> Self:
        version, manifest, data = store.read(folder)
        if manifest.lexical != lexical.VERSION:
            raise IndexMismatchError(
                f"The index in {folder} was made for {manifest.lexical!r}; "
                f"this coursebot searches by {lexical.VERSION!r}.",
                REBUILD,
            )
        try:
            return cls.from_data(manifest, data, version)
        except _MALFORMED as error:
            raise IndexDamagedError(
                f"The index in {folder} is damaged ({error}).", REBUILD
            ) from None

    @classmethod
    def from_data(cls, manifest: Manifest, data: Mapping[str, bytes], version: str = "") -> Self:
        """Return the index that the files of a version hold, by name; their digests are trusted."""
        return cls(
            manifest,
            records.load(data),
            {unit: Dense.from_bytes(data[f"{unit}.faiss"]) for unit in lexical.UNITS},
            {leg: LexicalLeg.load(leg, data, manifest.counts) for leg in lexical.LEGS},
            version,
        )

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise IndexMismatchError unless ``encoder`` made this index's vectors."""
        self.manifest.check_encoder(encoder)

    def only(self, courses: Collection[str]) -> Index:
        """Return the index of some courses, which knows nothing of the others; remembered."""
        return self._parts.of(self, courses, part)

    def source(self, path: str) -> str:
        """Return the text of the file at ``path``; raises KeyError when it is not indexed."""
        return self._sources[path]

    def statements_of(self, section: str) -> tuple[Statement, ...]:
        """Return a section's statements in document order; none for an unknown section."""
        first, last = self._section_range.get(section, (0, 0))
        return self.statements[first:last]

    def statement_position(self, name: str) -> int | None:
        """Return the position of the statement with this id; None when there is none."""
        return self._positions.get(name)

    def owners(self, statements: Positions) -> Positions:
        """Return the position of the passage that holds each of these statements."""
        return self.passage_of_statement[statements]

    def suggested(self, suggestion: Suggestion) -> str:
        """Return the plain text of the statement that answers one of ``suggestions``."""
        return self.statements[self._positions[suggestion.statement]].plain

    def search(
        self, vector: Floats, terms: Mapping[str, Sequence[str]], k: int, course: str | None = None
    ) -> FolderSearch:
        """Look for the ``k`` nearest passages, twice as many statements, and each leg's ``terms``.

        Raises UnknownCourseError.
        """
        return FolderSearch(self, vector, terms, k, course)

    def statement_ranges(self, passages: Positions) -> tuple[Positions, Positions]:
        """Return the first statement of each passage, and the one after its last."""
        return self._bounds[passages], self._bounds[passages + 1]

    def search_passages(
        self, vector: Floats, k: int, course: str | None = None
    ) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest passages and their cosines, best first, ties in order.

        Raises UnknownCourseError.
        """
        return self.dense["passages"].search(vector, k, *self._range("passages", course))

    def search_statements(
        self, vector: Floats, k: int, course: str | None = None
    ) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest statements, as ``search_passages`` does."""
        return self.dense["statements"].search(vector, k, *self._range("statements", course))

    def passage_cosines(self, vector: Floats, positions: Positions) -> Floats:
        """Return the exact cosine of ``vector`` and each of these passages."""
        return self.dense["passages"].cosines(vector, positions)

    def statement_cosines(self, vector: Floats, positions: Positions) -> Floats:
        """Return the exact cosine of ``vector`` and each of these statements."""
        return self.dense["statements"].cosines(vector, positions)

    def bm25(self, leg: str, terms: Sequence[str], course: str | None = None) -> Floats:
        """Return the BM25 score of every passage; 0 outside ``course``. Unknown terms add 0.

        Raises UnknownCourseError.
        """
        return self._bm25("passages", leg, terms, course)

    def statement_bm25(self, leg: str, terms: Sequence[str], course: str | None = None) -> Floats:
        """Return the BM25 score of every statement, as ``bm25`` does of passages."""
        return self._bm25("statements", leg, terms, course)

    def idf(self, leg: str, term: str) -> float:
        """Return the inverse document frequency of a leg's term over passages; 0.0 if unknown."""
        return self.legs[leg].idf(term)

    def _bm25(self, unit: str, leg: str, terms: Sequence[str], course: str | None) -> Floats:
        scores = self.legs[leg].score(unit, terms)
        first, last = self._range(unit, course)
        scores[:first] = 0
        scores[last:] = 0
        return scores

    def _range(self, unit: str, course: str | None) -> Range:
        if course is None:
            return 0, len(self.passages if unit == "passages" else self.statements)
        if course not in self.courses:
            raise UnknownCourseError.among(course, self.courses)
        return self._course_range[unit].get(course, (0, 0))


class FolderSearch:
    """One question's search in an index in memory."""

    def __init__(
        self,
        index: Index,
        vector: Floats,
        terms: Mapping[str, Sequence[str]],
        k: int,
        course: str | None,
    ) -> None:
        self._index = index
        self._vector = vector
        self.timings_ms: dict[str, float] = {}
        self.first_passage, last_passage = index._range("passages", course)
        self.first_statement, last_statement = index._range("statements", course)
        self.lexical: dict[str, Lexical] = {}
        for leg, wanted in terms.items():
            with self._timed(leg):
                self.lexical[leg] = Lexical(
                    {term: index.idf(leg, term) for term in wanted},
                    index.bm25(leg, wanted)[self.first_passage : last_passage],
                    index.statement_bm25(leg, wanted)[self.first_statement : last_statement],
                )
        with self._timed("dense"):
            self.passages, _ = index.search_passages(vector, k, course)
        with self._timed("statement"):
            self.statements, _ = index.search_statements(vector, 2 * k, course)

    @contextmanager
    def _timed(self, leg: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings_ms[leg] = (time.perf_counter() - started) * 1000

    def gather(self, passages: Positions, statements: Positions) -> Pool:
        """Return ``passages`` and those that hold ``statements``, with exact cosines."""
        index = self._index
        pool = np.unique(np.concatenate([passages, index.owners(statements)])).astype(np.int64)
        first, last = index.statement_ranges(pool)
        cosines = self.cosines(concatenated_ranges(first, last))
        return Pool(
            pool,
            first,
            last,
            index.passage_cosines(self._vector, pool),
            best_of_each(cosines, last - first),
            index.japanese[pool],
        )

    def cosines(self, statements: Positions) -> Floats:
        """Return the exact cosines of statements."""
        return self._index.statement_cosines(self._vector, statements)


def _ranges(names: Sequence[str]) -> dict[str, Range]:
    """Return where each name's run begins and ends; raises ValueError when one has two runs."""
    ranges: dict[str, Range] = {}
    first = 0
    for name, run in groupby(names):
        if name in ranges:
            raise ValueError(f"{name!r} is not in one piece")
        last = first + sum(1 for _ in run)
        ranges[name] = (first, last)
        first = last
    return ranges
