"""One file ▶ its rows, the texts that are embedded, and their terms: all that needs no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursebot.course import File, cut, embedding
from coursebot.course.passages import CountTokens as CountTokens
from coursebot.index import records
from coursebot.index.lexical import LEGS, UNITS
from coursebot.types import Document

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of some texts, one text after the other."""

    vocabulary: tuple[str, ...]
    """Each term once, in the order in which they come."""
    numbers: NDArray[np.int32]
    """Place in ``vocabulary`` of every term of every text."""
    lengths: NDArray[np.int64]
    """Terms of each text."""

    @classmethod
    def of(cls, tokenise: Callable[[str], list[str]], texts: Sequence[str]) -> Terms:
        """Cut ``texts`` into terms."""
        number: dict[str, int] = {}
        numbers: list[int] = []
        lengths = []
        for text in texts:
            found = tokenise(text)
            numbers.extend(number.setdefault(term, len(number)) for term in found)
            lengths.append(len(found))
        return cls(
            tuple(number), np.array(numbers, dtype=np.int32), np.array(lengths, dtype=np.int64)
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """What one file gives. Its rows count files and sections from 0."""

    rows: Mapping[str, Sequence[Row]]
    """By the name of the file of the version that they belong to."""
    texts: dict[str, list[str]]
    """What is embedded and searched, by unit."""
    terms: dict[str, dict[str, Terms]]
    """By leg and unit."""


def cut_up(document: Document, count_tokens: CountTokens, limit: int) -> Cut:
    """Return what ``document`` gives, its passages ``limit`` tokens long at most."""
    passages = cut(document, count_tokens, limit)
    held = records.collect((), (document,), passages, ())
    sections = {section.id: section for section in document.sections}
    texts = {
        "passages": [embedding.passage_text(sections[p.section], p) for p in passages],
        "statements": [
            embedding.statement_text(sections[s.section], s) for s in document.statements
        ],
    }
    terms = {
        leg: {unit: Terms.of(tokenise, texts[unit]) for unit in UNITS}
        for leg, tokenise in LEGS.items()
    }
    return Cut(records.rows_of(held), texts, terms)


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts files up, in any process that it is sent to."""

    count_tokens: CountTokens
    limit: int

    def __call__(self, file: File) -> Cut:
        """Read ``file`` and cut it up; raises CorpusError when it was changed meanwhile."""
        return cut_up(file.read(), self.count_tokens, self.limit)
