"""Confidences ▶ what would come of another threshold, and how they are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

POINTS = 240
"""Points of the curve that are drawn, at most."""

BINS = 20
"""Columns of the histogram, over 0 to 1."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure the assistant was of one question, and whether it was right to be."""

    value: float
    right: bool
    answerable: bool


@dataclass(frozen=True, slots=True)
class At:
    """What comes of answering at or above one threshold, and holding back below it."""

    threshold: float
    coverage: float
    """Share of the questions that are answered."""
    risk: float | None
    """Share of those that are not right; None when none is answered."""
    precision: float | None
    """Share of those held back that are not answerable; None when none is held back."""
    recall: float | None
    """Share of those not answerable that are held back; None when there are none."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions with a confidence from ``low`` to ``high``, the end left out except of the last."""

    low: float
    high: float
    answerable: int
    unanswerable: int


def at(judged: Sequence[Confidence], threshold: float) -> At:
    """Return what comes of ``threshold``; unanswerable questions are never answered rightly."""
    answered = [one for one in judged if one.value >= threshold]
    held = [one for one in judged if one.value < threshold]
    caught = sum(not one.answerable for one in held)
    unanswerable = sum(not one.answerable for one in judged)
    return At(
        threshold=threshold,
        coverage=_share(len(answered), len(judged)) or 0.0,
        risk=_share(sum(not one.right for one in answered), len(answered)),
        precision=_share(caught, len(held)),
        recall=_share(caught, unanswerable),
    )


def curve(judged: Sequence[Confidence]) -> list[At]:
    """Return a point for each confidence that occurs, from the highest down, in O(n log n).

    El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification" (2010).
    """
    points = []
    answered = wrong = passed_on = 0
    unanswerable = sum(not one.answerable for one in judged)
    falling = sorted(judged, key=lambda one: -one.value)
    for value, equals in groupby(falling, key=lambda one: one.value):
        for one in equals:
            answered += 1
            wrong += not one.right
            passed_on += not one.answerable
        caught = unanswerable - passed_on
        points.append(
            At(
                threshold=value,
                coverage=answered / len(judged),
                risk=wrong / answered,
                precision=_share(caught, len(judged) - answered),
                recall=_share(caught, unanswerable),
            )
        )
    return points


def thinned(judged: Sequence[Confidence], most: int = POINTS) -> tuple[At, ...]:
    """Return at most ``most`` points of the curve, evenly spread, both ends among them."""
    points = curve(judged)
    if len(points) <= most:
        return tuple(points)
    last = len(points) - 1
    return tuple(points[round(step * last / (most - 1))] for step in range(most))


def histogram(judged: Sequence[Confidence]) -> tuple[Bin, ...]:
    """Return how many questions of both sorts have which confidence."""
    counts = [[0, 0] for _ in range(BINS)]
    for one in judged:
        place = min(max(int(one.value * BINS), 0), BINS - 1)
        counts[place][not one.answerable] += 1
    return tuple(
        Bin(place / BINS, (place + 1) / BINS, *found) for place, found in enumerate(counts)
    )


def _share(some: int, all_: int) -> float | None:
    return some / all_ if all_ else None
