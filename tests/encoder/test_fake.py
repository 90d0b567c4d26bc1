"""The encoder without a model."""

from __future__ import annotations

import numpy as np
import pytest

from coursebot.encoder.fake import HashEncoder
from coursebot.types import Encoder


def test_shared_terms_lie_closer() -> None:
    """A text that shares terms with the query is nearer than one that does not."""
    encoder: Encoder = HashEncoder()
    query = encoder.encode_queries(["ログイン トークン"])[0]
    near, far = encoder.encode_passages(["トークンの有効期限", "storage account"])
    assert float(query @ near) > float(query @ far)


def test_vectors_have_unit_length() -> None:
    """Every text, empty and broken ones too, has a vector of length 1."""
    vectors = HashEncoder().encode_passages(["", "a", "\ud800", "長い" * 999])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4))


def test_vectors_are_fixed() -> None:
    """A term's place is the same in every process."""
    assert HashEncoder().encode_queries(["registry"])[0].argmax() == 10
