"""Inline Markdown ▶ pieces, each with its place in the text and the words that a reader sees."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from operator import itemgetter
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from coursebot.course.tags import attribute, is_inline_tag, tag_name

_NESTING = 30
"""Brackets within brackets that are followed; each level costs several Python frames."""

_ASCII_URL = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{}|\\^]"
_JAPANESE_TAIL = "[\u30a1-\u30fa\u30fc\u4e00-\u9fff][\u3041-\u30fa\u30fc\u4e00-\u9fff\\w%()_.-]*"
_URL = re.compile(rf"(?<![A-Za-z0-9])https?://{_ASCII_URL}+(?:(?<=[/=#]){_JAPANESE_TAIL}(?=\s|$))?")
_URL_TRAILING = "?!.,:;*_~'\"|\\"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_JAPANESE = (
    "\u3000-\u303f\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6"
)
_JAPANESE_BREAK = re.compile(rf"(?<=[{_JAPANESE}])[ \t]*\n\s*(?=[{_JAPANESE}])")
_HTML_TEXT = re.compile(r"\n|&[#\w]{1,40};|[^&\n]+|&")
_SPACE = re.compile(r"[ \t]*\n\s*|[ \t]{2,}|\t")


class Role(Enum):
    """What a piece of inline text is."""

    TEXT = auto()
    CODE = auto()
    URL = auto()
    """A bare address."""
    IMAGE = auto()
    OPEN = auto()
    """Opens emphasis."""
    CLOSE = auto()
    MARK = auto()
    """The other half of a double mark such as ``**``."""
    TAG = auto()
    """An HTML tag that does not interrupt a sentence."""
    GAP = auto()
    """An HTML tag or comment that does."""
    SOFT = auto()
    """The end of a line."""
    HARD = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of inline text; offsets are into the inline content."""

    start: int
    end: int
    role: Role
    plain: str
    tag: str = ""
    """HTML element of an ``OPEN`` or ``CLOSE`` piece."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link, from its bracket to its end."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class Inline:
    """Parsed inline content."""

    content: str
    pieces: tuple[Piece, ...]
    anchors: tuple[Anchor, ...]

    def within(self, start: int, end: int) -> Iterator[Piece]:
        """Yield the pieces of a range, text cut at its edges."""
        first = bisect_right(self.pieces, start, key=lambda piece: piece.end)
        for number in range(first, len(self.pieces)):
            piece = self.pieces[number]
            if piece.start >= end:
                break
            if piece.role is Role.TEXT and len(piece.plain) == piece.end - piece.start:
                a, b = max(piece.start, start), min(piece.end, end)
                yield Piece(a, b, Role.TEXT, piece.plain[a - piece.start : b - piece.start])
            elif piece.start >= start and piece.end <= end:
                yield piece

    def plain(self, start: int = 0, end: int | None = None) -> str:
        """Return what a reader sees of a range, lines joined."""
        stop = len(self.content) if end is None else end
        return join_lines("".join(piece.plain for piece in self.within(start, stop)))


def join_lines(text: str) -> str:
    """Join lines: without a space between Japanese characters, with one elsewhere."""
    return _SPACE.sub(" ", _JAPANESE_BREAK.sub("", text)).strip()


class _State(StateInline):
    """Inline state that also notes where each thing was found."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:  # noqa: ANN401
        super().__init__(src, md, env, tokens)
        self.found: list[tuple[int, int, list[Token]]] = []
        self.anchors: list[Anchor] = []


class _TracingParser(ParserInline):
    """markdown-it's inline parser, noting positions, which its tokens lack."""

    def tokenize(self, state: StateInline) -> None:
        """Consume the state's text; the loop is markdown-it's own but for the notes."""
        rules = self.ruler.getRules("")
        while state.pos < state.posMax:
            start, known = state.pos, len(state.tokens)
            if state.level >= _NESTING or not any(rule(state, False) for rule in rules):
                state.append_pending(state.src[state.pos])
                state.pos += 1
            if isinstance(state, _State):
                _note(state, start, state.tokens[known:])
        if state.pending:
            state.pushPending()

    def trace(self, content: str, md: MarkdownIt, env: dict[str, Any]) -> _State:
        """Parse ``content`` and return the state with its notes."""
        state = _State(content, md, env, [])
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state


def _note(state: _State, start: int, pushed: list[Token]) -> None:
    last = pushed[-1].type if pushed else ""
    if last == "link_close":
        opened = next(token for token in pushed if token.type == "link_open")
        state.anchors.append(Anchor(start, state.pos, str(opened.attrGet("href") or "")))
        if opened.info == "auto":
            state.found.append((start, state.pos, pushed[-2:-1]))
        else:
            inside = [end for begin, end, _ in state.found[-1:] if begin > start]
            state.found.append((start, start + 1, [opened]))
            state.found.append((max([start + 1, *inside]), state.pos, [pushed[-1]]))
    elif last == "text":
        # Emphasis: one token for each mark, resolved only when the whole content is read.
        marks: list[Token] = []
        position = state.pos
        for token in reversed(pushed):
            if position <= start:
                break
            position -= len(token.content)
            state.found.append((position, position + len(token.content), [token]))
            marks.append(token)
        tail = state.found[-len(marks) :]
        state.found[-len(marks) :] = tail[::-1]
    else:
        state.found.append((start, state.pos, pushed[-1:]))


