"""The tables; what is not a column here is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from coursebot.feedback.bounds import (
    COMMENT,
    NAME,
    TEXT,
    storable,
    storable_json,
    storable_object,
)

VERSION = 3
"""Of the tables below; ``migrations`` has a step to each version from the one before."""


class BoundedText(TypeDecorator[str]):
    """Text that any database takes, cut to its column's length."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean and cut a text on its way in."""
        length = self.impl_instance.length  # type: ignore[attr-defined]
        return None if value is None else storable(value, length)


class BoundedJson(TypeDecorator[Any]):
    """JSON that any database takes, of bounded length."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        """Clean and cut an object or a list on its way in."""
        return storable_object(value) if isinstance(value, Mapping) else storable_json(value)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, also where the database knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a moment into UTC; one without a zone is local time."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that the database has not kept."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The tables of the feedback store."""

    type_annotation_map: ClassVar = {Mapping[str, object]: BoundedJson, list[str]: BoundedJson}


class SchemaVersion(Base):
    """One row: which tables these are."""

    __tablename__ = "coursebot_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    oldest: Mapped[int]
    """The oldest version whose coursebot may still use them."""


class Asked:
    """What both kinds of row know of a question."""

    number: Mapped[int] = mapped_column(primary_key=True)
    """In the order that they came in."""
    id: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: token_hex(16))
    created_at: Mapped[datetime] = mapped_column(
        Instant, index=True, default=lambda: datetime.now(UTC)
    )
    question: Mapped[str] = mapped_column(BoundedText(TEXT))
    course: Mapped[str | None] = mapped_column(BoundedText(NAME))
    language: Mapped[str] = mapped_column(BoundedText(NAME))
    state: Mapped[str] = mapped_column(BoundedText(NAME))
    confidence: Mapped[float]
    index_digest: Mapped[str] = mapped_column(BoundedText(NAME))
    settings: Mapped[Mapping[str, object]]
    history: Mapped[list[str]]


class FeedbackEntry(Asked, Base):
    """A learner's word on an answer."""

    __tablename__ = "coursebot_feedback"

    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(BoundedText(COMMENT))
    answer: Mapped[Mapping[str, object]]


class UnansweredEntry(Asked, Base):
    """A question that the material did not answer."""

    __tablename__ = "coursebot_unanswered"


class SettledEntry(Base):
    """What an instructor did about one row of the other tables."""

    __tablename__ = "coursebot_settled"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """The row's."""
    settled_at: Mapped[datetime] = mapped_column(Instant, default=lambda: datetime.now(UTC))
    item: Mapped[str] = mapped_column(BoundedText(NAME))
    note: Mapped[str] = mapped_column(BoundedText(COMMENT))
    by: Mapped[str] = mapped_column(BoundedText(NAME))
