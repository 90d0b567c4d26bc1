"""What a run holds: how it was made, and one row for each question."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coursebot.evaluation.golden.records import Difficulty, Expected, Source
from coursebot.types import Language, Lines, Span, State

FORMAT = 1
"""Raised when a run folder's files are no longer read as before."""


class Outcome(StrEnum):
    """What came of one question."""

    RIGHT = "right"
    """Answered rightly with the right source, or rightly not answered."""
    HEDGED = "hedged"
    """Shown as "not sure", whether or not it is right; neither rewarded nor punished."""
    ABSTAINED = "abstained"
    """The material was said not to answer, and it does."""
    WRONG = "wrong"
    """Given as an answer and not right."""


class Reason(StrEnum):
    """Why an item failed."""

    NOT_RETRIEVED = "not_retrieved"
    NOT_USED = "not_used"
    """Retrieved, but neither quoted nor answered from."""
    WRONG_ANSWER = "wrong_answer"
    WRONG_CITATION = "wrong_citation"
    WRONGLY_ABSTAINED = "wrongly_abstained"
    SHOULD_HAVE_ABSTAINED = "should_have_abstained"
    ERROR = "error"
    """The assistant failed; ``Row.error`` says how."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LegScore(_Record):
    """What one retrieval leg says of a passage."""

    rank: int
    """From 1; 0 when the leg did not find it."""
    score: float


class Ranked(_Record):
    """A retrieved passage, in the order of the run."""

    id: str
    section: str
    path: str
    lines: Lines
    text: str
    score: float
    legs: Mapping[str, LegScore]
    gold: int = 0
    """Relevance of the best source that it overlaps; 0: none."""
    gold_section: int = 0
    """The same for sources anywhere in its section."""


class Cited(_Record):
    """A citation, judged."""

    number: int
    course: str
    path: str
    heading_path: tuple[str, ...]
    lines: Lines
    span: Span
    quote: str
    url: str
    verbatim: bool
    """The quote stands at its span, character for character."""
    gold: bool
    """It overlaps a source of the golden item."""


class Given(_Record):
    """The answer that was given."""

    state: State
    confidence: float
    text: str
    """All of it, as a learner reads it."""
    short: str = ""
    conversion: str = ""
    short_kind: str = ""
    citations: tuple[Cited, ...] = ()
    generated: str = ""
    """A language model's wording; empty for an extractive answer."""
    notice: str = ""


class Verdict(_Record):
    """What the scorer says of one answer."""

    passed: bool
    """Right, or shown as "not sure" and right: what the gate watches."""
    outcome: Outcome
    reason: Reason | None = None
    """Why it failed; None when it passed."""
    values: Mapping[str, float] = Field(default_factory=dict)
    """By metric; metrics that do not apply to the question are left out."""


class Row(_Record):
    """One question of a golden set, asked."""

    id: str
    """The item's id; ``id#2`` for its first follow-up, ``id#3`` for the next."""
    item: str
    """The item's id."""
    lang: Language
    kind: str
    """Of the first expected answer; ``freeform`` without one, ``unanswerable`` without any."""
    tags: tuple[str, ...] = ()
    difficulty: Difficulty = Difficulty.MEDIUM
    cluster: str = ""
    """What it is resampled with: the item's cluster; else its first source's file, where the set is
    about enough files to draw from; else its id. Turns of one conversation share it."""
    question: str
    history: tuple[str, ...] = ()
    """The questions before it, oldest first."""
    unanswerable: bool = False
    answers: tuple[Expected, ...] = ()
    sources: tuple[Source, ...] = ()
    must_not: tuple[str, ...] = ()
    note: str = ""
    stale: tuple[int, ...] = ()
    """Positions of the sources that no longer stand in the material; such a row is not counted."""
    error: str = ""
    """Why the assistant gave no answer at all."""
    given: Given | None = None
    passages: tuple[Ranked, ...] = ()
    verdict: Verdict | None = None
    """None for a stale row."""
    timings_ms: Mapping[str, float] = Field(default_factory=dict)
    """By stage, with ``total``; no digest covers them."""

    @property
    def counts(self) -> bool:
        """Whether the row enters the metrics."""
        return self.verdict is not None


class Machine(_Record):
    """Where a run was made."""

    system: str
    processor: str
    cores: int
    python: str


class RunInfo(_Record):
    """``run.json``: what a run was made from; the same inputs give the same ``digest``."""

    format: int = FORMAT
    name: str
    """The folder's name."""
    golden: str
    """Path of the golden set, as it was given."""
    golden_digest: Annotated[str, Field(min_length=64, max_length=64)]
    """SHA-256 over the items that were asked."""
    course: str | None
    """The course that was asked; None: all of them."""
    tags: tuple[str, ...] = ()
    """Only items with one of these were asked; empty: all."""
    corpus_digest: str
    """SHA-256 over paths and texts of the indexed files."""
    index_digest: str
    """The index manifest's."""
    model: str
    model_fingerprint: str
    settings: Mapping[str, object]
    """What an answer depends on, weights of the legs among it."""
    code: str
    """Version of coursebot and, from a checkout, its commit."""
    machine: Machine
    started_at: str
    """ISO 8601 in UTC."""
    finished_at: str = ""
    """Empty while it is running or when it was broken off."""
    seconds: float = 0.0
    """Time spent, all sittings together."""
    questions: int
    """Rows that a finished run has."""
    digest: str = ""
    """SHA-256 over the rows without their timings; empty until it is finished."""
