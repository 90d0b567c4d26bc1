"""What a golden set holds: questions, what answers them, and where that stands in the material."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from coursebot.types import Language

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Text that says something; white space around it does not count."""

Name = Annotated[
    str, StringConstraints(pattern=r"^[\w.:-]+$", strip_whitespace=True, max_length=100)
]
"""A word without spaces: an id, a tag or a cluster; letters of any script, digits, ``_.:-``."""

MUST = "must"
"""Tag of items that the gate lets no change break."""


class AnswerKind(StrEnum):
    """How an expected answer is compared."""

    SPAN = "span"
    NUMBER = "number"
    DURATION = "duration"
    YESNO = "yesno"
    LIST = "list"
    FREEFORM = "freeform"
    """Judged by its source alone; its text is for people."""


class Difficulty(StrEnum):
    """How hard an author thinks that a question is."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Origin(StrEnum):
    """Where an item came from."""

    AUTHOR = "author"
    LEARNER = "learner"
    IMPORT = "import"


class Status(StrEnum):
    """How far an item is; only reviewed ones count."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    RETIRED = "retired"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Expected(_Record):
    """One part of the answer; all required parts must be there."""

    text: Text
    aliases: tuple[Text, ...] = ()
    """Other wordings that are as right, in either language."""
    kind: AnswerKind = AnswerKind.SPAN
    required: bool = True


class Source(_Record):
    """Where the answer stands; resolved against the material when a run starts."""

    path: Text
    """Of the file, relative to the course's folder; relative to the corpus folder in a set that is
    about several courses."""
    heading_path: tuple[Text, ...] = ()
    """Headings from the outermost; empty: anywhere in the file."""
    quote: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    """Verbatim; empty: the whole section or, without a heading path, the whole file."""
    relevance: int = Field(default=1, ge=1, le=3)
    """Gain for nDCG."""


class Asked(_Record):
    """A question and what is expected of its answer."""

    question: Text
    answers: tuple[Expected, ...] = ()
    sources: tuple[Source, ...] = ()
    """For an unanswerable question: the nearest statements, which do not answer it."""
    unanswerable: bool = False
    must_not: tuple[Text, ...] = ()
    """What the answer must not say."""
    note: str = ""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.unanswerable and self.answers:
            raise PydanticCustomError("has_answers", "an unanswerable question has no answers")
        if not self.unanswerable and not (self.answers or self.sources):
            raise PydanticCustomError("has_nothing", "needs answers, sources or both")
        return self


class Followup(Asked):
    """A question that goes on from the one before it."""


class GoldenItem(Asked):
    """One golden question, with the follow-ups that are asked after it."""

    id: Name
    lang: Language
    """Of the question."""
    tags: tuple[Name, ...] = ()
    difficulty: Difficulty = Difficulty.MEDIUM
    cluster: Name | None = None
    """Items of one cluster (paraphrases, translations) are not independent of each other."""
    origin: Origin = Origin.AUTHOR
    status: Status = Status.DRAFT
    followups: tuple[Followup, ...] = ()


UNANSWERABLE = "unanswerable"
"""The kind of a question that the material does not answer."""


def kind_of(asked: Asked) -> str:
    """Return what a question is grouped by: the kind of its first answer."""
    if asked.unanswerable:
        return UNANSWERABLE
    return asked.answers[0].kind.value if asked.answers else AnswerKind.FREEFORM.value
