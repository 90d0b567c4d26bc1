"""An index in a database ▶ the same with some of its courses alone, as the folder's ``part``.

Nothing is copied: positions are numbered anew here, every query names the courses, and how rare a
word is is counted in these courses for each question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from coursebot.errors import UnknownCourseError
from coursebot.index.interface import Lexical, Pool, Positions, Searchable, concatenated_ranges
from coursebot.index.lexical import UNITS, usual_of
from coursebot.index.part import manifest_of
from coursebot.index.postgres.counting import count, recounted
from coursebot.index.postgres.lazy import Lazy
from coursebot.index.postgres.rows import encoded
from coursebot.index.postgres.searching import PostgresSearch
from coursebot.types import Encoder, Floats, Passage, Refusal, Section, Statement, Suggestion

if TYPE_CHECKING:
    from coursebot.index.postgres.engine import PostgresIndex


class PostgresPart:
    """Some courses of an index in a database; safe for many threads."""

    def __init__(self, whole: PostgresIndex, names: Collection[str]) -> None:
        self.whole = whole
        self.version = whole.version
        self.courses = {name: one for name, one in whole.courses.items() if name in names}
        self.hidden = len(whole.courses) - len(self.courses)
        """Courses that this index does not know of."""
        everything = list(whole.sections.values())
        numbers = [n for n, section in enumerate(everything) if section.course in names]
        self.sections: dict[str, Section] = {everything[n].id: everything[n] for n in numbers}
        # What was refused is told by its path, which may be anybody's.
        self.refusals: tuple[Refusal, ...] = ()
        self.suggestions = tuple(one for one in whole.suggestions if one.course in names)
        own = np.array(numbers, dtype=np.int64)
        starts = whole.outline.section_starts
        self.places: Mapping[str, Positions] = {
            unit: concatenated_ranges(starts[unit][own], starts[unit][own + 1]) for unit in UNITS
        }
        """The position in the whole of each position in the part, by unit."""
        self._usual: dict[tuple[str, str], float] = {}
        self._numbers = numbers
        self._paths = frozenset(section.path for section in self.sections.values())
        counts = {
            "courses": len(self.courses),
            "files": len(self._paths),
            "sections": len(self.sections),
            **{unit: len(held) for unit, held in self.places.items()},
            "refusals": 0,
            "suggestions": len(self.suggestions),
        }
        documents = [one for one in whole.outline.documents if one[0] in names]
        self.manifest = manifest_of(whole.manifest, self.courses.values(), documents, counts)
        self.statements: Sequence[Statement] = Lazy(
            counts["statements"],
            lambda at: whole.statements[int(self.places["statements"][at])],
            self._all_statements,
        )
        self.passages: Sequence[Passage] = Lazy(
            counts["passages"],
            lambda at: whole.passages[int(self.places["passages"][at])],
            self._all_passages,
        )

    def only(self, courses: Collection[str]) -> Searchable:
        """Return the index of some of these courses."""
        names = self.courses.keys() & set(courses)
        return self if len(names) == len(self.courses) else self.whole.only(names)

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise IndexMismatchError unless ``encoder`` made this index's vectors."""
        self.whole.check_encoder(encoder)

    def source(self, path: str) -> str:
        """Return the text of the file at ``path``; raises KeyError when it is not indexed."""
        if path not in self._paths:
            raise KeyError(path)
        return self.whole.source(path)

    def statements_of(self, section: str) -> tuple[Statement, ...]:
        """Return a section's statements in document order; none for an unknown section."""
        return self.whole.statements_of(section) if section in self.sections else ()

    def statement_position(self, name: str) -> int | None:
        """Return the position of the statement with this id; None when there is none."""
        if name.rpartition(":")[0] not in self._paths:
            return None
        found = self.whole.statement_position(name)
        return None if found is None else int(self.own("statements", np.array([found]))[0])

    def owners(self, statements: Positions) -> Positions:
        """Return the position of the passage that holds each of these statements."""
        return self.own("passages", self.whole.owners(self.places["statements"][statements]))

    def suggested(self, suggestion: Suggestion) -> str:
        """Return the plain text of the statement that answers one of ``suggestions``."""
        if suggestion.course not in self.courses:
            raise KeyError(suggestion.statement)
        return self.whole.suggested(suggestion)

    def idf(self, leg: str, term: str) -> float:
        """Return the inverse document frequency of a leg's term over passages; 0.0 if unknown."""
        rare, _ = self.whole.connections.run(
            lambda connection: recounted(self, count(connection, self, leg, [encoded(term)]))
        )
        return rare.get(encoded(term), 0.0)

    def search(
        self, vector: Floats, terms: Mapping[str, Sequence[str]], k: int, course: str | None = None
    ) -> PartSearch:
        """Look for the ``k`` nearest passages, twice as many statements, and each leg's ``terms``.

        Raises UnknownCourseError.
        """
        if course is not None and course not in self.courses:
            raise UnknownCourseError.among(course, self.courses)
        for leg in terms:
            for unit in UNITS:
                self.usual(leg, unit)  # read before a connection is held for the question
        return PartSearch(self, PostgresSearch(self.whole, vector, terms, k, course, self), course)

    def usual(self, leg: str, unit: str) -> float:
        """Return how long a passage or statement usually is in a leg's terms; remembered."""
        if (leg, unit) not in self._usual:
            lengths, _ = self.whole.lengths(leg, unit)
            self._usual[leg, unit] = usual_of(lengths[self.places[unit]])
        return self._usual[leg, unit]

    def own(self, unit: str, positions: Positions) -> Positions:
        """Return where in the part stands what stands at ``positions`` in the whole."""
        return np.searchsorted(self.places[unit], positions).astype(np.int64)

    def _all_statements(self) -> Iterator[Statement]:
        for found in self.whole.walk(self._numbers):
            yield from found.statements

    def _all_passages(self) -> Iterator[Passage]:
        for found in self.whole.walk(self._numbers):
            yield from found.passages


class PartSearch:
    """One question's search in a part: what is found in the whole's positions, in the part's."""

    def __init__(self, part: PostgresPart, found: PostgresSearch, course: str | None) -> None:
        self._part = part
        self._found = found
        self.passages = part.own("passages", found.passages)
        self.statements = part.own("statements", found.statements)
        first = [np.array([at]) for at in (found.first_passage, found.first_statement)]
        self.first_passage = 0 if course is None else int(part.own("passages", first[0])[0])
        self.first_statement = 0 if course is None else int(part.own("statements", first[1])[0])
        self.timings_ms = found.timings_ms
        self.lexical: Mapping[str, Lexical] = found.lexical
        if course is None:
            passages, statements = part.places["passages"], part.places["statements"]
            self.lexical = {
                leg: Lexical(one.idf, one.passages[passages], one.statements[statements])
                for leg, one in found.lexical.items()
            }

    def gather(self, passages: Positions, statements: Positions) -> Pool:
        """Return ``passages`` and those that hold ``statements``, with exact cosines."""
        places = self._part.places
        pool = self._found.gather(places["passages"][passages], places["statements"][statements])
        first = self._part.own("statements", pool.first)
        return Pool(
            self._part.own("passages", pool.passages),
            first,
            first + (pool.last - pool.first),
            pool.cosines,
            pool.nearest,
            pool.japanese,
        )

    def cosines(self, statements: Positions) -> Floats:
        """Return the exact cosines of statements, which are read next."""
        return self._found.cosines(self._part.places["statements"][statements])
