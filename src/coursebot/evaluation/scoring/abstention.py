"""Rows ▶ how well the assistant knows what it does not know, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from coursebot.evaluation.run.records import Row
from coursebot.types import State


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of answering at or above a threshold."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """None where a value is not defined."""

    precision: float | None
    recall: float | None
    f1: float | None
    auroc: float | None
    points: tuple[Point, ...]
    aurc: float | None
    best_threshold: float | None
    """With the highest mean score on one half of the items; None: answering nothing is best, or
    there are no two halves."""
    best_score: float | None
    """Mean score of that choice on the other half."""


def abstention(rows: Sequence[Row]) -> Abstention:
    """Measure abstention; the positive class is "not given as answered"."""
    known = [(row, row.given) for row in rows if row.counts and row.given is not None]
    held = sum(g.state is not State.ANSWERED for _, g in known)
    caught = sum(r.unanswerable and g.state is not State.ANSWERED for r, g in known)
    positive = sum(r.unanswerable for r, _ in known)
    cases = [_Case(g.confidence, _right(r), r.unanswerable, r.item) for r, g in known]
    points = _curve(cases)
    best, score = _best(cases)
    return Abstention(
        precision=caught / held if held else None,
        recall=caught / positive if positive else None,
        f1=2 * caught / (held + positive) if held + positive else None,
        auroc=_auroc([(g.confidence, r.unanswerable) for r, g in known]),
        points=points,
        aurc=_area(points),
        best_threshold=best,
        best_score=score,
    )


def _right(row: Row) -> bool:
    return row.verdict is not None and row.verdict.values.get("right", 0.0) == 1.0


def _auroc(cases: Sequence[tuple[float, bool]]) -> float | None:
    """Return how often an unanswerable question has the lower confidence; ties count half."""
    ranks: dict[float, tuple[int, int]] = {}
    for value, positive in cases:
        yes, no = ranks.get(value, (0, 0))
        ranks[value] = (yes + positive, no + (not positive))
    positives = sum(yes for yes, _ in ranks.values())
    negatives = len(cases) - positives
    if not positives or not negatives:
        return None
    above, total = negatives, 0.0
    for value in sorted(ranks):
        yes, no = ranks[value]
        above -= no
        total += yes * (above + no / 2)
    return total / positives / negatives


def _curve(cases: Sequence[_Case]) -> tuple[Point, ...]:
    falling = sorted(cases, key=lambda case: -case.confidence)
    points: list[Point] = []
    wrong = 0
    for at, case in enumerate(falling, 1):
        wrong += not case.right
        if at == len(falling) or falling[at].confidence != case.confidence:
            points.append(Point(case.confidence, at / len(falling), wrong / at))
    return tuple(points)


def _area(points: Sequence[Point]) -> float | None:
    """Return the mean risk over coverage, each step at the risk it ends with."""
    before, area = 0.0, 0.0
    for point in points:
        area += (point.coverage - before) * point.risk
        before = point.coverage
    return area if points else None


@dataclass(frozen=True, slots=True)
class _Case:
    confidence: float
    right: bool
    unanswerable: bool
    item: str


def _best(cases: Sequence[_Case]) -> tuple[float | None, float | None]:
    """Choose on one half; items, not rows, are halved, since turns of one belong together."""
    halves: tuple[list[_Case], list[_Case]] = ([], [])
    for case in cases:
        halves[sha256(case.item.encode()).digest()[0] % 2].append(case)
    first, second = halves
    if not first or not second:
        return None, None
    best: float | None = None
    most = _mean_score(first, None)
    for threshold in sorted({case.confidence for case in first}, reverse=True):
        reached = _mean_score(first, threshold)
        if reached > most:
            best, most = threshold, reached
    return best, _mean_score(second, best)


def _mean_score(cases: Sequence[_Case], threshold: float | None) -> float:
    """Return the mean score when everything from ``threshold`` on is answered; None: nothing."""
    total = 0
    for case in cases:
        if threshold is not None and case.confidence >= threshold:
            total += 1 if case.right else -1
        else:
            total += case.unanswerable
    return total / len(cases)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds."""

    p50: float
    p95: float
    max: float


def latency(rows: Sequence[Row]) -> Mapping[str, Latency]:
    """Return each stage's latency; the first question, asked cold, is ``first``."""
    if not rows:
        return {}
    stages: dict[str, list[float]] = {}
    for row in rows[1:] or rows:
        for stage, value in row.timings_ms.items():
            stages.setdefault(stage, []).append(value)
    found = {stage: _spread(sorted(values)) for stage, values in stages.items()}
    if "total" in rows[0].timings_ms:
        found["first"] = _spread([rows[0].timings_ms["total"]])
    return found


def _spread(values: Sequence[float]) -> Latency:
    """Return percentiles by nearest rank, each a time that was measured."""

    def at(percent: int) -> float:
        return values[-(-percent * len(values) // 100) - 1]

    return Latency(at(50), at(95), values[-1])
