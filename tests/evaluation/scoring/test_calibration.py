"""Calibration by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from coursebot.evaluation.run.records import Given, Outcome, Reason, Row, Verdict
from coursebot.evaluation.scoring import by_chance, calibration, calibration_error, reliability
from coursebot.evaluation.scoring.calibration import BINS, BRIER, ERROR, bin_of
from coursebot.types import Language, State

CASES = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 20).map(lambda n: n / 20), st.floats(0, 1)),
        st.sampled_from(["right", "wrong", "none"]),
    ),
    min_size=1,
    max_size=40,
)


def _row(name: str, confidence: float, kind: str) -> Row:
    """Make a row; ``none`` is a question without an answer."""
    right = kind == "right"
    return Row(
        id=name,
        item=name,
        lang=Language.EN,
        kind="span",
        question="?",
        unanswerable=kind == "none",
        given=Given(state=State.ANSWERED, confidence=confidence, text=""),
        verdict=Verdict(
            passed=right,
            outcome=Outcome.RIGHT if right else Outcome.WRONG,
            values={} if kind == "none" else {"right": float(right)},
        ),
    )


def _rows(cases: list[tuple[float, str]]) -> list[Row]:
    return [_row(str(at), *case) for at, case in enumerate(cases)]


def _mean(rows: list[Row], metric: str) -> float:
    own = calibration(rows)[metric]
    return sum(own.values()) / len(own)


HAND = [(0.15, "right"), (0.15, "none"), (0.75, "right"), (0.8, "wrong"), (0.9, "right")]
"""Bins: two at .15, half right (gap .35); two at .775, half right (gap .275); one at .9 (.1)."""


def test_the_error_and_the_score_by_hand() -> None:
    """(2 × .35 + 2 × .275 + .1) / 5 = .27; (.7225 + .0225 + .0625 + .64 + .01) / 5 = .2915."""
    rows = _rows(HAND)
    assert calibration_error(rows) == pytest.approx(0.27)
    assert _mean(rows, ERROR) == pytest.approx(0.27)
    assert _mean(rows, BRIER) == pytest.approx(0.2915)


def test_the_points_by_hand() -> None:
    """Only bins with rows; an edge belongs to the bin below it."""
    found = reliability(_rows(HAND))
    assert [(one.low, one.high, one.n, one.right) for one in found] == [
        (0.1, 0.2, 2, 1),
        (0.7, 0.8, 2, 1),
        (0.8, 0.9, 1, 1),
    ]
    assert [one.confidence for one in found] == pytest.approx([0.15, 0.775, 0.9])
    assert [one.share for one in found] == [0.5, 0.5, 1.0]
    assert [one.gap for one in found] == pytest.approx([-0.35, 0.275, -0.1])


@pytest.mark.parametrize(
    ("confidence", "place"), [(0.0, 0), (0.1, 0), (0.101, 1), (0.3, 2), (0.7, 6), (1.0, 9)]
)
def test_a_bin_holds_its_upper_end(confidence: float, place: int) -> None:
    """And the first one 0 too."""
    assert bin_of(confidence) == place


@given(CASES)
def test_the_bins_agree_with_scikit_learn(cases: list[tuple[float, str]]) -> None:
    """Share right and mean confidence of each bin that holds rows; of six digits, as runs are."""
    kept = [(round(value, 6), kind) for value, kind in cases]
    truth = [kind == "right" for _, kind in kept]
    values = [value for value, _ in kept]
    found = reliability(_rows(kept))
    share, confidence = calibration_curve(truth, values, n_bins=BINS, pos_label=True)
    assert [one.share for one in found] == pytest.approx(share.tolist())
    assert [one.confidence for one in found] == pytest.approx(confidence.tolist())


@given(CASES)
def test_the_brier_score_agrees_with_scikit_learn(cases: list[tuple[float, str]]) -> None:
    """As the mean of what each row adds."""
    truth = [kind == "right" for _, kind in cases]
    theirs = brier_score_loss(truth, [value for value, _ in cases], pos_label=True)
    assert _mean(_rows(cases), BRIER) == pytest.approx(theirs)


@given(CASES)
def test_the_rows_shares_add_up_to_the_error(cases: list[tuple[float, str]]) -> None:
    """The mean of what rows add is the bins' weighted mean gap, between 0 and 1."""
    rows = _rows(cases)
    error = calibration_error(rows)
    assert error == pytest.approx(_mean(rows, ERROR))
    assert error is not None
    assert 0 <= error <= 1


def test_rows_without_a_confidence_or_a_verdict_are_left_out() -> None:
    """One ended in an error, the other is stale; without any other nothing is defined."""
    verdict = Verdict(
        passed=False, outcome=Outcome.WRONG, reason=Reason.ERROR, values={"right": 0.0}
    )
    failed = _row("failed", 0.5, "wrong").model_copy(update={"given": None, "verdict": verdict})
    stale = _row("stale", 0.5, "wrong").model_copy(update={"verdict": None, "stale": (0,)})
    assert calibration([failed, stale]) == {ERROR: {}, BRIER: {}}
    assert reliability([failed, stale]) == ()
    assert calibration_error([failed, stale]) is None
    assert by_chance([failed, stale]) is None
    assert calibration_error([*_rows(HAND), failed, stale]) == calibration_error(_rows(HAND))


def test_what_chance_explains_shrinks_with_the_questions() -> None:
    """Four times as many, half of it; it is 0 where every outcome is certain."""
    few, many = (_rows([(0.5, "right"), (0.25, "wrong")] * n) for n in (50, 200))
    assert by_chance(many) == pytest.approx(by_chance(few) / 2, rel=0.15)  # type: ignore[operator]
    assert by_chance(_rows([(1.0, "wrong"), (0.0, "right")])) == 0.0


@pytest.mark.parametrize(("said_too_much", "explained"), [(0.0, True), (0.3, False)])
def test_chance_explains_honest_confidence_alone(said_too_much: float, explained: bool) -> None:
    """Of 400 rows, right as often as they say or .3 less often."""
    draw = np.random.default_rng(1)
    values = draw.uniform(0.3, 1, 400).round(6)
    right = draw.random(400) < values - said_too_much
    rows = _rows(
        [(float(v), "right" if r else "wrong") for v, r in zip(values, right, strict=True)]
    )
    error, chance = calibration_error(rows), by_chance(rows)
    assert error is not None
    assert chance is not None
    assert (error <= chance) is explained
