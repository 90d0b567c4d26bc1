"""Statement hits ▶ evidence: each candidate's chance of being the one that answers."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from string import ascii_letters, digits

import numpy as np

from coursebot.answer.concepts import of_line
from coursebot.answer.question import Question, Wanted
from coursebot.answer.values import quantities
from coursebot.answer.weights import fitted
from coursebot.terms import is_japanese, normalise, without_function_words, words
from coursebot.types import Floats, Kind, Reader, Reading, Retrieved, StatementHit

FEATURES = (
    "cosine",
    "lexical",
    "passage",
    "first_passage",
    "own_terms",
    "context_terms",
    "heading",
    "code",
    "code_wanted",
    "row",
    "item",
    "leads_in",
    "leads_in_list",
    "quantity_wanted",
    "dimension_wanted",
    "short",
    "long",
    "question_mark",
    "concepts",
    "file",
    "section",
)
"""What a candidate is judged by, in the order of the weights."""
READ = ("evidence", "reading", "unread")
"""What it is judged by when candidates were read, in the order of the weights."""
UNREAD = -8.0
"""The reader's score of what it did not read, and the least that counts."""

SHORTLIST = 48
"""Candidates that are read closely."""
ASKED_FOR = 6.0
"""Log-odds of a link when a link is asked for, and of the line that defines a heading's term when
that term is to be defined; the training questions ask for too few of either to fit."""
GOES_ON = 2.0
"""Log-odds, in a question that goes on from the last one, of the sections that were cited then."""
GIVEN = 4.0
"""Log-odds against the statement that has just been given as the short answer."""

Form = tuple[str, bool]
"""A way to write a word, and whether it must stand between spaces."""
Sought = tuple[float, tuple[Form, ...]]
"""A word of the question: its share of the question's weight, and how it may be written."""

_BRACKETS = re.compile(r"[()（）]")
_QUANTITIES = frozenset({Wanted.DURATION, Wanted.NUMBER, Wanted.DATE})
_COMMANDS = frozenset({Wanted.COMMAND, Wanted.HOWTO})
_WORD = frozenset(f"{ascii_letters}{digits}_")
REMEMBERED = 8192
"""Texts whose normal form is remembered: the same lines are candidates of many questions."""
_normal = lru_cache(REMEMBERED)(normalise)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A candidate, judged."""

    hit: StatementHit
    score: float
    """Log-odds against the other candidates."""
    features: Floats
    """Of shape (len(FEATURES),)."""
    reading: Reading | None = None
    """What the reader says of it; None when it was not read."""


def rank(
    question: Question, found: Retrieved, reader: Reader | None = None
) -> tuple[Evidence, ...]:
    """Return the likeliest candidates, best first; ties in document order.

    With a reader, the best of them are read with the lines around them, which become candidates
    too, and what it says counts with the rest.
    """
    around = _around(found)
    judged = _judge(question, found, shortlist(question, found), around)
    if reader is None or not judged:
        return judged
    likely = [evidence.hit.statement for evidence in judged]
    readings = reader.read(found.asked, likely, found.sections, found.siblings)
    if not readings:
        return judged
    known = {evidence.hit.statement.id for evidence in judged}
    beside = [
        hit
        for hit in found.statements
        if hit.statement.id in readings and hit.statement.id not in known
    ]
    judged = (*judged, *_judge(question, found, beside, around))
    weights = fitted().reading[found.language]
    return _sorted(
        _with(evidence, readings.get(evidence.hit.statement.id), weights) for evidence in judged
    )


def _with(evidence: Evidence, reading: Reading | None, weights: Floats) -> Evidence:
    score = float(read_features(evidence.score, reading) @ weights)
    return replace(evidence, score=score, reading=reading)


def read_features(score: float, reading: Reading | None) -> Floats:
    """Return what a candidate is judged by once others were read, of shape (len(READ),)."""
    said = UNREAD if reading is None else max(reading.score, UNREAD)
    return np.array([score, said, reading is None], dtype=np.float32)


def _judge(
    question: Question, found: Retrieved, hits: Sequence[StatementHit], around: _Around
) -> tuple[Evidence, ...]:
    if not hits:
        return ()
    matrix = _rows(question, found, hits, around)
    scores = matrix @ fitted().evidence[found.language]
    scores += _continuity(found, hits)
    if question.wanted is Wanted.LINK:
        scores += ASKED_FOR * np.array([hit.statement.kind is Kind.LINK for hit in hits])
    if question.wanted is Wanted.DEFINITION:
        defining = _defining(found)
        scores += ASKED_FOR * np.array([hit.statement.id in defining for hit in hits])
    return _sorted(
        Evidence(hit, float(score), row)
        for hit, score, row in zip(hits, scores, matrix, strict=True)
    )


def _sorted(judged: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(
        sorted(judged, key=lambda e: (-e.score, e.hit.statement.path, e.hit.statement.span))
    )


def shortlist(question: Question, found: Retrieved) -> tuple[StatementHit, ...]:
    """Return the candidates that are worth reading closely, in any order.

    A line that is only a link answers nothing but a question for one.
    """
    links = Wanted.LINK in question.plausible
    defining = _defining(found) if question.wanted is Wanted.DEFINITION else frozenset()
    return tuple(
        heapq.nlargest(
            SHORTLIST,
            (hit for hit in found.statements if links or hit.statement.kind is not Kind.LINK),
            key=lambda hit: (
                hit.statement.id in defining,
                5 * hit.cosine + hit.lexical + hit.passage_score,
            ),
        )
    )


def _continuity(found: Retrieved, hits: Sequence[StatementHit]) -> Floats:
    """Return what each candidate gains or loses by the turn before; zeros for a new question."""
    if not found.grounding and not found.given:
        return np.zeros(len(hits), dtype=np.float32)
    cited = {
        statement.section
        for siblings in found.siblings.values()
        for statement in siblings
        if statement.id in found.grounding
    }
    return np.array(
        [
            GOES_ON * (hit.statement.section in cited) - GIVEN * (hit.statement.id == found.given)
            for hit in hits
        ],
        dtype=np.float32,
    )


def _defining(found: Retrieved) -> frozenset[str]:
    """Return the ids of the lines right under the headings that name just what is asked about."""
    subject = frozenset(found.idf)
    lines: list[str] = []
    for name, section in found.sections.items():
        heading = section.heading_path[-1] if section.heading_path else ""
        # Azure Kubernetes Service (AKS) names AKS, and so does AKSとは？
        names = [frozenset(without_function_words(words(n))) for n in _BRACKETS.split(heading)]
        if subject and subject in names:
            body = (s.id for s in found.siblings[name] if s.kind not in (Kind.HEADING, Kind.LINK))
            lines.extend(islice(body, 1))
    return frozenset(lines)


def features(question: Question, found: Retrieved, hits: Sequence[StatementHit]) -> Floats:
    """Return the features of ``hits``, of shape (len(hits), len(FEATURES))."""
    return _rows(question, found, hits, _around(found))


def _rows(
    question: Question, found: Retrieved, hits: Sequence[StatementHit], around: _Around
) -> Floats:
    rows = [_row(question, found, hit, around) for hit in hits]
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(FEATURES))


@dataclass(frozen=True, slots=True)
class _Around:
    """What a candidate is seen against."""

    words: tuple[Sought, ...]
    parents: frozenset[str]
    files: Mapping[str, float]
    sections: Mapping[str, float]


def _around(found: Retrieved) -> _Around:
    return _Around(
        words=_sought(found),
        parents=frozenset(
            statement.parent
            for siblings in found.siblings.values()
            for statement in siblings
            if statement.parent
        ),
        files=_votes(hit.passage.path for hit in found.hits),
        sections=_votes(hit.passage.section for hit in found.hits),
    )


def _votes(names: Iterable[str]) -> Mapping[str, float]:
    """Return each file's or section's share of the hits, a hit of rank n counting 1 / n."""
    votes: dict[str, float] = {}
    for place, name in enumerate(names, 1):
        votes[name] = votes.get(name, 0.0) + 1 / place
    total = sum(votes.values()) or 1.0
    return {name: vote / total for name, vote in votes.items()}


def _sought(found: Retrieved) -> tuple[Sought, ...]:
    """Return the question's words with their shares of its weight."""
    weight = sum(found.idf.values()) or 1.0
    written = ((idf, {word, found.surfaces.get(word, word)}) for word, idf in found.idf.items())
    return tuple(
        (idf / weight, tuple((form, not is_japanese(form)) for form in forms))
        for idf, forms in written
    )


