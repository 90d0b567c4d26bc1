"""The large corpus and the vectors that stand in for the model's."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import data, large
from coursebot.encoder.fake import HashEncoder

TEXTS = [f"text {number}" for number in range(40)]


def test_the_first_texts_are_embedded_and_the_rest_lie_near_them() -> None:
    """Real vectors up to the limit, across calls; then one of those, moved a little."""
    real = HashEncoder()
    stand_in = large.StandIn(real, distinct=12)
    vectors = np.vstack([stand_in.encode_passages(TEXTS[:8]), stand_in.encode_passages(TEXTS[8:])])
    assert vectors.shape == (40, real.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[:12], real.encode_passages(TEXTS[:12]))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    nearest = (vectors[12:] @ vectors[:12].T).max(axis=1)
    assert ((nearest > 0.95) & (nearest < 1)).all()
    assert len(np.unique(vectors, axis=0)) == 40


def test_stand_ins_are_the_same_each_time() -> None:
    """Two builds of the large index are equal."""
    first, second = (large.StandIn(HashEncoder(), distinct=5).encode_passages(TEXTS) for _ in "ab")
    np.testing.assert_array_equal(first, second)


def test_questions_and_identity_are_the_model_s() -> None:
    """The index opens with the real model and is asked with it."""
    real, stand_in = HashEncoder(), large.StandIn(HashEncoder())
    assert stand_in.fingerprint == real.fingerprint
    np.testing.assert_array_equal(stand_in.encode_queries(["a b"]), real.encode_queries(["a b"]))
    assert stand_in.count_tokens(["a b"]) == real.count_tokens(["a b"])


def test_sources_come_again_under_another_id_and_title() -> None:
    """No two files of the corpus are the same."""
    sources = [data.Source("x", "X", "one"), data.Source("y", "Y", "two")]
    found = large.repeated(sources, 5)
    assert [source.id for source in found] == ["x", "y", "x-1", "y-1", "x-2"]
    assert len({source.title for source in found}) == 5
    assert large.repeated(sources, 1) == sources[:1]


def test_a_corpus_that_is_too_small_is_refused() -> None:
    """The row is left out rather than measured on less than it says."""
    large.check({"passages": 10, "statements": 40}, 10, 40)
    with pytest.raises(data.MissingDataError, match="has 10 passages and 39 statements"):
        large.check({"passages": 10, "statements": 39}, 10, 40)
