"""Intervals by formula: against Wilson's and against the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.statistics import interval
from coursebot.evaluation.statistics.closed import closed_interval


@pytest.mark.parametrize(("hits", "n"), [(0, 400), (37, 400), (399, 400)])
def test_independent_shares_have_wilsons_interval(hits: int, n: int) -> None:
    """To the third decimal: Student's quantile for 399 degrees of freedom is 1.966, not 1.960."""
    values = [1.0] * hits + [0.0] * (n - hits)
    closed, wilson = closed_interval(values, binary=True), interval(values, binary=True)
    assert closed is not None
    assert wilson is not None
    assert (closed.low, closed.high) == pytest.approx((wilson.low, wilson.high), abs=1e-3)


@pytest.mark.parametrize("binary", [True, False])
def test_clusters_widen_it_as_they_widen_the_bootstrap(binary: bool) -> None:
    """Within a tenth of its width, for 80 clusters of five rows that are much alike."""
    random = np.random.default_rng(3)
    centres = random.uniform(0.2, 0.9, 80)
    raw = [centre if random.random() < 0.7 else random.random() for centre in centres.repeat(5)]
    values = [float(value > 0.5) if binary else float(value) for value in raw]
    clusters = [place // 5 for place in range(400)]
    closed = closed_interval(values, clusters, binary=binary)
    drawn = interval(values, clusters, binary=binary)
    alone = closed_interval(values, binary=binary)
    assert closed is not None
    assert drawn is not None
    assert alone is not None
    width = drawn.high - drawn.low
    assert abs(closed.low - drawn.low) < width / 10
    assert abs(closed.high - drawn.high) < width / 10
    assert closed.high - closed.low > 1.3 * (alone.high - alone.low)


def test_few_values_have_none() -> None:
    """As with every other interval."""
    assert closed_interval([1.0] * 4, binary=True) is None


def test_equal_values_are_not_certain() -> None:
    """Six hits of six leave room below; six clusters of ten rows no less."""
    alone = closed_interval([1.0] * 6, binary=True)
    many = closed_interval([1.0] * 60, [place // 10 for place in range(60)], binary=True)
    assert alone == many
    assert alone is not None
    assert alone.high == 1.0
    assert alone.low < 0.6


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=5, max_size=60))
def test_the_mean_lies_in_it(rows: list[tuple[bool, int]]) -> None:
    """And both ends in the range of shares."""
    values = [float(value) for value, _ in rows]
    for binary in (True, False):
        found = closed_interval(values, [cluster for _, cluster in rows], binary=binary)
        assert found is not None
        assert 0 <= found.low <= np.mean(values) + 1e-12
        assert np.mean(values) - 1e-12 <= found.high <= 1
