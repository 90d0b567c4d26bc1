"""Intervals of means: against scipy, by hand, and where data are degenerate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from coursebot.evaluation.statistics import interval

SHARES = st.lists(st.floats(0, 1), min_size=5, max_size=40)


def test_wilson_is_that_of_a_textbook() -> None:
    """Newcombe 1998, table I, method 3: 81 of 263 is .2553 to .3662."""
    found = interval([1.0] * 81 + [0.0] * 182, binary=True)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_wilson_of_all_right_is_not_certain() -> None:
    """Ten of ten leave room below 1."""
    found = interval([1.0] * 10, binary=True)
    assert found is not None
    assert found.low == pytest.approx(10 / (10 + 1.959964**2), abs=1e-6)
    assert found.high == pytest.approx(1.0)


@pytest.mark.parametrize("n", [12, 100, 700])
def test_bca_is_scipys(n: int) -> None:
    """The same data give scipy's BCa interval, up to the luck of the resamples."""
    values = np.random.default_rng(n).beta(2, 0.7, n)
    theirs = stats.bootstrap((values,), np.mean, rng=np.random.default_rng(1)).confidence_interval
    ours = interval(list(values), binary=False)
    assert ours is not None
    spread = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.05 * spread)
    assert ours.high == pytest.approx(theirs.high, abs=0.05 * spread)


def test_bca_of_few_values_is_scipys() -> None:
    """The short cut for values that repeat draws from the same distribution."""
    values = np.random.default_rng(3).choice([0.0, 1 / 3, 0.5, 1.0], 800)
    theirs = stats.bootstrap((values,), np.mean, rng=np.random.default_rng(1)).confidence_interval
    ours = interval(list(values), binary=False)
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.05 * np.ptp(theirs))


def test_clusters_widen_the_interval() -> None:
    """Twenty files of ten equal values say as much as twenty values."""
    each = np.random.default_rng(5).random(20)
    rows, names = np.repeat(each, 10), np.repeat(np.arange(20), 10)
    apart = interval(list(rows), list(names), binary=False)
    alone = interval(list(each), binary=False)
    independent = interval(list(rows), binary=False)
    assert apart is not None
    assert alone is not None
    assert independent is not None
    assert (apart.low, apart.high) == pytest.approx((alone.low, alone.high), abs=1e-9)
    assert apart.high - apart.low > 2 * (independent.high - independent.low)


def test_equal_values_give_their_mean() -> None:
    """There is nothing to resample, and no warning of a division."""
    found = interval([0.1] * 9, binary=False)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.1, 0.1))


def test_equal_binary_values_in_clusters_count_the_clusters() -> None:
    """Sixty right answers from twelve files are as uncertain as twelve."""
    found = interval([1.0] * 60, [i // 5 for i in range(60)], binary=True)
    assert found == interval([1.0] * 12, binary=True)


@pytest.mark.parametrize("n", range(5))
def test_too_few_values_have_no_interval(n: int) -> None:
    """Below five there is none."""
    assert interval([1.0] * n, binary=True) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_must_be_finite(bad: float) -> None:
    """A mean of them would be none."""
    with pytest.raises(ValueError, match="finite"):
        interval([0.0, 1.0, 0.0, 1.0, bad], binary=False)


def test_binary_values_are_0_or_1() -> None:
    """A share is no count."""
    with pytest.raises(ValueError, match="0 or 1"):
        interval([0.0, 1.0, 0.5, 1.0, 1.0], binary=True)


def test_each_value_has_a_cluster() -> None:
    """Lengths must agree."""
    with pytest.raises(ValueError, match="5 values, but 2 clusters"):
        interval([0.0] * 5, ["a", "b"], binary=False)


@settings(max_examples=25, deadline=None)
@given(SHARES)
def test_an_interval_lies_within_the_data_and_is_the_same_again(values: list[float]) -> None:
    """No mean of resamples is outside of the values; the seed is fixed."""
    found = interval(values, binary=False)
    assert found == interval(values, binary=False)
    assert found is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=5, max_size=60))
def test_wilsons_interval_holds_the_share(values: list[float]) -> None:
    """Whatever the share is."""
    found = interval(values, binary=True)
    assert found is not None
    assert found.low - 1e-9 <= sum(values) / len(values) <= found.high + 1e-9
