"""The database ▶ a file that holds all of it, and back into a database of either kind.

SQLite is copied by its own backup interface while others write; of PostgreSQL one moment's rows are
written as JSON lines. Either goes back into either.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, inspect, select

from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback.bounds import json_text
from coursebot.feedback.database import FILE, database
from coursebot.feedback.schema import tables_of
from coursebot.feedback.sqlite import BUSY_SECONDS, WRITING, Sqlite
from coursebot.feedback.store import PAGE, Store
from coursebot.feedback.tables import VERSION, Base, Instant, SchemaVersion

LINES = "feedback.jsonl"
"""Rows that any database takes; one called ``FILE`` is an SQLite database."""
KEY = "number"
"""The column that a database fills by itself; only its order counts."""

Values = dict[str, Any]


def save(chosen: Settings, folder: Path) -> Path | None:
    """Write the whole database of the settings into ``folder``, as it is at one moment.

    Returns the file; None when there is no database yet. Raises StoreError.
    """
    found = database(chosen)
    store = Store(found)
    try:
        if not store._exists():
            return None
        if isinstance(found, Sqlite):
            return _copied(store, found.file, folder / FILE)
        return _written(store, folder / LINES)
    finally:
        store.close()


def put_back(chosen: Settings, file: Path) -> int:
    """Put what ``save`` wrote in the place of all that is in the database of the settings.

    It happens in one transaction: who reads meanwhile sees all of the old or all of the new, and
    after a failure the old is there. An SQLite file is brought up to this version's tables, and so
    changed. Returns how many rows there are now; raises StoreError.
    """
    target = Store.open(chosen)
    try:
        rows = _in_lines(file) if file.name == LINES else _in_copy(file)
        options = {WRITING: True}
        with (
            target._in_words(),
            target._ready().connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            for table in reversed(_tables()):
                connection.execute(delete(table))
            return _inserted(connection, rows)
    finally:
        target.close()


def _tables() -> list[Table]:
    return [
        table for table in Base.metadata.sorted_tables if table.name != SchemaVersion.__tablename__
    ]


def _copied(store: Store, file: Path, to: Path) -> Path:
    try:
        with (
            closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as source,
            closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            ((found,),) = copy.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.Error as error:
        raise store._error(str(error)) from None
    if found != "ok":
        raise store._error("it is damaged")
    return to


def _written(store: Store, to: Path) -> Path:
    # Whoever makes a backup before an upgrade wants the tables as they are.
    engine = store._database.engine()
    try:
        with (
            store._in_words(),
            engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
            connection.begin(),
            to.open("w", encoding="utf-8") as out,
        ):
            tables = tables_of(connection)
            store._refuse_newer(tables)
            out.write(json_text({"version": VERSION}) + "\n")
            for table, values in _read(connection):
                row = {
                    name: value.isoformat() if isinstance(value, datetime) else value
                    for name, value in values.items()
                }
                out.write(json_text({"table": table.name, "row": row}) + "\n")
    finally:
        engine.dispose()
    return to


def _read(connection: Connection) -> Iterator[tuple[Table, Values]]:
    """Yield all rows, those of a table in the order that they came in."""
    there = inspect(connection)
    for table in _tables():
        if there.has_table(table.name):
            held = {column["name"] for column in there.get_columns(table.name)}
            columns = [one for one in table.columns if one.name != KEY and one.name in held]
            names = [column.name for column in columns]
            asked = select(*columns).order_by(table.columns.get(KEY, columns[0]))
            for row in connection.execute(asked.execution_options(yield_per=PAGE)):
                yield table, dict(zip(names, row, strict=True))


def _in_copy(file: Path) -> Iterator[tuple[Table, Values]]:
    copy = Store(Sqlite(file))
    try:
        with copy._in_words(), copy._ready().connect() as connection, connection.begin():
            yield from _read(connection)
    finally:
        copy.close()


def _in_lines(file: Path) -> Iterator[tuple[Table, Values]]:
    tables = {table.name: table for table in _tables()}
    with file.open(encoding="utf-8") as lines:
        try:
            version = int(json.loads(next(lines))["version"])
            if version > VERSION:
                raise StoreError(
                    f"The rows are a newer coursebot's (version {version} of the tables; this one "
                    f"knows {VERSION}).",
                    "Install that coursebot, and restore with it.",
                )
            for line in lines:
                held = json.loads(line)
                table = tables[held["table"]]
                yield table, _typed(table, held["row"])
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
            raise StoreError(
                "The rows of the database cannot be read.", "Take another backup."
            ) from None


def _inserted(connection: Connection, rows: Iterator[tuple[Table, Values]]) -> int:
    count = 0
    while batch := list(islice(rows, PAGE)):
        for table in _tables():
            found = [values for of, values in batch if of is table]
            if found:
                connection.execute(insert(table), found)
        count += len(batch)
    return count


def _typed(table: Table, values: Values) -> Values:
    """Return a row of a file as the database takes it; raises KeyError for an unknown column."""
    return {
        name: datetime.fromisoformat(value)
        if isinstance(table.columns[name].type, Instant)
        else value
        for name, value in values.items()
    }
