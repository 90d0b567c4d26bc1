"""A path ▶ an SQLite database that many threads and processes write to."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event

from coursebot.feedback.bounds import json_text

BUSY_SECONDS = 10.0
"""How long a write waits for the writes of others."""
WRITING = "coursebot_writing"
"""Execution option of a transaction that takes the write lock at its start."""


class Sqlite:
    """A file in the data folder."""

    hint = (
        "See to the folder's permissions and space, or set COURSEBOT_DATA; "
        "coursebot doctor checks it."
    )

    def __init__(self, file: Path) -> None:
        self._file = file.absolute()
        self.place = str(file)

    @property
    def file(self) -> Path:
        """Where it is."""
        return self._file

    def identity(self) -> object:
        """Return the file's inode; None when there is no file. Raises OSError."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def make_room(self) -> None:
        """Make folder and file, for this user alone; raises OSError."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The folder may be older, and open to others; what SQLite writes beside is as the file is.
        with suppress(FileExistsError):
            os.close(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def why_no_room(self) -> str:
        """Return why the file could not be made; empty when it could."""
        at = self._file.parent
        while not os.access(at, os.F_OK) and at != at.parent:
            at = at.parent
        if not at.is_dir():
            return f"{at} is not a folder"
        return "" if os.access(at, os.W_OK | os.X_OK) else f"{at} cannot be written"

    def engine(self) -> Engine:
        """Return a pool of connections, none of them open yet."""
        made = create_engine(
            URL.create("sqlite+pysqlite", database=str(self._file)),
            connect_args={"timeout": BUSY_SECONDS},
            pool_timeout=BUSY_SECONDS,
            hide_parameters=True,
            json_serializer=json_text,
        )
        event.listen(made, "connect", _set_up)
        event.listen(made, "begin", _begin)
        return made

    def lock(self, connection: Connection) -> None:
        """Do nothing: a writing transaction has SQLite's only write lock."""

    def why_not_writable(self, connection: Connection) -> str:
        """Raise what a write would raise, or return nothing; nothing is written."""
        with connection.execution_options(**{WRITING: True}).begin() as transaction:
            transaction.rollback()
        return ""

    def may_alter(self, connection: Connection) -> bool:
        """Return True: a file has one right to write."""
        return True

    def in_words(self, reason: str) -> str:
        """Return the message as it is: it holds nothing secret."""
        return reason


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # what was thanked for survives a power cut
    connection.execute("PRAGMA secure_delete = ON")  # what a learner takes back is overwritten
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer not wait for each other; the file keeps this setting."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait here by itself when two processes do this to a new file.
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
