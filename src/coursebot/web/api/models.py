"""The JSON of the HTTP API, beside the answers and citations of ``coursebot.web.wire``."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from coursebot.feedback import Reason, Verdict
from coursebot.types import Kind
from coursebot.web.wire import COMMENT, AnswerRecord, Record

AFTER = 8
"""Earlier questions that a question may go on from."""

Text = Annotated[str, Field(max_length=20_000)]
Place = Annotated[str, Field(max_length=2_000)]
After = Annotated[list[Text], Field(max_length=AFTER)]
TopK = Annotated[int, Field(ge=1, le=100)]
Comment = Annotated[str, Field(max_length=COMMENT)]


class Sent(Record):
    """What a client sends: numbers as numbers, words as words."""

    model_config = ConfigDict(strict=True)


class Asked(Sent):
    """A question."""

    question: Text = Field(examples=["how long is an az acr login token valid?"])
    """In Japanese or English; at most 2,000 characters, unless the server is set otherwise."""
    course: Place | None = Field(default=None, examples=["az-500"])
    """Name of the course to ask; null or empty for all."""
    after: After = Field(default=[], examples=[["what is Azure Container Registry?"]])
    """The questions before, oldest first: a follow-up goes on from them."""
    top_k: TopK | None = Field(default=None, examples=[5])
    """Passages that are looked at; the server's setting when it is null."""
    keep: bool = Field(default=False, examples=[False])
    """Whether the learner lets the question be kept when the material does not answer it. It is
    kept only where the server keeps such questions at all, and never with ``Sec-GPC: 1``."""


class Words(Record):
    """A piece of a language model's wording."""

    text: str


class LegRecord(Record):
    """What one way of searching says of a passage."""

    rank: int
    """From 1; 0 when it did not find the passage."""
    score: float
    """Its own score (cosine, BM25), before the ways are put together."""


class PassageRecord(Record):
    """A passage that was found."""

    id: str
    course: str
    path: str
    heading_path: tuple[str, ...]
    line_start: int
    line_end: int
    text: str
    """Verbatim, Markdown included."""
    score: float
    """0 to 1, of all ways of searching together."""
    legs: dict[str, LegRecord]
    """By way of searching: ``dense``, ``statement``, ``bigram``, ``word``."""
    reader: str
    """The passage's section in the reader."""


class Found(Record):
    """What a search found, best first."""

    query: str
    course: str | None
    passages: tuple[PassageRecord, ...]
    index: str
    """Digest of the index that was searched."""


class Counts(Record):
    """How much a course holds."""

    files: int
    sections: int
    statements: int
    passages: int


class CourseRecord(Record):
    """A course that can be asked."""

    name: str
    """What ``course`` of a question names it by."""
    title: str
    language: str
    """BCP 47 tag; empty when the course does not declare it."""
    description: str
    counts: Counts
    starters: tuple[str, ...]
    """Questions to begin with, which the material is known to answer."""


class Courses(Record):
    """All courses of the index."""

    courses: tuple[CourseRecord, ...]
    index: str
    """Digest of the index."""


class OutlineRecord(Record):
    """A section as an outline shows it."""

    heading_path: tuple[str, ...]
    """Headings from the outermost to its own; empty before the first heading."""
    level: int
    """1 to 7; 0 before the first heading."""
    line_start: int
    line_end: int
    anchor: str
    """Names the section in its file."""
    reader: str


class FileRecord(Record):
    """A file and its sections, in the order of the file."""

    course: str
    path: str
    sections: tuple[OutlineRecord, ...]


class Outline(Record):
    """The outline of one course, one file, or all."""

    files: tuple[FileRecord, ...]
    index: str
    """Digest of the index."""


class StatementRecord(Record):
    """The smallest thing that can be cited."""

    id: str
    kind: Kind
    text: str
    """Verbatim, Markdown included."""
    plain: str
    """As a learner reads it."""
    line_start: int
    line_end: int
    start: int
    end: int
    """Half-open character span in the file."""
    context: tuple[str, ...]
    """What it hangs on, outermost first: a lead-in, the items above it, a table's header."""
    url: str
    """Where a link leads; empty for other kinds."""


class SourceRecord(Record):
    """A section, or a whole file, as it is written."""

    course: str
    path: str
    heading_path: tuple[str, ...]
    """Empty for a whole file."""
    anchor: str
    line_start: int
    line_end: int
    source: str
    """Markdown."""
    statements: tuple[StatementRecord, ...]
    reader: str
    index: str
    """Digest of the index."""


class Judged(Sent):
    """A learner's word on an answer."""

    verdict: Annotated[Verdict, Field(strict=False, examples=["up"])]
    """``report`` tells the instructor of a question that was not answered."""
    answer: AnswerRecord
    """The answer as ``ask`` gave it."""
    after: After = Field(default=[], examples=[["what is Azure Container Registry?"]])
    """The questions before it, oldest first; those that the answer names when it is empty."""
    reason: Annotated[Reason | None, Field(strict=False)] = None
    comment: Comment = ""


class Amended(Sent):
    """A reason and a comment, which come into the place of those given before."""

    reason: Annotated[Reason | None, Field(strict=False)] = None
    comment: Comment = ""


class Kept(Record):
    """Where feedback is kept."""

    id: str
    """Names it when it is amended or withdrawn; known to nobody else."""
