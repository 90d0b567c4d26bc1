"""Vectors ▶ nearest positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.index import dense as module
from coursebot.index.dense import Dense
from coursebot.types import Floats


def unit(vectors: Floats) -> Floats:
    """Return the rows at length 1."""
    scaled: Floats = np.asarray(vectors, dtype=np.float32)
    scaled = scaled / np.linalg.norm(scaled, axis=-1, keepdims=True)
    return scaled


def normal(seed: int, *shape: int) -> Floats:
    """Return random unit vectors."""
    return unit(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def test_a_vector_finds_itself_at_cosine_one() -> None:
    """Scores are cosines, not distances."""
    vectors = normal(1, 50, 16)
    positions, cosines = Dense.build(vectors).search(vectors[7], 3, 0, 50)
    assert positions[0] == 7
    assert cosines[0] == pytest.approx(1.0, abs=1e-6)
    assert list(cosines) == sorted(cosines, reverse=True)


@settings(deadline=None)
@given(
    count=st.integers(1, 60),
    copies=st.integers(1, 40),
    k=st.integers(0, 100),
    bounds=st.tuples(st.integers(0, 2400), st.integers(0, 2400)),
    seed=st.integers(0, 1000),
)
def test_search_equals_sorting_all_by_cosine_and_position(
    count: int, copies: int, k: int, bounds: tuple[int, int], seed: int
) -> None:
    """Exact search gives the best, ties by position, inside the range, however many are equal."""
    vectors = np.tile(normal(seed, count, 24), (copies, 1))
    query = normal(seed + 1, 24)
    first, last = sorted(min(bound, len(vectors)) for bound in bounds)
    dense = Dense.build(vectors)
    cosines = dense.cosines(query, np.arange(len(vectors)))
    wanted = first + np.lexsort((np.arange(last - first), -cosines[first:last]))[:k]
    positions, found = dense.search(query, k, first, last)
    assert positions.tolist() == wanted.tolist()
    assert found.tolist() == cosines[wanted].tolist()
    assert positions.dtype == np.dtype(np.int64)
    assert found.dtype == np.dtype(np.float32)


def test_no_vectors_are_searched_in_vain() -> None:
    """An empty index finds nothing."""
    dense = Dense.from_bytes(Dense.build(np.zeros((0, 8), dtype=np.float32)).to_bytes())
    assert dense.search(normal(1, 8), 5, 0, 0)[0].tolist() == []


@pytest.mark.parametrize("exact_up_to", [0, 1000])
def test_bytes_and_back(exact_up_to: int) -> None:
    """Vectors and results survive, exact or approximate."""
    vectors, query = normal(3, 300, 16), normal(4, 16)
    dense = Dense.build(vectors, exact_up_to)
    again = Dense.from_bytes(dense.to_bytes())
    assert again.exact is dense.exact is (exact_up_to > 0)
    assert np.array_equal(again.vectors, vectors)
    mine, yours = again.search(query, 9, 0, 300), dense.search(query, 9, 0, 300)
    assert np.array_equal(mine[0], yours[0])
    assert np.array_equal(mine[1], yours[1])


def test_vectors_cannot_be_written_to() -> None:
    """An index that many threads search never changes."""
    with pytest.raises(ValueError, match="read-only"):
        Dense.build(normal(1, 3, 4)).vectors[0, 0] = 1


@pytest.mark.parametrize("exact_up_to", [0, 1000])
def test_vectors_outlive_their_index(exact_up_to: int) -> None:
    """Who keeps the vectors keeps the memory that they lie in."""
    vectors = normal(8, 500, 256)
    kept = Dense.from_bytes(Dense.build(vectors, exact_up_to).to_bytes()).vectors
    others = [Dense.build(normal(n, 500, 256)) for n in range(4)]
    assert np.array_equal(kept, vectors)
    assert len(others) == 4


def test_many_vectors_are_searched_approximately_and_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Above the bound recall@10 is .99 or more, in a course as well, and small courses exact."""
    monkeypatch.setattr(module, "EXACT_UP_TO", 8_000)
    count = 10_000
    generator = np.random.default_rng(5)
    centres = normal(6, 200, 32)
    noise = generator.normal(scale=0.08, size=(count, 32)).astype(np.float32)
    vectors = unit(centres[generator.integers(200, size=count)] + noise)
    queries = unit(vectors[::500] + 0.05 * generator.normal(size=(20, 32)).astype(np.float32))
    dense = Dense.build(vectors)
    assert not dense.exact
    found = wanted = 0
    for query in queries:
        cosines = vectors @ query
        for first, last in ((0, count), (500, count)):
            best = first + np.argsort(-cosines[first:last], kind="stable")[:10]
            positions, _ = dense.search(query, 10, first, last)
            found += len(set(best.tolist()) & set(positions.tolist()))
            wanted += 10
        small = 4_000 + np.argsort(-cosines[4_000:5_000], kind="stable")[:10]
        positions, _ = dense.search(query, 10, 4_000, 5_000)
        assert set(positions.tolist()) == set(small.tolist())
    assert found / wanted >= 0.99


def test_up_to_fifty_thousand_vectors_are_searched_exactly() -> None:
    """The bound is on the exact side."""
    assert Dense.build(np.ones((50_000, 1), dtype=np.float32)).exact
