"""Abstention against scikit-learn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from coursebot.evaluation.scoring.abstention import _auroc, abstention

CASES = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9]), st.booleans()), max_size=30)


@given(CASES)
def test_auroc_agrees_with_scikit_learn(cases: list[tuple[float, bool]]) -> None:
    """Ties included; one class alone has none."""
    if len({positive for _, positive in cases}) < 2:
        assert _auroc(cases) is None
    else:
        theirs = roc_auc_score([p for _, p in cases], [-value for value, _ in cases])
        assert _auroc(cases) == pytest.approx(theirs)


def test_no_rows_have_no_values() -> None:
    """Nothing was asked: every value is undefined."""
    assert abstention(()).auroc is None
    assert abstention(()).aurc is None
