"""Markdown source ▶ blocks: paragraphs, headings, rows and code, with character spans."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from coursebot.course.inline import Inline, InlineParser, Piece, Role, tag_piece, text_pieces
from coursebot.course.tags import scan
from coursebot.types import Lines, Span

_NESTING = 220
"""Blocks within blocks that are followed: a list 100 deep."""

_UNPARSABLE = {0: "\ufffd", 0x0D: " "} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_SQUARE = re.compile(r"■[■\s\u3000]*(?=[^\s\u3000■])")


_CONTAINERS = {
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
    "blockquote_open": "quote",
}


class Shape(Enum):
    """What a block is."""

    HEADING = auto()
    PARAGRAPH = auto()
    HTML = auto()
    HEADER = auto()
    """A table's header row."""
    ROW = auto()
    CODE = auto()


@dataclass(frozen=True, slots=True)
class Container:
    """A list, item or quote that a block stands in."""

    id: int
    kind: str
    """``list``, ``item`` or ``quote``."""
    lead: int = -1
    """Number of the block directly before it in the same container; -1: none."""


@dataclass(frozen=True, slots=True)
class Text:
    """Inline content whose characters know their place in the source."""

    inline: Inline
    starts: tuple[int, ...]
    """Content offset of each line."""
    shifts: tuple[int, ...]
    """What to add to a content offset of that line to get the source's."""

    def source(self, start: int, end: int) -> Span:
        """Return the source span of a content range; neither edge may be white space."""
        return self._place(start), self._place(end - 1) + 1

    def contents(self, span: Span) -> list[Span]:
        """Return the content ranges that a source span covers, line by line."""
        found: list[Span] = []
        ends = [*self.starts[1:], len(self.inline.content) + 1]
        for start, end, shift in zip(self.starts, ends, self.shifts, strict=True):
            begin, stop = max(start, span[0] - shift), min(end, span[1] - shift)
            if begin < stop:
                found.append((begin, stop))
        return found

    def _place(self, offset: int) -> int:
        return offset + self.shifts[bisect_right(self.starts, offset) - 1]


@dataclass(frozen=True, slots=True)
class Block:
    """A leaf of the document's tree."""

    number: int
    group: int
    """Outermost list, or the table, paragraph or code block: ``Statement.block``."""
    shape: Shape
    text: Text
    lines: Lines
    """Source lines counted from 0, end exclusive."""
    within: tuple[Container, ...]
    """Outermost first."""
    lead: int = -1
    """Number of the block directly before it in the same container; -1: none."""
    level: int = 0
    """Of a heading; 7 marks a ``■`` line, whose level depends on what stands above."""
    header: tuple[str, ...] = ()
    """Of a row: the header's cells as plain text."""
    cells: tuple[Inline, ...] = ()
    """Of a row."""


SQUARE_LEVEL = 7
"""Level of a ``■`` heading before it is placed below the heading above it."""


def _clean(source: str) -> str:
    """Return text of the same length that can be parsed and encoded."""
    return source.translate(_UNPARSABLE)


def parse(source: str) -> tuple[list[Token], list[Block]]:
    """Return markdown-it's block tokens and the leaf blocks; any text at all is accepted."""
    text = _clean(source)
    md = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")
    md.use(front_matter_plugin)
    interrupted = ["paragraph", "reference", "blockquote", "list"]
    md.block.ruler.before("heading", "square", _square, {"alt": interrupted})
    md.core.ruler.disable("inline")
    env: dict[str, Any] = {}
    tokens = md.parse(text, env)
    return tokens, _Walk(text, env.get("references", {})).walk(tokens)


