"""Vectors ▶ nearest positions: FAISS, exact up to 50,000 vectors and HNSW above."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from coursebot.index.interface import Positions
from coursebot.types import Floats

EXACT_UP_TO = 50_000
"""Vectors; a scan of that many takes a few milliseconds."""
NEIGHBOURS = 24
"""Links of a vector in the HNSW graph (twice as many on the ground floor)."""
BUILD_BREADTH = 100
"""Candidates kept while the graph is built."""
SEARCH_BREADTH = 256
"""Candidates kept in a search."""
_MARGIN = 8
"""Results asked for beyond ``k``, so that equal cosines at the end can be told apart."""
_SAME = 2e-6
"""FAISS's cosines of one vector at two positions differ by less."""

_BLOCK = 4096
"""Vectors that are copied at a time."""

Read = Callable[[int, int], Floats]
"""First position and the one after the last ▶ vectors."""

_swig: Any = faiss  # its type stubs leave out much of what it has

# One thread: a graph built by several differs from run to run, and a server answers several
# questions at a time anyway.
faiss.omp_set_num_threads(1)


class Nearest(Protocol):
    """What can be searched by cosine."""

    def search(self, vector: Floats, k: int, first: int, last: int) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest positions from ``first`` up to ``last``, and their cosines."""

    def cosines(self, vector: Floats, positions: Positions) -> Floats:
        """Return the exact cosines at ``positions``."""


class _Memory:
    """The vectors inside a FAISS index, as NumPy's array interface; keeps the index alive."""

    def __init__(self, index: Any, flat: Any) -> None:  # noqa: ANN401 — FAISS's own classes
        self._index = index
        shape = (flat.ntotal, flat.d)
        if flat.ntotal:
            view = _swig.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d).reshape(shape)
        else:
            view = np.zeros(shape, dtype=np.float32)
        self._view = view
        address, _ = view.__array_interface__["data"]
        self.__array_interface__ = {**view.__array_interface__, "data": (address, True)}


class Dense:
    """Unit vectors that can be searched by cosine."""

    def __init__(self, index: Any) -> None:  # noqa: ANN401 — FAISS's classes share no typed base
        self._index = index
        self._flat = index
        self._exact = isinstance(index, faiss.IndexFlat)
        if not self._exact:
            self._flat = _swig.downcast_index(index.storage)
        self.vectors: Floats = np.asarray(_Memory(index, self._flat))
        """Read-only, shape (n, dimension)."""

    @classmethod
    def build(cls, vectors: Floats, exact_up_to: int | None = None) -> Self:
        """Index ``vectors`` of shape (n, dimension), each of length 1.

        More than ``exact_up_to`` of them (``EXACT_UP_TO`` if None) are indexed approximately.
        """
        count, dimension = vectors.shape
        if count <= (EXACT_UP_TO if exact_up_to is None else exact_up_to):
            index = _swig.IndexFlatIP(dimension)
        else:
            index = _swig.IndexHNSWFlat(dimension, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = BUILD_BREADTH
        if count:
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what ``to_bytes`` wrote."""
        return cls(_swig.deserialize_index(np.frombuffer(data, dtype=np.uint8)))

    def to_bytes(self) -> bytes:
        """Return the index in FAISS's own format."""
        return _swig.serialize_index(self._index).tobytes()  # type: ignore[no-any-return]

    @staticmethod
    def write(
        file: Path, count: int, dimension: int, read: Read, exact_up_to: int | None = None
    ) -> None:
        """Write to ``file`` what ``build(…).to_bytes()`` gives for ``count`` vectors.

        ``read`` returns those from one position up to another. A graph is made in memory, beside
        its vectors; what is exact needs none. Raises OSError.
        """
        limit = EXACT_UP_TO if exact_up_to is None else exact_up_to
        target = file if count <= limit else file.with_name(f".{file.name}.raw")
        with target.open("wb") as stream:
            if count <= limit:
                stream.write(_flat_head(count, dimension))
            for first in range(0, count, _BLOCK):
                block = read(first, min(first + _BLOCK, count))
                stream.write(np.ascontiguousarray(block, dtype=np.float32).tobytes())
        if count > limit:
            # Threads that Python starts do not have what was set for the first one.
            faiss.omp_set_num_threads(1)
            raw = np.memmap(target, dtype=np.float32, mode="r", shape=(count, dimension))
            made = Dense.build(raw, limit)._index
            del raw
            target.unlink()
            _swig.write_index(made, str(file))

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._flat.d)

    @property
    def exact(self) -> bool:
        """Whether every search is exact."""
        return self._exact

    def search(self, vector: Floats, k: int, first: int, last: int) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest positions from ``first`` up to ``last``, and their cosines.

        Best first, equal cosines by position.
        """
        size = max(0, last - first)
        k = min(k, size)
        if k <= 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        wanted = min(k + _MARGIN, size)
        while True:
            found, rough = self._nearest(query, wanted, first, last)
            if wanted == size or rough[k - 1] - rough[-1] > _SAME:
                break
            wanted = min(2 * wanted, size)
        cosines = self.cosines(vector, found)
        order = np.lexsort((found, -cosines))[:k]
        return found[order], cosines[order]

    def cosines(self, vector: Floats, positions: Positions) -> Floats:
        """Return the exact cosines at ``positions``; the same vector gives the same cosine."""
        return cosines(self.vectors[positions], np.asarray(vector, dtype=np.float32))

    def _nearest(self, query: Floats, k: int, first: int, last: int) -> tuple[Positions, Floats]:
        whole = first == 0 and last == len(self)
        selector = None if whole else _swig.IDSelectorRange(first, last)
        size = last - first
        # A walk through the graph that mostly meets other courses would miss too much.
        if not self._exact and size > EXACT_UP_TO and 2 * size >= len(self):
            breadth = max(SEARCH_BREADTH, 2 * k)
            parameters = _swig.SearchParametersHNSW(efSearch=breadth, sel=selector)
            rough, found = self._index.search(query, k, params=parameters)
            if found[0, -1] >= 0:
                return found[0].astype(np.int64), rough[0]
        parameters = _swig.SearchParameters(sel=selector)
        rough, found = self._flat.search(query, k, params=parameters)
        return found[0].astype(np.int64), rough[0]


def stored_at(size: int, count: int, dimension: int) -> NDArray[np.int64]:
    """Return where each vector begins in an index of ``size`` bytes: they come last in it."""
    length = dimension * 4
    return size - count * length + length * np.arange(count, dtype=np.int64)


def _flat_head(count: int, dimension: int) -> bytes:
    """Return what FAISS writes before the vectors of an exact index."""
    empty = _swig.serialize_index(_swig.IndexFlatIP(dimension)).tobytes()
    # Mark and dimension, number of vectors, …, length of what follows in numbers of 4 bytes.
    return bytes(
        empty[:8] + struct.pack("<q", count) + empty[16:-8] + struct.pack("<Q", count * dimension)
    )


def cosines(vectors: Floats, vector: Floats) -> Floats:
    """Return the cosine of each row of ``vectors`` with ``vector``, all of length 1."""
    # Row by row, unlike a matrix product, whose last bits depend on a row's place.
    found: Floats = np.einsum("ij,j->i", vectors, vector)
    return found