class InlineParser:
    """Content of paragraphs, headings and cells ▶ ``Inline``."""

    def __init__(self) -> None:
        self._parser = _TracingParser()
        self._md = _AsWritten("commonmark", {"maxNesting": _NESTING})
        self._md.inline = self._parser
        self._parser.ruler.disable("linkify")
        # Joining fragments would merge the marks whose places are noted.
        self._parser.ruler2.disable("fragments_join")

    def parse(self, content: str, references: dict[str, Any]) -> Inline:
        """Parse ``content``; ``references`` are the document's link definitions."""
        state = self._parser.trace(content, self._md, {"references": references})
        pieces = [_piece(content, *found) for found in sorted(state.found, key=itemgetter(0))]
        inline = Inline(content, tuple(pieces), tuple(sorted(state.anchors, key=_place)))
        return _with_urls(inline) if "://" in content else inline


class _AsWritten(MarkdownIt):
    """MarkdownIt that leaves addresses as the author wrote them."""

    def normalizeLink(self, url: str) -> str:
        """Return ``url``."""
        return url

    def normalizeLinkText(self, link: str) -> str:
        """Return ``link``."""
        return link


def _place(anchor: Anchor) -> tuple[int, int]:
    return anchor.start, -anchor.end


def _piece(content: str, start: int, end: int, tokens: list[Token]) -> Piece:
    token = tokens[0] if tokens else None
    if token is None:
        return Piece(start, end, Role.TEXT, content[start:end])
    match token.type:
        case "code_inline":
            return Piece(start, end, Role.CODE, token.content)
        case "image":
            return Piece(start, end, Role.IMAGE, _alt(token))
        case "softbreak":
            return Piece(start, end, Role.SOFT, "\n")
        case "hardbreak":
            return Piece(start, end, Role.HARD, "\n")
        case "html_inline":
            return tag_piece(content, start, end)
        case "text" if not token.content:
            return Piece(start, end, Role.MARK, "")
        case "text" | "text_special":
            role = Role.URL if content[start] == "<" else Role.TEXT
            return Piece(start, end, role, token.content)
    role = Role.OPEN if token.nesting > 0 else Role.CLOSE
    return Piece(start, end, role, "", token.tag)


def _alt(token: Token) -> str:
    return "".join(
        _alt(child) if child.type == "image" else child.content or " " * ("break" in child.type)
        for child in token.children or []
    )


def tag_piece(content: str, start: int, end: int) -> Piece:
    """Return the piece of an HTML tag or comment."""
    tag = content[start:end]
    if tag_name(tag) == "img":
        return Piece(start, end, Role.IMAGE, attribute(tag, "alt"))
    if is_inline_tag(tag):
        return Piece(start, end, Role.TAG, "")
    return Piece(start, end, Role.GAP, "" if tag.startswith("<!") else " ")


def text_pieces(content: str, start: int, end: int) -> Iterator[Piece]:
    """Yield the pieces of text between HTML tags, entities decoded."""
    for match in _HTML_TEXT.finditer(content, start, end):
        role = Role.SOFT if match.group() == "\n" else Role.TEXT
        yield Piece(match.start(), match.end(), role, html.unescape(match.group()))


def _with_urls(inline: Inline) -> Inline:
    """Make bare addresses pieces and anchors of their own."""
    closed = [(anchor.start, anchor.end) for anchor in inline.anchors]
    closed += [
        (piece.start, piece.end)
        for piece in inline.pieces
        if piece.role not in {Role.TEXT, Role.OPEN, Role.CLOSE, Role.MARK}
    ]
    closed.sort()
    urls: list[Anchor] = []
    at = 0
    for match in _URL.finditer(inline.content):
        start, end = match.start(), match.start() + len(_trimmed(match.group()))
        while at < len(closed) and closed[at][1] <= start:
            at += 1
        if at < len(closed) and closed[at][0] < end:
            if closed[at][0] <= start:
                continue
            end = closed[at][0]
        if end - start > len("https://"):
            urls.append(Anchor(start, end, inline.content[start:end]))
    if not urls:
        return inline
    anchors = tuple(sorted([*inline.anchors, *urls], key=_place))
    return Inline(inline.content, tuple(_cut_out(inline, urls)), anchors)


def _cut_out(inline: Inline, urls: list[Anchor]) -> Iterator[Piece]:
    edge = 0
    for url in urls:
        yield from _between(inline, edge, url.start)
        yield Piece(url.start, url.end, Role.URL, url.url)
        edge = url.end
    yield from _between(inline, edge, len(inline.content))


def _between(inline: Inline, start: int, end: int) -> Iterator[Piece]:
    return inline.within(start, end) if start < end else iter(())


def _trimmed(url: str) -> str:
    while url:
        opening = _PAIRS.get(url[-1])
        unbalanced = opening is not None and url.count(url[-1]) > url.count(opening)
        if url[-1] not in _URL_TRAILING and not unbalanced:
            break
        url = url[:-1]
    return url
