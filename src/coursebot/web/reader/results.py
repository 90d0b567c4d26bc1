"""Query ▶ passages found, as a learner reads them, with the query's words marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from coursebot.index import Searchable
from coursebot.terms import normalise, surfaces, without_function_words, words
from coursebot.types import Hit, Kind, Lines, Section

FOUND = 10
"""Passages that are shown."""
LONGEST = 240
"""Characters of an excerpt."""
_BEFORE = 60
"""Characters of an excerpt that may stand before the first word found."""
_FULL_STOPS = ("。", "！", "？")
_STOPS = (".", "!", "?")
_ASCII_WORD = r"[a-z0-9_]"


@dataclass(frozen=True, slots=True)
class Result:
    """One passage found."""

    section: Section
    lines: Lines
    excerpt: str
    """HTML."""
    has_words: bool
    """Whether any of the query's words stands in it."""


def results(index: Searchable, query: str, hits: Iterable[Hit]) -> Iterator[Result]:
    """Yield what to show of ``hits``; those that ``index`` does not hold any more are left out."""
    wanted = without_function_words(words(query))
    for hit in hits:
        section = index.sections.get(hit.passage.section)
        positions = [index.statement_position(name) for name in hit.passage.statements]
        statements = [index.statements[n] for n in positions if n is not None]
        if section is None or not statements:
            continue
        # The heading stands above the excerpt already.
        said = [s.plain for s in statements if s.kind is not Kind.HEADING]
        text = _joined(said or [statements[0].plain])
        shown, found = excerpt(text, query, wanted)
        yield Result(section, hit.passage.lines, shown, found)


def _joined(said: Sequence[str]) -> str:
    """Return statements in one line; what does not end as a sentence is set apart."""
    lines = [" ".join(one.split()) for one in said]
    return "".join(f"{line}{_seam(line)}" for line in lines[:-1]) + lines[-1]


def _seam(line: str) -> str:
    if line.endswith(_FULL_STOPS):
        return ""
    return " " if line.endswith(_STOPS) else " · "


def excerpt(text: str, query: str, wanted: Sequence[str]) -> tuple[str, bool]:
    """Return HTML of the part of ``text`` where words of the query stand, and whether any does.

    ``wanted`` are the query's words in normal form; other spellings of them are found too.
    """
    folded, places = _folded(text)
    pattern = _pattern(query, text, wanted)
    found = [match.span() for match in pattern.finditer(folded)] if pattern else []
    spans = [(places[a], places[b - 1] + 1) for a, b in found]
    start = _start(text, spans[0][0]) if spans else 0
    end = _end(text, start)
    parts = ["…"] if start else []
    at = start
    for a, b in spans:
        if at <= a and b <= end:
            parts.append(f'{escape(text[at:a])}<mark class="word">{escape(text[a:b])}</mark>')
            at = b
    parts.append(escape(text[at:end].rstrip()))
    return "".join([*parts, "…"] if end < len(text) else parts), bool(spans)


def _folded(text: str) -> tuple[str, list[int]]:
    """Return ``text`` in the form that words are compared in, and where each character was."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        form = normalise(character)
        folded.append(form)
        places.extend([place] * len(form))
    return "".join(folded), places


def _pattern(query: str, text: str, wanted: Sequence[str]) -> re.Pattern[str] | None:
    written = [surfaces(query), surfaces(text)]
    spelt = {normalise(one[word]) for one in written for word in wanted if word in one}
    if not spelt:
        return None
    return re.compile("|".join(map(_bounded, sorted(spelt, key=lambda s: (-len(s), s)))))


def _bounded(word: str) -> str:
    before = f"(?<!{_ASCII_WORD})" if re.match(_ASCII_WORD, word) else ""
    after = f"(?!{_ASCII_WORD})" if re.search(f"{_ASCII_WORD}$", word) else ""
    return f"{before}{re.escape(word)}{after}"


def _start(text: str, first: int) -> int:
    """Return where to begin so that what stands at ``first`` is seen: at a sentence, or a word."""
    if first <= _BEFORE:
        return 0
    sentence = re.search(r"[。．！？]|[.!?] | · ", text[first - _BEFORE : first])
    gap = sentence or re.search(r"[ 、]", text[first - _BEFORE : first])
    return first - _BEFORE + (gap.end() if gap else 0)


def _end(text: str, start: int) -> int:
    if len(text) - start <= LONGEST:
        return len(text)
    cut = start + LONGEST
    gap = max(text.rfind(mark, cut - 30, cut) for mark in " 。、")
    return gap + 1 if gap > 0 else cut
