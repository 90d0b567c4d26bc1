"""How often terms stand in some courses ▶ how rare they are there, as if there were no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg import Cursor, sql

from coursebot.index.lexical import UNITS, idf_of
from coursebot.index.postgres.connections import Connection

if TYPE_CHECKING:
    from coursebot.index.postgres.part import PostgresPart

_SCORE = 8
"""Bytes of one score in a term's column: see ``rows.packed``."""
_COUNTS = """
SELECT term,
    coalesce(sum(octet_length(passages)) FILTER (WHERE course = ANY(%(courses)s)), 0)::bigint,
    coalesce(sum(octet_length(statements)) FILTER (WHERE course = ANY(%(courses)s)), 0)::bigint,
    sum(octet_length(passages))::bigint,
    sum(octet_length(statements))::bigint
FROM {table} WHERE leg = %(leg)s AND term = ANY(%(terms)s)
GROUP BY term
"""
"""How much is written of each term in some courses, and in all."""


def count(
    connection: Connection, part: PostgresPart, leg: str, terms: Sequence[bytes]
) -> Cursor[Any]:
    """Ask how often a leg's terms stand in the courses of ``part``."""
    query = sql.SQL(_COUNTS).format(table=part.whole.table("postings"))
    given = {"leg": leg, "terms": list(terms), "courses": list(part.courses)}
    return connection.execute(query, given, binary=True)


Rareness = tuple[float, float]
"""A term's inverse document frequency in the whole, and in the part."""


def recounted(
    part: PostgresPart, counts: Cursor[Any]
) -> tuple[dict[bytes, float], dict[str, dict[bytes, Rareness]]]:
    """Return each term's idf over the passages of ``part``, and both of its idfs by unit."""
    rows = counts.fetchall()
    terms = [bytes(row[0]) for row in rows]
    read = [row[1:] for row in rows]
    written = np.array(read, dtype=np.int64).reshape(len(rows), 2 * len(UNITS)) // _SCORE
    rare: dict[bytes, float] = {}
    both = {}
    for n, unit in enumerate(UNITS):
        here = idf_of(written[:, n], part.manifest.counts[unit])
        everywhere = idf_of(written[:, n + len(UNITS)], part.whole.manifest.counts[unit])
        pairs = zip(everywhere.tolist(), here.tolist(), strict=True)
        both[unit] = dict(zip(terms, pairs, strict=True))
        if unit == "passages":
            rare = dict(zip(terms, here.tolist(), strict=True))
    return rare, both
