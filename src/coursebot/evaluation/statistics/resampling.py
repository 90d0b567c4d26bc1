"""Values and their clusters ▶ units that are resampled, and the bootstrap of their mean.

A resample of n units in which only k are different is a multinomial draw of k counts, not n
indices: the same distribution, drawn in a fraction of the time, since most metrics have few values.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 9_999
SEED = 20_261_128
FEWEST_CLUSTERS = 6
"""The signs of fewer units never reach p = .05, whatever they say; rows are resampled then."""
DIGITS = 12
"""Decimals to which sums are told apart: finer differences are those of the order of adding."""

_AT_ONCE = 4_000_000  # indices drawn at a time: 32 MB
_DEAR = 12  # a count of a multinomial takes about as long as so many indices


@dataclass(frozen=True, slots=True)
class Units:
    """What is drawn with replacement: a row, or all rows of a cluster."""

    sums: Floats
    """Sum of the values of each unit."""
    sizes: Floats
    """Rows of each unit."""

    @property
    def mean(self) -> float:
        """Mean over all rows."""
        return float(self.sums.sum() / self.sizes.sum())

    def without_each(self) -> Floats:
        """Return the mean that is left when each unit in turn is left out (the jackknife)."""
        left: Floats = (self.sums.sum() - self.sums) / (self.sizes.sum() - self.sizes)
        return left


def units(values: Sequence[float] | Floats, clusters: Sequence[Hashable] | None) -> Units:
    """Return the units of ``values``, in the order in which clusters first occur.

    Raises ValueError when there is not one cluster for each value, or a value is not finite.
    """
    held = np.asarray(values, dtype=np.float64)
    if held.ndim != 1 or not np.isfinite(held).all():
        raise ValueError("values must be a row of finite numbers")
    if clusters is None:
        return Units(held, np.ones(len(held)))
    if len(clusters) != len(held):
        raise ValueError(f"{len(held)} values, but {len(clusters)} clusters")
    places: dict[Hashable, int] = {}
    owner = np.array([places.setdefault(name, len(places)) for name in clusters], dtype=np.intp)
    if len(places) < FEWEST_CLUSTERS or len(places) == len(held):
        return Units(held, np.ones(len(held)))
    return Units(
        np.bincount(owner, weights=held).astype(np.float64),
        np.bincount(owner).astype(np.float64),
    )


def bootstrap_means(of: Units) -> Floats:
    """Return the means of ``RESAMPLES`` resamples; the same for the same units."""
    random = np.random.default_rng(SEED)
    count = len(of.sums)
    pairs = np.column_stack([of.sums.round(DIGITS), of.sizes])
    kinds, each = np.unique(pairs, axis=0, return_counts=True)
    if _DEAR * len(kinds) < count:
        drawn = random.multinomial(count, each / count, size=RESAMPLES)
        means: Floats = (drawn @ kinds[:, 0]) / (drawn @ kinds[:, 1])
        return means
    alike = bool((of.sizes == of.sizes[0]).all())
    parts = []
    step = max(1, _AT_ONCE // count)
    for start in range(0, RESAMPLES, step):
        chosen: NDArray[Any] = random.integers(
            0, count, size=(min(step, RESAMPLES - start), count), dtype=np.int32
        )
        totals = of.sums[chosen].sum(axis=1)
        rows = of.sizes[0] * count if alike else of.sizes[chosen].sum(axis=1)
        parts.append(totals / rows)
    return np.concatenate(parts)
