"""The frozen records that flow from a course's files to an answer.

Spans are half-open character offsets into the decoded source of a file; lines count from 1 and
include both ends. ``path`` is always relative to the corpus folder, with forward slashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Scores of shape (n,) or vectors of shape (n, dimension)."""

Span = tuple[int, int]
"""Character offsets ``(start, end)``, end exclusive."""

Lines = tuple[int, int]
"""First and last line, counted from 1, both included."""


class Language(StrEnum):
    """A language that questions are asked in and the interface speaks."""

    JA = "ja"
    EN = "en"


class Kind(StrEnum):
    """What a statement is in its source."""

    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    CODE = "code"
    HEADING = "heading"
    LINK = "link"


class State(StrEnum):
    """How far an answer may be trusted."""

    ANSWERED = "answered"
    UNSURE = "unsure"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True, slots=True)
class Course:
    """A folder of sections, as its ``course.toml`` describes it."""

    name: str
    """The folder's name; questions name a course by it."""
    title: str
    language: str
    """BCP 47 tag of the language that the course is written in; empty when it is not declared."""
    description: str = ""
    link_template: str = ""
    """URL with ``{path}`` (relative to the course) and ``{anchor}``; empty: the own reader."""
    examples: tuple[str, ...] = ()
    """Questions to begin with, shown on the page."""
    questions: tuple[str, ...] = ()
    """Reviewed questions of its golden set that the material is said to answer."""
    groups: tuple[str, ...] = ()
    """Groups whose members may see it, ``*`` for everyone who is signed in; empty: it is open."""


@dataclass(frozen=True, slots=True)
class Link:
    """A hyperlink in a section."""

    text: str
    url: str
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a file from one heading to the next."""

    id: str
    """``path#reader_anchor``; text before the first heading has an empty anchor."""
    course: str
    path: str
    heading_path: tuple[str, ...]
    """Headings from the outermost to this section's own, as plain text."""
    level: int
    """Depth of the section's heading, 1 to 7; 0 before the first heading; ``■`` headings lie one
    below the heading above them."""
    anchor: str
    """Anchor of the nearest heading that GitHub renders as one (its slug rules)."""
    reader_anchor: str
    """Anchor in the app's own reader, unique in the file, also for ``■`` headings."""
    lines: Lines
    span: Span
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """The smallest thing that can be cited; ``source[start:end] == text``."""

    id: str
    """``path:start-end``."""
    section: str
    """The id of its section."""
    course: str
    path: str
    lines: Lines
    span: Span
    text: str
    """Verbatim, Markdown included."""
    plain: str
    """The text as a learner reads it: without Markdown's marks, links as their text."""
    kind: Kind
    context: tuple[str, ...] = ()
    """Plain text of what it hangs on, outermost first: lead-in line, parent items, table header.
    The heading path is not repeated here."""
    parent: str = ""
    """Id of the statement it hangs on (parent item, lead-in line); empty when there is none."""
    block: int = 0
    """Number of the paragraph, list, table or code block in the file: same number, same block."""
    url: str = ""
    """Where a link statement leads; empty for other kinds."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved and shown: one or more whole statements of one section."""

    id: str
    """``path:start-end``."""
    section: str
    course: str
    path: str
    lines: Lines
    span: Span
    text: str
    """Verbatim."""
    statements: tuple[str, ...]
    """Ids of its statements, in document order."""
    lead: str = ""
    """Lead-in line or table header repeated for the embedding when a block was split."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not indexed, and why."""

    path: str
    reason: str
    """One line: what, where, and what to do."""
    line: int = 0
    """0 when the reason is not at one line."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file, read: its source and what was found in it."""

    course: str
    path: str
    source: str
    digest: str
    """SHA-256 of the file's bytes, hexadecimal."""
    sections: tuple[Section, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All courses below one folder, in document order (course, path, position)."""

    courses: tuple[Course, ...]
    documents: tuple[Document, ...]
    refusals: tuple[Refusal, ...]
    digest: str
    """SHA-256 over courses and documents."""


class Encoder(Protocol):
    """Text ▶ vectors."""

    @property
    def name(self) -> str:
        """The model's name or path, as it was asked for."""

    @property
    def fingerprint(self) -> str:
        """Digest of weights, tokenizer, prompts and pooling: same fingerprint, same vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens that the model reads; longer text is cut."""

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension)."""

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension), in the order of ``texts``."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, passage prompt and special tokens included."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one statement for one question."""

    score: float
    """Logit that it answers, against "none of them does" at 0."""
    span: Span
    """Where in ``plain`` the likeliest short answer stands."""
    certainty: float
    """Probability of that span, given that the statement answers."""


