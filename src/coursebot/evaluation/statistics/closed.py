"""Values ▶ the 95 % interval of their mean without resampling: for tables of many groups."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from coursebot.evaluation.statistics.intervals import FEWEST, LEVEL, Interval
from coursebot.evaluation.statistics.resampling import Units, units


def closed_interval(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None, *, binary: bool
) -> Interval | None:
    """Return an interval of the mean of ``values`` by formula; None for fewer than ``FEWEST``.

    The variance is that of a ratio of cluster totals, by linearisation (Cochran 1977, 6.13). Binary
    values get Wilson's interval with the number of independent values that has this variance (Korn
    and Graubard 1998), others Student's t with one degree of freedom less than there are clusters,
    cut to the range of the values. Clusters are taken as by ``interval``.
    """
    if len(values) < FEWEST:
        return None
    drawn = units(values, clusters)
    quantile = _student(len(drawn.sums) - 1)
    mean, variance = drawn.mean, _variance(drawn)
    if binary:
        # Values that are all equal say nothing of their variance; each cluster is one of them then.
        alone = mean * (1 - mean) / variance if variance > 0 else float(len(drawn.sums))
        return _wilson(mean, min(alone, float(len(values))), quantile)
    away = quantile * math.sqrt(variance)
    return Interval(max(mean - away, min(values)), min(mean + away, max(values)))


def _variance(of: Units) -> float:
    """Return the variance of the mean, as a ratio of sums to sizes."""
    count = len(of.sums)
    residuals = of.sums - of.mean * of.sizes
    return float((residuals**2).sum() * count / (count - 1) / of.sizes.sum() ** 2)


def _student(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))


def _wilson(share: float, n: float, z: float) -> Interval:
    """Return Wilson's score interval for a number of values that need not be whole."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    away = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = np.clip(middle - away, 0, share), np.clip(middle + away, share, 1)
    return Interval(float(low), float(high))
