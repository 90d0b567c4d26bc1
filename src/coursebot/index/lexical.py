"""Texts ▶ BM25 scores: one leg a way of cutting text into terms."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coursebot.terms import terms, words
from coursebot.types import Floats

LEGS: Mapping[str, Callable[[str], list[str]]] = {"bigram": terms, "word": words}
"""The legs and their tokenisers; queries must be cut by the same ones."""

K1 = 0.6
"""How soon a repeated term stops counting; fitted on JaQuAD (``docs/decisions/0002-fusion.md``)."""
B = 0.4
"""How much a long text is held against it (Anserini's default)."""
METHOD = "lucene"
"""bm25s's name of the variant: a term gives less than its idf, so scores have a ceiling."""

VERSION = f"bm25 {METHOD} k1={K1} b={B}: {', '.join(LEGS)}; 1"
"""Changes whenever scores do; the last number counts changes of the tokenisers."""

UNITS = ("passages", "statements")


@dataclass(frozen=True, slots=True)
class Matrix:
    """BM25 scores of each term in each text: compressed columns, one a term."""

    scores: Floats
    texts: NDArray[np.int32]
    """Position of the text that each score belongs to; rising within a term."""
    starts: NDArray[np.int64]
    """Where each term's scores begin; one longer than there are terms."""
    count: int
    """Texts."""

    def score(self, numbers: Sequence[int]) -> Floats:
        """Return each text's sum over the terms ``numbers``; a repeated term counts again."""
        total = np.zeros(self.count, dtype=np.float32)
        for number in numbers:
            column = slice(int(self.starts[number]), int(self.starts[number + 1]))
            total[self.texts[column]] += self.scores[column]
        return total

    def part(self, texts: NDArray[np.int64]) -> Matrix:
        """Return the scores in some texts, rising, as if there were no others.

        How long a text usually is stays what it is in all of them.
        """
        number = np.full(self.count, -1, dtype=np.int32)
        number[texts] = np.arange(len(texts), dtype=np.int32)
        kept = number[self.texts] >= 0
        terms = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))[kept]
        frequency = np.bincount(terms, minlength=len(self.starts) - 1)
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        bare = Matrix(self.scores[kept], number[self.texts[kept]], starts, len(texts))
        # A score is the term's idf times what its text has of it.
        scale = bare.idf()[terms] / self.idf()[terms]
        return replace(bare, scores=(bare.scores * scale).astype(np.float32))

    def idf(self) -> NDArray[np.float64]:
        """Return Lucene's inverse document frequency of each term; 0 where no text has it."""
        return idf_of(np.diff(self.starts), self.count)


def idf_of(frequency: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the inverse document frequency of terms that so many of ``count`` texts have."""
    idf = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
    return np.where(frequency > 0, idf, 0.0)


class LexicalLeg:
    """BM25 over passages and over statements, with one vocabulary."""

    def __init__(self, vocabulary: Sequence[str], passages: Matrix, statements: Matrix) -> None:
        self._number = {term: n for n, term in enumerate(vocabulary)}
        self._matrices = {"passages": passages, "statements": statements}
        self._idf = passages.idf()

    @classmethod
    def build(
        cls,
        tokenise: Callable[[str], list[str]],
        passages: Sequence[str],
        statements: Sequence[str],
    ) -> Self:
        """Index the texts of passages and statements, each with its own statistics."""
        cut = [[tokenise(text) for text in texts] for texts in (passages, statements)]
        vocabulary = sorted({term for texts in cut for found in texts for term in found})
        number = {term: n for n, term in enumerate(vocabulary)}
        matrices = [
            _matrix([[number[term] for term in found] for found in texts], len(vocabulary))
            for texts in cut
        ]
        return cls(vocabulary, *matrices)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """All terms, by number."""
        return tuple(self._number)

    def matrix(self, unit: str) -> Matrix:
        """Return the scores of passages or statements (``unit``), a column a term."""
        return self._matrices[unit]

    def score(self, unit: str, query: Sequence[str]) -> Floats:
        """Return the BM25 score of every passage or statement (``unit``); unknown terms add 0."""
        numbers = [self._number[term] for term in query if term in self._number]
        return self._matrices[unit].score(numbers)

    def idf(self, term: str) -> float:
        """Return a term's inverse document frequency over passages; 0.0 when none has it."""
        number = self._number.get(term)
        return 0.0 if number is None else float(self._idf[number])

    def part(self, passages: NDArray[np.int64], statements: NDArray[np.int64]) -> Self:
        """Return the leg over some passages and statements, as if there were no others."""
        other = copy(self)
        other._matrices = {
            "passages": self._matrices["passages"].part(passages),
            "statements": self._matrices["statements"].part(statements),
        }
        other._idf = other._matrices["passages"].idf()
        return other

    def dump(self, name: str) -> dict[str, bytes]:
        """Return the contents of the leg's files."""
        data = {f"{name}.terms.json": vocabulary_bytes(list(self._number))}
        for unit, matrix in self._matrices.items():
            data[f"{name}.{unit}.scores.npy"] = _array_bytes(matrix.scores)
            data[f"{name}.{unit}.texts.npy"] = _array_bytes(matrix.texts)
            data[f"{name}.{unit}.starts.npy"] = _array_bytes(matrix.starts)
        return data

    @classmethod
    def load(cls, name: str, data: Mapping[str, bytes], counts: Mapping[str, int]) -> Self:
        """Read what ``dump`` wrote; ``counts`` has the number of passages and statements."""
        vocabulary = json.loads(data[f"{name}.terms.json"].decode("utf-8", "surrogatepass"))
        matrices = [
            Matrix(
                _array(data[f"{name}.{unit}.scores.npy"]),
                _array(data[f"{name}.{unit}.texts.npy"]),
                _array(data[f"{name}.{unit}.starts.npy"]),
                counts[unit],
            )
            for unit in UNITS
        ]
        return cls(vocabulary, *matrices)


def vocabulary_bytes(vocabulary: Sequence[str]) -> bytes:
    """Return the terms of a leg, by number, as its file has them."""
    text = json.dumps(vocabulary, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode("utf-8", "surrogatepass")


def files() -> tuple[str, ...]:
    """Return the names of all files that the legs are stored in."""
    parts = [f"{unit}.{part}.npy" for unit in UNITS for part in ("scores", "texts", "starts")]
    return tuple(f"{leg}.{part}" for leg in LEGS for part in ("terms.json", *parts))


def _matrix(numbers: Sequence[list[int]], vocabulary: int) -> Matrix:
    if not any(numbers):
        return Matrix(
            np.zeros(0, dtype=np.float32),
            np.zeros(0, dtype=np.int32),
            np.zeros(vocabulary + 1, dtype=np.int64),
            len(numbers),
        )
    # Only a build needs it: it brings SciPy along, and a learner's question should not wait.
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    model = bm25s.BM25(k1=K1, b=B, method=METHOD)
    ids = {n: n for n in range(vocabulary)}
    model.index((numbers, ids), create_empty_token=False, show_progress=False)
    return Matrix(
        np.asarray(model.scores["data"], dtype=np.float32),
        np.asarray(model.scores["indices"], dtype=np.int32),
        np.asarray(model.scores["indptr"], dtype=np.int64),
        len(numbers),
    )


def _array_bytes(array: NDArray[Any]) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _array(data: bytes) -> NDArray[Any]:
    return np.load(BytesIO(data), allow_pickle=False)  # type: ignore[no-any-return]
