"""Scores of coursebot and its peers ▶ rows with a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from benchmarks import measures


class Verdict(StrEnum):
    """How a row stands to its bound, as the table shows it."""

    MET = "✓"
    MISSED = "✗"
    LEVEL = "level"
    """The interval of the difference to the best peer includes 0."""
    OPEN = ""
    """There is no bound, or a peer that belongs to it was not measured."""

    @classmethod
    def of(cls, met: bool) -> Verdict:
        """Return the verdict on a bound that concerns coursebot alone."""
        return cls.MET if met else cls.MISSED


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    bound: str
    """What must be reached, in words; empty when only reported."""
    measured: str
    peers: str = ""
    verdict: Verdict = Verdict.OPEN


@dataclass(frozen=True, slots=True)
class Peers:
    """What the peers reached on the same questions, in the same order."""

    scores: Mapping[str, Sequence[float]] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    """Peers that crashed."""

    @property
    def complete(self) -> bool:
        """Whether every peer was measured."""
        return bool(self.scores) and not self.failed

    def shown(self) -> str:
        """Return every peer's mean, and the names of those that crashed."""
        means = [f"{peer} {np.mean(scores):.3f}" for peer, scores in self.scores.items()]
        return ", ".join([*means, *(f"{peer} failed" for peer in self.failed)])


def reported(what: str, values: Sequence[float], peers: Peers, bound: str = "") -> Row:
    """Return a row without a verdict; the difference is to the peer that is best in this row."""
    return Row(what, bound, _compared(values, peers)[0], peers.shown())


def above_the_best(what: str, values: Sequence[float], peers: Peers) -> Row:
    """Return a row that is met when the whole interval of the difference lies above 0."""
    measured, _, low, high = _compared(values, peers)
    verdict = Verdict.OPEN
    if peers.complete:
        verdict = Verdict.MET if low > 0 else Verdict.MISSED if high < 0 else Verdict.LEVEL
    return Row(what, "above the best peer", measured, peers.shown(), verdict)


def leading(what: str, values: Sequence[float], peers: Peers, floor: float, lead: float) -> Row:
    """Return a row that is met when the mean is ``floor`` and ``lead`` above the best peer."""
    measured, difference, _, _ = _compared(values, peers)
    met = float(np.mean(values)) >= floor and difference >= lead
    bound = f"≥ {_short(floor)}, ≥ {_short(lead)} above the best peer"
    verdict = Verdict.of(met) if peers.complete else Verdict.OPEN
    return Row(what, bound, measured, peers.shown(), verdict)


def _short(share: float) -> str:
    return f"{share:.3f}".strip("0")


def _compared(values: Sequence[float], peers: Peers) -> tuple[str, float, float, float]:
    """Return mean and difference to the best peer as text; the difference and its interval."""
    mean = f"{np.mean(values):.3f}"
    if not peers.scores:
        return mean, float("nan"), float("nan"), float("nan")
    best = max(peers.scores, key=lambda peer: float(np.mean(peers.scores[peer])))
    difference, low, high = measures.paired_interval(values, peers.scores[best])
    text = f"{mean} ({difference:+.3f} [{low:+.3f}, {high:+.3f}] to {best})"
    return text, difference, low, high
