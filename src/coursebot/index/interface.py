"""What answering needs of an index, whoever keeps it: memory over a folder, or a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coursebot.index.manifest import Manifest
from coursebot.types import (
    Course,
    Encoder,
    Floats,
    Passage,
    Refusal,
    Section,
    Statement,
    Suggestion,
)

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lexical:
    """What one lexical leg says in one search."""

    idf: Mapping[str, float]
    """Inverse document frequency of each term over all passages; 0.0 of one that none has."""
    passages: Floats
    """BM25 of each passage that is searched, from ``first_passage`` of the search on."""
    statements: Floats
    """BM25 of each statement that is searched, from ``first_statement`` of the search on."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What the fused score of each of some passages is made from."""

    passages: Positions
    """In document order, none twice."""
    first: Positions
    """The first statement of each."""
    last: Positions
    """The one after its last."""
    cosines: Floats
    """Of the passages."""
    nearest: Floats
    """The best cosine among the statements of each."""
    japanese: NDArray[np.bool_]
    """Which are written in Japanese."""


class Search(Protocol):
    """One question's search in one course or in all; not for several threads at once."""

    @property
    def passages(self) -> Positions:
        """The nearest passages, best cosine first, ties in document order."""

    @property
    def statements(self) -> Positions:
        """The nearest statements, in the same order."""

    @property
    def first_passage(self) -> int:
        """The position of the first passage that is searched."""

    @property
    def first_statement(self) -> int:
        """The position of the first statement that is searched."""

    @property
    def lexical(self) -> Mapping[str, Lexical]:
        """What each lexical leg says, by its name."""

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """How long each leg took, by its name; ``dense`` and ``statement`` are the cosines."""

    def gather(self, passages: Positions, statements: Positions) -> Pool:
        """Return ``passages`` and those that hold ``statements``, with exact cosines."""

    def cosines(self, statements: Positions) -> Floats:
        """Return the exact cosines of statements, which are read next."""


class Searchable(Protocol):
    """All courses of a corpus, in document order; never changes, safe for many threads.

    Passages and statements are named by their positions in ``passages`` and ``statements``. An
    index in a database raises IndexUnreachableError or IndexReplacedError wherever it is asked.
    """

    @property
    def manifest(self) -> Manifest:
        """What it was made from."""

    @property
    def version(self) -> str:
        """Name of the version."""

    @property
    def courses(self) -> dict[str, Course]:
        """By name."""

    @property
    def sections(self) -> Mapping[str, Section]:
        """By id, in document order."""

    @property
    def statements(self) -> Sequence[Statement]:
        """In document order."""

    @property
    def passages(self) -> Sequence[Passage]:
        """In document order."""

    @property
    def refusals(self) -> Sequence[Refusal]:
        """Files that were not indexed."""

    @property
    def suggestions(self) -> Sequence[Suggestion]:
        """Questions that were seen to be answered when it was built, those of a course together."""

    @property
    def hidden(self) -> int:
        """How many courses there are that this index does not know of (see ``only``)."""

    def only(self, courses: Collection[str]) -> Searchable:
        """Return the index of some courses, as if the others had never been indexed; remembered.

        Names that it does not have say nothing; with all of its courses, it is the index itself.
        """

    def __hash__(self) -> int:
        """One index is itself alone: what is made of it can be remembered with it."""

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise IndexMismatchError unless ``encoder`` made this index's vectors."""

    def source(self, path: str) -> str:
        """Return the text of the file at ``path``; raises KeyError when it is not indexed."""

    def statements_of(self, section: str) -> tuple[Statement, ...]:
        """Return a section's statements in document order; none for an unknown section."""

    def statement_position(self, name: str) -> int | None:
        """Return the position of the statement with this id; None when there is none."""

    def owners(self, statements: Positions) -> Positions:
        """Return the position of the passage that holds each of these statements."""

    def suggested(self, suggestion: Suggestion) -> str:
        """Return the plain text of the statement that answers one of ``suggestions``."""

    def idf(self, leg: str, term: str) -> float:
        """Return the inverse document frequency of a leg's term over passages; 0.0 if unknown."""

    def search(
        self, vector: Floats, terms: Mapping[str, Sequence[str]], k: int, course: str | None = None
    ) -> Search:
        """Look for the ``k`` nearest passages, twice as many statements, and each leg's ``terms``.

        ``terms`` has those of every leg in ``LEGS``. Raises UnknownCourseError.
        """


def concatenated_ranges(first: Positions, last: Positions) -> Positions:
    """Return first[0]..last[0]-1, first[1]..last[1]-1, … as one array."""
    lengths = last - first
    if not len(lengths):
        return np.zeros(0, dtype=np.int64)
    offsets = np.repeat(first - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    positions: Positions = np.arange(int(lengths.sum()), dtype=np.int64) + offsets
    return positions


def best_of_each(scores: Floats, lengths: Positions) -> Floats:
    """Return the greatest of the first lengths[0] scores, of the next lengths[1], and so on."""
    if not len(lengths):
        return np.zeros(0, dtype=np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    best: Floats = np.maximum.reduceat(scores, starts)
    return best
