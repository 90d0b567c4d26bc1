"""One question's search in a database: three round trips, and the folder's own arithmetic.

The database finds; what is found is scored here, with the code that scores the folder's: cosines
from the vectors themselves, BM25 from each term's column. So both give the same digits
(``docs/decisions/0009-postgres-index.md``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pgvector import Vector
from psycopg import Cursor, sql

from coursebot.index import dense
from coursebot.index.interface import (
    Lexical,
    Pool,
    Positions,
    best_of_each,
    concatenated_ranges,
)
from coursebot.index.lexical import restated
from coursebot.index.postgres.connections import Connection
from coursebot.index.postgres.counting import Rareness, count, recounted
from coursebot.index.postgres.rows import encoded, unpacked
from coursebot.types import Floats

if TYPE_CHECKING:
    from coursebot.index.postgres.engine import PostgresIndex
    from coursebot.index.postgres.part import PostgresPart

_MARGIN = 8
"""Rows asked for beyond ``k``, so that equal cosines at the end can be told apart."""
_SAME = 2e-6
"""pgvector's cosine of two vectors and ours differ by less."""

_NEAREST = """
SELECT position, vector FROM {table} {where}
ORDER BY {distance}, position LIMIT %(limit)s
"""
_VECTORS = """
SELECT position, vector FROM {table}
WHERE course = ANY(%(courses)s) AND position = ANY(%(positions)s::int4[])
"""
_BEST_STATEMENTS = """
SELECT s.position, s.vector
FROM {table} s
JOIN (
    SELECT course, passage, min(vector <#> %(vector)s::vector) AS least
    FROM {table}
    WHERE course = ANY(%(courses)s) AND position = ANY(%(positions)s::int4[])
    GROUP BY course, passage
) best ON s.course = best.course AND s.passage = best.passage
WHERE s.course = ANY(%(courses)s) AND s.position = ANY(%(positions)s::int4[])
  AND (s.vector <#> %(vector)s::vector) <= best.least + %(same)s
"""
"""Of each passage the statements that may be nearest: their vectors alone are worth sending."""
_POSTINGS = """
SELECT term, passages, statements FROM {table} WHERE leg = %(leg)s AND term = ANY(%(terms)s) {and_}
"""


