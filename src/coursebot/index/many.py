"""Work that needs no model ▶ several processes, a few files ahead of who waits for them."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Any

from coursebot.course import Many
from coursebot.errors import IndexWriteError

WORTH = 2_000_000
"""Bytes of Markdown from which several processes are faster than one: each starts in a second."""
CHUNK = 8
"""Files that a process is given at a time."""


def processes_for(size: int, wanted: int) -> int:
    """Return how many processes to read ``size`` bytes with; ``wanted`` 0: what is best."""
    if wanted:
        return wanted
    return (os.cpu_count() or 1) if size >= WORTH else 1


@contextmanager
def processes(count: int) -> Iterator[Many]:
    """Yield what maps a function over items in ``count`` processes; one: ``map`` itself."""
    if count <= 1:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context)

    def many(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        # No more than this waits: results are as large as what they are made from.
        waiting: deque[Future[list[Any]]] = deque()
        left = iter(items)
        try:
            while chunk := list(islice(left, CHUNK)):
                waiting.append(pool.submit(_each, function, chunk))
                if len(waiting) > 3 * count:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool:
            raise IndexWriteError(
                "A process that reads courses was killed, perhaps for want of memory.",
                "Try again with fewer of them: coursebot index --workers 1.",
            ) from None

    try:
        yield many
    finally:
        pool.shutdown(cancel_futures=True)


def _each(function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    return [function(item) for item in items]
