"""Records ▶ bytes and back: statements and passages as spans, cut from the source when loaded."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from operator import attrgetter
from typing import Any, Protocol

from coursebot.types import (
    Course,
    Document,
    Kind,
    Language,
    Link,
    Passage,
    Refusal,
    Section,
    Statement,
    Suggestion,
)


@dataclass(frozen=True, slots=True)
class Records:
    """Everything of an index but vectors and terms, in document order."""

    courses: tuple[Course, ...]
    sources: tuple[Source, ...]
    sections: tuple[Section, ...]
    statements: tuple[Statement, ...]
    passages: tuple[Passage, ...]
    refusals: tuple[Refusal, ...]
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file."""

    course: str
    path: str
    digest: str
    """SHA-256 of the file's bytes."""
    text: str


FILES = (
    "courses.json",
    "sources.json",
    "sections.json",
    "statements.json",
    "passages.json",
    "refusals.json",
    "suggestions.json",
)
"""One file a kind of record; each holds one JSON row a line."""
OPEN, BETWEEN, CLOSE = b"[", b",\n", b"]\n"
"""What stands before the rows of a file, between them and after them."""


def collect(
    courses: Sequence[Course],
    documents: Sequence[Document],
    passages: Sequence[Passage],
    refusals: Sequence[Refusal],
) -> Records:
    """Return the records of ``documents``; ``passages`` are all of theirs, in order.

    Raises ValueError when the passages do not hold every statement once and in document order:
    positions of statements would mean nothing.
    """
    statements = tuple(s for document in documents for s in document.statements)
    if [s.id for s in statements] != [name for p in passages for name in p.statements]:
        raise ValueError("passages do not hold each statement once, in document order")
    return Records(
        courses=tuple(courses),
        sources=tuple(Source(d.course, d.path, d.digest, d.source) for d in documents),
        sections=tuple(s for document in documents for s in document.sections),
        statements=statements,
        passages=tuple(passages),
        refusals=tuple(refusals),
    )


def rows_of(records: Records) -> dict[str, Sequence[Sequence[object]]]:
    """Return the rows of each of ``FILES``."""
    path_number = {source.path: n for n, source in enumerate(records.sources)}
    section_number = {section.id: n for n, section in enumerate(records.sections)}
    return {
        "courses.json": [astuple(course) for course in records.courses],
        "sources.json": [(s.course, s.path, s.digest, s.text) for s in records.sources],
        "sections.json": [_section_row(s, path_number) for s in records.sections],
        "statements.json": [_statement_row(s, section_number) for s in records.statements],
        "passages.json": [_passage_row(p, section_number) for p in records.passages],
        "refusals.json": [astuple(refusal) for refusal in records.refusals],
        "suggestions.json": [astuple(suggestion) for suggestion in records.suggestions],
    }


def dump(records: Records) -> dict[str, bytes]:
    """Return the contents of each of ``FILES``."""
    rows = rows_of(records)
    return {name: encode(rows[name]) for name in FILES}


def load(data: Mapping[str, bytes], *, first_source: int = 0, first_section: int = 0) -> Records:
    """Return the records in ``data``, which ``dump`` wrote.

    Rows of a part of it count files and sections from ``first_source`` and ``first_section``.
    """
    rows = {name: decode(data[name]) for name in FILES}
    firsts = {"sections.json": first_source, "statements.json": first_section}
    for name, first in (firsts | {"passages.json": first_section}).items():
        for row in rows[name] if first else ():
            row[0] -= first
    sources = tuple(Source(*row) for row in rows["sources.json"])
    sections = tuple(section_of(row, sources) for row in rows["sections.json"])
    texts = {source.path: source.text for source in sources}
    owners = [(s, texts[s.path]) for s in sections]
    statements = tuple(statement_of(row, owners) for row in rows["statements.json"])
    names = list(map(attrgetter("id"), statements))
    passages: list[Passage] = []
    first = 0
    for row in rows["passages.json"]:
        passages.append(passage_of(row, owners, tuple(names[first : first + row[5]])))
        first += row[5]
    return Records(
        courses=tuple(course_of(row) for row in rows["courses.json"]),
        sources=sources,
        sections=sections,
        statements=statements,
        passages=tuple(passages),
        refusals=tuple(Refusal(*row) for row in rows["refusals.json"]),
        suggestions=suggestions_of(
            rows["suggestions.json"], {section.id for section in sections}, set(names)
        ),
    )


