"""Rows ▶ 95 % intervals of what is no mean: areas, risk, calibration.

A resample is a weight for each row. Each figure here is taken of a whole matrix of weights at once,
of shape (resamples, rows), and with weights of 1 is what ``coursebot.evaluation.scoring`` makes of
the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from coursebot.evaluation.scoring.calibration import bin_of
from coursebot.evaluation.statistics import FEWEST, LEVEL, Interval
from coursebot.evaluation.statistics.resampling import FEWEST_CLUSTERS, SEED

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Weights of shape (resamples, rows) ▶ a figure of each resample; NaN where it is not defined."""
RESAMPLES = 2_000


def interval(statistic: Statistic, clusters: Sequence[str]) -> Interval | None:
    """Return the percentile interval; None for fewer than ``FEWEST`` rows or no defined figure.

    Rows of one cluster are drawn together; with few clusters, rows are drawn.
    """
    if len(clusters) < FEWEST:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        found = statistic(weights(clusters))
    found = found[np.isfinite(found)]
    if not found.size:
        return None
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def weights(clusters: Sequence[str]) -> Floats:
    """Return how often each row is drawn in each resample, the same for the same clusters."""
    places: dict[str, int] = {}
    owner = np.array([places.setdefault(name, len(places)) for name in clusters], dtype=np.intp)
    if len(places) < FEWEST_CLUSTERS:
        owner = np.arange(len(clusters))
    units = int(owner.max()) + 1
    drawn = np.random.default_rng(SEED).multinomial(units, np.full(units, 1 / units), RESAMPLES)
    return drawn[:, owner].astype(np.float64)


def auroc(confidences: Sequence[float], unanswerable: Sequence[bool]) -> Statistic:
    """Return the chance that an unanswerable question has the lower confidence; ties half."""
    order, starts = _ties(np.asarray(confidences))
    no = np.asarray(unanswerable)[order]

    def of(drawn: Floats) -> Floats:
        drawn = drawn[:, order]
        below = np.add.reduceat(np.where(no, drawn, 0.0), starts, axis=1)
        others = np.add.reduceat(np.where(no, 0.0, drawn), starts, axis=1)
        total = others.sum(axis=1)
        above = total[:, None] - others.cumsum(axis=1)
        wins = (below * (above + others / 2)).sum(axis=1)
        return _ratio(wins, below.sum(axis=1) * total)

    return of


def aurc(confidences: Sequence[float], right: Sequence[bool]) -> Statistic:
    """Return the area under the risk-coverage curve, each step at the risk it ends with."""
    order, starts = _ties(-np.asarray(confidences))
    wrong = ~np.asarray(right)[order]

    def of(drawn: Floats) -> Floats:
        drawn = drawn[:, order]
        steps = np.add.reduceat(drawn, starts, axis=1)
        errors = np.add.reduceat(drawn * wrong, starts, axis=1).cumsum(axis=1)
        risk = np.nan_to_num(errors / steps.cumsum(axis=1))
        return _ratio((steps * risk).sum(axis=1), steps.sum(axis=1))

    return of


def risk(answered: Sequence[bool], right: Sequence[bool]) -> Statistic:
    """Return the share of what is answered that is not right."""
    given = np.asarray(answered, dtype=np.float64)
    wrong = given * ~np.asarray(right)
    return lambda drawn: _ratio(drawn @ wrong, drawn @ given)


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> Statistic:
    """Return the expected calibration error, of the bins of the scorer."""
    gaps = np.asarray(confidences) - np.asarray(right, dtype=np.float64)
    bins = np.array([bin_of(value) for value in confidences])

    def of(drawn: Floats) -> Floats:
        apart = [np.abs(drawn[:, bins == one] @ gaps[bins == one]) for one in np.unique(bins)]
        return _ratio(np.sum(apart, axis=0), drawn.sum(axis=1))

    return of


def _ties(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rising order of ``values`` and where each different one begins in it."""
    order = np.argsort(values, kind="stable")
    rising = values[order]
    starts = np.flatnonzero(np.concatenate(([True], rising[1:] != rising[:-1])))
    return order, starts


def _ratio(some: Floats, all_: Floats) -> Floats:
    return np.where(all_ > 0, some / all_, np.nan)
