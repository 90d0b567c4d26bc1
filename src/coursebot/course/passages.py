"""Sections ▶ passages: whole blocks packed up to a number of tokens, long blocks split."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from coursebot.course.embedding import heading_text
from coursebot.types import Document, Kind, Lines, Passage, Section, Span, Statement

CountTokens = Callable[[Sequence[str]], list[int]]
"""Texts ▶ tokens of each, special tokens included."""

_ITEM = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+(?:\[[ xX]\][ \t]+)?")
_MARKERS = re.compile(rf"(?:{_ITEM.pattern})?[\s>#■]*")
_FENCE = re.compile(rf"(?:{_ITEM.pattern})?[\s>]*(?:`{{3,}}|~{{3,}})")
_DELIMITER_ROW = re.compile(r"[\s>]*[|:-][\s|:-]*-[\s|:-]*")
_JOINTS = 2
"""Line ends between heading path, lead and text."""


def cut(document: Document, count_tokens: CountTokens, limit: int) -> tuple[Passage, ...]:
    """Return the passages of ``document``: all its statements, each once, in order.

    ``limit`` is in tokens of the embedded text, heading path included. Only a statement that is
    too long by itself makes a longer passage. ``count_tokens`` is called once.
    """
    if not document.statements:
        return ()
    spans = _widened(document)
    tokens = _count(document, spans, count_tokens)
    members = {
        section: list(numbers)
        for section, numbers in groupby(
            range(len(document.statements)), key=lambda n: document.statements[n].section
        )
    }
    passages: list[Passage] = []
    for section in document.sections:
        numbers = members.get(section.id)
        if numbers:
            run = _Run(document, section, numbers[0], numbers[-1] + 1, spans, tokens, limit)
            passages.extend(run.passages())
    return tuple(passages)


@dataclass(frozen=True, slots=True)
class _Tokens:
    before: list[int]
    """Tokens of all statements before a number, with what stands between them."""
    texts: dict[str, int]
    """Tokens of heading paths and contexts."""
    special: int


def _count(document: Document, spans: list[Span], count_tokens: CountTokens) -> _Tokens:
    source, statements = document.source, document.statements
    slices: list[str] = []
    section = ""
    for number, statement in enumerate(statements):
        start = spans[number][0]
        end = spans[number + 1][0] if number + 1 < len(spans) else spans[number][1]
        text = source[start:end]
        if statement.kind is Kind.HEADING and statement.section != section:
            # A section's own heading is embedded as the end of the heading path.
            text = source[statement.span[1] : end].lstrip()
        section = statement.section
        slices.append(text)
    texts = {heading_text(section) for section in document.sections}
    texts.update(line for statement in statements for line in statement.context)
    known = sorted(texts)
    special, *counts = count_tokens(["", *slices, *known])
    own = [max(0, count - special) for count in counts]
    return _Tokens(
        list(accumulate(own[: len(slices)], initial=0)),
        dict(zip(known, own[len(slices) :], strict=True)),
        special,
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """The statements of one section, by their numbers in the document."""

    document: Document
    section: Section
    first: int
    last: int
    spans: list[Span]
    tokens: _Tokens
    limit: int

    def passages(self) -> Iterator[Passage]:
        for begin, end in self._pack():
            yield self._passage(begin, end)

    def _pack(self) -> Iterator[Span]:
        """Yield ranges of statement numbers."""
        begin = self.first
        for start, end in self._blocks():
            if start == begin or self._fits(begin, end):
                pieces = [(start, end)] if self._fits(begin, end) else self._split(start, end)
            elif self._fits(start, end):
                cutting = start - 1 if self._is_lead(start - 1, start, begin, end) else start
                yield begin, cutting
                begin = cutting
                continue
            else:
                pieces = self._split(start, end)
            for piece_start, piece_end in pieces:
                if piece_start > begin and not self._fits(begin, piece_end):
                    if self._heading_only(begin, piece_start) and piece_end - piece_start == 1:
                        continue
                    yield begin, piece_start
                    begin = piece_start
        yield begin, self.last

    def _blocks(self) -> Iterator[Span]:
        begin = self.first
        for number in range(self.first + 1, self.last + 1):
            if number == self.last or self._at(number).block != self._at(begin).block:
                yield begin, number
                begin = number

    def _at(self, number: int) -> Statement:
        return self.document.statements[number]

    def _fits(self, begin: int, end: int) -> bool:
        return self._size(begin, end) <= self.limit

    def _size(self, begin: int, end: int) -> int:
        return self._frame(begin) + self.tokens.before[end] - self.tokens.before[begin]

    def _frame(self, begin: int) -> int:
        path = self.tokens.texts[heading_text(self.section)]
        lead = sum(self.tokens.texts[line] + 1 for line in self._lead(begin))
        return self.tokens.special + path + lead + _JOINTS

    def _lead(self, begin: int) -> tuple[str, ...]:
        """Return what a passage that begins at a statement needs said before it."""
        statement = self._at(begin)
        context = statement.context
        if statement.kind is Kind.ROW and self._carries_header(begin):
            context = context[:-1]
        while context and sum(self.tokens.texts[line] for line in context) > self.limit // 3:
            context = context[1:]
        return context

    def _carries_header(self, number: int) -> bool:
        start, _ = self.spans[number]
        return "\n" in self.document.source[start : self._at(number).span[0]]

    def _is_lead(self, number: int, start: int, begin: int, end: int) -> bool:
        """Whether the statement before a block announces it and can go with it."""
        return (
            number > begin
            and not self._heading_only(begin, number)
            and self._at(start).parent == self._at(number).id
            and self._fits(number, end)
        )

    def _heading_only(self, begin: int, end: int) -> bool:
        return begin == self.first and end - begin == 1 and self._at(begin).kind is Kind.HEADING

    def _split(self, start: int, end: int) -> list[Span]:
        """Split a block where its outermost items, rows, commands or sentences begin."""
        if end - start == 1 or self._fits(start, end):
            return [(start, end)]
        cuts = self._cuts(start, end)
        pieces: list[Span] = []
        for begin, stop in zip([start, *cuts], [*cuts, end], strict=True):
            if pieces and self._fits(pieces[-1][0], stop):
                pieces[-1] = (pieces[-1][0], stop)
            else:
                pieces.extend(self._split(begin, stop))
        return pieces

    def _cuts(self, start: int, end: int) -> list[int]:
        inner = range(start + 1, end)
        beginning = [number for number in inner if self._begins(number)] or list(inner)
        depths = {number: len(self._at(number).context) for number in beginning}
        outermost = min(depths.values())
        return [number for number in beginning if depths[number] == outermost]

    def _begins(self, number: int) -> bool:
        """Whether a split may come before a statement: not between the sentences of an item."""
        statement = self._at(number)
        if statement.kind not in {Kind.ITEM, Kind.LINK}:
            return True
        start, _ = self.spans[number]
        return _ITEM.match(self.document.source, start, statement.span[0]) is not None

    def _passage(self, begin: int, end: int) -> Passage:
        inside = self.document.statements[begin:end]
        start, stop = self.spans[begin][0], self.spans[end - 1][1]
        return Passage(
            id=f"{self.document.path}:{start}-{stop}",
            section=self.section.id,
            course=self.document.course,
            path=self.document.path,
            lines=self._lines(start, stop, inside),
            span=(start, stop),
            text=self.document.source[start:stop],
            statements=tuple(statement.id for statement in inside),
            lead="\n".join(self._lead(begin)),
        )

    def _lines(self, start: int, stop: int, inside: Sequence[Statement]) -> Lines:
        source = self.document.source
        first, last = inside[0], inside[-1]
        above = source.count("\n", start, first.span[0])
        below = source.count("\n", last.span[1], stop)
        return first.lines[0] - above, last.lines[1] + below


def _widened(document: Document) -> list[Span]:
    """Return each statement's span with the marker, fence or table header that belongs to it."""
    source, statements = document.source, document.statements
    spans: list[Span] = []
    for number, statement in enumerate(statements):
        start, end = statement.span
        floor = spans[-1][1] if spans else 0
        line = max(source.rfind("\n", 0, start) + 1, floor)
        if _MARKERS.fullmatch(source, line, start):
            start = line + len(source[line:start]) - len(source[line:start].lstrip())
        following = statements[number + 1] if number + 1 < len(statements) else None
        ceiling = following.span[0] if following else len(source)
        if statement.kind is Kind.CODE:
            start = _opening(source, floor, start)
            in_code = following is not None and following.kind is Kind.CODE
            end = _closing(source, end, ceiling) or (
                _tail(source, end, ceiling) if in_code else end
            )
        elif statement.kind is Kind.ROW:
            start = _header(source, floor, start)
        spans.append((start, end))
    return spans


