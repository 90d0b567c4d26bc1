"""Two values of each question ▶ what changed, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from coursebot.evaluation.statistics.intervals import FEWEST, Interval, bca
from coursebot.evaluation.statistics.resampling import DIGITS, RESAMPLES, SEED, Floats, units

Method = Literal["mcnemar", "sign flips"]


@dataclass(frozen=True, slots=True)
class Paired:
    """A metric before and after, over the same questions."""

    n: int
    before: float
    """Mean; 0 without questions, as are the next two."""
    after: float
    difference: float
    """After minus before."""
    interval: Interval | None
    """Of the difference; None for fewer than ``FEWEST`` questions."""
    p: float
    """Two-sided; that of differences at least as great, if before and after were the same."""
    method: Method
    wins: int
    """Questions that are higher after."""
    ties: int
    losses: int


def paired(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    binary: bool,
) -> Paired:
    """Return how ``b`` (after) differs from ``a`` (before), value by value.

    Binary values that are independent of each other get the exact McNemar test, all others flips of
    the sign (by cluster, where values cluster); the interval is the BCa bootstrap's. With fewer
    than six clusters these are taken as given, as in ``interval``.
    Raises ValueError when the lengths differ or a value is not finite.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values before, but {len(b)} after")
    before, after = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    apart = after - before
    drawn = units(apart, clusters)
    rounded = apart.round(DIGITS)
    wins, losses = int((rounded > 0).sum()), int((rounded < 0).sum())
    exact = binary and len(drawn.sums) == len(apart)
    n = len(apart)
    return Paired(
        n=n,
        before=float(before.mean()) if n else 0.0,
        after=float(after.mean()) if n else 0.0,
        difference=float(apart.mean()) if n else 0.0,
        interval=bca(drawn) if n >= FEWEST else None,
        p=mcnemar(wins, losses) if exact else sign_flip(drawn.sums),
        method="mcnemar" if exact else "sign flips",
        wins=wins,
        ties=n - wins - losses,
        losses=losses,
    )


def mcnemar(wins: int, losses: int) -> float:
    """Return the exact two-sided p-value of McNemar's test from the discordant pairs.

    That of scipy.stats.binomtest, without the second that importing scipy.stats takes.
    """
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(wins, losses), wins + losses, 0.5)))


def sign_flip(differences: Sequence[float] | Floats) -> float:
    """Return the two-sided p-value of the paired permutation test of the mean difference.

    All flips are looked at when there are at most ``RESAMPLES`` of them, else so many random ones,
    with 1 added to both counts (Phipson and Smyth 2010). The p-value is twice the smaller tail, as
    scipy.stats.permutation_test(permutation_type="samples") defines it.
    Pairs that are equal change nothing; m pairs of the same size v sum up to v (2 Binomial(m, ½) -
    m) when their signs are flipped, which is drawn at once.
    """
    held = np.asarray(differences, dtype=np.float64).round(DIGITS)
    held = held[held != 0]
    if not held.size:
        return 1.0
    observed = float(held.sum())
    exact = 2**held.size <= RESAMPLES
    sums = _all_flips(held) if exact else _random_flips(np.abs(held))
    slack = 1e-10 * float(np.abs(held).sum())
    above = int((sums >= observed - slack).sum())
    below = int((sums <= observed + slack).sum())
    more = 0 if exact else 1
    return min(1.0, 2 * (min(above, below) + more) / (len(sums) + more))


def _all_flips(held: Floats) -> Floats:
    sums = np.zeros(1)
    for value in held:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _random_flips(sizes: Floats) -> Floats:
    random = np.random.default_rng(SEED)
    sums = np.zeros(RESAMPLES)
    for value, count in zip(*np.unique(sizes, return_counts=True), strict=True):
        sums += value * (2.0 * random.binomial(count, 0.5, size=RESAMPLES) - count)
    return sums


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for their number (Holm 1979), in the order given."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return tuple(corrected)