class Text(Protocol):
    """The text of a file, or the part of it that holds what is cut from it."""

    def __getitem__(self, span: slice, /) -> str:
        """Return the characters from one offset in the file to another."""


class Owners(Protocol):
    """Sections and the texts that they stand in, by the sections' numbers."""

    def __getitem__(self, number: int, /) -> tuple[Section, Text]:
        """Return a section and its text."""


def encode(rows: Sequence[Sequence[object]]) -> bytes:
    """Return rows as JSON, one a line."""
    return OPEN + BETWEEN.join(map(encoded, rows)) + CLOSE


def encoded(row: Sequence[object]) -> bytes:
    """Return one row as JSON."""
    line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    # File names may hold surrogates where the file system's are not UTF-8.
    return line.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> list[list[Any]]:
    """Return the rows that ``encode`` wrote."""
    rows: list[list[Any]] = json.loads(data.decode("utf-8", "surrogatepass"))
    return rows


def _section_row(section: Section, path_number: Mapping[str, int]) -> Sequence[object]:
    return (
        path_number[section.path],
        section.id,
        section.heading_path,
        section.level,
        section.anchor,
        section.reader_anchor,
        *section.lines,
        *section.span,
        [astuple(link) for link in section.links],
    )


def section_of(row: list[Any], sources: Sequence[Source]) -> Section:
    """Return the section of a row of ``sections.json``."""
    number, name, heading_path, level, anchor, reader, first, last, start, end, links = row
    source = sources[number]
    return Section(
        name,
        source.course,
        source.path,
        tuple(heading_path),
        level,
        anchor,
        reader,
        (first, last),
        (start, end),
        tuple(Link(*link) for link in links),
    )


_KINDS = list(Kind)
_KIND_NUMBER = {kind: n for n, kind in enumerate(_KINDS)}


def _statement_row(statement: Statement, section_number: Mapping[str, int]) -> Sequence[object]:
    return (
        section_number[statement.section],
        *statement.lines,
        *statement.span,
        0 if statement.plain == statement.text else statement.plain,
        _KIND_NUMBER[statement.kind],
        statement.context,
        statement.parent,
        statement.block,
        statement.url,
    )


def statement_of(row: list[Any], owners: Owners) -> Statement:
    """Return the statement of a row of ``statements.json``."""
    number, first, last, start, end, plain, kind, context, parent, block, url = row
    section, source = owners[number]
    text = source[start:end]
    return Statement(
        f"{section.path}:{start}-{end}",
        section.id,
        section.course,
        section.path,
        (first, last),
        (start, end),
        text,
        text if plain == 0 else plain,
        _KINDS[kind],
        tuple(context),
        parent,
        block,
        url,
    )


def _passage_row(passage: Passage, section_number: Mapping[str, int]) -> Sequence[object]:
    number = section_number[passage.section]
    return (number, *passage.lines, *passage.span, len(passage.statements), passage.lead)


def passage_of(row: list[Any], owners: Owners, statements: tuple[str, ...]) -> Passage:
    """Return the passage of a row of ``passages.json``, which holds these statements."""
    number, first, last, start, end, _, lead = row
    section, source = owners[number]
    return Passage(
        f"{section.path}:{start}-{end}",
        section.id,
        section.course,
        section.path,
        (first, last),
        (start, end),
        source[start:end],
        statements,
        lead,
    )


def course_of(row: list[Any]) -> Course:
    """Return the course of a row of ``courses.json``."""
    name, title, language, description, link, examples, questions, groups = row
    return Course(
        name, title, language, description, link, tuple(examples), tuple(questions), tuple(groups)
    )


def suggestions_of(
    rows: Sequence[list[Any]], sections: Collection[str], statements: Collection[str]
) -> tuple[Suggestion, ...]:
    """Return the suggestions; raises LookupError when one names a place that is not there."""
    found = []
    for question, language, course, section, statement, confidence, origin in rows:
        if section not in sections or statement not in statements:
            raise LookupError(f"suggestions.json names {statement!r} in {section!r}")
        found.append(
            Suggestion(question, Language(language), course, section, statement, confidence, origin)
        )
    return tuple(found)
