"""Text ▶ vectors without a model: a deterministic encoder for tests of ranking."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from coursebot.terms import terms
from coursebot.types import Floats


class HashEncoder:
    """A hashed bag of ``coursebot.terms.terms``: texts that share terms lie close.

    The same in every process and on every machine. It knows no meaning and no translation.
    """

    name = "hash"
    fingerprint = "hash-256-1"
    dimension = 256
    max_tokens = 512

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), 256); text without terms is along axis 0."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for term in terms(text)[: self.max_tokens]:
                row[zlib.crc32(term.encode("utf-8", "replace")) % self.dimension] += 1
            if not row.any():
                row[0] = 1
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Return the same vectors as ``encode_queries``."""
        return self.encode_queries(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's number of terms, and two."""
        return [len(terms(text)) + 2 for text in texts]
