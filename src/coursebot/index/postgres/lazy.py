"""Statements or passages in a database ▶ a sequence of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Lazy(Sequence[T]):
    """Statements or passages, read when they are looked at."""

    def __init__(self, count: int, at: Callable[[int], T], run: Callable[[], Iterator[T]]) -> None:
        self._count, self._at, self._run = count, at, run

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...

    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        if isinstance(at, slice):
            return tuple(self._at(n) for n in range(self._count)[at])
        return self._at(range(self._count)[at])

    def __iter__(self) -> Iterator[T]:
        return self._run()
