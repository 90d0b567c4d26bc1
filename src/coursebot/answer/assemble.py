"""Retrieved ▶ answer: evidence is ranked, judged, quoted and put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coursebot.answer.confidence import estimate
from coursebot.answer.evidence import Evidence, rank
from coursebot.answer.question import Question, analyse
from coursebot.answer.select import select
from coursebot.answer.short import short_answer
from coursebot.answer.spans import likelier, pointed_at
from coursebot.answer.wording import render_text
from coursebot.course.links import in_language, statement_url
from coursebot.types import (
    Answer,
    Citation,
    Kind,
    Reader,
    RelatedLink,
    Retrieved,
    ShortAnswer,
    State,
    Statement,
)

RELATED = 3
"""Links to read on."""
SURE = 0.7
"""Certainty that a short answer needs when it is not sure that its statement answers."""


def compose(
    found: Retrieved,
    *,
    answered_above: float,
    unsure_above: float,
    reader: Reader | None = None,
) -> Answer:
    """Return the answer; the two thresholds part ``answered``, ``unsure`` and ``not_covered``."""
    question = analyse(found.question, found.language)
    ranked = rank(question, found, reader)
    confidence = estimate(question, ranked, found)
    state = _state(confidence, answered_above, unsure_above)
    if not ranked or state is State.NOT_COVERED:
        return _finish(_answer(found, State.NOT_COVERED, confidence, (), None, ()))
    statements = select(question, ranked, found)
    citations = tuple(_cite(number, s, found) for number, s in enumerate(statements, 1))
    short = _short(question, ranked, citations, state, found)
    related = _related(ranked[0].hit.statement, statements, found)
    return _finish(_answer(found, state, confidence, citations, short, related, statements))


def _state(confidence: float, answered_above: float, unsure_above: float) -> State:
    if confidence >= answered_above:
        return State.ANSWERED
    return State.UNSURE if confidence >= unsure_above else State.NOT_COVERED


def _answer(
    found: Retrieved,
    state: State,
    confidence: float,
    citations: tuple[Citation, ...],
    short: ShortAnswer | None,
    related: tuple[RelatedLink, ...],
    statements: tuple[Statement, ...] = (),
) -> Answer:
    return Answer(
        question=found.question,
        language=found.language,
        state=state,
        confidence=confidence,
        text="",
        short_answer=short,
        statements=statements,
        citations=citations,
        related=related,
        passages=found.hits,
        timings_ms={},
        unknown=found.unknown,
    )


def _finish(answer: Answer) -> Answer:
    return replace(answer, text=render_text(answer))


def _short(
    question: Question,
    ranked: Sequence[Evidence],
    citations: Sequence[Citation],
    state: State,
    found: Retrieved,
) -> ShortAnswer | None:
    """Return the short answer that the likeliest of the quoted statements gives, if one does."""
    numbers = {citation.statement: citation.number for citation in citations}
    for evidence in ranked:
        statement = evidence.hit.statement
        if statement.id not in numbers or statement.id == found.given:
            continue
        candidate = short_answer(question, statement, found.siblings[statement.section])
        if evidence.reading is not None:
            candidate = likelier(candidate, pointed_at(question, statement, evidence.reading))
        if candidate is None or any(name not in numbers for name, _, _ in candidate.spans):
            continue
        if state is State.UNSURE and candidate.certainty < SURE:
            continue
        return ShortAnswer(
            text=candidate.text,
            items=tuple(text for _, _, text in candidate.spans),
            kind=candidate.kind,
            citation=numbers[candidate.spans[0][0]],
            conversion=candidate.conversion,
        )
    return None


def _cite(number: int, statement: Statement, found: Retrieved) -> Citation:
    section = found.sections[statement.section]
    return Citation(
        number=number,
        statement=statement.id,
        course=statement.course,
        path=statement.path,
        heading_path=section.heading_path,
        lines=statement.lines,
        span=statement.span,
        quote=statement.text,
        url=statement_url(found.courses[statement.course], section, statement),
    )


def _related(
    best: Statement, quoted: Sequence[Statement], found: Retrieved
) -> tuple[RelatedLink, ...]:
    """Return the links of the best statement's section that are not quoted already."""
    shown = {statement.url for statement in quoted if statement.kind is Kind.LINK}
    links: dict[str, RelatedLink] = {}
    for link in found.sections[best.section].links:
        if link.url in shown or "://" not in link.url:
            continue
        url = in_language(link.url, found.language)
        links.setdefault(url, RelatedLink(link.text, url))
    return tuple(links.values())[:RELATED]
