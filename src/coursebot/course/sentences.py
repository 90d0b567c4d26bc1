"""Inline text ▶ sentences, Japanese and English."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from coursebot.course.inline import Inline, Role
from coursebot.types import Span

_TERMINATOR = re.compile(r"[。｡！？!?．]+|\.+")
_CLOSERS = "」』）)】］]\"”’'»"
_BRACKETS = {
    "「": "」",
    "『": "』",
    "（": "）",
    "(": ")",
    "[": "]",
    "［": "］",
    "【": "】",
    "“": "”",
}
_BRACKET = re.compile(f"[{re.escape(''.join(_BRACKETS) + ''.join(_BRACKETS.values()))}]")
_LONGEST_BRACKET = 600
"""Characters; a bracket that is not closed by then is taken as a slip of the pen."""
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|a\.k\.a|cf|vs|approx|resp|incl|esp|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Fig|"
    r"Figs|Eq|Sec|Ch|Vol|pp|ver|al|dept|est|max|min)|\b[A-Za-z]|(?:^|\n)[ \t]*\d{1,3})\.$",
    re.IGNORECASE,
)
_MAYBE_ABBREVIATION = re.compile(
    r"\b(?:etc|Inc|Ltd|Co|Corp|a\.m|p\.m|U\.S|U\.K|ca)\.$", re.IGNORECASE
)
_JAPANESE = re.compile("[\u3001-\u303f\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff60]")
_OWN_LINE = re.compile(r"\s*(?:[※・●○◆◇★☆◎▼▶→⇒【＜※注]|[*+-]\s|\(?\d{1,3}[.)）]\s?|https?://)")
_LABELLED = re.compile(r"[A-Z][A-Za-z ]{0,30}:\s")
_GOES_ON = re.compile(r"(?:[、，,（(「『・を]|(?<!と)は|(?<!よう)が)\s*$")
_CLOSING = "、。，．）」』)!?！？:：;"
_WRAP = 60
"""Columns from which a line may have been wrapped by an editor."""


def split(inline: Inline) -> list[Span]:
    """Return the ranges of the sentences in ``inline``, without the white space around them.

    Nothing is split within code, links, addresses and brackets. A line is a unit of its own in
    Japanese notes; in English prose that was wrapped, a sentence goes on over the line's end.
    """
    masked = _mask(inline)
    edges = {0, len(masked)}
    edges.update(_sentence_edges(inline, masked))
    edges.update(_line_edges(inline, masked))
    for piece in inline.pieces:
        if piece.role is Role.HARD or (piece.role is Role.GAP and piece.plain):
            edges.update((piece.start, piece.end))
    ordered = sorted(edges)
    spans = (_trim(inline, a, b) for a, b in pairwise(ordered))
    return [span for span in spans if span is not None]


def _trim(inline: Inline, start: int, end: int) -> Span | None:
    """Shrink a range to what can be read; None when there is nothing to read in it."""
    pieces = [
        p for p in inline.within(start, end) if p.role not in {Role.GAP, Role.SOFT, Role.HARD}
    ]
    while pieces and not pieces[0].plain.strip() and pieces[0].role is Role.TEXT:
        pieces.pop(0)
    while pieces and not pieces[-1].plain.strip() and pieces[-1].role is Role.TEXT:
        pieces.pop()
    if not any(piece.plain.strip() for piece in pieces):
        return None
    start, end = pieces[0].start, pieces[-1].end
    content = inline.content
    while start < end and content[start].isspace():
        start += 1
    while start < end and content[end - 1].isspace():
        end -= 1
    return start, end


def _mask(inline: Inline) -> str:
    """Return the content with everything that must not be split replaced by one letter."""
    text = list(inline.content)
    ranges = [(anchor.start, anchor.end) for anchor in inline.anchors]
    ranges += [
        (piece.start, piece.end)
        for piece in inline.pieces
        if piece.role in {Role.CODE, Role.URL, Role.IMAGE, Role.TAG}
    ]
    for start, end in ranges:
        text[start:end] = "X" * (end - start)
    return _hide_brackets("".join(text))


def _hide_brackets(text: str) -> str:
    """Replace what stands in brackets; an opening without its closing hides nothing."""
    hidden = list(text)
    opened: list[tuple[str, int]] = []
    for match in _BRACKET.finditer(text):
        character, at = match.group(), match.start()
        if character in _BRACKETS:
            opened.append((_BRACKETS[character], at))
            continue
        depth = next(
            (d for d, (closing, _) in enumerate(opened[:-5:-1], 1) if closing == character), 0
        )
        if depth:
            start = opened[-depth][1]
            del opened[-depth:]
            if at - start <= _LONGEST_BRACKET:
                hidden[start + 1 : at] = "x" * (at - start - 1)
    return "".join(hidden)


def _sentence_edges(inline: Inline, masked: str) -> list[int]:
    marks = _closing_marks(inline)
    edges: list[int] = []
    for match in _TERMINATOR.finditer(masked):
        end = match.end()
        while end < len(masked) and (end in marks or masked[end] in _CLOSERS):
            end += 1
        if _ends(masked, match, end):
            edges.append(_after_remark(masked, end))
    return edges


def _closing_marks(inline: Inline) -> set[int]:
    """Return the places of the marks that close emphasis."""
    places: set[int] = set()
    for piece in inline.pieces:
        second = piece.role is Role.MARK and piece.start - 1 in places
        if piece.role is Role.CLOSE or second:
            places.update(range(piece.start, piece.end))
    return places


def _ends(masked: str, match: re.Match[str], end: int) -> bool:
    """Whether the punctuation of ``match`` ends a sentence that is closed at ``end``."""
    mark = match.group()[-1]
    following = masked[end : end + 1]
    if mark in "。｡":
        return True
    if mark in "！？":
        return not masked.startswith(("と", "って", "、"), end)
    if mark == "．":
        return not following.isalnum() or _JAPANESE.match(following) is not None
    if following and not following.isspace():
        # 「…できる.次に」 and "Really?次は" end; "2.26.0", "azurecr.io" and "a?b" do not.
        return match.end() == end and bool(_JAPANESE.match(following)) and following not in _CLOSING
    after = masked[end:].lstrip() if len(masked) - end < 80 else masked[end : end + 80].lstrip()
    if mark == ".":
        before = masked[max(0, match.start() - 12) : match.start() + 1]
        if _ABBREVIATION.search(before) and not (len(match.group()) > 1):
            return False
        if _MAYBE_ABBREVIATION.search(before):
            return not after or after[0].isupper() or bool(_JAPANESE.match(after))
    return not after or not after[0].islower()


def _after_remark(masked: str, end: int) -> int:
    """Move past a bracket that follows at once: 「…した。（後述）」 is one statement."""
    closing = _BRACKETS.get(masked[end : end + 1], "")
    if closing not in {"）", ")"}:
        return end
    found = masked.find(closing, end, end + _LONGEST_BRACKET)
    return found + 1 if found > 0 and "\n" not in masked[end:found] else end


def _line_edges(inline: Inline, masked: str) -> list[int]:
    breaks = [piece.start for piece in inline.pieces if piece.role is Role.SOFT]
    if not breaks:
        return []
    starts = [0, *(at + 1 for at in breaks)]
    lines = [masked[a:b] for a, b in zip(starts, [*breaks, len(masked)], strict=True)]
    widths = [_width(line) for line in lines]
    bare = [line.strip() for line in lines]
    links = {
        number
        for number, line in enumerate(bare)
        if line and not line.strip("X .。") and "X" in line
    }
    wrapped, full = _wrapped_at_one_width(widths), max(_WRAP, *widths)
    edges: list[int] = []
    for number, at in enumerate(breaks):
        if masked[at] != "\n":
            continue
        here, following = bare[number], bare[number + 1]
        if number in links or number + 1 in links or _OWN_LINE.match(following):
            edges.append(at)
        elif _JAPANESE.search(here[-1:] + following[:1]):
            if not (_GOES_ON.search(here) or following[:1] in _CLOSING or wrapped):
                edges.append(at)
        elif _broken_early(here, following, widths[number], full):
            edges.append(at)
    return edges


def _wrapped_at_one_width(widths: list[int]) -> bool:
    """Whether all lines but the last end at the same column, as an editor wraps Japanese."""
    full = widths[:-1]
    return len(full) > 1 and min(full) >= _WRAP and max(full) - min(full) <= 4


def _broken_early(here: str, following: str, width: int, full: int) -> bool:
    """Whether an English line ends where the writer wanted it, not where it was full."""
    if here.endswith(":") or _LABELLED.match(following):
        return True
    if following[:1].islower() or not here or here[-1] in ",;":
        return False
    if here[-1] == "X" and following[:1].isupper():
        return True
    word = following.split(maxsplit=1)[0] if following else ""
    return width + 1 + len(word) <= full


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
