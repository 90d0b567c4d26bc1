"""A question's sources ▶ where they stand in the material now, and which no longer do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum

from coursebot.evaluation.golden.folding import fold
from coursebot.evaluation.golden.material import File, Material
from coursebot.evaluation.golden.records import Asked, GoldenItem, Source
from coursebot.types import Lines, Span


class Match(StrEnum):
    """How a quote was found."""

    VERBATIM = "verbatim"
    """Character for character, or there is no quote and its section or file is meant."""
    SPACING = "spacing"
    """But for white space and the width or composition of characters (NFKC)."""
    READING = "reading"
    """As a learner reads it, without Markdown's marks; the whole statements count."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a source stands."""

    source: int
    """Its position in ``asked.sources``."""
    path: str
    """Relative to the corpus folder."""
    span: Span
    lines: Lines
    sections: tuple[str, ...]
    """Ids of the sections that the span touches."""
    relevance: int
    match: Match = Match.VERBATIM
    moved: bool = False
    """It stands in the file, but no longer below the headings that the source gives."""
    heading_path: tuple[str, ...] = ()
    """The headings that it stands below now."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A source that no longer stands in the material."""

    item: str
    """Id of the item; empty for a follow-up, which has none."""
    source: int
    """Its position in ``asked.sources``."""
    quote: str
    path: str
    """As the source gives it."""
    nearest: str
    """The text most like the quote that stands in the material now; empty: nothing is like it."""
    nearest_lines: Lines | None
    why: str
    """An English sentence."""
    nearest_path: str = ""
    """The file that ``nearest`` stands in, relative to the corpus folder."""
    nearest_heading_path: tuple[str, ...] = ()
    why_ja: str = ""


def place(
    asked: Asked, material: Material, course: str | None
) -> tuple[tuple[Placed, ...], tuple[Stale, ...]]:
    """Return where the sources of a question stand, and those that stand nowhere.

    Paths are relative to the folder of ``course``; to the corpus folder when it is None.
    """
    placed: list[Placed] = []
    stale: list[Stale] = []
    for position, source in enumerate(asked.sources):
        file = material.file(source.path, course)
        found = _find(source, file) if file else None
        if file and found:
            placed.append(_placed(position, source, file, found))
        else:
            stale.append(_stale(asked, position, file, material, course))
    return tuple(placed), tuple(stale)


@dataclass(frozen=True, slots=True)
class _Found:
    span: Span
    match: Match
    moved: bool


def _find(source: Source, file: File) -> _Found | None:
    """Return where a source stands in its file.

    The better match wins; of equal ones that below the given headings, then the first.
    """
    everything = (0, len(file.source))
    stretches = file.stretches(source.heading_path) if source.heading_path else ()
    if not source.quote:
        if source.heading_path and not stretches:
            return None
        return _Found(_trimmed(file, (stretches or (everything,))[0]), Match.VERBATIM, False)
    for match in Match:
        for stretch in (*stretches, everything):
            span = _search(source.quote, file, stretch, match)
            if span:
                moved = bool(source.heading_path) and stretch is everything
                return _Found(span, match, moved)
    return None


def _search(quote: str, file: File, within: Span, match: Match) -> Span | None:
    if match is Match.VERBATIM:
        at = file.source.find(quote, *within)
        return (at, at + len(quote)) if at >= 0 else None
    if match is Match.SPACING:
        return file.folded.find(fold(quote), within)
    return _search_reading(fold(quote), file, within)


def _search_reading(quote: str, file: File, within: Span) -> Span | None:
    text, starts = file.reading
    at = text.find(quote) if quote else -1
    while at >= 0:
        first = file.statements[bisect_right(starts, at) - 1]
        last = file.statements[bisect_left(starts, at + len(quote)) - 1]
        span = (first.span[0], last.span[1])
        if span[0] >= within[0] and span[1] <= within[1]:
            return span
        at = text.find(quote, at + 1)
    return None


def _trimmed(file: File, span: Span) -> Span:
    """Return a span without white space at its ends."""
    text = file.source[slice(*span)]
    start = span[0] + len(text) - len(text.lstrip())
    return (start, max(start, span[0] + len(text.rstrip())))


def _placed(position: int, source: Source, file: File, found: _Found) -> Placed:
    sections = file.sections_of(found.span)
    return Placed(
        source=position,
        path=file.path,
        span=found.span,
        lines=file.lines(found.span),
        sections=tuple(section.id for section in sections),
        relevance=source.relevance,
        match=found.match,
        moved=found.moved,
        heading_path=sections[0].heading_path if sections else (),
    )


def _stale(
    asked: Asked, position: int, file: File | None, material: Material, course: str | None
) -> Stale:
    source = asked.sources[position]
    # Without a quote a section is looked for by its heading, a file by its first question's words.
    wanted = source.quote or " ".join(source.heading_path) or asked.question
    near = material.nearest.find(wanted, file.path if file else "", course)
    section = None
    if near:
        section = next(
            (s for s in material.files[near.path].sections if s.id == near.section), None
        )
    why, why_ja = _why(source, file)
    return Stale(
        item=asked.id if isinstance(asked, GoldenItem) else "",
        source=position,
        quote=source.quote,
        path=source.path,
        nearest=near.text if near else "",
        nearest_lines=near.lines if near else None,
        why=why,
        nearest_path=near.path if near else "",
        nearest_heading_path=section.heading_path if section else (),
        why_ja=why_ja,
    )


def _why(source: Source, file: File | None) -> tuple[str, str]:
    if file is None:
        return "There is no such file.", "ファイルがありません。"
    if not source.quote:
        return "There is no such heading in the file.", "その見出しはファイルにありません。"
    return "The quote no longer stands in the file.", "引用文がファイルに見つかりません。"
