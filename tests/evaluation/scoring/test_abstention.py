"""Abstention against scikit-learn, thresholds and latency against hand-made rows."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score, roc_curve

from coursebot.evaluation.run.records import Given, Outcome, Row, Verdict
from coursebot.evaluation.scoring import abstention, latency
from coursebot.types import Language, State

CASES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.sampled_from(["right", "wrong", "none"])
    ),
    max_size=30,
)


def _row(name: str, confidence: float, kind: str, milliseconds: float = 1.0) -> Row:
    """Make a row: ``none`` is a question without an answer; answered from .5 on."""
    right = kind == "right"
    state = State.ANSWERED if confidence >= 0.5 else State.NOT_COVERED
    values = {} if kind == "none" else {"right": float(right)}
    return Row(
        id=name,
        item=name,
        lang=Language.JA,
        kind="span",
        question="?",
        unanswerable=kind == "none",
        given=Given(state=state, confidence=confidence, text=""),
        verdict=Verdict(passed=right, outcome=Outcome.HEDGED, values=values),
        timings_ms={"total": milliseconds},
    )


def _rows(cases: list[tuple[float, str]]) -> list[Row]:
    return [_row(str(at), *case) for at, case in enumerate(cases)]


@given(CASES)
def test_precision_recall_f1_and_auroc_agree_with_scikit_learn(
    cases: list[tuple[float, str]],
) -> None:
    """Ties included; what one class alone does not define is None."""
    found = abstention(_rows(cases))
    truth = [kind == "none" for _, kind in cases]
    held = [confidence < 0.5 for confidence, _ in cases]
    assert (found.precision is None) is not any(held)
    assert (found.recall is None) is not any(truth)
    if any(held) and any(truth):
        theirs = precision_recall_fscore_support(
            truth, held, average="binary", pos_label=True, zero_division=0
        )
        assert (found.precision, found.recall, found.f1) == pytest.approx(theirs[:3])
    if len(set(truth)) < 2:
        assert found.auroc is None
    else:
        theirs = roc_auc_score(truth, [-confidence for confidence, _ in cases])
        assert found.auroc == pytest.approx(theirs)


@given(CASES)
def test_the_risk_coverage_curve_agrees_with_scikit_learn(cases: list[tuple[float, str]]) -> None:
    """Risk and coverage at each threshold follow from its ROC curve, and the area from both."""
    truth = np.array([kind == "right" for _, kind in cases])
    found = abstention(_rows(cases))
    assume(len(set(truth.tolist())) == 2)
    scores = [confidence for confidence, _ in cases]
    false, true, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    wrong, right = false[1:] * (~truth).sum(), true[1:] * truth.sum()
    coverage, risk = (wrong + right) / len(cases), wrong / (wrong + right)
    assert [p.threshold for p in found.points] == pytest.approx(thresholds[1:].tolist())
    assert [p.coverage for p in found.points] == pytest.approx(coverage.tolist())
    assert [p.risk for p in found.points] == pytest.approx(risk.tolist())
    assert found.aurc == pytest.approx(float(np.sum(np.diff(coverage, prepend=0) * risk)))


def _halved() -> tuple[list[str], list[str]]:
    halves: tuple[list[str], list[str]] = ([], [])
    for name in map(str, range(60)):
        halves[sha256(name.encode()).digest()[0] % 2].append(name)
    return halves


def test_the_best_threshold_is_chosen_on_one_half_and_told_of_the_other() -> None:
    """On the first half .7 is best: 2 right above, 1 wrong and 1 unanswerable below; 3 of 4.

    On the other half it answers 1 right and 2 wrong and leaves 1 right question: −1 of 4.
    """
    first, second = _halved()
    ours = [(0.9, "right"), (0.7, "right"), (0.6, "wrong"), (0.2, "none")]
    theirs = [(0.9, "right"), (0.8, "wrong"), (0.7, "none"), (0.6, "right")]
    rows = [_row(n, *c) for n, c in zip(first, ours, strict=False)]
    rows += [_row(n, *c) for n, c in zip(second, theirs, strict=False)]
    found = abstention(rows)
    assert (found.best_threshold, found.best_score) == (0.7, -0.25)


def test_where_answering_nothing_is_best_there_is_no_threshold() -> None:
    """An unanswerable question that is not answered is right: +1."""
    first, second = _halved()
    rows = [_row(first[0], 1.0, "wrong"), _row(first[1], 0.9, "none")]
    rows += [_row(second[0], 1.0, "wrong"), _row(second[1], 1.0, "none")]
    found = abstention(rows)
    assert (found.best_threshold, found.best_score) == (None, 0.5)


def test_no_rows_have_no_values() -> None:
    """Nothing was asked: every value is undefined, and no time was taken."""
    found = abstention(())
    assert (found.auroc, found.aurc, found.best_score, found.points) == (None, None, None, ())
    assert latency(()) == {}


def test_latency_leaves_the_first_question_apart() -> None:
    """Nearest rank: of 1 to 20 ms the 10th, the 19th and the last."""
    rows = [_row("first", 1.0, "right", 5000.0)]
    rows += [_row(str(at), 1.0, "right", float(21 - at)) for at in range(1, 21)]
    found = latency(rows)
    assert (found["total"].p50, found["total"].p95, found["total"].max) == (10, 19, 20)
    assert found["first"].max == 5000
