"""A large corpus ▶ how long an answer takes in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from benchmarks import data, ours, retrieval, speed
from benchmarks.report import Row, Verdict
from coursebot.assistant import Assistant
from coursebot.types import Encoder, Floats

PASSAGES, STATEMENTS = 15_000, 60_000
"""The least that the corpus must have."""
QUESTIONS = 200
"""JSQuAD's questions asked beside those about the shipped course."""


class StandIn:
    """Real vectors for the first texts; for every other text one of those, moved a little.

    How long a search takes depends on the number, dimension and spread of vectors, not on what
    they mean; so a large index need not wait for the model. Queries are the model's own. The
    fingerprint is the model's too, for the index to be opened with it: keep such an index apart.
    """

    def __init__(self, encoder: Encoder, distinct: int = 3000, shift: float = 0.2) -> None:
        self._encoder = encoder
        self._distinct = distinct
        self._shift = shift
        self._pool: Floats = np.zeros((0, encoder.dimension), np.float32)
        self.name = encoder.name
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return the model's vectors."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension); the same in every process."""
        real = texts[: max(0, self._distinct - len(self._pool))]
        vectors = self._encoder.encode_passages(real)
        self._pool = np.concatenate([self._pool, vectors])
        moved = [self._moved(text) for text in texts[len(real) :]]
        return np.vstack([vectors, *moved]).astype(np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the model's counts."""
        return self._encoder.count_tokens(texts)

    def _moved(self, text: str) -> Floats:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        generator = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        near = self._pool[generator.integers(len(self._pool))]
        step = generator.standard_normal(self.dimension)
        moved = near + self._shift * step / np.linalg.norm(step)
        unit: Floats = (moved / np.linalg.norm(moved)).astype(np.float32)
        return unit


def run(
    folder: Path, work: Path, *, passages: int = PASSAGES, statements: int = STATEMENTS
) -> list[Row]:
    """Measure answers in the large corpus; raises MissingDataError."""
    assistant = opened(folder, work, passages=passages, statements=statements)
    counts = assistant.index.manifest.counts
    known = data.folder(folder, retrieval.NAME, retrieval.ORIGIN)
    asked = data.squad_questions(known / "valid.questions.jsonl")[:QUESTIONS]
    middle, high = speed.latencies(
        assistant, [*speed.questions(), *(question.text for question in asked)]
    )
    return [
        Row(
            f"question to answer, {counts['passages']:,} passages and"
            f" {counts['statements']:,} statements (most vectors are stand-ins)",
            "p50 ≤ 30 ms",
            f"p50 {middle:.1f} ms, p95 {high:.1f} ms",
            verdict=Verdict.of(middle <= 30),
        )
    ]


def opened(
    folder: Path, work: Path, *, passages: int = PASSAGES, statements: int = STATEMENTS
) -> Assistant:
    """Make the large corpus and its index, and open it; raises MissingDataError."""
    known = data.folder(folder, retrieval.NAME, retrieval.ORIGIN)
    sources = data.passages(known / "valid.passages.jsonl")
    more = data.folder(folder, "jaquad-train", "https://github.com/SkelterLabsInc/JaQuAD")
    sources += data.passages(more / "train.passages.jsonl")
    corpus = data.write_passages(repeated(sources, passages), work / "large", "encyclopedia")
    assistant = ours.indexed(corpus, work, StandIn(ours.load_encoder()))
    check(assistant.index.manifest.counts, passages, statements)
    return assistant


def repeated(sources: Sequence[data.Source], count: int) -> list[data.Source]:
    """Return ``count`` sources; when there are fewer they come again under another title."""
    rounds = (
        replace(source, id=f"{source.id}-{at // len(sources)}", title=f"{source.title} ({at})")
        if at >= len(sources)
        else source
        for at, source in enumerate(cycle(sources))
    )
    return list(islice(rounds, count))


def check(counts: Mapping[str, int], passages: int, statements: int) -> None:
    """Raise MissingDataError unless an index with these counts is as large as is claimed."""
    if counts["passages"] < passages or counts["statements"] < statements:
        raise data.MissingDataError(
            f"the large corpus has {counts['passages']:,} passages and {counts['statements']:,}"
            f" statements, not {passages:,} and {statements:,}; left out"
        )
