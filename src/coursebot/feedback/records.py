"""The records that go into the store and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a learner says of an answer."""

    UP = "up"
    DOWN = "down"
    REPORT = "report"
    """The instructor should know: the answer was unsure, or the material does not say."""


class Reason(StrEnum):
    """Why an answer is no good."""

    WRONG = "wrong"
    WRONG_PLACE = "wrong_place"
    INCOMPLETE = "incomplete"
    UNCLEAR = "unclear"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One learner's word on one answer."""

    verdict: Verdict
    question: str
    course: str | None
    """The course that was asked; None for all."""
    language: str
    """Of the question."""
    state: str
    confidence: float
    answer: Mapping[str, object]
    """The answer as the learner saw it, as JSON."""
    index: str
    """Digest of the index that it was made from."""
    settings: Mapping[str, object]
    """What the engine was set to."""
    history: tuple[str, ...] = ()
    """The questions before it in the conversation, oldest first."""
    reason: Reason | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that the material did not answer; each field as in ``Feedback``."""

    question: str
    course: str | None
    language: str
    state: str
    confidence: float
    index: str
    settings: Mapping[str, object]
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What the store holds of one feedback or one unanswered question."""

    id: str
    """32 hexadecimal digits that cannot be guessed: whoever has them may change the row."""
    created_at: datetime
    """In UTC."""
    verdict: Verdict | None
    """None for an unanswered question, as is ``reason``; its ``answer`` and ``comment`` are
    empty."""
    question: str
    course: str | None
    language: str
    state: str
    confidence: float
    answer: Mapping[str, object]
    index: str
    settings: Mapping[str, object]
    history: tuple[str, ...]
    reason: Reason | None
    comment: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What an instructor did about a row."""

    item: str = ""
    """Id of the golden item that it became; empty: it was dismissed."""
    note: str = ""
    by: str = ""
    """Who did it, where the instructor has a name."""
    at: datetime | None = None
    """In UTC; None before it is in the store."""
