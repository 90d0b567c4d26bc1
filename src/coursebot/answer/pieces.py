"""Statement ▶ the pieces it is made of: code, menu paths, labels and values, enumerated items."""

# ruff: noqa: E501 - a pattern is data and reads best in one row

from __future__ import annotations

import re
from itertools import pairwise

from coursebot.types import Span

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_STEP = r"[^＞>→。、，,：:|（）()\n「」`]{1,40}"
_MENU = re.compile(rf"{_STEP}(?:\s?[＞>]\s?{_STEP})+|{_STEP}(?:\s?→\s?{_STEP}){{2,}}")
_AFTER_MENU = re.compile(
    r"\s+(?:で|を|に|から|の|が)|(?<=[一-龯ァ-ヶーA-Za-z0-9」])(?:で|を|に|から|が)(?![ァ-ヶ])|\s+(?:to|and|in order|then)\s|\.\s|\.$|\s*;"
)
_BEFORE_MENU = re.compile(
    r"^.*(?:場所は|は、?|\bunder |\bin |\bgo to |\bat |\bfrom |\bis |\bvia |\busing |\bwith |\bopen )",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?<![\w:/.])(?:~|\.{1,2})?/(?:[\w.@+-]+/)*[\w.@+-]*[\w/]|[A-Z]:\\[\w\\. -]+[\w]|%\w+%\\[\w\\.]+"
)
_URL = re.compile(r"https?://[^\s<>「」（）()\"'`。、|]+")
_LABEL = re.compile(
    r"^(?P<label>[^：:。\n]{1,60}?)\s?(?:：|:(?=[\s\D])|\s…\s?|…{1,2}\s?|\s=\s|\s＝\s|\s—\s|\s-\s|\s–\s)\s*(?P<value>\S.*)$",
    re.DOTALL,
)
_TRIM = " \t\n　*_|。．"
_QUOTED = re.compile(
    r"「([^「」]{1,60})」|『([^『』]{1,60})』|\*\*([^*]{1,60})\*\*|\"([^\"]{1,60})\"|“([^”]{1,60})”"
)
_ITEM = re.compile(r"、|，|,\s|・|\s/\s|／|；|;\s")
_PAIR_JA = re.compile(
    r"(?<=[一-龯ァ-ヶーA-Za-z0-9)）」`])\s?(?:と|および|または|もしくは|か)\s?(?=[一-龯ァ-ヶA-Za-z0-9「`(（])"
)
_PAIR_EN = re.compile(r"(?:^|\s)(?:and|or|plus)\s+")
_TAIL = re.compile(
    r"(?:(?:の)?(?:[2-9２-９二三四五六七八九十]|10)(?:つ|個|種類|段階|人|種|点|要素)?(?:です|がある|があります|に分[かけ]|から成る|だけ)?|など|だけ|のみ|です|がある|があります|を含める|を含む|を使う|が要る|が必要)[。.]?$"
)


def trim(text: str, span: Span) -> Span:
    """Return ``span`` without blanks, emphasis marks and full stops at its ends."""
    start, end = span
    while start < end and text[start] in _TRIM:
        start += 1
    while end > start and text[end - 1] in _TRIM:
        end -= 1
    return start, end


def codes(text: str) -> list[Span]:
    """Return the inline code in ``text``, without its backticks."""
    return [trim(text, match.span(2)) for match in _CODE.finditer(text)]


def menus(text: str) -> list[Span]:
    """Return the menu paths in ``text`` (``設定＞通知``, ``Settings > Mail``)."""
    found = []
    for match in _MENU.finditer(text):
        start, end = match.span()
        parts = match.group()
        last = max(parts.rfind(mark) for mark in "＞>→")
        first = min(at for at in (parts.find(mark) for mark in "＞>→") if at >= 0)
        if cut := _AFTER_MENU.search(parts, last + 1):
            end = start + cut.start()
        if lead := _BEFORE_MENU.match(parts[:first]):
            start += lead.end()
        start, end = trim(text, (start, end))
        if end > start and text[start] not in "＞>→-=" and "=>" not in parts and "->" not in parts:
            found.append((start, end))
    return found


def files(text: str) -> list[Span]:
    """Return the file paths in ``text``."""
    urls = [match.span() for match in _URL.finditer(text)]
    return [
        match.span()
        for match in _FILE.finditer(text)
        if not any(start <= match.start() < end for start, end in urls)
    ]


def urls(text: str) -> list[Span]:
    """Return the URLs in ``text``."""
    return [match.span() for match in _URL.finditer(text)]


def label_and_value(text: str) -> tuple[Span, Span] | None:
    """Return the two sides of ``label：value`` or ``label … value``."""
    match = _LABEL.match(text)
    if (
        match is None
        or match["label"].count("`") % 2
        or text.startswith(("http", "|"))
        or "//" in match["value"][:2]
    ):
        return None
    return trim(text, match.span("label")), trim(text, match.span("value"))


def quoted(text: str) -> list[Span]:
    """Return what stands in quotation marks or in bold."""
    return [match.span(match.lastindex or 0) for match in _QUOTED.finditer(text)]


def cells(text: str) -> list[Span]:
    """Return the cells of a table row."""
    bars = [match.start() for match in re.finditer(r"(?<!\\)\|", text)]
    edges = [*([] if text.lstrip().startswith("|") else [-1]), *bars]
    if not text.rstrip().endswith("|"):
        edges.append(len(text))
    return [trim(text, (a + 1, b)) for a, b in pairwise(edges)]


def enumerated(text: str, span: Span) -> list[Span]:
    """Return the items that ``text[span]`` enumerates; one item when it enumerates nothing."""
    start, end = span
    first_stop = re.compile(r"。|\.\s").search(text, start, end)
    if first_stop:
        end = first_stop.start()
    if tail := _TAIL.search(text[start:end]):
        end = start + tail.start()
    cuts = _outside(text, start, end, _ITEM)
    parts = _split(start, end, cuts)
    last = parts[-1]
    for pattern in (_PAIR_EN, _PAIR_JA):
        pair = _outside(text, *last, pattern)
        if pair and (len(parts) > 1 or len(pair) == 1 or pattern is _PAIR_JA):
            parts = [*parts[:-1], *_split(*last, pair)]
            break
    made = [trim(text, part) for part in parts]
    made = [_bare(text, part) for part in made if part[1] > part[0]]
    if any(b - a > 48 for a, b in made):
        return [trim(text, (start, end))]
    return made


def _bare(text: str, span: Span) -> Span:
    """Drop quotation marks or backticks that wrap an item."""
    start, end = span
    if end - start > 2 and text[start] + text[end - 1] in ("「」", "``", '""', "『』"):
        return start + 1, end - 1
    return span


def _split(start: int, end: int, cuts: list[Span]) -> list[Span]:
    edges = [start, *(at for cut in cuts for at in cut), end]
    return [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]


def _outside(text: str, start: int, end: int, pattern: re.Pattern[str]) -> list[Span]:
    """Return the matches that stand outside brackets, quotes and code."""
    found = []
    at, opened, ticks = start, 0, 0
    for match in pattern.finditer(text, start, end):
        between = text[at : match.start()]
        at = match.start()
        opened += sum(between.count(mark) for mark in "（(「『[")
        opened -= sum(between.count(mark) for mark in "）)」』]")
        ticks += between.count("`")
        if opened <= 0 and ticks % 2 == 0:
            found.append(match.span())
    return found
