"""Values ▶ the 95 % interval of their mean."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from coursebot.evaluation.statistics.resampling import DIGITS, Floats, Units, bootstrap_means, units

LEVEL = 0.95
FEWEST = 5
"""Values from which there is an interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, both ends within it."""

    low: float
    high: float
    level: float = LEVEL


def interval(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None, *, binary: bool
) -> Interval | None:
    """Return the interval of the mean of ``values``; None for fewer than ``FEWEST``.

    Binary values (0 and 1) that are independent of each other get Wilson's score interval, all
    others the BCa bootstrap. ``clusters`` has a name for each value: values of one cluster are
    drawn together; with fewer than six clusters they are taken as given, and values are drawn.
    Raises ValueError for values that are not finite, and for other than 0 and 1 if ``binary``.
    """
    if len(values) < FEWEST:
        return None
    drawn = units(values, clusters)
    if binary:
        held = np.asarray(values, dtype=np.float64)
        if not np.isin(held, (0.0, 1.0)).all():
            raise ValueError("binary values must be 0 or 1")
        alone = len(drawn.sums) == len(held)
        if alone:
            return wilson(int(held.sum()), len(held))
        if held.min() == held.max():
            # A resample of equal values says that nothing is uncertain; clusters are few, though.
            return wilson(int(held[0]) * len(drawn.sums), len(drawn.sums))
    return bca(drawn)


def wilson(successes: int, n: int) -> Interval:
    """Return Wilson's score interval of a share (Wilson 1927), without continuity correction."""
    from scipy.stats import binomtest

    found = binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return Interval(float(found.low), float(found.high))


def bca(of: Units) -> Interval:
    """Return the bias-corrected and accelerated interval of the mean (Efron 1987).

    As scipy.stats.bootstrap(method="BCa") defines it, with the jackknife in closed form. Units that
    are all equal give their mean twice.
    """
    from scipy.special import ndtr, ndtri

    mean = of.mean
    means = bootstrap_means(of)
    if np.ptp(of.sums / of.sizes) < 10.0**-DIGITS:
        return Interval(mean, mean)
    tail = (1 - LEVEL) / 2
    bias = float(ndtri(_share_below(means, mean)))
    away = of.without_each()
    away = away.mean() - away
    spread = float((away**2).sum()) ** 1.5
    acceleration = float((away**3).sum()) / (6 * spread) if spread > 0 else 0.0
    ends = []
    for quantile in (tail, 1 - tail):
        shifted = bias + float(ndtri(quantile))
        left = 1 - acceleration * shifted
        moved = float(ndtr(bias + shifted / left)) if left > 0 else math.nan
        # No resample below the mean, or a skew beyond the formula: the plain percentile is left.
        ends.append(moved if math.isfinite(moved) and math.isfinite(bias) else quantile)
    low, high = np.quantile(means, ends)
    return Interval(float(low), float(high))


def _share_below(means: Floats, mean: float) -> float:
    """Return the share of resamples below the mean, those equal to it by half."""
    rounded, at = means.round(DIGITS), round(mean, DIGITS)
    return float(((rounded < at).mean() + (rounded <= at).mean()) / 2)
