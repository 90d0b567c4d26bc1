"""Rows ▶ how far their confidence is from how often they are right."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coursebot.evaluation.run.records import Row

BINS = 10
"""Of equal width, over 0 to 1."""
ERROR = "calibration_error"
BRIER = "brier"

_DRAWS = 999
_LEVEL = 0.95
_SEED = 20_261_128


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose confidence lies above ``low`` and is at most ``high``; 0 is in the first bin."""

    low: float
    high: float
    n: int
    confidence: float
    """Their mean confidence."""
    right: int
    """How many of them are right."""

    @property
    def share(self) -> float:
        """Share of them that is right."""
        return self.right / self.n

    @property
    def gap(self) -> float:
        """Mean confidence minus share right: above 0 the assistant is too sure."""
        return self.confidence - self.share


def bin_of(confidence: float, bins: int = BINS) -> int:
    """Return the number of the bin that a confidence falls into; an edge belongs to the lower."""
    return bisect_left(range(1, bins), confidence, key=lambda edge: edge / bins)


def reliability(rows: Sequence[Row], bins: int = BINS) -> tuple[Bin, ...]:
    """Return the bins that hold rows, rising: the points of a reliability diagram.

    A row is right when ``right`` is 1: its answer, shown, is right and rightly cited. An
    unanswerable question never is, nor is what was not covered; a row that is stale or ended in an
    error has no confidence and is left out.
    """
    held: dict[int, list[tuple[float, float]]] = {}
    for _, confidence, right in _known(rows):
        held.setdefault(bin_of(confidence, bins), []).append((confidence, right))
    return tuple(
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            n=len(cases),
            confidence=sum(confidence for confidence, _ in cases) / len(cases),
            right=int(sum(right for _, right in cases)),
        )
        for place, cases in sorted(held.items())
    )


def calibration_error(rows: Sequence[Row], bins: int = BINS) -> float | None:
    """Return the expected calibration error; None without a row that counts and was answered.

    The mean over the bins, weighed by their rows, of how far their mean confidence and their share
    of right answers lie apart (Naeini et al. 2015; Guo et al. 2017).
    """
    found = reliability(rows, bins)
    known = sum(one.n for one in found)
    return sum(one.n * abs(one.gap) for one in found) / known if known else None


def calibration(rows: Sequence[Row]) -> Mapping[str, Mapping[str, float]]:
    """Return each row's share, by id, of the metrics that confidences have: their means are these.

    Of the Brier score (1950) that is confidence minus right, squared. Of the calibration error it
    is confidence minus right, with the sign that makes its bin's sum positive: its mean over all
    rows is the error, and so it has an interval and is compared as other means are, the sides on
    which the bins lie taken as given.
    """
    known = _known(rows)
    sums = [0.0] * BINS
    for _, confidence, right in known:
        sums[bin_of(confidence)] += confidence - right
    return {
        ERROR: {
            row.id: (confidence - right) * (-1 if sums[bin_of(confidence)] < 0 else 1)
            for row, confidence, right in known
        },
        BRIER: {row.id: (confidence - right) ** 2 for row, confidence, right in known},
    }


def by_chance(rows: Sequence[Row]) -> float | None:
    """Return the error that 95 % of perfectly calibrated assistants stay within; None as above.

    Outcomes are drawn with the rows' own confidences as their probabilities (consistency
    resampling: Bröcker and Smith 2007): few rows have an error, however honest they are.
    """
    known = _known(rows)
    if not known:
        return None
    confidences = np.array([confidence for _, confidence, _ in known])
    places = np.array([bin_of(value) for value in confidences])
    random = np.random.default_rng(_SEED)
    apart = np.zeros(_DRAWS)
    for place in np.unique(places):
        own = confidences[places == place]
        right = (random.random((_DRAWS, len(own))) < own).sum(axis=1)
        apart += np.abs(own.sum() - right)
    return float(np.quantile(apart, _LEVEL) / len(known))


def _known(rows: Sequence[Row]) -> list[tuple[Row, float, float]]:
    """Return rows that count and were answered, with their confidence and whether it was right."""
    return [
        (row, row.given.confidence, float(row.verdict.values.get("right", 0.0) == 1.0))
        for row in rows
        if row.verdict is not None and row.given is not None
    ]