class Reader(Protocol):
    """Question and statements, read together ▶ which of them answers, and where in it."""

    @property
    def name(self) -> str:
        """The reader's name and version."""

    @property
    def fingerprint(self) -> str:
        """Digest of its weights: same fingerprint, same readings."""

    def read(
        self,
        question: str,
        candidates: Sequence[Statement],
        sections: Mapping[str, Section],
        siblings: Mapping[str, Sequence[Statement]],
    ) -> Mapping[str, Reading]:
        """Return what was read, by id: the best of ``candidates`` and the lines around them.

        ``candidates`` come best first; ``siblings`` holds all statements of their sections, in
        document order.
        """


@dataclass(frozen=True, slots=True)
class Leg:
    """What one retrieval leg says of one passage."""

    rank: int
    """From 1; 0 when the leg did not find the passage."""
    score: float
    """The leg's own score (cosine, BM25), before fusion."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage."""

    passage: Passage
    score: float
    """Fused score, 0 to 1."""
    legs: Mapping[str, Leg]
    """By name of the leg: ``dense``, ``statement``, ``bigram``."""


@dataclass(frozen=True, slots=True)
class StatementHit:
    """A statement that may answer, with what retrieval knows of it."""

    statement: Statement
    cosine: float
    """Similarity of the question and the statement (heading path and context embedded with it)."""
    lexical: float
    """Share of the question's weight of terms that the statement matches (BM25 / ideal)."""
    passage_score: float
    """Fused score of the passage that it stands in; 0 when that was not among the hits."""
    passage_rank: int
    """From 1; 0 when its passage was not among the hits."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Everything the answer is made from; nothing here reaches back into the index."""

    question: str
    language: Language
    hits: tuple[Hit, ...]
    """Best first; ties in document order."""
    statements: tuple[StatementHit, ...]
    """Candidates, best cosine first: the statements of the hits and the nearest ones elsewhere."""
    sections: Mapping[str, Section]
    """By id: the sections of all hits and candidates."""
    siblings: Mapping[str, tuple[Statement, ...]]
    """By section id: all statements of that section in document order."""
    courses: Mapping[str, Course]
    match: float
    """Share of the question's informative terms that occur in the corpus, 0 to 1."""
    idf: Mapping[str, float]
    """Inverse document frequency of each of the question's words; an informative word that stands
    nowhere has that of a word in no passage."""
    surfaces: Mapping[str, str]
    """How each of these words is written in the question, in normal form."""
    grounding: tuple[str, ...] = ()
    """Ids of the statements that the last answer cited, when the question goes on from it."""
    given: str = ""
    """Id of the statement that the last short answer was taken from, when it goes on from that."""
    unknown: tuple[str, ...] = ()
    """The question's informative words that stand nowhere in the corpus, as written in it."""
    asked: str = ""
    """The question as it was searched for: after the topic that it goes on from."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quoted statement stands."""

    number: int
    """From 1, as written in the answer."""
    statement: str
    """Id of the statement."""
    course: str
    path: str
    heading_path: tuple[str, ...]
    lines: Lines
    span: Span
    quote: str
    """Verbatim."""
    url: str


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The answer in a word, a number or a list."""

    text: str
    """Verbatim from the cited statement; a list's items are joined by a separator."""
    items: tuple[str, ...]
    """The verbatim pieces: one, or the items of a list."""
    kind: str
    """``duration``, ``number``, ``name``, ``command``, ``yesno``, ``place``, ``link``, ``list``."""
    citation: int
    """Number of the citation that it was taken from."""
    conversion: str = ""
    """The same in the question's language, by rule (``3 hours``); never a quotation."""


@dataclass(frozen=True, slots=True)
class RelatedLink:
    """Where to read on."""

    text: str
    url: str
    """In the learner's language where a twin is known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a learner gets."""

    question: str
    language: Language
    state: State
    confidence: float
    """Calibrated probability that the first citation answers the question."""
    text: str
    """The whole answer as plain text, as a learner reads it."""
    short_answer: ShortAnswer | None
    statements: tuple[Statement, ...]
    """The quoted statements, in the order of ``citations``."""
    citations: tuple[Citation, ...]
    related: tuple[RelatedLink, ...]
    passages: tuple[Hit, ...]
    timings_ms: Mapping[str, float]
    generated: str = ""
    """A language model's wording, with ``[n]`` marks; empty for an extractive answer."""
    notice: str = ""
    """What the learner should know about how this answer was made (a failed model, say)."""
    unknown: tuple[str, ...] = ()
    """The question's informative words that stand nowhere in the corpus."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that the index was seen to answer when it was built."""

    question: str
    language: Language
    """Of the question."""
    course: str
    section: str
    """Id of the section that the first citation stands in."""
    statement: str
    """Id of the statement that is cited first."""
    confidence: float
    origin: str
    """What it was made from: ``example``, ``golden``, ``definition`` or ``heading``."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, as a follow-up needs them."""

    question: str
    answer: Answer
