"""A group of the inbox ▶ what its draft form offers; a form that was sent ▶ what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coursebot.assistant import Assistant
from coursebot.errors import QuestionError, UnknownCourseError
from coursebot.feedback import Row
from coursebot.inbox import NOTHING, Group
from coursebot.inbox.likeness import same_text
from coursebot.types import Section, Statement

NEAREST = 8
"""Statements that are offered besides those that are cited."""
LONGEST = 2_000
"""Characters of a field."""


@dataclass(frozen=True, slots=True)
class Form:
    """What an instructor chose so far."""

    question: str
    choice: str = ""
    """Id of a statement, ``NOTHING``, or empty."""
    answer: str = ""
    course: str = ""
    """Whose golden set it goes to."""
    words: str = ""
    """What other statements were looked for by."""
    kept: frozenset[str] | None = None
    """The wordings that are settled with it; None: all."""
    history: bool = True
    """Whether the draft's note lists the questions before."""

    @classmethod
    def read(cls, sent: Mapping[str, str], kept: Sequence[str], group: Group, course: str) -> Form:
        """Return what was sent, or what a form begins with when nothing was."""
        if "question" not in sent:
            return cls(group.question, course=course)
        return cls(
            question=_line(sent, "question"),
            choice=_line(sent, "choice"),
            answer=_line(sent, "answer"),
            course=_line(sent, "set") or course,
            words=_line(sent, "words"),
            kept=frozenset(kept),
            history="history" in sent,
        )

    def rows(self, group: Group) -> tuple[Row, ...]:
        """Return the rows that are settled with the draft."""
        if self.kept is None:
            return group.shown
        return tuple(row for row in group.shown if same_text(row.question) in self.kept)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that may answer."""

    why: str
    """``cited``, ``near``, ``found`` or ``kept``."""
    statement: Statement
    section: Section


def candidates(assistant: Assistant, form: Form, row: Row) -> tuple[Candidate, ...]:
    """Return the statements that a form offers, each once.

    What was searched for comes first, then what answers the question now. ``assistant`` should be
    pinned. Raises QuestionError when the question cannot be asked.
    """
    course = row.course if row.course in assistant.courses else None
    found: dict[str, Candidate] = {}
    if form.choice and form.choice != NOTHING:
        kept = statement_of(assistant, form.choice)
        if kept:
            found[kept.id] = Candidate("kept", kept, assistant.index.sections[kept.section])
    if form.words:
        for statement in _nearest(assistant, form.words, course):
            section = assistant.index.sections[statement.section]
            found.setdefault(statement.id, Candidate("found", statement, section))
    try:
        turns = assistant.turns(row.history, course=course) if row.history else ()
        answer, examined = assistant.examine(
            form.question or row.question, course=course, history=turns
        )
    except QuestionError:
        return tuple(found.values())
    for statement in answer.statements:
        section = assistant.index.sections[statement.section]
        found.setdefault(statement.id, Candidate("cited", statement, section))
    for hit in examined.retrieved.statements[:NEAREST]:
        section = assistant.index.sections[hit.statement.section]
        found.setdefault(hit.statement.id, Candidate("near", hit.statement, section))
    return tuple(found.values())


def statement_of(assistant: Assistant, id: str) -> Statement | None:
    """Return the statement with an id; None when the index has none."""
    index = assistant.index
    at = index.statement_position(id)
    return None if at is None else index.statements[at]


def answer_then(row: Row) -> tuple[str, tuple[str, ...]]:
    """Return the text that a learner was shown, and where its sources stand."""
    answer = row.answer or {}
    cited = answer.get("citations")
    places = [
        " › ".join(str(part) for part in [one.get("path", ""), *(one.get("heading_path") or ())])
        for one in (cited if isinstance(cited, list) else [])
        if isinstance(one, Mapping)
    ]
    return str(answer.get("text") or ""), tuple(places)


def _nearest(assistant: Assistant, words: str, course: str | None) -> list[Statement]:
    try:
        _, examined = assistant.examine(words, course=course)
    except (QuestionError, UnknownCourseError):
        return []
    return [hit.statement for hit in examined.retrieved.statements[:NEAREST]]


def _line(sent: Mapping[str, str], name: str) -> str:
    return " ".join(str(sent.get(name, "")).split())[:LONGEST]
