"""Rankings of chunks ▶ rows as our own runs have them, judged by the same scorer.

A system that only ranks chunks shows its first one as the answer, cites it, is as sure of it as its
own score says, and never holds back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks import data, notes_versus, versus
from coursebot.evaluation.golden import Material, place
from coursebot.evaluation.golden.records import Asked
from coursebot.evaluation.run.records import Row
from coursebot.evaluation.scoring import judge
from coursebot.index import Searchable
from coursebot.types import (
    Answer,
    Citation,
    Encoder,
    Hit,
    Kind,
    Lines,
    Passage,
    Span,
    State,
    Statement,
)

CHUNK = notes_versus.CHUNK
"""Characters a chunk."""
DEPTH = 10
"""Chunks that are ranked for each question."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file and where it stands."""

    path: str
    text: str
    lines: Lines
    span: Span


def chunks(index: Searchable, course: str | None) -> list[Chunk]:
    """Return the chunks of an index's files, or of one course's, by path and place."""
    sections = index.sections.values()
    paths = {section.path for section in sections if course in (None, section.course)}
    return [chunk for path in sorted(paths) for chunk in cut(path, index.source(path))]


def cut(path: str, source: str) -> Iterator[Chunk]:
    """Yield the chunks of a file."""
    at = 0
    for text, lines in data.chunks(source, CHUNK):
        # not found only where lines end in more than one character: then from where it may be
        start = max(source.find(text, at), at)
        at = start + len(text)
        yield Chunk(path, text, lines, (start, at))


def rows(
    where: versus.Environment | None,
    encoder: Encoder,
    name: str,
    asked: Sequence[Row],
    index: Searchable,
    course: str | None,
) -> dict[str, list[Row]]:
    """Return each peer's rows for the questions of a run; a question that goes on is asked alone.

    ``name`` is the task's. Peers that crash are left out.
    """
    pieces = chunks(index, course)
    task = versus.Task([p.text for p in pieces], [row.question for row in asked], DEPTH)
    outcome = versus.rankings(where, encoder, {name: task})
    material = Material.from_index(index)
    found = {}
    for peer, of in outcome.found.items():
        best = outcome.best[peer][name]
        found[peer] = [
            _judged(row, _answer(row, [pieces[n] for n in ranking], score), index, material, course)
            for row, ranking, score in zip(asked, of[name], best, strict=True)
        ]
    return found


def _judged(
    row: Row, answer: Answer, index: Searchable, material: Material, course: str | None
) -> Row:
    question = Asked(
        question=row.question,
        answers=row.answers,
        sources=row.sources,
        unanswerable=row.unanswerable,
        must_not=row.must_not,
    )
    placed, _ = place(question, material, course)
    judged = judge(question, row.lang, answer, placed, index.source)
    return row.model_copy(
        update={
            "given": judged.given,
            "passages": judged.passages,
            "verdict": judged.verdict,
            "error": "",
        }
    )


def _answer(row: Row, ranked: Sequence[Chunk], score: float) -> Answer:
    first = ranked[:1]
    return Answer(
        question=row.question,
        language=row.lang,
        state=State.ANSWERED,
        confidence=score,
        text="".join(chunk.text for chunk in first),
        short_answer=None,
        statements=tuple(
            Statement(
                _id(c), "", "", c.path, c.lines, c.span, c.text, plain=c.text, kind=Kind.SENTENCE
            )
            for c in first
        ),
        citations=tuple(
            Citation(1, _id(c), "", c.path, (), c.lines, c.span, c.text, "") for c in first
        ),
        related=(),
        passages=tuple(
            Hit(Passage(_id(c), "", "", c.path, c.lines, c.span, c.text, ()), 0.0, {})
            for c in ranked
        ),
        timings_ms={},
    )


def _id(chunk: Chunk) -> str:
    return f"{chunk.path}:{chunk.span[0]}-{chunk.span[1]}"
