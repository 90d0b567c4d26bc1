"""Terms of texts ▶ the files of a lexical leg, in memory that does not grow with the texts.

What is held is the vocabulary. Terms are counted a batch of texts at a time; the counts wait in a
file until it is known how rare each term is, and every score is written where it belongs.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from coursebot.index import lexical
from coursebot.index.cutting import Terms

BATCH = 1 << 20
"""Terms that are counted at a time."""

_COUNT = np.dtype([("text", "<i4"), ("term", "<i4"), ("times", "<i4")])


class Postings:
    """The scores of one leg, written to a folder."""

    def __init__(self, folder: Path, leg: str) -> None:
        self._folder, self._leg = folder, leg
        self._number: dict[str, int] = {}
        self._units = {unit: _Unit(folder / f".{leg}.{unit}.counts") for unit in lexical.UNITS}

    def add(self, unit: str, terms: Terms) -> None:
        """Take in the next texts of passages or statements (``unit``)."""
        number = self._number
        known = [number.setdefault(term, len(number)) for term in terms.vocabulary]
        table = np.array(known, dtype=np.int32)
        self._units[unit].add(table[terms.numbers] if known else terms.numbers, terms.lengths)

    def write(self) -> None:
        """Write the files that ``LexicalLeg.load`` reads."""
        vocabulary = sorted(self._number)
        place = np.zeros(len(vocabulary), dtype=np.int32)
        for at, term in enumerate(vocabulary):
            place[self._number[term]] = at
        name = f"{self._leg}.terms.json"
        (self._folder / name).write_bytes(lexical.vocabulary_bytes(vocabulary))
        for unit, counted in self._units.items():
            counted.write(place, self._folder / f"{self._leg}.{unit}")

    def close(self) -> None:
        """Remove the counts."""
        for unit in self._units.values():
            unit.close()


@dataclass(slots=True)
class _Unit:
    """What is counted in passages or in statements."""

    file: Path
    lengths: array[int] = field(default_factory=lambda: array("q"))
    _numbers: list[NDArray[np.int32]] = field(default_factory=list)
    _texts: list[NDArray[np.int32]] = field(default_factory=list)
    _waiting: int = 0
    _runs: list[int] = field(default_factory=list)
    _stream: BinaryIO | None = None

    def add(self, numbers: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        first = len(self.lengths)
        self.lengths.extend(lengths.tolist())
        if len(numbers):
            texts = np.arange(first, first + len(lengths), dtype=np.int32)
            self._texts.append(np.repeat(texts, lengths))
            self._numbers.append(numbers)
            self._waiting += len(numbers)
            if self._waiting >= BATCH:
                self._count()

    def _count(self) -> None:
        """Write how often each waiting text has each of its terms; texts in order."""
        texts, terms = np.concatenate(self._texts), np.concatenate(self._numbers)
        pairs = texts.astype(np.int64) << 32 | terms
        found, times = np.unique(pairs, return_counts=True)
        counts = np.empty(len(found), dtype=_COUNT)
        counts["text"], counts["term"], counts["times"] = found >> 32, found & 0xFFFFFFFF, times
        if self._stream is None:
            self._stream = self.file.open("w+b")
        self._stream.write(counts.tobytes())
        self._runs.append(len(counts))
        self._numbers.clear()
        self._texts.clear()
        self._waiting = 0

    def _counts(self) -> Iterator[NDArray[Any]]:
        if self._stream is not None:
            self._stream.seek(0)
            for size in self._runs:
                yield np.frombuffer(self._stream.read(size * _COUNT.itemsize), dtype=_COUNT)

    def write(self, place: NDArray[np.int32], name: Path) -> None:
        """Write a matrix' files; ``place`` is where each term comes in the vocabulary."""
        if self._waiting:
            self._count()
        frequency = np.zeros(len(place), dtype=np.int64)
        for counts in self._counts():
            frequency += np.bincount(place[counts["term"]], minlength=len(place))
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        lengths = np.frombuffer(self.lengths, dtype=np.int64)
        _save(f"{name}.starts.npy", starts)
        _save(f"{name}.lengths.npy", lengths.astype(np.int32))
        total = int(starts[-1])
        if not total:
            _save(f"{name}.scores.npy", np.zeros(0, dtype=np.float32))
            _save(f"{name}.texts.npy", np.zeros(0, dtype=np.int32))
            return
        # As bm25s has it, to the last digit: the inverse frequency in single precision, the rest
        # in double.
        norm = lexical.saturation(lengths, lexical.usual_of(lengths))
        idf = _idf(frequency, len(lengths))
        cursor = starts[:-1].copy()
        scores = open_memmap(f"{name}.scores.npy", "w+", np.float32, (total,))
        texts = open_memmap(f"{name}.texts.npy", "w+", np.int32, (total,))
        for counts in self._counts():
            terms = place[counts["term"]]
            order = np.argsort(terms, kind="stable")  # texts keep rising within a term
            terms, counts = terms[order], counts[order]
            times = counts["times"].astype(np.float32)
            here, begins, many = np.unique(terms, return_index=True, return_counts=True)
            target = cursor[terms] + np.arange(len(terms)) - np.repeat(begins, many)
            scores[target] = idf[terms] * (times / (norm[counts["text"]] + times))
            texts[target] = counts["text"]
            cursor[here] += many
        scores.flush()
        texts.flush()

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self.file.unlink(missing_ok=True)


def _save(name: str, array: NDArray[Any]) -> None:
    with Path(name).open("wb") as stream:
        np.save(stream, array, allow_pickle=False)


def _idf(frequency: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Return Lucene's inverse document frequency, computed as bm25s does."""
    different, which = np.unique(frequency, return_inverse=True)
    values = [
        math.log(1 + (count - held + 0.5) / (held + 0.5)) if held else 0.0
        for held in different.tolist()
    ]
    return np.array(values, dtype=np.float32)[which]
