"""Figures of weighted rows against the scorer's, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import resampled
from coursebot.evaluation.run.records import Given, Outcome, Row, Verdict
from coursebot.evaluation.scoring import abstention, calibration_error
from coursebot.types import Language, State

CASES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.2, 0.5, 0.55, 0.9, 1.0]),
        st.sampled_from(["right", "wrong", "none"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=30,
)


def _row(name: str, confidence: float, kind: str) -> Row:
    right = kind == "right"
    return Row(
        id=name,
        item=name,
        lang=Language.JA,
        kind="span",
        question="?",
        unanswerable=kind == "none",
        given=Given(state=State.ANSWERED, confidence=confidence, text=""),
        verdict=Verdict(
            passed=right,
            outcome=Outcome.HEDGED,
            values={} if kind == "none" else {"right": float(right)},
        ),
    )


@given(CASES)
def test_a_weight_is_a_row_so_many_times(cases: list[tuple[float, str, int]]) -> None:
    """Each figure of weighted rows is the scorer's of the rows repeated."""
    rows = [
        _row(f"{at}-{copy}", confidence, kind)
        for at, (confidence, kind, weight) in enumerate(cases)
        for copy in range(weight)
    ]
    drawn = np.array([[float(weight) for *_, weight in cases]])
    confidences = [confidence for confidence, *_ in cases]
    right = [kind == "right" for _, kind, _ in cases]
    no = [kind == "none" for _, kind, _ in cases]
    found = abstention(rows)
    expected = [found.auroc, found.aurc, calibration_error(rows)]
    statistics = (
        resampled.auroc(confidences, no),
        resampled.aurc(confidences, right),
        resampled.calibration_error(confidences, right),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        for value, statistic in zip(expected, statistics, strict=True):
            wanted = np.nan if value is None else value
            assert statistic(drawn)[0] == pytest.approx(wanted, nan_ok=True)


def test_risk_is_of_what_is_answered() -> None:
    """Two of three answers wrong; with one of them drawn twice, three of four."""
    risk = resampled.risk([True, True, True, False], [True, False, False, False])
    assert risk(np.array([[1.0, 1, 1, 1], [1, 2, 1, 0]])).tolist() == pytest.approx([2 / 3, 3 / 4])


def test_rows_of_a_cluster_are_drawn_together() -> None:
    """Six clusters of two; with fewer clusters each row is drawn alone."""
    drawn = resampled.weights([name for name in "abcdef" for _ in range(2)])
    assert drawn.shape == (resampled.RESAMPLES, 12)
    assert (drawn[:, ::2] == drawn[:, 1::2]).all()
    assert (drawn.sum(axis=1) == 12).all()
    alone = resampled.weights(["a"] * 6 + ["b"] * 6)
    assert (alone[:, 0] != alone[:, 1]).any()


def test_the_interval_lies_around_the_figure() -> None:
    """Half of 100 answers are wrong; by the normal distribution it is .4 to .6."""
    right = [at % 2 == 0 for at in range(100)]
    found = resampled.interval(resampled.risk([True] * 100, right), [str(n) for n in range(100)])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.402, 0.598), abs=0.02)


def test_there_is_no_interval_of_nothing() -> None:
    """Four rows are too few, and what is never defined has none."""
    assert resampled.interval(resampled.risk([True] * 4, [True] * 4), list("abcd")) is None
    assert resampled.interval(resampled.risk([False] * 9, [True] * 9), list("abcdefghi")) is None
