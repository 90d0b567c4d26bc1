"""Evidence ▶ the statements that are quoted: the best one, and what belongs to it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from coursebot.answer.evidence import Evidence
from coursebot.answer.question import Question, Wanted
from coursebot.types import Kind, Retrieved, Statement

MOST = 4
"""Statements in an answer; a list that is asked for is quoted whole, up to LIST."""
LIST = 12
RIVAL = 0.25
"""A further statement is quoted when it is at least this likely, against the best one."""
BARE = 10
"""Characters; a shorter item says too little without what it hangs on."""


def select(
    question: Question, ranked: Sequence[Evidence], found: Retrieved
) -> tuple[Statement, ...]:
    """Return the statements to quote, in document order within a section, the best section first.

    The best statement brings what it needs to be understood: a lead-in or parent its children, a
    bare child its parent, a heading the line that defines it, a question for a list the whole
    list, a question for a command the code.
    """
    best = ranked[0].hit.statement
    siblings = found.siblings[best.section]
    chosen = [best, *_companions(question, best, siblings, ranked)]
    for rival in ranked[1:MOST]:
        if len(chosen) >= MOST or rival.score < ranked[0].score + math.log(RIVAL):
            break
        statement = rival.hit.statement
        if statement.kind is not Kind.HEADING and statement.id != found.given:
            chosen.append(statement)
    if question.wanted is Wanted.LIST:
        chosen.extend(_shared_list(chosen, found))
    unique = list({statement.id: statement for statement in chosen}.values())
    sections = list(dict.fromkeys(statement.section for statement in unique))
    return tuple(sorted(unique, key=lambda s: (sections.index(s.section), s.span)))


def _shared_list(chosen: Sequence[Statement], found: Retrieved) -> list[Statement]:
    """Return the whole list of which several items were chosen, if there is one."""
    lists = Counter(
        (s.section, s.block, s.parent) for s in chosen if s.kind in (Kind.ITEM, Kind.ROW)
    )
    if not lists:
        return []
    (section, block, parent), items = lists.most_common(1)[0]
    if items < 2:
        return []
    siblings = found.siblings[section]
    return _list_of(next(s for s in siblings if (s.block, s.parent) == (block, parent)), siblings)


def _list_of(item: Statement, siblings: Sequence[Statement]) -> list[Statement]:
    """Return the items of an item's list and what they hang on; nothing when they are too many."""
    place = (item.block, item.parent)
    whole = [s for s in siblings if (s.block, s.parent) == place or s.id == item.parent]
    return whole if len(whole) <= LIST else []


def _companions(
    question: Question,
    best: Statement,
    siblings: Sequence[Statement],
    ranked: Sequence[Evidence],
) -> list[Statement]:
    children = [statement for statement in siblings if statement.parent == best.id]
    if best.kind is Kind.HEADING:
        return _under_heading(question, best, siblings)
    if children:
        if question.wanted is Wanted.LIST:
            return children[:LIST]
        return _likeliest(children, ranked, MOST - 1)
    if question.wanted is Wanted.LIST and best.kind in (Kind.ITEM, Kind.ROW):
        return _list_of(best, siblings)
    found: list[Statement] = []
    if question.wanted in (Wanted.COMMAND, Wanted.HOWTO) and not _has_code(best):
        found.extend(_code_after(best, siblings))
    # Which plan has it? The item says what, the one above it says which.
    if best.parent and (len(best.plain) < BARE or question.wanted is Wanted.NAME):
        found.extend(statement for statement in siblings if statement.id == best.parent)
    return found


def _under_heading(
    question: Question, heading: Statement, siblings: Sequence[Statement]
) -> list[Statement]:
    """Return what a heading says: its list if one is asked for, else its first line."""
    below = [s for s in siblings if s.kind not in (Kind.HEADING, Kind.LINK)]
    if not below:
        return [s for s in siblings if s.kind is Kind.LINK][:1]
    if question.wanted is Wanted.LIST:
        items = [s for s in below if s.kind is Kind.ITEM]
        if items:
            first = items[0]
            return [s for s in items if s.block == first.block and s.parent == first.parent][:LIST]
    return below[:1]


def _likeliest(
    children: Sequence[Statement], ranked: Sequence[Evidence], most: int
) -> list[Statement]:
    """Return all children if they are few, else those that rank best."""
    if len(children) <= most:
        return list(children)
    places = {evidence.hit.statement.id: place for place, evidence in enumerate(ranked)}
    return sorted(children, key=lambda child: places.get(child.id, len(places)))[:most]


def _has_code(statement: Statement) -> bool:
    return statement.kind is Kind.CODE or "`" in statement.text


def _code_after(best: Statement, siblings: Sequence[Statement]) -> list[Statement]:
    """Return the first code that stands right after a statement, or beside it in its list."""
    at = next(i for i, statement in enumerate(siblings) if statement.id == best.id)
    for statement in siblings[at + 1 : at + 3]:
        if _has_code(statement):
            return [statement]
    return []
