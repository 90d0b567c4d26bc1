"""What a process that runs for weeks asks of the system: memory that stays as it is."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # malloc.h
_LARGE = 256 * 1024
"""Bytes from which a block is mapped by itself, and gone when it is freed."""
_MADV_POPULATE_READ = 22  # madvise(2), Linux 5.14
_CHOSEN = ("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def hold_together() -> bool:
    """Let threads share as many heaps as there are cores, none of which holds what is large.

    By default glibc makes eight a core, and puts blocks into them as large as the largest that was
    ever freed. What a question needs for a moment then stays with each heap, between small blocks
    that are kept, and the process grows until every one has had the most expensive question. Must
    come before there are threads. Whoever chose by glibc's own variables keeps what was chosen.
    Returns whether the C library does so.
    """
    library = _library()
    if any(name in os.environ for name in _CHOSEN) or not hasattr(library, "mallopt"):
        return False
    heaps = library.mallopt(_M_ARENA_MAX, max(2, os.cpu_count() or 1))
    return bool(heaps and library.mallopt(_M_MMAP_THRESHOLD, _LARGE))


def give_back() -> bool:
    """Give the system back what is free in every heap; return whether that could be tried.

    Reading models and an index leaves a hundred MiB and more that nobody uses again.
    """
    library = _library()
    if not hasattr(library, "malloc_trim"):
        return False
    library.malloc_trim(0)
    return True


def populate(file: Path) -> int:
    """Have all that this process maps of ``file`` in its memory; return how many bytes that is.

    What is mapped comes in by and by otherwise, with each page that is touched: for a dictionary
    that takes days, and looks like a leak.
    """
    library, done = _library(), 0
    if not hasattr(library, "madvise"):
        return 0
    for first, last in _mapped(file):
        length = last - first
        advice = library.madvise(ctypes.c_void_p(first), ctypes.c_size_t(length),
                                 _MADV_POPULATE_READ)  # fmt: skip
        done += length if advice == 0 else 0
    return done


def _library() -> Any:  # noqa: ANN401 - untyped library
    """Return the C library where it is one of Linux; nothing that has any function elsewhere."""
    return ctypes.CDLL(None) if sys.platform == "linux" else object()


def _mapped(file: Path) -> list[tuple[int, int]]:
    """Return the addresses at which ``file`` is mapped, first and after the last."""
    found = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5] == str(file):
            first, last = fields[0].split("-")
            found.append((int(first, 16), int(last, 16)))
    return found
