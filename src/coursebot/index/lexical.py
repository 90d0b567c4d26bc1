"""Texts ▶ BM25 scores: one leg a way of cutting text into terms."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coursebot.index.arrays import array_bytes, array_of
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
    lengths: NDArray[np.int32]
    """Terms of each text."""

    @property
    def count(self) -> int:
        """How many texts there are."""
        return len(self.lengths)

    @property
    def usual(self) -> float:
        """How long a text usually is."""
        return usual_of(self.lengths)

    def score(self, numbers: Sequence[int]) -> Floats:
        """Return each text's sum over the terms ``numbers``; a repeated term counts again."""
        total = np.zeros(self.count, dtype=np.float32)
        for number in numbers:
            column = slice(int(self.starts[number]), int(self.starts[number + 1]))
            total[self.texts[column]] += self.scores[column]
        return total

    def part(self, texts: NDArray[np.int64]) -> Matrix:
        """Return the scores in some texts, rising, as if there were no others."""
        number = np.full(self.count, -1, dtype=np.int32)
        number[texts] = np.arange(len(texts), dtype=np.int32)
        kept = number[self.texts] >= 0
        terms = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))[kept]
        frequency = np.bincount(terms, minlength=len(self.starts) - 1)
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        bare = Matrix(self.scores[kept], number[self.texts[kept]], starts, self.lengths[texts])
        scores = restated(
            bare.scores,
            bare.lengths[bare.texts],
            (self.idf()[terms], self.usual),
            (bare.idf()[terms], bare.usual),
        )
        return replace(bare, scores=scores)

    def idf(self) -> NDArray[np.float64]:
        """Return Lucene's inverse document frequency of each term; 0 where no text has it."""
        return idf_of(np.diff(self.starts), self.count)


def idf_of(frequency: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the inverse document frequency of terms that so many of ``count`` texts have."""
    idf = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
    return np.where(frequency > 0, idf, 0.0)


def usual_of(lengths: NDArray[Any]) -> float:
    """Return how long texts with these lengths usually are; never 0."""
    return float(lengths.mean()) or 1.0 if len(lengths) else 1.0


def restated(
    scores: Floats,
    lengths: NDArray[Any],
    there: tuple[NDArray[np.float64] | float, float],
    here: tuple[NDArray[np.float64] | float, float],
) -> Floats:
    """Return BM25 scores as they are among other texts, to the digit that a build gives.

    Shape (scores,), as ``lengths``, those of the texts that each score belongs to. ``there`` and
    ``here`` are the terms' inverse document frequencies and the usual length of a text among the
    texts that the scores are of, and among the others.
    """
    # A score is the idf times tf / (tf + saturation); how often a term occurs is a whole number.
    share = np.minimum(scores / np.float32(there[0]).astype(np.float64), 1 - 1e-7)
    often = np.rint(share / (1 - share) * saturation(lengths, there[1]))
    often = np.clip(often, 1, lengths)
    made = np.float32(here[0]) * (often / (saturation(lengths, here[1]) + often))
    return np.asarray(made, dtype=np.float32)


def saturation(lengths: NDArray[Any], usual: float) -> NDArray[np.float64]:
    """Return what a term's occurrences are held against, as bm25s reckons it."""
    saturation: NDArray[np.float64] = K1 * ((1 - B) + B * lengths.astype(np.float64) / usual)
    return saturation


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
            data[f"{name}.{unit}.scores.npy"] = array_bytes(matrix.scores)
            data[f"{name}.{unit}.texts.npy"] = array_bytes(matrix.texts)
            data[f"{name}.{unit}.starts.npy"] = array_bytes(matrix.starts)
            data[f"{name}.{unit}.lengths.npy"] = array_bytes(matrix.lengths)
        return data

    @classmethod
    def load(cls, name: str, data: Mapping[str, bytes], counts: Mapping[str, int]) -> Self:
        """Read what ``dump`` wrote; raises ValueError when it is not of as many as ``counts`` says.

        ``counts`` has the number of passages and statements.
        """
        vocabulary = json.loads(data[f"{name}.terms.json"].decode("utf-8", "surrogatepass"))
        matrices = [
            Matrix(
                array_of(data[f"{name}.{unit}.scores.npy"]),
                array_of(data[f"{name}.{unit}.texts.npy"]),
                array_of(data[f"{name}.{unit}.starts.npy"]),
                array_of(data[f"{name}.{unit}.lengths.npy"]),
            )
            for unit in UNITS
        ]
        if [matrix.count for matrix in matrices] != [counts[unit] for unit in UNITS]:
            raise ValueError(f"the leg {name} is of other texts")
        return cls(vocabulary, *matrices)


def vocabulary_bytes(vocabulary: Sequence[str]) -> bytes:
    """Return the terms of a leg, by number, as its file has them."""
    text = json.dumps(vocabulary, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode("utf-8", "surrogatepass")


def files() -> tuple[str, ...]:
    """Return the names of all files that the legs are stored in."""
    arrays = ("scores", "texts", "starts", "lengths")
    parts = [f"{unit}.{part}.npy" for unit in UNITS for part in arrays]
    return tuple(f"{leg}.{part}" for leg in LEGS for part in ("terms.json", *parts))


def _matrix(numbers: Sequence[list[int]], vocabulary: int) -> Matrix:
    lengths = np.array([len(text) for text in numbers], dtype=np.int32)
    if not any(numbers):
        return Matrix(
            np.zeros(0, dtype=np.float32),
            np.zeros(0, dtype=np.int32),
            np.zeros(vocabulary + 1, dtype=np.int64),
            lengths,
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
        lengths,
    )
