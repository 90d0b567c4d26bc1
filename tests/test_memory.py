"""What a process that runs for weeks asks of the system."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coursebot import memory, terms

MEBIBYTE = 2**20

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(memory._library(), "malloc_trim"), reason="needs glibc"
)

HEAPS = """
import ctypes, sys, tempfile, threading
import coursebot.cli.app  # what there is in the process when a server begins
from coursebot import memory

if sys.argv[1] == "together":
    assert memory.hold_together()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
together = threading.Barrier(40)
def allocate():
    together.wait()
    library.malloc(1000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with tempfile.TemporaryFile() as file:
    library.fdopen.restype = ctypes.c_void_p
    stream = ctypes.c_void_p(library.fdopen(file.fileno(), b"w"))
    library.malloc_info(0, stream)
    library.fflush(stream)
    file.seek(0)
    print(file.read().count(b"<heap nr="))
"""

MAPPED = """
import ctypes, sys
from coursebot import memory

if sys.argv[1] == "together":
    assert memory.hold_together()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]
library.free(library.malloc(16_000_000))
block = library.malloc(4_000_000)
print(ctypes.c_size_t.from_address(block - ctypes.sizeof(ctypes.c_size_t)).value >> 1 & 1)
"""

TRIMMED = """
import ctypes
from coursebot import memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * memory.os.sysconf("SC_PAGE_SIZE")

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
blocks = [library.malloc(100_000) for _ in range(640)]
for block in blocks:
    ctypes.memset(ctypes.c_void_p(block), 1, 100_000)
kept = blocks.pop()  # above all others: without being asked, the heap cannot shrink
for block in blocks:
    library.free(ctypes.c_void_p(block))
before = resident()
assert memory.give_back()
print(before - resident())
"""


def said(program: str, *arguments: str, **variables: str) -> int:
    """Return the number that a program prints in a process of its own."""
    known = {name: value for name, value in os.environ.items() if name not in memory._CHOSEN}
    command = [sys.executable, "-c", program, *arguments]
    return int(subprocess.run(command, env=known | variables, check=True, stdout=-1).stdout)


def test_threads_share_as_many_heaps_as_there_are_cores() -> None:
    """Forty threads have no heap each."""
    most = max(2, os.cpu_count() or 1)
    assert said(HEAPS, "together") <= most < said(HEAPS, "apart")


def test_no_heap_holds_what_is_large() -> None:
    """The bit by which glibc marks a mapped block is set, also after a larger one was freed."""
    assert (said(MAPPED, "together"), said(MAPPED, "apart")) == (1, 0)


@pytest.mark.parametrize("name", memory._CHOSEN)
def test_a_number_of_heaps_that_was_chosen_stays(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sets glibc's own variables is not overruled."""
    monkeypatch.setenv(name, "")
    assert not memory.hold_together()


def test_what_is_free_is_given_back() -> None:
    """Free memory below some that is in use goes back to the system."""
    assert said(TRIMMED, MALLOC_MMAP_THRESHOLD_="1000000", MALLOC_ARENA_MAX="1") > 40 * MEBIBYTE


def test_all_of_a_mapped_file_is_there_at_once(tmp_path: Path) -> None:
    """A map is resident as a whole, before any of it is read."""
    file = tmp_path / "a file with spaces"
    file.write_bytes(b"x" * 4 * MEBIBYTE)
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ):
        assert resident(file) == 0
        assert memory.populate(file) == 4 * MEBIBYTE
        assert resident(file) == 4 * MEBIBYTE
    assert memory.populate(file) == 0


def test_the_dictionary_is_a_file_that_is_mapped() -> None:
    """What a server populates is what Sudachi reads its words from."""
    assert memory._mapped(terms.dictionary())


def resident(file: Path) -> int:
    """Return how many bytes of a mapped file are in this process's memory."""
    _, _, after = Path("/proc/self/smaps").read_text().partition(str(file))
    line = next(line for line in after.splitlines() if line.startswith("Rss:"))
    return int(line.split()[1]) * 1024
