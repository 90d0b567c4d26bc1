"""Paired tests: against scipy, by hand, and laws that any of them keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from coursebot.evaluation.statistics import holm, mcnemar, paired, sign_flip

GRADES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
PAIRS = st.lists(st.tuples(GRADES, GRADES), min_size=5, max_size=40)


def scipys(a: np.ndarray, b: np.ndarray) -> float:
    """Return the p-value of scipy's own paired permutation test."""
    found = stats.permutation_test(
        (b, a),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        rng=np.random.default_rng(1),
    )
    return float(found.pvalue)


@pytest.mark.parametrize("n", [2, 5, 9, 13])
def test_all_flips_are_scipys_to_the_last_digit(n: int) -> None:
    """Up to 2^13 flips both look at every one."""
    a, b = np.random.default_rng(n).random((2, n))
    assert sign_flip(b - a) == pytest.approx(scipys(a, b), abs=1e-12)


@pytest.mark.parametrize("n", [30, 400])
def test_random_flips_are_scipys_up_to_luck(n: int) -> None:
    """Two samples of 9,999 flips differ by a few standard errors at most."""
    random = np.random.default_rng(n)
    a = random.choice([0.0, 0.5, 1.0], n)
    b = np.clip(a + random.choice([-0.5, 0.0, 0.5], n, p=[0.15, 0.6, 0.25]), 0, 1)
    theirs = scipys(a, b)
    error = 4 * 2 * (2 * theirs * (1 - theirs) / 2 / 9999) ** 0.5
    assert sign_flip(b - a) == pytest.approx(theirs, abs=error + 2e-4)


def test_wilcoxons_plants_of_scipys_documentation() -> None:
    """The height differences in scipy.stats.wilcoxon's example, by all 2^15 flips as reference."""
    d = np.array([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75], dtype=float)
    signs = 1 - 2 * ((np.arange(2**15)[:, None] >> np.arange(15)) & 1)
    exact = 2 * float(((signs @ d) >= d.sum()).mean())
    assert sign_flip(d) == pytest.approx(exact, abs=0.01)


def test_mcnemar_is_scipys_binomial_test() -> None:
    """For every small table of discordant pairs."""
    for wins in range(12):
        for losses in range(12):
            theirs = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
            assert mcnemar(wins, losses) == pytest.approx(theirs, abs=1e-12)


def test_mcnemar_by_hand() -> None:
    """Five of five one way: 2 in 32."""
    assert mcnemar(5, 0) == pytest.approx(2 / 32)


def test_the_interval_of_the_difference_is_scipys() -> None:
    """BCa of the paired differences."""
    a, b = np.random.default_rng(7).random((2, 150))
    theirs = stats.bootstrap((b - a,), np.mean, rng=np.random.default_rng(1)).confidence_interval
    ours = paired(list(a), list(b), binary=False).interval
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.05 * np.ptp(theirs))


def test_the_test_fits_the_data() -> None:
    """Binary and independent: McNemar; in clusters or continuous: flips of the sign."""
    a, b = [0.0, 1.0] * 30, [1.0, 1.0] * 30
    files = [i // 5 for i in range(60)]
    assert paired(a, b, binary=True).method == "mcnemar"
    assert paired(a, b, files, binary=True).method == "sign flips"
    assert paired(a, b, binary=False).method == "sign flips"


def test_clusters_flip_together() -> None:
    """Twelve files of five equal differences have the p-value of twelve differences."""
    d = np.random.default_rng(2).normal(0.3, 1, 12)
    rows, names = np.repeat(d, 5), list(np.repeat(np.arange(12), 5))
    found = paired([0.0] * 60, list(rows), names, binary=False)
    assert found.p == pytest.approx(sign_flip(d))


def test_equal_runs_do_not_differ() -> None:
    """P is 1, the interval is 0, and everything is a tie."""
    found = paired([0.3] * 8, [0.3] * 8, binary=False)
    assert found.interval is not None
    assert (found.p, found.interval.low, found.interval.high) == (1.0, 0.0, 0.0)
    assert (found.wins, found.ties, found.losses) == (0, 8, 0)


def test_few_or_no_questions() -> None:
    """There is no interval, and nothing fails."""
    assert paired([], [], binary=False).n == 0
    assert paired([0.0], [1.0], binary=False).interval is None
    with pytest.raises(ValueError, match="1 values before, but 2 after"):
        paired([0.0], [1.0, 1.0], binary=False)


def test_more_questions_tell_more() -> None:
    """A difference of .034 that 100 questions cannot tell from chance, 1,667 can."""
    random = np.random.default_rng(11)
    d = random.normal(0, 0.35, 1667)
    d += 0.034 - d.mean()
    few = d[:100] - d[:100].mean() + 0.034
    many_found = paired([0.0] * 1667, list(d), binary=False)
    few_found = paired([0.0] * 100, list(few), binary=False)
    assert many_found.p < 0.001
    assert few_found.p > 0.2
    assert many_found.interval is not None
    assert few_found.interval is not None
    assert many_found.interval.low > 0
    assert few_found.interval.low < 0 < few_found.interval.high


def test_holm_by_hand() -> None:
    """Four p-values: times 4, 3, 2, 1, never falling."""
    found = holm([0.01, 0.04, 0.03, 0.005])
    assert found == pytest.approx((0.03, 0.06, 0.06, 0.02))


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_lowers_nothing(raw: list[float]) -> None:
    """Corrected values are at least the raw ones, at most 1, and in their order."""
    found = holm(raw)
    assert all(p <= q <= 1 for p, q in zip(raw, found, strict=True))
    ranked = [q for _, q in sorted(zip(raw, found, strict=True))]
    assert ranked == sorted(ranked)


@settings(max_examples=25, deadline=None)
@given(PAIRS)
def test_swapping_the_runs_turns_the_sign(pairs: list[tuple[float, float]]) -> None:
    """Wins become losses; p stays, up to the luck of random flips."""
    a, b = (list(side) for side in zip(*pairs, strict=True))
    there, back = paired(a, b, binary=False), paired(b, a, binary=False)
    assert there.difference == pytest.approx(-back.difference)
    assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)
    assert there.p == pytest.approx(back.p, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(PAIRS, st.sampled_from([-0.5, 0.25, 2.0]))
def test_adding_the_same_to_both_changes_nothing(
    pairs: list[tuple[float, float]], more: float
) -> None:
    """Only differences count."""
    a, b = (list(side) for side in zip(*pairs, strict=True))
    found = paired(a, b, binary=False)
    moved = paired([x + more for x in a], [x + more for x in b], binary=False)
    assert (found.p, found.interval) == (moved.p, moved.interval)


@settings(max_examples=25, deadline=None)
@given(PAIRS)
def test_a_p_value_is_a_share(pairs: list[tuple[float, float]]) -> None:
    """Between 0, exclusive, and 1."""
    a, b = (list(side) for side in zip(*pairs, strict=True))
    assert 0 < paired(a, b, binary=False).p <= 1
