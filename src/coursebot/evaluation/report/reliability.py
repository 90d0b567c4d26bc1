"""Rows ▶ the points of the reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coursebot.evaluation import scoring
from coursebot.evaluation.run.records import Row
from coursebot.evaluation.statistics.closed import closed_interval


@dataclass(frozen=True, slots=True)
class Point:
    """Questions of one bin of confidence."""

    held: scoring.Bin
    low: float | None
    """Of the 95 % interval of the share that is right; None for fewer than ``FEWEST`` rows."""
    high: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often the assistant is right for how sure it is."""

    points: tuple[Point, ...]
    """Of the bins that hold rows, rising."""
    by_chance: float | None
    """Calibration error that 95 % of perfectly calibrated assistants stay within."""

    @property
    def most(self) -> int:
        """Questions in the fullest bin; 0 without any."""
        return max((point.held.n for point in self.points), default=0)


def reliability(rows: Sequence[Row]) -> Reliability:
    """Return the diagram's points; the intervals take the questions of a bin as independent."""
    return Reliability(
        points=tuple(_point(held) for held in scoring.reliability(rows)),
        by_chance=scoring.by_chance(rows),
    )


def _point(held: scoring.Bin) -> Point:
    values = [1.0] * held.right + [0.0] * (held.n - held.right)
    found = closed_interval(values, binary=True)
    return Point(held, found.low if found else None, found.high if found else None)
