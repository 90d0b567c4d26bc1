"""What came of a question ▶ its row, as small as it can be read from later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coursebot.evaluation import scoring
from coursebot.evaluation.golden import Placed
from coursebot.evaluation.golden.records import AnswerKind, Asked
from coursebot.evaluation.run.records import (
    Given,
    LegScore,
    Outcome,
    Ranked,
    Reason,
    Row,
    Verdict,
)

DIGITS = 6
"""Decimals of scores: finer differences are the processor's, not the assistant's."""
PASSAGE_CHARACTERS = 2000
"""Of a passage's text that a row keeps; the index it came from may be gone when it is read."""
ERROR_CHARACTERS = 500


def compact(
    base: Row,
    given: Given,
    passages: Sequence[Ranked],
    verdict: Verdict,
    timings_ms: Mapping[str, float],
) -> Row:
    """Return ``base`` with what was answered; a stale row gets no verdict."""
    values = {name: round(value, DIGITS) for name, value in verdict.values.items()}
    return base.model_copy(
        update={
            "given": given.model_copy(update={"confidence": round(given.confidence, DIGITS)}),
            "passages": tuple(_ranked(passage) for passage in passages),
            "verdict": None if base.stale else verdict.model_copy(update={"values": values}),
            "timings_ms": {name: round(value, 3) for name, value in timings_ms.items()},
        }
    )


def failed(base: Row, asked: Asked, placed: Sequence[Placed], error: Exception) -> Row:
    """Return ``base`` as a row at which the assistant failed.

    It counts as wrong by every metric that applies, so that failing never looks better than
    answering.
    """
    said = " ".join(f"{type(error).__name__}: {error}".split())
    said = said.encode("utf-8", "replace").decode("utf-8")
    verdict = Verdict(
        passed=False,
        outcome=Outcome.WRONG,
        reason=Reason.ERROR,
        values={"score": -1.0, **dict.fromkeys(_applying(asked, bool(placed)), 0.0)},
    )
    return base.model_copy(
        update={
            "error": said[:ERROR_CHARACTERS],
            "verdict": None if base.stale else verdict,
        }
    )


def _applying(asked: Asked, placed: bool) -> list[str]:
    """Return the metrics, without the score, that a question has whatever is answered."""
    if asked.unanswerable:
        return ["abstained_rightly"]
    names = ["right", "answered"]
    if any(answer.kind is not AnswerKind.FREEFORM for answer in asked.answers):
        names.append("contains")
    if placed:
        names.append("cited")
        ranked = {"retrieval", "section"}
        names += [name for name, metric in scoring.METRICS.items() if metric.family in ranked]
    return names


def _ranked(passage: Ranked) -> Ranked:
    return passage.model_copy(
        update={
            "score": round(passage.score, DIGITS),
            "text": passage.text[:PASSAGE_CHARACTERS],
            "legs": {
                name: LegScore(rank=leg.rank, score=round(leg.score, DIGITS))
                for name, leg in passage.legs.items()
            },
        }
    )
