"""Blocks ▶ statements: the sentences, items, rows, code and headings that can be cited."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from coursebot.course.blocks import Block, Shape, line_starts
from coursebot.course.inline import Inline, Role
from coursebot.course.links import label_of, only_label
from coursebot.course.sentences import split
from coursebot.types import Kind, Lines, Link, Span, Statement

_WHOLE_CODE = 3
"""Lines up to which a code block is one statement."""

_TASK = re.compile(r"\[[ xX]\][ \t]+")
_WORD = re.compile(r"\w")
_LEADS = re.compile(
    r"[:：]\s*$|以下|次の|次を|次に|下記|下の|手順|例|"
    r"(?i:\b(?:following|follows|below|for example|these|such as)\b)"
)


_ENDINGS = ("。", ".", "！", "!", "？", "?", "）", ")")


@dataclass(frozen=True, slots=True)
class Found:
    """A statement before it is known which section it stands in, and the links in it."""

    statement: Statement
    block: Block
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a block that becomes a statement."""

    span: Span
    plain: str
    kind: Kind
    url: str = ""
    links: tuple[tuple[str, str, int], ...] = ()
    """Text, address and source offset."""


def read_statements(source: str, blocks: list[Block], *, course: str, path: str) -> list[Found]:
    """Return the statements of ``blocks`` in document order; each has an empty section id."""
    return list(_Reader(source, blocks, course, path).read())


