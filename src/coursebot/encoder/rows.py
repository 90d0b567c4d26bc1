"""Ids ▶ rows of a table in a file."""

from __future__ import annotations

import os
import sys
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class Rows:
    """A table that stays on disk, of which rows are read; any number of threads may at once.

    They are read, not mapped: each page of a map that was touched once counts as the process's
    memory, and texts touch more of them by the hour, up to the whole table. What was read lies in
    the system's cache of files all the same, and costs the same time.
    """

    def __init__(self, file: Path) -> None:
        """Open ``file``, written by ``numpy.save``; raises OSError or ValueError."""
        table = np.load(file, mmap_mode="r")
        self._mapped: NDArray[np.float16] = table
        self._columns: int = table.shape[1]
        self._dtype, self._start, self._width = table.dtype, table.offset, table.strides[0]
        if sys.platform != "win32":
            del self._mapped
            self._handle = os.open(file, os.O_RDONLY)
            # Not when the process ends: other threads may still read.
            weakref.finalize(self, os.close, self._handle).atexit = False

    def of(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the rows of ``ids``, of shape (*ids.shape, columns).

        Raises OSError, or ValueError when the file became shorter.
        """
        if sys.platform == "win32":
            return self._mapped[ids].astype(np.float32)
        distinct, places = np.unique(ids, return_inverse=True)
        handle, width, start = self._handle, self._width, self._start
        read = b"".join(os.pread(handle, width, start + at * width) for at in distinct.tolist())
        rows = np.frombuffer(read, self._dtype).reshape(len(distinct), self._columns)
        found: NDArray[np.float32] = rows.astype(np.float32)[places.reshape(ids.shape)]
        return found
