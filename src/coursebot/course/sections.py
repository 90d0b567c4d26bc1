"""Source ▶ sections, and the statements that stand in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from coursebot.course.blocks import SQUARE_LEVEL, Block, Shape, line_starts, parse
from coursebot.course.slugs import Slugger, slug
from coursebot.course.statements import Found, read_statements
from coursebot.types import Link, Section, Span, Statement

_CITATION = re.compile(r"c\d+")
"""Anchors that the reader gives to cited statements."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that opens a section."""

    block: Block
    plain: str
    level: int
    """1 to 7: a ``■`` line lies one below the heading above it."""
    anchor: str
    """Of the nearest heading that GitHub renders as one."""
    reader_anchor: str
    """Unique in the file."""


def read_document(
    source: str, *, course: str, path: str
) -> tuple[tuple[Section, ...], tuple[Statement, ...]]:
    """Return the sections and statements of a Markdown text, in document order.

    Spans are offsets into ``source``; only a line feed ends a line. No text at all makes it fail.
    """
    _, blocks = parse(source)
    headings = read_headings(blocks)
    found = read_statements(source, blocks, course=course, path=path)
    opening = [heading.block.number for heading in headings]
    members: list[list[Found]] = [[] for _ in range(len(headings) + 1)]
    for one in found:
        members[bisect_right(opening, one.block.number)].append(one)
    starts = line_starts(source)
    edges = [0, *(starts[heading.block.lines[0]] for heading in headings), len(source)]
    sections: list[Section] = []
    statements: list[Statement] = []
    trail: list[Heading] = []
    for number, inside in enumerate(members):
        heading = headings[number - 1] if number else None
        if heading is None and not inside:
            continue
        if heading is not None:
            trail = [above for above in trail if above.level < heading.level] + [heading]
        span = (edges[number], edges[number + 1])
        section = _section(source, starts, span, trail, inside, course=course, path=path)
        sections.append(section)
        statements.extend(replace(one.statement, section=section.id) for one in inside)
    return tuple(sections), tuple(statements)


def read_headings(blocks: list[Block]) -> list[Heading]:
    """Return the headings that open sections: those in quotes and lists do not."""
    opening = [
        block
        for block in blocks
        if block.shape is Shape.HEADING and not block.within and block.text.inline.plain()
    ]
    slugger = Slugger()
    # GitHub numbers every heading that it renders, also those in quotes and lists.
    anchors = {
        block.number: slugger.unique(slug(block.text.inline.plain()))
        for block in blocks
        if block.shape is Shape.HEADING and block.level != SQUARE_LEVEL
    }
    headings: list[Heading] = []
    level, anchor = 0, ""
    for block in opening:
        plain = block.text.inline.plain()
        if block.level == SQUARE_LEVEL:
            wanted = slug(plain)
            taken = not wanted or _CITATION.fullmatch(wanted)
            reader_anchor = slugger.unique(f"section{wanted}" if taken else wanted)
            headings.append(Heading(block, plain, level + 1, anchor, reader_anchor))
        else:
            level, anchor = block.level, anchors[block.number]
            taken = not anchor or _CITATION.fullmatch(anchor)
            reader_anchor = slugger.unique(f"section{anchor}") if taken else anchor
            headings.append(Heading(block, plain, level, anchor, reader_anchor))
    return headings


def _section(
    source: str,
    starts: list[int],
    span: Span,
    trail: list[Heading],
    inside: list[Found],
    *,
    course: str,
    path: str,
) -> Section:
    start, end = span
    while end > start + 1 and source[end - 1].isspace():
        end -= 1
    own = trail[-1] if trail else None
    reader_anchor = own.reader_anchor if own else ""
    links: dict[str, Link] = {}
    for one in inside:
        for link in one.links:
            links.setdefault(link.url, link)
    return Section(
        id=f"{path}#{reader_anchor}",
        course=course,
        path=path,
        heading_path=tuple(heading.plain for heading in trail),
        level=own.level if own else 0,
        anchor=own.anchor if own else "",
        reader_anchor=reader_anchor,
        lines=(bisect_right(starts, start), bisect_right(starts, max(start, end - 1))),
        span=(start, end),
        links=tuple(links.values()),
    )