def _opening(source: str, floor: int, start: int) -> int:
    """Move back over an opening fence."""
    for begin, end in _lines_back(source, floor, start):
        if _FENCE.match(source, begin, end):
            return begin + len(source[begin:end]) - len(source[begin:end].lstrip())
    return start


def _closing(source: str, end: int, ceiling: int) -> int:
    """Return where a closing fence ends; 0 when none follows."""
    at = source.find("\n", end, ceiling)
    while at >= 0:
        stop = source.find("\n", at + 1, ceiling)
        line_end = stop if stop >= 0 else ceiling
        if _FENCE.match(source, at + 1, line_end):
            return at + 1 + len(source[at + 1 : line_end].rstrip())
        at = stop
    return 0


def _tail(source: str, end: int, ceiling: int) -> int:
    """Move on over lines of code that are no statement: brackets alone."""
    line = max(source.rfind("\n", end, ceiling), end)
    return end + len(source[end:line].rstrip())


def _header(source: str, floor: int, start: int) -> int:
    lines = _lines_back(source, floor, start)
    delimiter = next(lines, None)
    if delimiter is None or not _DELIMITER_ROW.fullmatch(source, *delimiter):
        return start
    header = next(lines, None)
    if header is None:
        return start
    text = source[header[0] : header[1]]
    return header[0] + len(text) - len(text.lstrip(" \t>"))


def _lines_back(source: str, floor: int, start: int) -> Iterator[Span]:
    """Yield the whole lines between ``floor`` and the line of ``start``, nearest first."""
    end = source.rfind("\n", floor, start)
    while end >= 0:
        begin = source.rfind("\n", floor, end) + 1
        if begin == 0 and floor > 0:
            return
        yield begin, end
        end = begin - 1 if begin > floor else -1
