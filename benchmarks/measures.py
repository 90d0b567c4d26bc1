"""Rankings, answers and their gold ▶ the field's measures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from coursebot.terms import normalise
from coursebot.types import Lines

_IGNORED = re.compile(r"[\W_]+")


def compared(text: str) -> str:
    """Return ``text`` as answers are compared: NFKC, case folded, no space or punctuation."""
    return _IGNORED.sub("", normalise(text))


def contains_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether any of ``answers`` stands in ``text``, both as they are compared."""
    known = compared(text)
    return any(wanted and wanted in known for wanted in map(compared, answers))


def reciprocal_rank(ranking: Sequence[str], gold: Sequence[str], depth: int = 10) -> float:
    """Return 1 / rank of the first gold id among the first ``depth`` distinct ids, else 0."""
    for rank, name in enumerate(list(dict.fromkeys(ranking))[:depth], 1):
        if name in gold:
            return 1 / rank
    return 0.0


def success(ranking: Sequence[str], gold: Sequence[str], depth: int) -> float:
    """Return 1 when a gold id is among the first ``depth`` distinct ids, else 0."""
    return float(any(name in gold for name in list(dict.fromkeys(ranking))[:depth]))


def overlaps(lines: Lines, gold: Iterable[Lines]) -> bool:
    """Whether ``lines`` share a line with any of ``gold``."""
    return any(lines[0] <= last and first <= lines[1] for first, last in gold)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the probability that a positive scores above a negative, ties counting half."""
    if not positive or not negative:
        return float("nan")
    low = np.sort(np.asarray(negative))
    wins = np.searchsorted(low, positive, "left") + np.searchsorted(low, positive, "right")
    return float(wins.mean() / 2 / len(low))


def paired_interval(
    ours: Sequence[float], theirs: Sequence[float], samples: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean difference and its 95 % interval by a paired bootstrap over questions."""
    differences: NDArray[np.float64] = np.asarray(ours, float) - np.asarray(theirs, float)
    generator = np.random.default_rng(seed)
    means = [
        differences[generator.integers(len(differences), size=len(differences))].mean()
        for _ in range(samples)
    ]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(differences.mean()), float(low), float(high)