class PostgresSearch:
    """One question's search; vectors that it has read are not read again."""

    def __init__(
        self,
        index: PostgresIndex,
        vector: Floats,
        terms: Mapping[str, Sequence[str]],
        k: int,
        course: str | None,
        part: PostgresPart | None = None,
    ) -> None:
        """Search ``course``, or all of ``part``, or everything."""
        self._index = index
        self._part = part
        self._vector: Floats = np.ascontiguousarray(vector, dtype=np.float32)
        self._text = Vector(self._vector).to_text()
        self._courses = [course] if course is not None else part and list(part.courses)
        self._range = {unit: index.range_of(unit, course) for unit in ("passages", "statements")}
        self._size = {unit: last - first for unit, (first, last) in self._range.items()}
        """Passages and statements that are searched."""
        if part is not None and course is None:
            self._size = {unit: len(places) for unit, places in part.places.items()}
        self._known: dict[str, dict[int, Floats]] = {"passages": {}, "statements": {}}
        self.first_passage = self._range["passages"][0]
        self.first_statement = self._range["statements"][0]
        self.timings_ms: dict[str, float] = {}
        self.lexical: dict[str, Lexical] = {}
        self.passages: Positions = np.zeros(0, dtype=np.int64)
        self.statements: Positions = np.zeros(0, dtype=np.int64)
        index.connections.run(lambda connection: self._look(connection, terms, k))

    def gather(self, passages: Positions, statements: Positions) -> Pool:
        """Return ``passages`` and those that hold ``statements``, with exact cosines."""
        index = self._index
        pool = np.unique(np.concatenate([passages, index.owners(statements)])).astype(np.int64)
        first, last = index.outline.passage_starts[pool], index.outline.passage_starts[pool + 1]
        members = concatenated_ranges(first, last)
        index.connections.run(lambda connection: self._read_pool(connection, pool, members))
        # Those whose vectors were not sent are further away than one of their passage's that was.
        known = self._known["statements"]
        sent = np.array([at in known for at in members.tolist()], dtype=bool)
        cosines: Floats = np.full(len(members), -2, dtype=np.float32)
        cosines[sent] = self._cosines("statements", members[sent])
        return Pool(
            pool,
            first,
            last,
            self._cosines("passages", pool),
            best_of_each(cosines, last - first),
            index.outline.japanese[pool],
        )

    def cosines(self, statements: Positions) -> Floats:
        """Return the exact cosines of statements, and read the sections that they stand in."""
        index = self._index
        numbers = set(index.section_numbers("statements", statements).tolist())
        sections = index.unknown_sections(sorted(numbers))
        index.connections.run(lambda connection: self._read(connection, statements, sections))
        return self._cosines("statements", statements)

    def _look(self, connection: Connection, terms: Mapping[str, Sequence[str]], k: int) -> None:
        """Ask for all legs at once: one round trip, unless many cosines are equal."""
        index = self._index
        reading = sql.SQL(_POSTINGS).format(
            table=index.table("postings"),
            and_=sql.SQL("" if self._courses is None else "AND course = ANY(%(courses)s)"),
        )
        started = time.perf_counter()
        with connection.pipeline():
            asked = {}
            for leg, wanted in terms.items():
                names = [encoded(term) for term in dict.fromkeys(wanted)]
                given = {"leg": leg, "terms": names, "courses": self._courses}
                asked[leg] = (
                    connection.execute(index.reading_terms(), [leg, names], binary=True)
                    if self._part is None
                    else count(connection, self._part, leg, names),
                    connection.execute(reading, given, binary=True),
                )
            nearest = {
                unit: self._ask_nearest(connection, unit, wanted + _MARGIN)
                for unit, wanted in (("passages", k), ("statements", 2 * k))
            }
            for leg, (frequencies, postings) in asked.items():
                self.lexical[leg] = self._scored(leg, terms[leg], frequencies, postings)
                started = self._took(leg, started)
            found = {}
            for unit, cursor in nearest.items():
                found[unit] = self._learn(unit, cursor)
                started = self._took("dense" if unit == "passages" else "statement", started)
        self.passages = self._nearest(connection, "passages", found["passages"], k)
        self.statements = self._nearest(connection, "statements", found["statements"], 2 * k)

    def _took(self, leg: str, started: float) -> float:
        now = time.perf_counter()
        self.timings_ms[leg] = (now - started) * 1000
        return now

    def _ask_nearest(self, connection: Connection, unit: str, limit: int) -> Cursor[Any]:
        first, last = self._range[unit]
        size, everything = self._size[unit], len(self._index.statements)
        if unit == "passages":
            everything = len(self._index.passages)
        # As in the folder: a walk through the graph that mostly meets other courses would miss
        # too much. A sum is no expression that the graph's index knows.
        exact = size <= dense.EXACT_UP_TO or 2 * size < everything
        where = (
            ""
            if self._courses is None
            else "WHERE course = ANY(%(courses)s) AND position >= %(first)s"
        )
        query = sql.SQL(_NEAREST).format(
            table=self._index.table(unit),
            where=sql.SQL(where + (" AND position < %(last)s" if where else "")),
            distance=sql.SQL("(vector <#> %(vector)s::vector)" + (" + 0" if exact else "")),
        )
        given = {
            "courses": self._courses,
            "first": first,
            "last": last,
            "vector": self._text,
            "limit": limit,
        }
        return connection.execute(query, given, binary=True)

    def _nearest(self, connection: Connection, unit: str, found: Positions, k: int) -> Positions:
        """Return the ``k`` nearest, equal cosines by position; asks again while too many tie."""
        size = self._size[unit]
        k, wanted = min(k, size), k + _MARGIN
        while True:
            cosines = self._cosines(unit, found)
            order = np.lexsort((found, -cosines))
            if len(found) in (0, size) or len(found) < min(wanted, size):
                break
            if cosines[order[k - 1]] - cosines[order[-1]] > _SAME:
                break
            wanted *= 2
            found = self._learn(unit, self._ask_nearest(connection, unit, wanted))
        return found[order[:k]]

    def _scored(
        self, leg: str, terms: Sequence[str], frequencies: Cursor[Any], postings: Cursor[Any]
    ) -> Lexical:
        """Return a leg's scores, summed in the order of the question's terms."""
        both: dict[str, dict[bytes, Rareness]] = {}
        if self._part is None:
            idf = {bytes(term): float(value) for term, value in frequencies.fetchall()}
        else:
            idf, both = recounted(self._part, frequencies)
        columns: dict[bytes, list[tuple[bytes, bytes]]] = {}
        for term, passages, statements in postings.fetchall():
            columns.setdefault(bytes(term), []).append((bytes(passages), bytes(statements)))
        scores = []
        for n, (unit, (first, last)) in enumerate(self._range.items()):
            total: Floats = np.zeros(last - first, dtype=np.float32)
            for term in terms:
                for column in columns.get(encoded(term), []):
                    texts, given = unpacked(column[n])
                    if self._part is not None:
                        lengths, usual = self._index.lengths(leg, unit)
                        there, here = both[unit][encoded(term)]
                        given = restated(
                            given,
                            lengths[texts],
                            (there, usual),
                            (here, self._part.usual(leg, unit)),
                        )
                    total[texts - first] += given
            scores.append(total)
        return Lexical({term: idf.get(encoded(term), 0.0) for term in terms}, *scores)

    def _read_pool(self, connection: Connection, pool: Positions, members: Positions) -> None:
        index = self._index
        courses = index.courses_of("passages", pool)
        given = {
            "courses": courses,
            "positions": _as_text(members.tolist()),
            "vector": self._text,
            "same": _SAME,
        }
        query = sql.SQL(_BEST_STATEMENTS).format(table=index.table("statements"))
        with connection.pipeline():
            missing = self._ask_vectors(connection, "passages", pool)
            best = connection.execute(query, given, binary=True)
            if missing is not None:
                self._learn("passages", missing)
            self._learn("statements", best)

    def _read(self, connection: Connection, statements: Positions, sections: Sequence[int]) -> None:
        index = self._index
        with connection.pipeline():
            missing = self._ask_vectors(connection, "statements", statements)
            if sections:
                given = [index.courses_of_sections(sections), list(sections)]
                read = connection.execute(index.reading_sections(), given, binary=True)
            if missing is not None:
                self._learn("statements", missing)
            if sections:
                index.remember(read.fetchall())

    def _ask_vectors(
        self, connection: Connection, unit: str, positions: Positions
    ) -> Cursor[Any] | None:
        """Ask for the vectors that are not known yet; None when all are."""
        known = self._known[unit]
        missing = [at for at in positions.tolist() if at not in known]
        if not missing:
            return None
        courses = self._index.courses_of(unit, np.array(missing, dtype=np.int64))
        query = sql.SQL(_VECTORS).format(table=self._index.table(unit))
        given = {"courses": courses, "positions": _as_text(missing)}
        return connection.execute(query, given, binary=True)

    def _learn(self, unit: str, cursor: Cursor[Any]) -> Positions:
        """Keep the vectors of a cursor's rows; return their positions."""
        rows = cursor.fetchall()
        # What pgvector sends, as bytes: dimension and a zero in 16 bits each, then the numbers.
        sent = np.frombuffer(b"".join(data for _, data in rows), ">f4")
        vectors = sent.reshape(len(rows), 1 + len(self._vector))[:, 1:].astype(np.float32)
        positions = [position for position, _ in rows]
        self._known[unit].update(zip(positions, vectors, strict=True))
        return np.array(positions, dtype=np.int64)

    def _cosines(self, unit: str, positions: Positions) -> Floats:
        """Return exact cosines, by the arithmetic of ``Dense.cosines``."""
        known = self._known[unit]
        if not len(positions):
            return np.zeros(0, dtype=np.float32)
        vectors = np.stack([known[at] for at in positions.tolist()])
        return dense.cosines(vectors, self._vector)


def _as_text(positions: Sequence[int]) -> str:
    """Return positions as an array of PostgreSQL's in one text.

    psycopg looks at each number of a list by itself, which takes a hundred times as long.
    """
    return "{" + ",".join(map(str, positions)) + "}"
