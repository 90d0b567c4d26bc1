"""Thresholds and the curve: hand-computed, and as laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.report.thresholds import At, Confidence, at, curve, histogram, thinned

FOUR = [
    Confidence(0.9, right=True, answerable=True),
    Confidence(0.7, right=False, answerable=False),
    Confidence(0.4, right=True, answerable=True),
    Confidence(0.1, right=False, answerable=False),
]

some = st.lists(
    st.builds(
        lambda value, sort: Confidence(value, right=sort == 2, answerable=sort > 0),
        st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.51, 0.75, 0.99, 1.0]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=60,
)


def test_a_threshold_by_hand() -> None:
    """At 0.5 two of four are answered, one of them wrongly; one of the two held back rightly."""
    assert at(FOUR, 0.5) == At(0.5, coverage=0.5, risk=0.5, precision=0.5, recall=0.5)


def test_the_ends_have_no_shares_of_nothing() -> None:
    """Nothing answered has no risk; nothing held back no precision."""
    assert at(FOUR, 1.0) == At(1.0, coverage=0.0, risk=None, precision=0.5, recall=1.0)
    assert at(FOUR, 0.0) == At(0.0, coverage=1.0, risk=0.5, precision=None, recall=0.0)
    assert at([], 0.5) == At(0.5, coverage=0.0, risk=None, precision=None, recall=None)


@given(some)
def test_the_curve_is_the_thresholds_at_once(judged: list[Confidence]) -> None:
    """Each of its points is what its threshold brings, and each confidence has one."""
    points = curve(judged)
    assert points == [at(judged, point.threshold) for point in points]
    assert {point.threshold for point in points} == {one.value for one in judged}


@given(some)
def test_a_lower_threshold_answers_more(judged: list[Confidence]) -> None:
    """Coverage rises along the curve to all of the questions."""
    covered = [point.coverage for point in curve(judged)]
    assert covered == sorted(covered)
    assert covered[-1] == 1.0


def test_a_long_curve_is_thinned_between_its_ends() -> None:
    """At most as many points as are asked for, the first and the last among them."""
    judged = [Confidence(n / 1000, right=n % 3 > 0, answerable=True) for n in range(1000)]
    points, few = curve(judged), thinned(judged, 50)
    assert len(few) == 50
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert thinned(judged[:40], 50) == tuple(curve(judged[:40]))


@given(some)
def test_every_question_is_in_one_column(judged: list[Confidence]) -> None:
    """The histogram loses none, not even a confidence of 1, and tells both sorts apart."""
    bins = histogram(judged)
    assert sum(one.answerable for one in bins) == sum(one.answerable for one in judged)
    assert sum(one.unanswerable for one in bins) == sum(not one.answerable for one in judged)


@pytest.mark.parametrize(
    ("value", "column"), [(0.0, 0), (0.05, 1), (0.5, 10), (0.999, 19), (1.0, 19)]
)
def test_a_column_holds_its_lower_end(value: float, column: int) -> None:
    """The upper one belongs to the next, except the last."""
    bins = histogram([Confidence(value, right=True, answerable=True)])
    assert [one.answerable for one in bins].index(1) == column