def _square(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    """Read a line that begins with ``■`` as a heading; a rule of markdown-it's block parser.

    It ends a list, table or quote that stands above it without a blank line.
    """
    in_table = state.parentType == "table" and state.blkIndent == 0
    inside = state.level > 0 and state.sCount[line] >= state.blkIndent
    if (inside and not in_table) or state.is_code_block(line):
        return False
    square = _SQUARE.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    if square is None:
        return False
    if not silent:
        place = [line, line + 1]
        state.push("heading_open", f"h{SQUARE_LEVEL}", 1).map = place
        inline = state.push("inline", "", 0)
        inline.content = state.src[square.end() : state.eMarks[line]].rstrip()
        inline.map, inline.children = place, []
        state.push("heading_close", f"h{SQUARE_LEVEL}", -1)
        state.line = line + 1
    return True


class _Placer:
    """Content of tokens ▶ ``Text``."""

    def __init__(self, text: str, references: dict[str, Any]) -> None:
        self.text = text
        self.line_starts = line_starts(text)
        self._parser = InlineParser()
        self._references = references

    def inline(self, content: str, first: int) -> Text:
        """Parse content whose first line is source line ``first``, counted from 0."""
        return self._placed(self._parser.parse(content, self._references), first)

    def code(self, content: str, first: int) -> Text:
        """Place code: one piece a line."""
        pieces: list[Piece] = []
        at = 0
        for line in content.split("\n"):
            pieces.append(Piece(at, at + len(line), Role.CODE, line))
            at += len(line) + 1
        return self._placed(Inline(content, tuple(pieces), ()), first)

    def html(self, content: str, first: int) -> Text:
        """Place an HTML block: text and tags told apart."""
        pieces: list[Piece] = []
        for start, end, is_text in scan(content):
            if is_text:
                pieces.extend(text_pieces(content, start, end))
            else:
                pieces.append(tag_piece(content, start, end))
        return self._placed(Inline(content, tuple(pieces), ()), first)

    def row(self, line: int) -> Text:
        """Place a table row: the whole source line."""
        content = self.source_line(line).strip()
        return self._placed(Inline(content, (), ()), line)

    def cell(self, content: str) -> Inline:
        """Parse a table's cell, whose characters have no place of their own."""
        return self._parser.parse(content, self._references)

    def source_line(self, number: int) -> str:
        """Return a source line, counted from 0, without its end."""
        if number >= len(self.line_starts):
            return ""
        end = self.text.find("\n", self.line_starts[number])
        return self.text[self.line_starts[number] : end if end >= 0 else len(self.text)]

    def _placed(self, inline: Inline, first: int) -> Text:
        starts: list[int] = []
        shifts: list[int] = []
        at = 0
        for number, line in enumerate(inline.content.split("\n"), first):
            # A content line is what is left of the source line after markers and indentation.
            bare = line.strip(" \t")
            found = self.source_line(number).rfind(bare)
            start = self.line_starts[min(number, len(self.line_starts) - 1)]
            starts.append(at)
            shifts.append(start + max(found, 0) - (at + line.find(bare)))
            at += len(line) + 1
        return Text(inline, tuple(starts), tuple(shifts))


def line_starts(text: str) -> list[int]:
    """Return the offset of each line; only a line feed ends one, as on GitHub."""
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


@dataclass(slots=True)
class _Walk:
    """One pass over the tokens, with the containers that are open."""

    text: str
    references: dict[str, Any]
    blocks: list[Block] = field(default_factory=list)
    open: list[Container] = field(default_factory=list)
    before: list[int] = field(default_factory=lambda: [-1])
    """For each open container, and the document: the block last seen directly in it."""
    ids: int = 0
    group: int = 0
    table_lead: int = -1
    header: tuple[str, ...] = ()
    placer: _Placer = field(init=False)

    def walk(self, tokens: list[Token]) -> list[Block]:
        self.placer = _Placer(self.text, self.references)
        for index, token in enumerate(tokens):
            match token.type:
                case opened if opened in _CONTAINERS:
                    self._enter(_CONTAINERS[opened])
                case closed if closed.replace("_close", "_open") in _CONTAINERS:
                    self._leave()
                case "heading_open":
                    self._heading(token, tokens[index + 1])
                case "paragraph_open":
                    first, last = _map(token)
                    text = self.placer.inline(tokens[index + 1].content, first)
                    self._add(Shape.PARAGRAPH, text, (first, last))
                case "fence" | "code_block":
                    self._code(token)
                case "html_block":
                    first, last = _map(token)
                    content = token.content.rstrip("\n")
                    self._add(Shape.HTML, self.placer.html(content, first), (first, last))
                case "hr":
                    self.before[-1] = -1
                case "table_open":
                    self._next_group()
                    self.table_lead, self.header = self.before[-1], ()
                case "tr_open":
                    self._row(tokens, index)
        return self.blocks

    def _enter(self, kind: str) -> None:
        if kind == "list":
            self._next_group()
        self.ids += 1
        self.open.append(Container(self.ids, kind, self.before[-1]))
        self.before.append(-1)

    def _leave(self) -> None:
        self.open.pop()
        self.before.pop()
        self.before[-1] = -1

    def _next_group(self) -> None:
        """Begin a new group, unless a list is open: everything in it belongs to it."""
        if not any(container.kind == "list" for container in self.open):
            self.group += 1

    def _add(self, shape: Shape, text: Text, lines: Lines, **more: Any) -> None:  # noqa: ANN401
        if shape not in {Shape.ROW, Shape.HEADER}:
            self._next_group()
        number = len(self.blocks)
        more.setdefault("lead", self.before[-1])
        within = tuple(self.open)
        self.blocks.append(Block(number, self.group, shape, text, lines, within, **more))
        lead = shape in {Shape.PARAGRAPH, Shape.HTML}
        self.before[-1] = number if lead else -1

    def _heading(self, token: Token, inline: Token) -> None:
        first, last = _map(token)
        text = self.placer.inline(inline.content, first)
        self._add(Shape.HEADING, text, (first, last), level=int(token.tag[1]))

    def _code(self, token: Token) -> None:
        first, last = _map(token)
        start = first + 1 if token.type == "fence" else first
        content = token.content.removesuffix("\n")
        self._add(Shape.CODE, self.placer.code(content, start), (first, last))

    def _row(self, tokens: list[Token], index: int) -> None:
        cells: list[Inline] = []
        header = False
        first, last = _map(tokens[index])
        while tokens[index].type != "tr_close":
            token = tokens[index]
            index += 1
            header = header or token.type == "th_open"
            if token.type == "inline":
                cells.append(self.placer.cell(token.content))
        if header:
            self.header = tuple(cell.plain() for cell in cells)
        self._add(
            Shape.HEADER if header else Shape.ROW,
            self.placer.row(first),
            (first, last),
            lead=self.table_lead,
            header=() if header else self.header,
            cells=tuple(cells),
        )


def _map(token: Token) -> Lines:
    first, last = token.map or (0, 0)
    return first, last
