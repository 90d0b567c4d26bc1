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
    """With the highest mean score on one half of the items."""
    best_score: float | None
    """Mean score of that threshold on the other half."""


def abstention(rows: Sequence[Row]) -> Abstention:
    """Measure abstention; the positive class is "not given as answered"."""
    known = [(row, row.given) for row in rows if row.counts and row.given is not None]
    held = sum(g.state is not State.ANSWERED for _, g in known)
    caught = sum(r.unanswerable and g.state is not State.ANSWERED for r, g in known)
    positive = sum(r.unanswerable for r, _ in known)
    cases = [(g.confidence, _right(r), r.item) for r, g in known]
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


def _curve(cases: Sequence[tuple[float, bool, str]]) -> tuple[Point, ...]:
    falling = sorted(cases, key=lambda one: -one[0])
    points: list[Point] = []
    wrong = 0
    for at, (value, right, _) in enumerate(falling, 1):
        wrong += not right
        if at == len(falling) or falling[at][0] != value:
            points.append(Point(value, at / len(falling), wrong / at))
    return tuple(points)


def _area(points: Sequence[Point]) -> float | None:
    """Return the mean risk over coverage, each step at the risk it ends with."""
    before, area = 0.0, 0.0
    for point in points:
        area += (point.coverage - before) * point.risk
        before = point.coverage
    return area if points else None


def _best(cases: Sequence[tuple[float, bool, str]]) -> tuple[float | None, float | None]:
    halves: tuple[list[tuple[float, bool]], list[tuple[float, bool]]] = ([], [])
    for value, right, item in cases:
        halves[sha256(item.encode()).digest()[0] % 2].append((value, right))
    first, second = halves
    if not first or not second:
        return None, None
    best, most, total = 1.0, 0, 0
    falling = sorted(first, key=lambda one: -one[0])
    for at, (value, right) in enumerate(falling, 1):
        total += 1 if right else -1
        if (at == len(falling) or falling[at][0] != value) and total > most:
            best, most = value, total
    score = sum((1 if right else -1) for value, right in second if value >= best)
    return best, score / len(second)


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
    def at(share: float) -> float:
        return values[min(int(share * len(values)), len(values) - 1)]

    return Latency(at(0.5), at(0.95), values[-1])
