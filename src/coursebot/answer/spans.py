"""What the reader points at ▶ a short answer with sensible boundaries, always verbatim."""

from __future__ import annotations

import re

from coursebot.answer import pieces
from coursebot.answer.conversion import convert
from coursebot.answer.question import Question, Wanted
from coursebot.answer.short import Candidate
from coursebot.answer.values import quantities
from coursebot.types import Kind, Reading, Span, Statement

LEAST_CERTAIN = 0.3
"""Probability of a span below which it is not given."""
LONGEST = 80
"""Characters of a short answer; what is longer says no more than the quotation."""

_WORD = re.compile(r"[A-Za-z0-9_À-ÿ]+(?:[.'-][A-Za-z0-9_À-ÿ]+)*")
_NOT = frozenset({Wanted.YESNO, Wanted.LIST, Wanted.LINK})
"""What a span cannot answer: one word for yes or no, several places, an address."""


def pointed_at(question: Question, statement: Statement, reading: Reading) -> Candidate | None:
    """Return the short answer that the reader sees in a statement; None when it is not sure.

    Its ends are moved outwards to those of a quantity, of code, of a word, and kept within a cell.
    """
    if question.wanted in _NOT or statement.kind in (Kind.HEADING, Kind.LINK):
        return None
    if reading.certainty < LEAST_CERTAIN:
        return None
    place = _in_text(statement, reading.span)
    if place is None:
        return None
    span = _snapped(statement, place)
    if not 0 < span[1] - span[0] <= LONGEST:
        return None
    text = statement.text[slice(*span)]
    said = next((q for q in quantities(statement.text) if q.span == span), None)
    kind = question.wanted if question.wanted is not Wanted.OTHER else Wanted.NAME
    conversion = convert(said, question.language) if said is not None else ""
    certainty = 0.5 + 0.45 * reading.certainty
    return Candidate(((statement.id, span, text),), str(kind), conversion, certainty)


def likelier(by_rule: Candidate | None, pointed: Candidate | None) -> Candidate | None:
    """Return the rule's short answer or the reader's: the surer one, the rule's when they agree."""
    if by_rule is None or pointed is None:
        return by_rule or pointed
    if by_rule.kind in (str(Wanted.YESNO), str(Wanted.LIST), str(Wanted.LINK)):
        return by_rule
    (name, span, _), *more = by_rule.spans
    other, place, _ = pointed.spans[0]
    if more or (name == other and _shared(span, place)):
        return by_rule
    return by_rule if by_rule.certainty >= pointed.certainty else pointed


def _in_text(statement: Statement, span: Span) -> Span | None:
    """Return where the words at ``span`` of ``plain`` stand in ``text``; None if they do not."""
    words = statement.plain[slice(*span)]
    # The marks that plain lacks stand before it, never behind.
    at = statement.text.find(words, span[0])
    return (at, at + len(words)) if words and at >= 0 else None


def _snapped(statement: Statement, span: Span) -> Span:
    text = statement.text
    inside = pieces.cells(text) if statement.kind is Kind.ROW else [(0, len(text))]
    cell = max(inside, key=lambda one: _shared(one, span), default=(0, len(text)))
    start, end = max(span[0], cell[0]), min(span[1], cell[1])
    wholes = [
        *(quantity.span for quantity in quantities(text)),
        *pieces.codes(text),
        *(match.span() for match in _WORD.finditer(text)),
    ]
    for whole in wholes:
        if _shared(whole, (start, end)):
            start, end = min(start, whole[0]), max(end, whole[1])
    return pieces.trim(text, _balanced(text, (start, end)))


def _balanced(text: str, span: Span) -> Span:
    """Take in, or leave out, a bracket whose other half is cut off."""
    start, end = span
    for opening, closing in ("（）", "()", "「」", "『』", "[]"):
        words = text[start:end]
        if words.count(opening) > words.count(closing):
            if text[end : end + 1] == closing:
                end += 1
            elif words.startswith(opening):
                start += 1
        elif words.count(closing) > words.count(opening):
            if start and text[start - 1] == opening:
                start -= 1
            elif words.endswith(closing):
                end -= 1
    return start, end


def _shared(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))
