"""Databases as earlier versions of coursebot made them; ``fixtures/README.md`` says how."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text

from coursebot.config import Settings
from coursebot.feedback.database import FILE, database

FIXTURES = Path(__file__).parent / "fixtures"
SCHEMAS = (1, 2)

Rows = dict[str, list[dict[str, object]]]


def put(chosen: Settings, schema: int) -> None:
    """Make the database of the settings, which is not there yet or empty, one of that time."""
    url = chosen.database_url.get_secret_value()
    kind = "postgres" if url else "sqlite"
    script = (FIXTURES / f"schema-{schema}.{kind}.sql").read_text(encoding="utf-8")
    if url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(script.encode())
        return
    chosen.data.mkdir(parents=True)
    with closing(sqlite3.connect(chosen.data / FILE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(script)


def raw(chosen: Settings) -> Rows:
    """Return all that the database holds, by table, as its driver has it."""
    engine = database(chosen).engine()
    try:
        with engine.connect() as connection:
            held: Rows = {}
            for name in sorted(inspect(connection).get_table_names()):
                rows = connection.execute(text(f"SELECT * FROM {name} ORDER BY 1"))
                held[name] = [dict(row) for row in rows.mappings()]
            return held
    finally:
        engine.dispose()
