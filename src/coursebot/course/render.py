"""Source ▶ safe HTML for the app's own reader, with the cited statements marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from markdown_it.token import Token

from coursebot.course.blocks import Block, Text, parse
from coursebot.course.inline import Inline, Piece, Role
from coursebot.course.sections import Heading, read_headings
from coursebot.types import Lines, Span

_BREAKS = re.compile(r"\s*(?:<br>\s*)+")
_SAFE = ("http://", "https://", "mailto:", "#")


def html(source: str, *, marks: Sequence[tuple[Span, int]] = (), language: str = "") -> str:
    """Return ``source`` as HTML that is safe to show.

    No HTML of the source gets through, only its text. Links lead to the web or within the page;
    what they say is kept of all others, and of images. Headings have their ``reader_anchor`` as
    id, blocks the attribute ``data-lines="first-last"``. Each span of ``marks`` is wrapped in
    ``<mark>``; the first one of number 1 has the id ``c1``.
    """
    tokens, blocks = parse(source)
    headings = {heading.block.number: heading for heading in read_headings(blocks)}
    body = "".join(_Page(tokens, blocks, headings, list(marks)).render())
    lang = f' lang="{escape(language)}"' if language else ""
    body = body.replace("</mark><mark>", "")
    return f"<article{lang}>\n{body}</article>\n"


@dataclass(slots=True)
class _Page:
    tokens: list[Token]
    blocks: list[Block]
    headings: dict[int, Heading]
    marks: list[tuple[Span, int]]
    at: int = 0
    """Number of the next block."""
    marked: set[int] = field(default_factory=set)
    """Numbers of the marks that have their id already."""

    def render(self) -> Iterator[str]:
        awaited = ""
        for index, token in enumerate(self.tokens):
            if awaited:
                awaited = "" if token.type == awaited else awaited
                continue
            match token.type:
                case "heading_open":
                    awaited = "heading_close"
                    yield self._heading(self._next())
                case "paragraph_open":
                    awaited = "paragraph_close"
                    yield self._paragraph(self._next(), hidden=token.hidden)
                case "tr_open":
                    awaited = "tr_close"
                    yield from self._row(self._next(), index)
                case "fence" | "code_block":
                    yield self._code(self._next(), token.info.split(maxsplit=1)[:1])
                case "html_block":
                    yield self._html(self._next())
                case "front_matter":
                    continue
                case _:
                    yield _tag(token)

    def _next(self) -> Block:
        self.at += 1
        return self.blocks[self.at - 1]

    def _heading(self, block: Block) -> str:
        heading = self.headings.get(block.number)
        level = min(heading.level if heading else block.level, 6)
        anchor = f' id="{escape(heading.reader_anchor)}"' if heading else ""
        text = "".join(self._inline(block.text))
        return f'<h{level}{anchor} data-lines="{_lines(block.lines)}">{text}</h{level}>\n'

    def _paragraph(self, block: Block, *, hidden: bool) -> str:
        text = "".join(self._inline(block.text))
        tag = "span" if hidden else "p"
        return f'<{tag} data-lines="{_lines(block.lines)}">{text}</{tag}>\n'

    def _code(self, block: Block, language: list[str]) -> str:
        known = f' class="language-{escape(language[0])}"' if language else ""
        content = block.text.inline.content
        edges = self._edges(block.text)
        text = "".join(
            self._wrapped(escape(content[a:b]), self._number(edges, a))
            for a, b in _cut((0, len(content)), edges)
        )
        return f'<pre data-lines="{_lines(block.lines)}"><code{known}>{text}</code></pre>\n'

    def _html(self, block: Block) -> str:
        text = _BREAKS.sub("<br>\n", "".join(self._inline(block.text)))
        text = text.removeprefix("<br>\n").removesuffix("<br>\n").strip()
        return f'<div data-lines="{_lines(block.lines)}">{text}</div>\n' if text else ""

    def _row(self, block: Block, index: int) -> Iterator[str]:
        edges = self._edges(block.text)
        number = next(iter(edges.values()), 0)
        yield _tag(self.tokens[index])
        for cell in block.cells:
            while not self.tokens[index].type.endswith(("td_open", "th_open")):
                index += 1
            opening = self.tokens[index]
            text = "".join(self._pieces(cell, {(0, len(cell.content)): number}))
            yield f"{_tag(opening).rstrip()}{text}</{opening.tag}>\n"
            index += 1
        yield "</tr>\n"

    def _inline(self, text: Text) -> Iterator[str]:
        return self._pieces(text.inline, self._edges(text))

    def _pieces(self, inline: Inline, edges: dict[Span, int]) -> Iterator[str]:
        urls = {anchor.start: anchor.url for anchor in inline.anchors}
        opened: list[str] = []
        for piece in inline.pieces:
            match piece.role:
                case Role.OPEN:
                    tag, opening = _opening(piece, urls)
                    opened.append(tag)
                    yield opening
                case Role.CLOSE:
                    if opened:
                        yield f"</{opened.pop()}>"
                case Role.SOFT:
                    yield "\n"
                case Role.HARD | Role.GAP:
                    yield "<br>\n" if piece.plain else ""
                case _:
                    yield from self._leaf(piece, edges, urls)
        yield from (f"</{tag}>" for tag in reversed(opened))

    def _leaf(self, piece: Piece, edges: dict[Span, int], urls: dict[int, str]) -> Iterator[str]:
        if piece.role is Role.TEXT and len(piece.plain) == piece.end - piece.start:
            for a, b in _cut((piece.start, piece.end), edges):
                text = escape(piece.plain[a - piece.start : b - piece.start])
                yield self._wrapped(text, self._number(edges, a))
            return
        text = escape(piece.plain)
        if piece.role is Role.CODE:
            text = f"<code>{text}</code>"
        elif piece.role is Role.URL and _is_safe(url := urls.get(piece.start, "")):
            text = f"{_link(url)}{text}</a>"
        yield self._wrapped(text, self._number(edges, piece.start))

    def _edges(self, text: Text) -> dict[Span, int]:
        """Return the content ranges to be marked, with their numbers."""
        return {found: number for span, number in self.marks for found in text.contents(span)}

    def _number(self, edges: dict[Span, int], offset: int) -> int:
        return next((number for (a, b), number in edges.items() if a <= offset < b), 0)

    def _wrapped(self, text: str, number: int) -> str:
        if not number or not text.strip():
            return text
        anchor = "" if number in self.marked else f' id="c{number}"'
        self.marked.add(number)
        return f"<mark{anchor}>{text}</mark>"


def _tag(token: Token) -> str:
    if token.hidden:
        return ""
    if token.nesting < 0:
        return f"</{token.tag}>\n"
    attributes = dict(token.attrs)
    if token.map:
        attributes["data-lines"] = _lines((token.map[0], token.map[1]))
    listed = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items())
    return f"<{token.tag}{listed}>\n"


def _opening(piece: Piece, urls: dict[int, str]) -> tuple[str, str]:
    if piece.tag != "a":
        return piece.tag, f"<{piece.tag}>"
    url = urls.get(piece.start, "")
    return ("a", _link(url)) if _is_safe(url) else ("span", "<span>")


def _is_safe(url: str) -> bool:
    return url.lower().startswith(_SAFE)


def _link(url: str) -> str:
    away = "" if url.startswith("#") else ' target="_blank" rel="noopener noreferrer"'
    return f'<a href="{escape(url)}"{away}>'


def _cut(whole: Span, edges: dict[Span, int]) -> Iterator[Span]:
    start, end = whole
    inner = {at for span in edges for at in span if start < at < end}
    ordered = sorted({start, end, *inner})
    yield from pairwise(ordered)


def _lines(lines: Lines) -> str:
    return f"{lines[0] + 1}-{lines[1]}"
