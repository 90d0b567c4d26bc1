"""Bytes ▶ choices: what a fuzzer changes byte by byte becomes numbers, picks and pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Reads ``data`` from its beginning; at its end every number is 0 and every piece empty."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def piece(self, size: int) -> bytes:
        """Return the next ``size`` bytes, or those that are left."""
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def number(self, size: int = 1) -> int:
        """Return the number in the next ``size`` bytes."""
        return int.from_bytes(self.piece(size), "little")

    def pick(self, among: Sequence[T]) -> T:
        """Return one of ``among``."""
        return among[self.number() % len(among)]

    def rest(self) -> bytes:
        """Return everything that is left."""
        return self.piece(len(self._data))

    def __bool__(self) -> bool:
        return self._at < len(self._data)


def damaged(whole: bytes, choices: Choices) -> bytes:
    """Return ``whole`` with some bytes flipped, left out, put in or cut off, as is chosen."""
    made = bytearray(whole)
    for _ in range(1 + choices.number() % 4):
        at = choices.number(4) % (len(made) + 1)
        match choices.number() % 5:
            case 0:
                made[at : at + 1] = choices.piece(1)
            case 1:
                del made[at : at + 1 + choices.number()]
            case 2:
                made[at:at] = choices.piece(1 + choices.number() % 32)
            case 3:
                del made[at:]
            case _:
                piece = choices.piece(1 + choices.number() % 32)
                made[at : at + len(piece)] = piece
    return bytes(made)
