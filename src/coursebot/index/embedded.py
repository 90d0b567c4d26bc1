"""Texts of a version ▶ the vector of each: taken over where there is one, made where not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coursebot.errors import ModelError
from coursebot.index.kept import Kept, Keys, Log, Places, keys_of
from coursebot.index.lexical import UNITS
from coursebot.index.progress import Progress
from coursebot.index.staged import Staged
from coursebot.types import Encoder, Floats

CHUNK = 256
"""Texts that are embedded together, and kept together when a build is killed."""

Chunk = tuple[int, list[str]]
"""A number and texts."""


class Embedder(Protocol):
    """Texts ▶ vectors, on this machine or on others."""

    def __call__(self, chunks: Iterable[Chunk]) -> Iterable[tuple[int, Floats]]:
        """Yield each chunk's number and its unit vectors once, in any order."""


class Here:
    """The encoder of this process."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def __call__(self, chunks: Iterable[Chunk]) -> Iterator[tuple[int, Floats]]:
        """Encode one chunk after the other."""
        for number, texts in chunks:
            yield number, self._encoder.encode_passages(texts)


def embed(
    staged: Staged,
    sources: Sequence[Kept],
    log: Log,
    embedder: Embedder,
    encoder: Encoder,
    progress: Progress,
) -> int:
    """Add to ``log`` the vectors that neither it nor ``sources`` have; return how many.

    Texts that are the same are embedded once. Raises ModelError.
    """
    counts = {unit: staged.count(f"{unit}.json") for unit in UNITS}
    keys = keys_of(b"".join(staged.keys(unit) for unit in UNITS))
    unique, first = np.unique(keys, return_index=True)
    del keys
    recovered = log.kept() if len(log) else None
    try:
        found = Places(unique, [*sources, *([recovered] if recovered else [])])
    finally:
        if recovered:
            recovered.close()
    # In document order, passages first: chunks are the same again after a kill.
    missing = found.missing[np.argsort(first[found.missing])]
    chunks = _Chunks(staged, counts["passages"], unique, first, missing)
    progress.start(len(missing), "texts embedded")
    for number, made in embedder(chunks):
        vectors = np.asarray(made, np.float32)
        named = chunks.take(number)
        if vectors.shape != (len(named), encoder.dimension) or not np.isfinite(vectors).all():
            raise ModelError(
                f"The model {encoder.name!r} gave no usable vectors.", "Try: coursebot doctor."
            )
        log.add(named, vectors)
        progress.advance(len(named))
    progress.done()
    return len(missing)


class _Chunks:
    """What is missing, read a chunk at a time; whose vectors came is forgotten."""

    def __init__(
        self,
        staged: Staged,
        passages: int,
        keys: Keys,
        first: NDArray[np.int64],
        missing: NDArray[np.int64],
    ) -> None:
        self._staged, self._passages = staged, passages
        self._keys, self._first, self._missing = keys, first, missing

    def __iter__(self) -> Iterator[Chunk]:
        for number in range(-(-len(self._missing) // CHUNK)):
            positions = self._first[self._of(number)].tolist()
            yield number, [self._text(position) for position in positions]

    def take(self, number: int) -> list[bytes]:
        """Return the keys of a chunk."""
        # NumPy leaves out zeros at the end of a key.
        return [key.ljust(self._keys.itemsize, b"\0") for key in self._keys[self._of(number)]]

    def _of(self, number: int) -> NDArray[np.int64]:
        return self._missing[number * CHUNK : (number + 1) * CHUNK]

    def _text(self, position: int) -> str:
        if position < self._passages:
            return self._staged.text("passages", position)
        return self._staged.text("statements", position - self._passages)
