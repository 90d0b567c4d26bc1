"""Question and candidates ▶ windows: stretches of a section that the reader reads at one go.

A window is ``<s> question </s></s> headings and lead-in </s> lines </s>``: the candidate with the
lines around it, its own block first, so that a line is read together with what it hangs on. Each
line keeps its place, so that every one of them is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from coursebot.types import Kind, Section, Span, Statement

QUESTION = 48
"""Tokens of a question that are read."""
HEADER = 40
"""Tokens of headings and lead-in."""
LINES = 64
"""Tokens of a window's lines; a line that is longer is read alone, and cut."""
WINDOWS = 10
"""Windows for one question."""
TOKENS = 720
"""Tokens for one question, all windows together: what they cost in time."""
BOS, EOS = 0, 2

Located = tuple[int, int, int]
"""A token's id and the characters that it stands for."""


class Tokens(Protocol):
    """Text ▶ located tokens."""

    def located(self, text: str) -> list[Located]:
        """Return each id of ``text`` with the characters that it stands for."""


@dataclass(frozen=True, slots=True)
class Line:
    """A statement in a window."""

    statement: Statement
    first: int
    """Position of its first token in the window."""
    places: tuple[Span, ...]
    """Of each of its tokens: offsets in the statement's ``plain``."""

    @property
    def last(self) -> int:
        """Position after its last token."""
        return self.first + len(self.places)


@dataclass(frozen=True, slots=True)
class Window:
    """What is read at one go."""

    ids: tuple[int, ...]
    lines: tuple[Line, ...]
    """In document order."""


def windows(
    tokens: Tokens,
    question: str,
    candidates: Sequence[Statement],
    sections: Mapping[str, Section],
    siblings: Mapping[str, Sequence[Statement]],
) -> tuple[Window, ...]:
    """Return the windows around ``candidates``, best first, as many as the limits allow.

    ``siblings`` holds all statements of each candidate's section, in document order.
    """
    cutter = _Cutter(tokens, question, sections, siblings)
    found: list[Window] = []
    spent = 0
    for candidate in candidates:
        if len(found) == WINDOWS:
            break
        window = cutter.around(candidate)
        if window is None:
            continue
        if found and spent + len(window.ids) > TOKENS:
            break
        spent += len(window.ids)
        found.append(window)
    return tuple(found)


class _Cutter:
    def __init__(
        self,
        tokens: Tokens,
        question: str,
        sections: Mapping[str, Section],
        siblings: Mapping[str, Sequence[Statement]],
    ) -> None:
        self._tokens = tokens
        self._question = [number for number, _, _ in tokens.located(question)[:QUESTION]]
        self._sections, self._siblings = sections, siblings
        self._seen: set[str] = set()
        self._known: dict[str, list[Located]] = {}

    def around(self, candidate: Statement) -> Window | None:
        """Return the window around a candidate; None when it was read, or there is nothing to."""
        if candidate.id in self._seen:
            return None
        beside = self._siblings.get(candidate.section, ())
        at = next((n for n, s in enumerate(beside) if s.id == candidate.id), None)
        if at is None or not self._located(candidate):
            return None
        chosen = [beside[n] for n in self._grown(beside, at)]
        self._seen.update(statement.id for statement in chosen)
        return self._window(chosen)

    def _located(self, statement: Statement) -> list[Located]:
        if statement.id not in self._known:
            self._known[statement.id] = self._tokens.located(statement.plain)[:LINES]
        return self._known[statement.id]

    def _grown(self, beside: Sequence[Statement], at: int) -> list[int]:
        """Return the places to read: the block grows down and up in turn, then what lies around."""
        chosen = {at}
        room = LINES - len(self._located(beside[at]))
        for same_block in (True, False):
            down, up = at + 1, at - 1
            open_down = open_up = True
            while open_down or open_up:
                if open_down:
                    open_down, room = self._taken(beside, down, at, same_block, chosen, room)
                    down += 1
                if open_up:
                    open_up, room = self._taken(beside, up, at, same_block, chosen, room)
                    up -= 1
        return sorted(chosen)

    def _taken(
        self,
        beside: Sequence[Statement],
        place: int,
        at: int,
        same_block: bool,
        chosen: set[int],
        room: int,
    ) -> tuple[bool, int]:
        """Take one more line if it may be read; return whether to go on, and the room left."""
        if not 0 <= place < len(beside):
            return False, room
        statement = beside[place]
        if place in chosen:
            return True, room
        if same_block and statement.block != beside[at].block:
            return False, room
        if statement.id in self._seen:
            return False, room
        if statement.kind is Kind.LINK:
            return True, room
        length = len(self._located(statement))
        if length > room:
            return False, room
        chosen.add(place)
        return True, room - length

    def _window(self, chosen: Sequence[Statement]) -> Window:
        first = chosen[0]
        path = self._sections[first.section].heading_path
        if first.kind is Kind.HEADING and path and first.plain == path[-1]:
            path = path[:-1]
        headings = [number for number, _, _ in self._tokens.located(" > ".join(path))]
        lead = [number for number, _, _ in self._tokens.located("\n".join(first.context))]
        # Of headings the last, of a lead-in the first words say most.
        header = [*headings[-HEADER // 2 :], *lead[: HEADER // 2]]
        ids = [BOS, *self._question, EOS, EOS, *header, EOS]
        lines = []
        for statement in chosen:
            located = self._located(statement)
            if located:
                places = tuple((start, end) for _, start, end in located)
                lines.append(Line(statement, len(ids), places))
                ids.extend(number for number, _, _ in located)
        return Window((*ids, EOS), tuple(lines))
