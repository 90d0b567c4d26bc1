"""Ids ▶ rows of a table in a file."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coursebot.encoder.rows import Rows


@pytest.fixture
def table() -> NDArray[np.float16]:
    """Return a table of more rows than a page of a file holds."""
    return np.random.default_rng(3).standard_normal((5000, 16)).astype(np.float16)


def saved(table: NDArray[np.float16], folder: Path) -> Path:
    """Write a table."""
    np.save(folder / "table.npy", table)
    return folder / "table.npy"


@pytest.mark.parametrize(
    "ids", [[[0]], [[4999, 0, 4999], [7, 7, 7]], [[1, 2], [3, 4], [5, 6]], [[]]]
)
def test_rows_are_those_of_the_table(
    ids: list[list[int]], table: NDArray[np.float16], tmp_path: Path
) -> None:
    """Each id has its row, in single precision, wherever and however often it stands."""
    chosen = np.array(ids, np.int64)
    found = Rows(saved(table, tmp_path)).of(chosen)
    assert found.dtype == np.float32
    assert np.array_equal(found, table[chosen].astype(np.float32))


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="maps are seen on Linux alone")
def test_the_table_stays_on_disk(table: NDArray[np.float16], tmp_path: Path) -> None:
    """No page of the table is the process's memory, whichever rows were asked for."""
    file = saved(table, tmp_path)
    rows = Rows(file)
    assert np.array_equal(rows.of(np.arange(5000)[None]), table[None].astype(np.float32))
    assert str(file) not in Path("/proc/self/maps").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be cut there")
def test_a_table_that_was_cut_is_an_error(table: NDArray[np.float16], tmp_path: Path) -> None:
    """A row that is no longer there raises, instead of ending the process."""
    file = saved(table, tmp_path)
    rows = Rows(file)
    with file.open("r+b") as stream:
        stream.truncate(1000)
    with pytest.raises(ValueError, match="reshape"):
        rows.of(np.array([[4000]]))
