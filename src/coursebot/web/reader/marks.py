"""``marks=`` and ``lines=`` of an address ▶ the characters of a file that are marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coursebot.types import Span, Statement
from coursebot.web.wire import digest

MOST = 50
"""Marks that are read from one address."""

_MARK = re.compile(r"([1-9]\d{0,2}):(\d{1,9})-(\d{1,9}):([0-9a-f]{8})")
_LINES = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Mark:
    """A quote, as an address names it: see ``wire.mark``."""

    number: int
    span: Span
    digest: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the quotes stand now."""

    spans: tuple[tuple[Span, int], ...]
    """Each with its number."""
    lost: tuple[int, ...]
    """Numbers of the quotes that are not in the file any more."""


def read(text: str) -> tuple[Mark, ...]:
    """Return the marks of a comma-separated list; what is malformed, or repeated, is ignored."""
    found: dict[int, Mark] = {}
    for part in text.split(",", MOST)[:MOST]:
        asked = _MARK.fullmatch(part)
        if asked and int(asked[2]) < int(asked[3]):
            span = (int(asked[2]), int(asked[3]))
            found.setdefault(int(asked[1]), Mark(int(asked[1]), span, asked[4]))
    return tuple(found.values())


def place(marks: Sequence[Mark], source: str, statements: Sequence[Statement]) -> Placed:
    """Return where the quotes of ``marks`` stand in ``source``.

    A quote that moved is found again among ``statements``, all of the file's, by its digest: the
    one that is nearest to the old place.
    """
    spans: list[tuple[Span, int]] = []
    lost: list[int] = []
    moved = [mark for mark in marks if digest(source[slice(*mark.span)]) != mark.digest]
    known: dict[str, list[Span]] = {}
    for statement in statements if moved else ():
        known.setdefault(digest(statement.text), []).append(statement.span)
    for mark in marks:
        if mark not in moved:
            spans.append((mark.span, mark.number))
        elif places := known.get(mark.digest):
            old = mark.span[0]
            spans.append((min(places, key=lambda span: abs(span[0] - old)), mark.number))
        else:
            lost.append(mark.number)
    return Placed(tuple(spans), tuple(lost))


def span_of_lines(source: str, lines: str) -> Span | None:
    """Return the characters of lines ``"a-b"`` or ``"a"``; None when there are no such lines."""
    asked = _LINES.fullmatch(lines)
    if asked is None:
        return None
    first = int(asked[1])
    last = int(asked[2] or first)
    starts = [0, *(match.end() for match in re.finditer("\n", source))]
    if not 1 <= first <= last or first > len(starts):
        return None
    end = starts[last] - 1 if last < len(starts) else len(source)
    return (starts[first - 1], end) if end > starts[first - 1] else None
