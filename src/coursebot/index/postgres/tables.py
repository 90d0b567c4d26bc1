"""Names and definitions of the tables that hold an index.

::

    coursebot.current                the version that counts, in one row
    coursebot.v00007_files           what every process reads when it opens the version: manifest,
                                     courses, sections, suggestions, and where things begin
    coursebot.v00007_terms           each term's inverse document frequency
    coursebot.v00007_sources         the files' texts
    coursebot.v00007_sections        a section's text, its statements and its passages
    coursebot.v00007_passages        vectors
    coursebot.v00007_statements      vectors
    coursebot.v00007_postings        BM25: a term's scores in one course

All but the first three are distributed by course where there is Citus, and lie together: what a
question in one course reads is on one node. The first three are on every node.
"""

from __future__ import annotations

from psycopg import sql

LAYOUT = 1
"""Raised when the tables or what is in them change."""

SCHEMA = "coursebot"

Columns = dict[str, str]
"""Names and types."""

SHARED: dict[str, Columns] = {
    "files": {"name": "text", "data": "bytea"},
    "terms": {"leg": "text", "term": "bytea", "idf": "float8"},
}
"""Tables that every node has the whole of."""

BY_COURSE: dict[str, Columns] = {
    "sources": {"course": "text", "path": "text", "data": "bytea"},
    "sections": {"course": "text", "number": "int4", "data": "bytea"},
    "passages": {"course": "text", "position": "int4", "key": "bytea", "vector": "vector"},
    "statements": {
        "course": "text",
        "position": "int4",
        "passage": "int4",
        "key": "bytea",
        "vector": "vector",
    },
    "postings": {
        "course": "text",
        "leg": "text",
        "term": "bytea",
        "passages": "bytea",
        "statements": "bytea",
    },
}
"""Tables that are distributed by course."""

KEYS = {
    "files": "name",
    "terms": "leg, term",
    "sources": "path, course",
    "sections": "number, course",
    "passages": "position, course",
    "statements": "position, course",
    "postings": "leg, term, course",
}
"""Primary keys, made after loading."""

CURRENT = """
CREATE TABLE IF NOT EXISTS coursebot.current (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version int4 NOT NULL,
    layout int4 NOT NULL,
    switched_at timestamptz NOT NULL DEFAULT now()
)
"""
SWITCH = """
INSERT INTO coursebot.current (only_row, version, layout) VALUES (true, %(version)s, %(layout)s)
ON CONFLICT (only_row) DO UPDATE
SET version = excluded.version, layout = excluded.layout, switched_at = now()
"""
NO_SCHEMA = "SELECT to_regnamespace('coursebot') IS NULL"
EXTENSION = "SELECT extversion FROM pg_extension WHERE extname = %s"
READ_CURRENT = "SELECT version, layout FROM coursebot.current"
ALL_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'coursebot' AND tablename LIKE 'v%'"
)

LIMIT = 2000
"""Dimensions that pgvector's HNSW takes; longer vectors are searched exactly."""


def prefix(version: int) -> str:
    """Return what the names of a version's tables begin with."""
    return f"v{version:05}_"


def table(version: int, name: str) -> sql.Identifier:
    """Return the name of one of a version's tables."""
    return sql.Identifier(SCHEMA, f"{prefix(version)}{name}")


def create(version: int, name: str, columns: Columns, dimension: int) -> sql.Composed:
    """Return the command that makes one of a version's tables."""
    parts = [
        sql.SQL("{} {} NOT NULL").format(
            sql.Identifier(column),
            # A type's parameter cannot be one of the statement.
            sql.SQL(f"vector({dimension})" if kind == "vector" else kind),
        )
        for column, kind in columns.items()
    ]
    return sql.SQL("CREATE TABLE {} ({})").format(table(version, name), sql.SQL(", ").join(parts))
