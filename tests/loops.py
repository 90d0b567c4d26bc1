"""Coroutines on a loop in a thread of its own: a browser test may have left one in this thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_run = asyncio.run


def run_apart(making: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine does."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_run, making).result()
