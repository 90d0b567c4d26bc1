"""Source ▶ safe HTML for the app's own reader, with the cited statements marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby, pairwise
from operator import itemgetter

from markdown_it.token import Token

from coursebot.course.blocks import Block, Text, parse
from coursebot.course.inline import Inline, Piece, Role, join_lines
from coursebot.course.sections import Heading, read_headings
from coursebot.types import Lines, Span

_BREAKS = re.compile(r"\s*(?:<br>\s*)+")
_SAFE = ("http://", "https://", "mailto:", "#")
_NARROW = 30
"""Characters of a line of code that fit on a phone; what may scroll can take the focus."""
_ALIGNED = re.compile(r"text-align:(left|center|right)")

Marks = Sequence[tuple[Span, int]]
"""Source spans, each with its number."""
Edges = list[tuple[Span, int]]
"""The same as ranges of one block's content."""


def html(
    source: str,
    *,
    marks: Marks = (),
    language: str = "",
    resolve: Callable[[str], str] | None = None,
) -> str:
    """Return ``source`` as HTML that is safe to show.

    No HTML of the source gets through, only its text. Links lead to the web or within the page,
    or where ``resolve`` says that an address of another kind leads; what they say is kept of all
    others, and of images. Headings have their ``reader_anchor`` as id, blocks the attribute
    ``data-lines="first-last"``. Each span of ``marks`` is wrapped in ``<mark data-number="n">``,
    one within the other where they overlap; the first piece of number 1 has the id ``c1``, and
    further pieces have the class ``more``.
    """
    tokens, blocks = parse(source)
    headings = {heading.block.number: heading for heading in read_headings(blocks)}
    body = "".join(_Page(tokens, blocks, headings, marks, resolve).render())
    lang = f' lang="{escape(language)}"' if language else ""
    return f"<article{lang}>\n{body}</article>\n"


@dataclass(slots=True)
class _Page:
    tokens: list[Token]
    blocks: list[Block]
    headings: dict[int, Heading]
    marks: Marks
    resolve: Callable[[str], str] | None
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
                case "table_open":
                    # Wide ones scroll in a box of their own, with the keyboard too.
                    yield f'<div class="table" tabindex="0">\n{_tag(token)}'
                case "table_close":
                    yield f"{_tag(token)}</div>\n"
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
        leaves = [
            (_numbers(edges, a), escape(content[a:b])) for a, b in _cut((0, len(content)), edges)
        ]
        text = self._marked(leaves)
        wide = any(len(line) > _NARROW for line in content.split("\n"))
        focus = ' tabindex="0"' if wide else ""
        lines = _lines(block.lines)
        return f'<pre data-lines="{lines}"{focus}><code{known}>{text}</code></pre>\n'

    def _html(self, block: Block) -> str:
        text = _BREAKS.sub("<br>\n", "".join(self._inline(block.text)))
        text = text.removeprefix("<br>\n").removesuffix("<br>\n").strip()
        return f'<div data-lines="{_lines(block.lines)}">{text}</div>\n' if text else ""

    def _row(self, block: Block, index: int) -> Iterator[str]:
        numbers = dict.fromkeys(number for _, number in self._edges(block.text))
        yield _tag(self.tokens[index])
        for cell in block.cells:
            while not self.tokens[index].type.endswith(("td_open", "th_open")):
                index += 1
            opening = self.tokens[index]
            whole = (0, len(cell.content))
            text = "".join(self._pieces(cell, [(whole, number) for number in numbers]))
            yield f"{_tag(opening).rstrip()}{text}</{opening.tag}>\n"
            index += 1
        yield "</tr>\n"

    def _inline(self, text: Text) -> Iterator[str]:
        return self._pieces(text.inline, self._edges(text))

    def _pieces(self, inline: Inline, edges: Edges) -> Iterator[str]:
        urls = {anchor.start: self._target(anchor.url) for anchor in inline.anchors}
        opened: list[str] = []
        leaves: list[Leaf] = []
        """What stands side by side since the last tag."""
        for number, piece in enumerate(inline.pieces):
            match piece.role:
                case Role.OPEN:
                    yield self._marked(leaves)
                    leaves.clear()
                    tag, opening = _opening(piece, urls)
                    opened.append(tag)
                    yield opening
                case Role.CLOSE:
                    yield self._marked(leaves)
                    leaves.clear()
                    if opened:
                        yield f"</{opened.pop()}>"
                case Role.SOFT:
                    leaves.append((_numbers(edges, piece.start), _seam(inline, number)))
                case Role.HARD | Role.GAP:
                    broken = "<br>\n" if piece.plain else ""
                    leaves.append((_numbers(edges, piece.start), broken))
                case _:
                    leaves.extend(_leaves(piece, edges, urls))
        yield self._marked(leaves)
        yield from (f"</{tag}>" for tag in reversed(opened))

    def _target(self, url: str) -> str:
        """Return where a link of the source may lead; empty when nowhere."""
        if url.lower().startswith(_SAFE):
            return url
        return self.resolve(url) if self.resolve else ""

    def _edges(self, text: Text) -> Edges:
        return [(found, number) for span, number in self.marks for found in text.contents(span)]

    def _marked(self, leaves: list[Leaf]) -> str:
        return "".join(
            self._wrapped("".join(text for _, text in run), numbers)
            for numbers, run in groupby(leaves, key=itemgetter(0))
        )

    def _wrapped(self, text: str, numbers: tuple[int, ...]) -> str:
        blank = not text.strip()
        opening = closing = ""
        for number in numbers:
            if number in self.marked:
                opening += f'<mark data-number="{number}" class="more">'
            elif blank:
                continue
            else:
                self.marked.add(number)
                opening += f'<mark id="c{number}" data-number="{number}">'
            closing += "</mark>"
        return f"{opening}{text}{closing}" if text else ""


