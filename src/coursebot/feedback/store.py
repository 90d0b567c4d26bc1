"""Feedback ▶ the database ▶ rows; safe to use from many threads and processes at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Self, TypeVar

from sqlalchemy import (
    Delete,
    Engine,
    Update,
    delete,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback.bounds import HISTORY, probability
from coursebot.feedback.database import Database, database
from coursebot.feedback.records import Feedback, Reason, Row, Settled, Unanswered, Verdict
from coursebot.feedback.schema import MIGRATING, Tables, migrate, tables_of
from coursebot.feedback.sqlite import WRITING
from coursebot.feedback.tables import VERSION, FeedbackEntry, SettledEntry, UnansweredEntry

PAGE = 200
"""Rows that are read at a time."""

Entry = TypeVar("Entry", FeedbackEntry, UnansweredEntry)

_ID = re.compile(r"[0-9a-f]{32}")


class Store:
    """The database of learners' feedback; StoreError tells why it cannot be used."""

    def __init__(self, where: Database) -> None:
        self._database = where
        self._lock = Lock()
        self._engine: Engine | None = None
        self._prepared: object = None
        """Identity of the database whose tables were seen; None before that."""

    @classmethod
    def open(cls, chosen: Settings) -> Self:
        """Return the store that the settings name; nothing is made or connected until first use.

        Raises StoreError when COURSEBOT_DATABASE_URL is not the address of a PostgreSQL.
        """
        return cls(database(chosen))

    @property
    def place(self) -> str:
        """Where it is, for people; without user and password."""
        return self._database.place

    def add(self, feedback: Feedback) -> str:
        """Keep ``feedback``; return an id that cannot be guessed. Raises StoreError."""
        entry = FeedbackEntry(
            verdict=feedback.verdict.value,
            reason=_value(feedback.reason),
            comment=feedback.comment,
            answer=feedback.answer,
        )
        return self._keep(entry, feedback)

    def add_unanswered(self, unanswered: Unanswered) -> None:
        """Keep a question that was not answered. Raises StoreError."""
        self._keep(UnansweredEntry(), unanswered)

    def amend(self, id: str, *, reason: Reason | None, comment: str) -> bool:
        """Replace reason and comment; return False when no feedback has this id.

        Raises StoreError.
        """
        change = update(FeedbackEntry).where(FeedbackEntry.id == id)
        return self._change_one(id, change.values(reason=_value(reason), comment=comment))

    def withdraw(self, id: str) -> bool:
        """Delete a learner's feedback; return False when none has this id. Raises StoreError."""
        known = self._change_one(id, delete(FeedbackEntry).where(FeedbackEntry.id == id))
        if known:
            self._change(delete(SettledEntry).where(SettledEntry.id == id))
        return known

    def settle(self, ids: Sequence[str], settled: Settled) -> None:
        """Note what was done about rows, in place of what was noted before. Raises StoreError."""
        known = [id for id in dict.fromkeys(ids) if _ID.fullmatch(id)]
        if not known:
            return
        with self._in_words(), Session(self._ready()) as session, session.begin():
            for id in known:
                entry = SettledEntry(
                    id=id,
                    settled_at=settled.at or datetime.now(UTC),
                    item=settled.item,
                    note=settled.note,
                    by=settled.by,
                )
                session.merge(entry)

    def reopen(self, ids: Sequence[str]) -> int:
        """Forget what was done about rows; return how many were settled. Raises StoreError."""
        known = [id for id in ids if _ID.fullmatch(id)]
        return sum(self._change(delete(SettledEntry).where(SettledEntry.id == id)) for id in known)

    def settled(self) -> Mapping[str, Settled]:
        """Return what was done about each settled row, by the row's id. Raises StoreError."""
        if not self._exists():
            return {}
        with self._in_words(), Session(self._ready()) as session:
            entries = session.scalars(select(SettledEntry).order_by(SettledEntry.id)).all()
        return {
            entry.id: Settled(entry.item, entry.note, entry.by, entry.settled_at)
            for entry in entries
        }

    def feedback(self) -> Iterator[Row]:
        """Yield all feedback, oldest first, some rows at a time. Raises StoreError."""
        return self._rows(FeedbackEntry)

    def unanswered(self) -> Iterator[Row]:
        """Yield all unanswered questions, oldest first, some rows at a time. Raises StoreError."""
        return self._rows(UnansweredEntry)

    def forget(self, before: datetime) -> int:
        """Delete what came in before a moment; return how many rows that were.

        A moment without a time zone is local time. Raises StoreError.
        """
        gone = self._change(
            delete(FeedbackEntry).where(FeedbackEntry.created_at < before),
            delete(UnansweredEntry).where(UnansweredEntry.created_at < before),
        )
        if gone:
            # A note on a row may repeat what the learner wrote.
            left = union_all(select(FeedbackEntry.id), select(UnansweredEntry.id))
            self._change(delete(SettledEntry).where(SettledEntry.id.not_in(left)))
        return gone

    def check(self) -> None:
        """Raise StoreError when the store cannot be used; nothing is made or written."""
        with self._in_words():
            if self._database.identity() is None:
                why = self._database.why_no_room()
            else:
                why = self._why_not_writable()
        if why:
            raise self._error(why)

    def tables(self) -> Tables | None:
        """Return the version of the tables; None when there are none yet.

        Nothing is made or changed. Raises StoreError.
        """
        if not self._exists():
            return None
        engine = self._database.engine()
        try:
            with self._in_words(), engine.connect() as connection:
                return tables_of(connection)
        finally:
            engine.dispose()

    def upgrade(self) -> None:
        """Make the tables, or bring them up to date, as the first use does. Raises StoreError."""
        with self._in_words():
            self._ready()

    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        with self._lock:
            engine, self._engine, self._prepared = self._engine, None, None
        if engine is not None:
            engine.dispose()

    def _why_not_writable(self) -> str:
        engine = self._database.engine()
        try:
            with engine.connect() as connection:
                tables = tables_of(connection)
                self._refuse_newer(tables)
            with engine.connect() as connection:
                why = self._database.why_not_writable(connection)
            if not why:
                self._refuse_unalterable(engine, tables)
            return why
        finally:
            engine.dispose()

    def _keep(self, entry: FeedbackEntry | UnansweredEntry, asked: Feedback | Unanswered) -> str:
        entry.question = asked.question
        entry.course = asked.course
        entry.language = asked.language
        entry.state = asked.state
        entry.confidence = probability(asked.confidence)
        entry.index_digest = asked.index
        entry.settings = asked.settings
        entry.history = list(asked.history[-HISTORY:])
        with self._in_words(), Session(self._ready()) as session, session.begin():
            session.add(entry)
            session.flush()
            return entry.id

    def _change_one(self, id: str, change: Update | Delete) -> bool:
        # What is no id is not shown to the database, which may refuse its characters.
        return _ID.fullmatch(id) is not None and self._change(change) > 0

    def _change(self, *changes: Update | Delete) -> int:
        if not self._exists():
            return 0
        with self._in_words(), self._ready().begin() as connection:
            return sum(connection.execute(change).rowcount for change in changes)

    def _rows(self, table: type[Entry]) -> Iterator[Row]:
        """Read page by page: no connection is held while the caller is busy with a row."""
        last = 0
        while self._exists():
            page = select(table).where(table.number > last).order_by(table.number).limit(PAGE)
            with self._in_words(), Session(self._ready()) as session:
                entries = session.scalars(page).all()
            for entry in entries:
                last = entry.number
                yield _row(entry)
            if len(entries) < PAGE:
                return

    def _exists(self) -> bool:
        with self._in_words():
            return self._database.identity() is not None

    def _ready(self) -> Engine:
        """Return the connections to a database that has our tables."""
        there = self._database.identity()
        with self._lock:
            replaced = self._prepared is not None and self._prepared != there
            if self._engine is not None and replaced:
                self._engine.dispose()
            if self._engine is None or replaced:
                self._engine, self._prepared = self._database.engine(), None
            engine = self._engine
            if self._prepared is not None:
                return engine
        # Not under the lock: while a server is down, threads wait for it side by side.
        self._database.make_room()
        self._prepare(engine)
        with self._lock:
            if self._engine is engine:
                self._prepared = self._database.identity()
        return engine

    def _prepare(self, engine: Engine) -> None:
        with engine.connect() as connection:
            tables = tables_of(connection)
        if tables is None or tables.older:
            self._refuse_unalterable(engine, tables)
            options = {WRITING: True}
            with (
                MIGRATING,
                engine.connect().execution_options(**options) as connection,
                connection.begin(),
            ):
                self._database.lock(connection)
                tables = tables_of(connection)
                if tables is None or tables.older:
                    migrate(connection, tables)
                    return
        self._refuse_newer(tables)

    def _refuse_newer(self, tables: Tables | None) -> None:
        if tables is not None and tables.too_new:
            raise StoreError(
                f"The feedback store {self.place} was made by a newer coursebot "
                f"(version {tables.version} of its tables; this one knows {VERSION}).",
                "Install that coursebot, or keep feedback elsewhere.",
            )

    def _refuse_unalterable(self, engine: Engine, tables: Tables | None) -> None:
        if tables is None or not tables.older:
            return
        with engine.connect() as connection:
            if self._database.may_alter(connection):
                return
        raise StoreError(
            f"The feedback store {self.place} has tables of version {tables.version}, and this "
            f"user may not bring them to version {VERSION}.",
            "As the user who owns them: coursebot feedback upgrade.",
        )

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            with self._lock:
                self._prepared = None
                engine = self._engine
            if engine is not None:
                engine.dispose()
            cause = error.orig if isinstance(error, DBAPIError) else error
            # The driver's own exception may hold a password or a learner's words.
            raise self._error(str(cause)) from None
        except OSError as error:
            why = self._database.why_no_room() or error.strerror or str(error)
            raise self._error(why) from None

    def _error(self, reason: str) -> StoreError:
        first = next(iter(self._database.in_words(reason).splitlines()), "").strip().rstrip(".")
        return StoreError(
            f"The feedback store {self.place} cannot be used: {first or 'no reason was given'}.",
            self._database.hint,
        )


def _value(reason: Reason | None) -> str | None:
    return reason.value if reason else None


def _row(entry: FeedbackEntry | UnansweredEntry) -> Row:
    said = entry if isinstance(entry, FeedbackEntry) else None
    return Row(
        id=entry.id,
        created_at=entry.created_at,
        verdict=Verdict(said.verdict) if said else None,
        question=entry.question,
        course=entry.course,
        language=entry.language,
        state=entry.state,
        confidence=entry.confidence,
        answer=said.answer if said else {},
        index=entry.index_digest,
        settings=entry.settings,
        history=tuple(entry.history),
        reason=Reason(said.reason) if said and said.reason else None,
        comment=said.comment if said else "",
    )