def _holds(text: str, forms: Iterable[Form]) -> bool:
    """Whether a text in normal form holds a word: Japanese anywhere, others between spaces."""
    for form, spaced in forms:  # no generator: this is asked of every word and candidate
        at = text.find(form)
        while spaced and at >= 0 and not _apart(text, at, at + len(form)):
            at = text.find(form, at + 1)
        if at >= 0:
            return True
    return False


def _apart(text: str, start: int, end: int) -> bool:
    return text[max(start - 1, 0) : start] not in _WORD and text[end : end + 1] not in _WORD


def _speaks_of(question: Question, plain: str, above: str) -> float:
    """Return the share of the question's concepts that a statement or its surroundings have."""
    if not question.concepts:
        return 0.0
    found = of_line(plain) | of_line(above)
    return len(question.concepts & found) / len(question.concepts)


def _row(
    question: Question,
    found: Retrieved,
    hit: StatementHit,
    seen: _Around,
) -> list[float]:
    statement = hit.statement
    section = found.sections[statement.section]
    plain = _normal(statement.plain)
    above = _normal("\n".join((*section.heading_path, *statement.context)))
    own = around = 0.0
    for share, forms in seen.words:
        if _holds(plain, forms):
            own += share
        elif _holds(above, forms):
            around += share
    leads_in = statement.id in seen.parents
    code = statement.kind is Kind.CODE or "`" in statement.text
    counted = question.wanted in _QUANTITIES or question.dimension is not None
    dimensions = {q.dimension for q in quantities(statement.plain)} if counted else set()
    length = len(statement.plain)
    return [
        (hit.cosine - 0.8) * 10,
        hit.lexical,
        (hit.passage_score - 0.6) * 5 if hit.passage_score else -1.0,
        float(hit.passage_rank == 1),
        own,
        around,
        float(statement.kind is Kind.HEADING),
        float(code),
        float(code and question.wanted in _COMMANDS),
        float(statement.kind is Kind.ROW),
        float(statement.kind is Kind.ITEM),
        float(leads_in),
        float(leads_in and question.wanted is Wanted.LIST),
        float(bool(dimensions) and question.wanted in _QUANTITIES),
        float(question.dimension is not None and question.dimension in dimensions),
        float(length < 12),
        math.log1p(length) - 3.5,
        float(statement.plain.endswith(("?", "？"))),
        _speaks_of(question, plain, above),
        seen.files.get(statement.path, 0.0),
        seen.sections.get(statement.section, 0.0),
    ]