Leaf = tuple[tuple[int, ...], str]
"""The numbers of the marks that a stretch of text stands in, and its HTML."""


def _leaves(piece: Piece, edges: Edges, urls: dict[int, str]) -> Iterator[Leaf]:
    if piece.role is Role.TEXT and len(piece.plain) == piece.end - piece.start:
        for a, b in _cut((piece.start, piece.end), edges):
            yield _numbers(edges, a), escape(piece.plain[a - piece.start : b - piece.start])
        return
    text = escape(piece.plain)
    if piece.role is Role.CODE:
        text = f"<code>{text}</code>"
    elif piece.role is Role.URL and (url := urls.get(piece.start, "")):
        text = f"{_link(url)}{text}</a>"
    yield _numbers(edges, piece.start), text


def _seam(inline: Inline, number: int) -> str:
    """Return what stands between two lines: nothing between Japanese characters."""
    pieces = inline.pieces
    before = next((pieces[n].plain for n in range(number - 1, -1, -1) if pieces[n].plain), "")
    after = next((pieces[n].plain for n in range(number + 1, len(pieces)) if pieces[n].plain), "")
    first, last = before.rstrip()[-1:], after.lstrip()[:1]
    return "" if join_lines(f"{first}\n{last}") == first + last else "\n"


def _numbers(edges: Edges, offset: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for (a, b), number in edges if a <= offset < b))


def _tag(token: Token) -> str:
    if token.hidden:
        return ""
    if token.nesting < 0:
        return f"</{token.tag}>\n"
    attributes = dict(token.attrs)
    if token.map:
        attributes["data-lines"] = _lines((token.map[0], token.map[1]))
    if aligned := _ALIGNED.fullmatch(str(attributes.pop("style", ""))):
        attributes["class"] = aligned[1]  # a strict policy allows no style attribute
    listed = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items())
    return f"<{token.tag}{listed}>\n"


def _opening(piece: Piece, urls: dict[int, str]) -> tuple[str, str]:
    if piece.tag != "a":
        return piece.tag, f"<{piece.tag}>"
    url = urls.get(piece.start, "")
    return ("a", _link(url)) if url else ("span", "<span>")


def _link(url: str) -> str:
    away = "" if url.startswith(("#", "/")) else ' target="_blank" rel="noopener noreferrer"'
    return f'<a href="{escape(url)}"{away}>'


def _cut(whole: Span, edges: Edges) -> Iterator[Span]:
    start, end = whole
    inner = {at for span, _ in edges for at in span if start < at < end}
    ordered = sorted({start, end, *inner})
    yield from pairwise(ordered)


def _lines(lines: Lines) -> str:
    return f"{lines[0] + 1}-{lines[1]}"
