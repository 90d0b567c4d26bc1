"""Answers and hits ▶ the JSON that the page, the HTTP API and the feedback store share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote as percent

from pydantic import BaseModel, ConfigDict, Field

from coursebot.answer.wording import render_markdown
from coursebot.answer.wording.text import plain_quotes
from coursebot.types import Answer, Citation, Kind, Language, Section, State


class Record(BaseModel):
    """A strict, frozen JSON object: unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class CitationRecord(Record):
    """A quoted statement and where it stands."""

    number: int = Field(ge=1, le=1_000)
    statement: str
    course: str
    path: str
    heading_path: tuple[str, ...]
    line_start: int = Field(ge=1)
    line_end: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    """Half-open character span in the file."""
    kind: Kind
    quote: str
    """Verbatim, Markdown included."""
    text: str
    """The quote as a learner reads it."""
    url: str
    """Where the course is published; the own reader when it is not."""
    reader: str
    """In the own reader, with all quotes of the answer marked and this one in view."""


class ShortAnswerRecord(Record):
    """The short answer on top."""

    text: str
    items: tuple[str, ...]
    kind: str
    citation: int
    conversion: str = ""


class RelatedRecord(Record):
    """Where to read on."""

    text: str
    url: str


class SectionRecord(Record):
    """A section that is close to the question."""

    course: str
    path: str
    heading_path: tuple[str, ...]
    reader: str


class AnswerRecord(Record):
    """An answer, whole: what the page shows and the API returns."""

    id: str = ""
    """Names this answer among those of a browser's tab."""
    question: str
    course: str | None
    """The course that was asked; null for all."""
    after: tuple[str, ...] = ()
    """The questions that it goes on from, oldest first."""
    language: Language
    state: State
    confidence: float = Field(ge=0, le=1)
    text: str
    """As plain text."""
    markdown: str
    """As Markdown with links to the sources; everything quoted is escaped."""
    short_answer: ShortAnswerRecord | None
    citations: tuple[CitationRecord, ...]
    related: tuple[RelatedRecord, ...]
    closest: tuple[SectionRecord, ...]
    """Sections of the best passages, best first; not those that are quoted."""
    suggestions: tuple[str, ...]
    """Questions to go on with that the material is known to answer."""
    unknown: tuple[str, ...] = ()
    """Words of the question that stand nowhere in the courses."""
    generated: str = ""
    notice: str = ""
    index: str = ""
    """Digest of the index that it was made from."""
    timings_ms: dict[str, float] = {}


COMMENT = 2_000
"""Characters of a learner's own words."""
CLOSEST = 3
"""Sections that are named as close."""


def answer_record(
    answer: Answer,
    sections: Mapping[str, Section],
    *,
    course: str | None = None,
    after: Sequence[str] = (),
    suggestions: Sequence[str] = (),
    index: str = "",
    id: str = "",
) -> AnswerRecord:
    """Return ``answer`` for a browser; ``sections`` and ``index`` (its digest) are the index's."""
    short = answer.short_answer
    plain = plain_quotes(answer)
    kinds = {statement.id: statement.kind for statement in answer.statements}
    return AnswerRecord(
        id=id,
        question=answer.question,
        course=course,
        after=tuple(after),
        language=answer.language,
        state=answer.state,
        confidence=round(answer.confidence, 4),
        text=answer.text,
        markdown=render_markdown(answer),
        short_answer=ShortAnswerRecord(
            text=short.text,
            items=short.items,
            kind=short.kind,
            citation=short.citation,
            conversion=short.conversion,
        )
        if short
        else None,
        citations=tuple(
            _citation(citation, text, kinds.get(citation.statement, Kind.SENTENCE), answer)
            for citation, text in zip(answer.citations, plain, strict=True)
        ),
        related=tuple(RelatedRecord(text=link.text, url=link.url) for link in answer.related),
        closest=_closest(answer, sections),
        suggestions=tuple(suggestions),
        unknown=tuple(_as_written(word, answer.question) for word in answer.unknown),
        generated=answer.generated,
        notice=answer.notice,
        index=index,
        timings_ms={name: round(value, 3) for name, value in answer.timings_ms.items()},
    )


def mark(citation: Citation) -> str:
    """Return ``number:start-end:digest``, which finds the statement again in a changed file."""
    start, end = citation.span
    return f"{citation.number}:{start}-{end}:{digest(citation.quote)}"


def digest(text: str) -> str:
    """Return eight hexadecimal digits of the text's SHA-256."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def reader_address(path: str, marks: Sequence[str] = (), anchor: str = "") -> str:
    """Return where a file stands in the own reader."""
    query = f"?marks={','.join(marks)}" if marks else ""
    fragment = f"#{percent(anchor, errors='replace')}" if anchor else ""
    return f"/read/{percent(path, errors='replace')}{query}{fragment}"


def citation_address(citation: Citation, answer: Answer) -> str:
    """Return where a quote stands in the own reader, all of the answer's in its file marked."""
    marks = [mark(other) for other in answer.citations if other.path == citation.path]
    return reader_address(citation.path, marks, f"c{citation.number}")


def _citation(citation: Citation, text: str, kind: Kind, answer: Answer) -> CitationRecord:
    return CitationRecord(
        number=citation.number,
        statement=citation.statement,
        course=citation.course,
        path=citation.path,
        heading_path=citation.heading_path,
        line_start=citation.lines[0],
        line_end=citation.lines[1],
        start=citation.span[0],
        end=citation.span[1],
        kind=kind,
        quote=citation.quote,
        text=text,
        url=citation.url,
        reader=citation_address(citation, answer),
    )


def _as_written(word: str, question: str) -> str:
    """Return a word in normal form as the question has it, where it is found there."""
    found = re.search(re.escape(word), unicodedata.normalize("NFKC", question), re.IGNORECASE)
    return found.group() if found else word


def _closest(answer: Answer, sections: Mapping[str, Section]) -> tuple[SectionRecord, ...]:
    quoted = {(c.path, c.heading_path) for c in answer.citations}
    found: dict[str, SectionRecord] = {}
    for hit in answer.passages:
        section = sections.get(hit.passage.section)
        if section is None or (section.path, section.heading_path) in quoted:
            continue
        found.setdefault(
            section.id,
            SectionRecord(
                course=section.course,
                path=section.path,
                heading_path=section.heading_path,
                reader=reader_address(section.path, anchor=section.reader_anchor),
            ),
        )
    return tuple(found.values())[:CLOSEST]
