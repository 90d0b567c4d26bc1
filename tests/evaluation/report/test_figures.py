"""How numbers are written."""

from __future__ import annotations

import math

import pytest

from coursebot.evaluation.report import figures
from coursebot.evaluation.report.summary import Measured

RIGHT = Measured("right", "answer", True, 10, 0.5, 0.2, 0.8)
SCORE = Measured("score", "overall", False, 10, -0.5, -0.8, 0.2)
RANK = Measured("RR@10", "retrieval", False, 10, 0.5, 0.2, 0.8)


@pytest.mark.parametrize(
    ("measured", "value", "text"),
    [
        (RIGHT, 0.7421, "74.2\u00a0%"),
        (RIGHT, None, "–"),
        (SCORE, -0.5, "\u22120.500"),
        (SCORE, 0.25, "+0.250"),
        (RANK, 0.8125, "0.812"),
    ],
)
def test_a_metric_is_written_by_its_kind(measured: Measured, value: float, text: str) -> None:
    """Shares in per cent, the score with its sign, others as decimals."""
    assert figures.figure(measured, value) == text


def test_what_is_not_defined_is_a_dash() -> None:
    """None and not-a-number alike."""
    for write in (figures.percent, figures.decimal, figures.signed):
        assert write(None) == write(math.nan) == "–"
    assert figures.milliseconds(None) == figures.probability(None) == "–"


@pytest.mark.parametrize(
    ("measured", "value", "at"),
    [(RIGHT, 0.5, 50), (SCORE, -1, 0), (SCORE, 0, 50), (RANK, 1.2, 100)],
)
def test_a_value_has_its_place_on_the_scale(measured: Measured, value: float, at: float) -> None:
    """The score's goes from −1 to 1, and nothing leaves the scale."""
    assert figures.place(measured, value) == at


def test_differences_and_p_values() -> None:
    """Percentage points for binary metrics; a very small p is not written as 0."""
    assert figures.step(-0.034, RIGHT) == "\u22123.4\u00a0pt"
    assert figures.size(-0.034, RIGHT) == "3.4\u00a0pt"
    assert figures.step(0.034, RANK) == "+0.034"
    assert figures.share(0.5, RIGHT) == "50.0\u00a0%"
    assert figures.probability(0.0002) == "< 0.001"
    assert figures.probability(0.65) == "0.650"


def test_times_have_the_digits_that_tell_something() -> None:
    """A tenth below 100 ms, whole ones from there."""
    assert figures.milliseconds(9.04) == "9.0"
    assert figures.milliseconds(1234.6) == "1,235"
    assert figures.count(4442) == "4,442"
