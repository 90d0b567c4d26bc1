"""Evidence ▶ the calibrated probability that it answers the question."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from coursebot.answer.evidence import FEATURES as EVIDENCE
from coursebot.answer.evidence import UNREAD, Evidence
from coursebot.answer.question import Question, Wanted
from coursebot.answer.weights import fitted
from coursebot.terms import language_of
from coursebot.types import Floats, Retrieved

FEATURES = (
    "score",
    "margin",
    "share",
    "cosine",
    "lexical",
    "passage",
    "match",
    "own_terms",
    "context_terms",
    "agreement",
    "typed",
    "typed_missing",
    "heading",
    "foreign",
    "home_terms",
)
"""What an answer is judged by, in the order of the weights; the last weight is the constant."""
READ = ("reading", "any", "preferred", "read_margin", "unread")
"""What it is judged by besides when candidates were read, in the order of the weights."""
SUBJECT = (
    "score",
    "cosine",
    "lexical",
    "passage",
    "match",
    "context_terms",
    "agreement",
    "foreign",
    "home_terms",
)
"""The features that tell whether the material speaks of the question's subject at all."""

_SUBJECT = [FEATURES.index(name) for name in SUBJECT]
_TYPED = frozenset({Wanted.DURATION, Wanted.NUMBER, Wanted.DATE})


def estimate(question: Question, ranked: Sequence[Evidence], found: Retrieved) -> float:
    """Return the probability, 0 to 1, that the best statement answers the question.

    The product of two logistic regressions (Platt), fitted for each question language: whether the
    material speaks of the subject, and whether the statement then answers. One alone would weigh
    down what tells other subjects apart, since near misses look like answers in just that.
    """
    if not ranked:
        return 0.0
    row = features(question, ranked, found)
    subject, answers = fitted().subject[found.language], fitted().confidence[found.language]
    if any(evidence.reading is not None for evidence in ranked):
        row = np.concatenate([row, read_features(ranked)])
        answers = fitted().read[found.language]
        subject = fitted().read_subject[found.language]
    return _logistic(row[_SUBJECT], subject) * _logistic(row, answers)


def read_features(ranked: Sequence[Evidence]) -> Floats:
    """Return what the reader says of the best candidate and of all, of shape (len(READ),)."""
    best = ranked[0]
    said = np.array([e.reading.score for e in ranked if e.reading is not None])
    own = best.reading.score if best.reading is not None else UNREAD
    block = (best.hit.statement.path, best.hit.statement.block)
    rivals = [
        e.reading.score
        for e in ranked
        if e.reading is not None and (e.hit.statement.path, e.hit.statement.block) != block
    ]
    # The odds that any of them answers: the reader sets them all against one "none".
    together = float(np.logaddexp.reduce(said))
    return np.array(
        [
            max(own, UNREAD),
            max(together, UNREAD),
            float(own >= said.max()),
            np.clip(own - max(rivals, default=UNREAD), UNREAD, -UNREAD),
            float(best.reading is None),
        ],
        dtype=np.float32,
    )


def _logistic(row: Floats, weights: Floats) -> float:
    logit = float(row @ weights[:-1] + weights[-1])
    return 1 / (1 + math.exp(-max(logit, -500.0)))


def features(question: Question, ranked: Sequence[Evidence], found: Retrieved) -> Floats:
    """Return the features of the best candidate, of shape (len(FEATURES),)."""
    best = ranked[0]
    own = dict(zip(EVIDENCE, best.features.tolist(), strict=True))
    block = (best.hit.statement.path, best.hit.statement.block)
    rivals = [
        evidence.score
        for evidence in ranked
        if (evidence.hit.statement.path, evidence.hit.statement.block) != block
    ]
    scores = np.array([evidence.score for evidence in ranked])
    share = float(1 / np.exp(scores - scores[0]).sum())
    typed = question.wanted in _TYPED
    present = bool(
        own["dimension_wanted"] or (question.dimension is None and own["quantity_wanted"])
    )
    section = found.sections[best.hit.statement.section]
    around = " ".join((*section.heading_path, *best.hit.statement.context))
    written = language_of(f"{around} {best.hit.statement.plain}")
    foreign = written is not found.language
    first = found.hits[0] if found.hits else None
    agreement = sum(leg.rank == 1 for leg in first.legs.values()) if first else 0
    return np.array(
        [
            best.score,
            best.score - max(rivals, default=best.score - 5),
            share,
            own["cosine"],
            own["lexical"],
            own["passage"],
            found.match,
            own["own_terms"],
            own["context_terms"],
            agreement / 4 if best.hit.passage_rank == 1 else 0.0,
            float(typed and present),
            float(typed and not present),
            own["heading"],
            float(foreign),
            0.0 if foreign else own["own_terms"] + own["context_terms"],
        ],
        dtype=np.float32,
    )
