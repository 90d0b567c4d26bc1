"""Vectors by what they were made from, in files: found by key, read a few at a time."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from coursebot.index.manifest import KEY
from coursebot.types import Floats

Keys = NDArray[np.bytes_]
"""Keys of ``KEY`` bytes each, in a dtype that sorts."""
Offsets = NDArray[np.int64]

_HEAD = struct.Struct("<8sII32s")
"""Mark, vectors, dimension, and the SHA-256 of what follows: keys, then vectors."""
_MARK = b"vectors1"


def keys_of(data: bytes) -> Keys:
    """Return the keys that stand in ``data``, one behind the other."""
    return np.frombuffer(data, dtype=f"S{KEY}")


class Kept:
    """Vectors in a file, by key."""

    def __init__(self, file: Path, keys: Keys, offsets: Offsets, dimension: int) -> None:
        self._file = file
        # Open all the while: another build may remove the file's name.
        self._stream = file.open("rb", buffering=0)
        self._dimension = dimension
        self._keys, first = np.unique(keys, return_index=True)
        self._offsets = offsets[first]

    def find(self, keys: Keys) -> Offsets:
        """Return where the vector of each key begins in the file, in bytes; -1: not there."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._offsets[at], -1)

    def read(self, offsets: Offsets) -> Floats:
        """Return the vectors that begin at ``offsets``; raises OSError."""
        found = np.empty((len(offsets), self._dimension), dtype=np.float32)
        size = self._dimension * found.itemsize
        # What lies side by side in the file is read at once.
        begins = np.flatnonzero(np.diff(offsets, prepend=-2 * size) != size).tolist()
        for first, last in zip(begins, [*begins[1:], len(offsets)], strict=True):
            wanted = (last - first) * size
            data = os.pread(self._stream.fileno(), wanted, int(offsets[first]))
            if len(data) != wanted:
                raise OSError(f"{self._file} is shorter than it was")
            found[first:last] = np.frombuffer(data, dtype=np.float32).reshape(-1, self._dimension)
        return found

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class Log:
    """Vectors in the order in which they were made; what a killed build wrote is read again."""

    def __init__(self, file: Path, dimension: int) -> None:
        self._file = file
        self._dimension = dimension
        self._keys: list[bytes] = []
        self._offsets: list[Offsets] = []
        self._end = 0
        self._stream: BinaryIO | None = None
        if file.exists():
            self._recover()

    def __len__(self) -> int:
        return sum(map(len, self._offsets))

    def kept(self) -> Kept:
        """Return what is in it by now."""
        offsets = [np.zeros(0, dtype=np.int64), *self._offsets]
        return Kept(
            self._file, keys_of(b"".join(self._keys)), np.concatenate(offsets), self._dimension
        )

    def add(self, keys: Sequence[bytes], vectors: Floats) -> None:
        """Write vectors of shape (len(keys), dimension); whole or, after a kill, not at all."""
        if self._stream is None:
            # After the last whole piece; what a kill tore off is written over.
            self._stream = self._file.open("r+b" if self._file.exists() else "w+b")
            self._stream.truncate(self._end)
            self._stream.seek(self._end)
        named, body = b"".join(keys), np.ascontiguousarray(vectors, dtype="<f4").tobytes()
        digest = hashlib.sha256(named + body).digest()
        self._stream.write(_HEAD.pack(_MARK, len(keys), self._dimension, digest) + named + body)
        self._stream.flush()
        self._remember(named, len(keys))

    def close(self) -> None:
        """Close the file; what is in it stays."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _remember(self, keys: bytes, count: int) -> None:
        begin = self._end + _HEAD.size + len(keys)
        size = self._dimension * 4
        self._keys.append(keys)
        self._offsets.append(begin + size * np.arange(count, dtype=np.int64))
        self._end = begin + size * count

    def _recover(self) -> None:
        """Read what a build before left, up to the first piece that is not whole."""
        with self._file.open("rb") as stream:
            while len(head := stream.read(_HEAD.size)) == _HEAD.size:
                mark, count, dimension, digest = _HEAD.unpack(head)
                if mark != _MARK or dimension != self._dimension:
                    return
                body = stream.read(count * (KEY + dimension * 4))
                if hashlib.sha256(body).digest() != digest:
                    return
                self._remember(body[: count * KEY], count)


class Places:
    """Where the vector of each of many keys is: in the first of some files that has it."""

    def __init__(self, keys: Keys, sources: Iterable[Kept]) -> None:
        self._sources = list(sources)
        self._source = np.full(len(keys), -1, dtype=np.int8)
        self._offset = np.full(len(keys), -1, dtype=np.int64)
        for number, source in enumerate(self._sources):
            open_ = np.flatnonzero(self._source < 0)
            if len(open_):
                offsets = source.find(keys[open_])
                found = offsets >= 0
                self._source[open_[found]] = number
                self._offset[open_[found]] = offsets[found]

    @property
    def missing(self) -> NDArray[np.int64]:
        """Positions of the keys that no file has."""
        return np.flatnonzero(self._source < 0)

    def read(self, first: int, last: int, dimension: int) -> Floats:
        """Return the vectors of the keys from ``first`` up to ``last``; raises OSError."""
        vectors = np.zeros((last - first, dimension), dtype=np.float32)
        for number, source in enumerate(self._sources):
            here = np.flatnonzero(self._source[first:last] == number)
            if len(here):
                vectors[here] = source.read(self._offset[first:last][here])
        return vectors