@dataclass(slots=True)
class _Reader:
    source: str
    blocks: list[Block]
    course: str
    path: str
    of_block: dict[int, list[Statement]] = field(default_factory=dict)
    of_item: dict[int, Statement] = field(default_factory=dict)
    starts: list[int] = field(init=False)

    def read(self) -> Iterator[Found]:
        self.starts = line_starts(self.source)
        for block in self.blocks:
            parents = self._parents(block)
            made: list[Statement] = []
            for part in self._parts(block):
                statement = self._statement(part, block, parents)
                made.append(statement)
                links = tuple(Link(t, u, self._line(at)) for t, u, at in part.links)
                yield Found(statement, block, links)
            self.of_block[block.number] = made
            self._own(block, made)

    def _own(self, block: Block, made: list[Statement]) -> None:
        """Let the first statement of an item stand for it; its last if that announces more."""
        if not made or block.shape not in {Shape.PARAGRAPH, Shape.HTML, Shape.HEADING}:
            return
        item = block.within[-1] if block.within else None
        if item is not None and item.kind == "item" and item.id not in self.of_item:
            announces = made[-1].plain.rstrip().endswith((":", "："))
            self.of_item[item.id] = made[-1] if announces else made[0]

    def _parents(self, block: Block) -> list[Statement]:
        found: list[Statement] = []
        for container in block.within:
            if container.kind == "list":
                _append(found, self._lead(container.lead, block))
            elif container.kind == "item":
                _append(found, self.of_item.get(container.id))
        if block.shape in {Shape.CODE, Shape.ROW, Shape.HEADER}:
            _append(found, self._lead(block.lead, block))
        return found

    def _lead(self, number: int, block: Block) -> Statement | None:
        """Return the line that announces a list, a table or code, if it does."""
        made = self.of_block.get(number)
        if not made or made[-1].kind is Kind.LINK:
            return None
        last, before = made[-1], self.blocks[number]
        adjacent = before.lines[1] == self.blocks[number + 1].lines[0]
        announces = _LEADS.search(last.plain) or not last.plain.endswith(_ENDINGS)
        before_code = block.shape is Shape.CODE and number == block.lead
        if adjacent or announces or before_code:
            return last
        return None

    def _statement(self, part: _Part, block: Block, parents: list[Statement]) -> Statement:
        start, end = part.span
        context = [parent.plain for parent in parents]
        if block.header:
            context.append(" | ".join(block.header))
        return Statement(
            id=f"{self.path}:{start}-{end}",
            section="",
            course=self.course,
            path=self.path,
            lines=self._lines(part.span),
            span=part.span,
            text=self.source[start:end],
            plain=part.plain,
            kind=part.kind,
            context=tuple(context),
            parent=parents[-1].id if parents else "",
            block=block.group,
            url=part.url,
        )

    def _lines(self, span: Span) -> Lines:
        return self._line(span[0]), self._line(span[1] - 1)

    def _line(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def _parts(self, block: Block) -> Iterator[_Part]:
        match block.shape:
            case Shape.CODE:
                return _code(block)
            case Shape.ROW:
                return _row(block)
            case Shape.HEADER:
                following = self.blocks[block.number + 1 : block.number + 2]
                has_body = any(b.shape is Shape.ROW and b.group == block.group for b in following)
                return iter(()) if has_body else _row(block)
            case Shape.HEADING:
                return _heading(block)
        in_item = bool(block.within) and block.within[-1].kind == "item"
        return _sentences(block, Kind.ITEM if in_item else Kind.SENTENCE)


def _append(found: list[Statement], statement: Statement | None) -> None:
    if statement is not None and statement not in found:
        found.append(statement)


def _heading(block: Block) -> Iterator[_Part]:
    inline = block.text.inline
    plain = inline.plain()
    if plain:
        start = len(inline.content) - len(inline.content.lstrip())
        end = len(inline.content.rstrip())
        yield _Part(
            block.text.source(start, end),
            plain,
            Kind.HEADING,
            links=_links(block, start, end, label=""),
        )


def _row(block: Block) -> Iterator[_Part]:
    content = block.text.inline.content
    cells = [cell.plain() for cell in block.cells]
    if content and any(cells):
        yield _Part(
            block.text.source(0, len(content)),
            " | ".join(cells),
            Kind.ROW,
            links=_links(block, 0, len(content), label=""),
        )


def _code(block: Block) -> Iterator[_Part]:
    content = block.text.inline.content
    lines = content.split("\n")
    if not content.strip():
        return
    ranges: list[Span] = []
    at = 0
    open_line = False
    for line in lines:
        end = at + len(line)
        if open_line and ranges:
            ranges[-1] = (ranges[-1][0], end)
        elif line.strip():
            ranges.append((at, end))
        open_line = bool(line.strip()) and line.rstrip().endswith("\\")
        at = end + 1
    if len(lines) <= _WHOLE_CODE:
        ranges = [(ranges[0][0], ranges[-1][1])]
    elif any(_WORD.search(content, *found) for found in ranges):
        # A line of brackets alone says nothing that could be cited.
        ranges = [found for found in ranges if _WORD.search(content, *found)]
    for start, end in ranges:
        text = content[start:end]
        start += len(text) - len(text.lstrip())
        end -= len(text) - len(text.rstrip())
        plain = "\n".join(line.rstrip() for line in content[start:end].split("\n"))
        yield _Part(block.text.source(start, end), plain, Kind.CODE)


def _sentences(block: Block, kind: Kind) -> Iterator[_Part]:
    inline = block.text.inline
    for start, end in split(inline):
        task = _TASK.match(inline.content, start, end) if start == 0 and kind is Kind.ITEM else None
        if task is not None and task.end() < end:
            start = task.end()
        plain = inline.plain(start, end)
        if not plain:
            continue
        url, label = _only_link(inline, start, end)
        links = _links(block, start, end, label=label)
        span = block.text.source(start, end)
        yield _Part(span, plain, Kind.LINK if url else kind, url=url, links=links)


def _anchors(inline: Inline, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return the outermost links of a range."""
    found: list[tuple[int, int, str]] = []
    first = bisect_right(inline.anchors, start - 1, key=lambda anchor: anchor.start)
    for number in range(first, len(inline.anchors)):
        anchor = inline.anchors[number]
        if anchor.start >= end:
            break
        if anchor.end <= end and (not found or anchor.start >= found[-1][1]):
            found.append((anchor.start, anchor.end, anchor.url))
    return found


def _only_link(inline: Inline, start: int, end: int) -> tuple[str, str]:
    """Return address and label of a range that is only a link; empty strings if it is more."""
    anchors = _anchors(inline, start, end)
    if not anchors:
        return "", ""
    before = inline.plain(start, anchors[0][0])
    after = inline.plain(anchors[-1][1], end)
    between = "".join(inline.plain(a[1], b[0]) for a, b in pairwise(anchors))
    url = anchors[0][2]
    return (url, label_of(before)) if url and only_label(before, between, after) else ("", "")


def _links(block: Block, start: int, end: int, *, label: str) -> tuple[tuple[str, str, int], ...]:
    inline = block.text.inline
    return tuple(
        (_link_text(inline, a, b, label), url, block.text.source(a, b)[0])
        for a, b, url in _anchors(inline, start, end)
        if url
    )


def _link_text(inline: Inline, start: int, end: int, label: str) -> str:
    bare = any(piece.role is Role.URL for piece in inline.within(start, end))
    plain = inline.plain(start, end)
    return (label or plain) if bare else plain
