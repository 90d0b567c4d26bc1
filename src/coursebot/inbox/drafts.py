"""A learner's question and what an instructor chose ▶ a draft of a golden item."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from coursebot.evaluation.golden import Material
from coursebot.evaluation.golden.records import Expected, GoldenItem, Origin, Source, Status
from coursebot.feedback import Row
from coursebot.terms import language_of
from coursebot.types import Section, Statement

NOTHING = "nothing"
"""In place of a statement's id: the material does not answer the question."""

LONGEST = 48
"""Characters of a proposed id, without its number."""

_GAP = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """What an instructor decided about a question."""

    question: str
    """As it is to be asked; may be worded anew."""
    statement: Statement | None
    """What answers it; None: the material does not."""
    answer: str = ""
    """The expected answer in words; empty: judged by its source alone."""


def propose_id(question: str, taken: Collection[str]) -> str:
    """Return an id made from a question's own words that is not among ``taken``."""
    plain = unicodedata.normalize("NFKC", question).casefold()
    words = [word for word in _GAP.split(plain) if word]
    made = ""
    for word in words:
        if made and len(made) + 1 + len(word) > LONGEST:
            break
        made = f"{made}-{word}" if made else word[:LONGEST]
    # Joining marks of some scripts are no word characters; nothing else is lost.
    base = made or "learner"
    number, found = 2, base
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    return found


def draft_item(
    draft: Draft,
    rows: Sequence[Row],
    material: Material,
    section: Section | None,
    *,
    course: str,
    taken: Collection[str],
) -> GoldenItem:
    """Return the draft of a golden item of ``course``'s set.

    ``section`` is the statement's. The note holds learners' reasons and the questions before
    theirs, never a comment: those are personal data, a golden set is published with the course.
    Raises pydantic.ValidationError for a question without text.
    """
    sources: tuple[Source, ...] = ()
    if draft.statement is not None:
        headings = section.heading_path if section else ()
        sources = (material.source_of(draft.statement, headings, course),)
    answers: tuple[Expected, ...] = ()
    if draft.statement is not None and draft.answer.strip():
        answers = (Expected(text=draft.answer),)
    return GoldenItem(
        id=propose_id(draft.question, taken),
        question=draft.question,
        lang=language_of(draft.question),
        answers=answers,
        sources=sources,
        unanswerable=draft.statement is None,
        origin=Origin.LEARNER,
        status=Status.DRAFT,
        note=note(rows),
    )


def note(rows: Sequence[Row]) -> str:
    """Return what the rows say in words that may be published: reasons, and questions before."""
    said = Counter(str(row.reason or row.verdict or "unanswered") for row in rows)
    reasons = ", ".join(
        f"{name} ({count})" if count > 1 else name
        for name, count in sorted(said.items(), key=lambda one: (-one[1], one[0]))
    )
    before = next((row.history for row in rows if row.history), ())
    after = f"; after: {' / '.join(before)}" if before else ""
    return f"From learners: {reasons}{after}" if reasons else ""
