"""Numbers ▶ text: how reports write shares, scores, intervals and milliseconds."""

from __future__ import annotations

import math
from typing import Protocol

from coursebot.evaluation.report.summary import Measured

MINUS = "\N{MINUS SIGN}"
THIN = "\N{NO-BREAK SPACE}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share in per cent; an en dash when there is none."""
    return (
        "–"
        if value is None or math.isnan(value)
        else f"{100 * value:.{digits}f}{THIN}%".replace("-", MINUS)
    )


def decimal(value: float | None, digits: int = 3) -> str:
    """Return a number with a true minus sign; an en dash when there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}".replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """Return a number with its sign."""
    return "–" if value is None or math.isnan(value) else f"{value:+.{digits}f}".replace("-", MINUS)


def count(value: float) -> str:
    """Return a count with its thousands apart."""
    return f"{value:,.0f}"


def milliseconds(value: float | None) -> str:
    """Return a time with as many digits as tell something."""
    return "–" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def figure(measured: Measured, value: float | None) -> str:
    """Return a value of a metric: per cent for binary ones, a sign for one that may be negative."""
    if measured.binary:
        return percent(value)
    return signed(value) if measured.signed else decimal(value)


def place(measured: Measured, value: float) -> float:
    """Return where a value stands on the metric's scale, 0 to 100."""
    share = (value + 1) / 2 if measured.signed else value
    return round(100 * min(max(share, 0.0), 1.0), 2)


class Compared(Protocol):
    """A metric of two runs, as far as its way of writing depends on it."""

    @property
    def metric(self) -> str: ...  # noqa: D102

    @property
    def binary(self) -> bool: ...  # noqa: D102


def share(value: float | None, of: Compared) -> str:
    """Return a compared metric's value, written as its mean is elsewhere."""
    return percent(value) if of.binary else decimal(value)


def step(value: float | None, of: Compared) -> str:
    """Return a difference with its sign; of binary metrics in percentage points."""
    if value is None or not of.binary:
        return signed(value)
    return f"{100 * value:+.1f}{THIN}pt".replace("-", MINUS)


def size(value: float, of: Compared) -> str:
    """Return how large a difference is, without its sign."""
    return step(abs(value), of).removeprefix("+")


def probability(value: float | None) -> str:
    """Return a p-value; below 0.001 it is only said to be so."""
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


FILTERS = {
    "percent": percent,
    "decimal": decimal,
    "signed": signed,
    "count": count,
    "milliseconds": milliseconds,
    "figure": figure,
    "place": place,
    "share": share,
    "step": step,
    "size": size,
    "probability": probability,
}
"""By the name that templates use."""
