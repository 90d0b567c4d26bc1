"""Text ▶ the form in which quotes are compared, with the way back to the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from coursebot.types import Span


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in NFKC without white space, and where each of its characters came from."""

    text: str
    starts: tuple[int, ...]
    """For each folded character, where what it was made from begins in the text."""
    ends: tuple[int, ...]

    def find(self, quote: str, within: Span) -> Span | None:
        """Return where a folded quote first stands in a stretch of the text; None: nowhere."""
        if not quote:
            return None
        at = self.text.find(quote)
        while at >= 0:
            found = (self.starts[at], self.ends[at + len(quote) - 1])
            if found[0] >= within[0] and found[1] <= within[1]:
                return found
            at = self.text.find(quote, at + 1)
        return None


def fold(text: str) -> str:
    """Return ``text`` in NFKC without white space."""
    if text.isascii():
        return "".join(text.split())
    return "".join(folded for folded, _, _ in _pieces(text))


def folded(text: str) -> Folded:
    """Fold ``text`` and keep where each character came from."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece, start, end in _pieces(text):
        for character in piece:
            characters.append(character)
            starts.append(start)
            ends.append(end)
    return Folded("".join(characters), tuple(starts), tuple(ends))


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each character, with the marks that follow it, folded, and its span."""
    start = 0
    size = len(text)
    while start < size:
        end = start + 1
        # カ and a half-width ﾞ are one character, as か and a combining mark are.
        while end < size and text[end] > "\u02ff" and _joins(text[end]):
            end += 1
        piece = text[start:end]
        if not piece.isascii():
            piece = unicodedata.normalize("NFKC", piece)
        kept = "".join(piece.split())
        if kept:
            yield kept, start, end
        start = end


def _joins(character: str) -> bool:
    return character in "\uff9e\uff9f" or unicodedata.combining(character) != 0
