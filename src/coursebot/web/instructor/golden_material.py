"""The indexed material ▶ statements to choose a source from, where quotes stand, and answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from coursebot.errors import QuestionError
from coursebot.evaluation.golden import Placed, Stale, place, revision
from coursebot.evaluation.golden.checking import rows
from coursebot.evaluation.golden.records import Asked, GoldenItem, Source, Status
from coursebot.evaluation.scoring import judge
from coursebot.types import Statement
from coursebot.web.instructor.golden_form import Fields
from coursebot.web.instructor.golden_words import Speech
from coursebot.web.instructor.shell import Desk

FOUND = 20
"""Statements that a search shows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands now, or that it does not."""

    placed: Placed | None
    stale: Stale | None

    @property
    def bad(self) -> bool:
        """Whether it stands nowhere."""
        return self.placed is None

    def text(self, s: Speech) -> str:
        """Return it in words."""
        if self.placed is None:
            assert self.stale
            return self.stale.why_ja if s.language == "ja" else self.stale.why
        where = {"path": self.placed.path, "line": self.placed.lines[0]}
        if self.placed.moved:
            return s("stands.moved", headings=" › ".join(self.placed.heading_path), **where)
        return s("stands", **where)


@dataclass(frozen=True, slots=True)
class Gone:
    """A source of an item that stands nowhere any more."""

    item: GoldenItem
    revision: str
    turn: int
    """From 1; follow-ups count on."""
    stale: Stale


class Shelf:
    """What the editor knows of the material, on the newest index; safe to use from threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._assistant = desk.assistant

    def stale(self, items: Sequence[GoldenItem], course: str) -> tuple[Gone, ...]:
        """Return the sources that no longer stand in the material, of items that may be run."""
        material = self._desk.material
        return tuple(
            Gone(item, revision(item), turn, one)
            for item in items
            if item.status is not Status.RETIRED
            for turn, (_, asked) in enumerate(rows(item), 1)
            for one in place(asked, material, course)[1]
        )

    def retaken(self, item: GoldenItem, course: str, turn: str, position: str) -> GoldenItem | None:
        """Return an item with the nearest text in the place of a stale quote; None: it stands."""
        for gone in self.stale([item], course):
            if (str(gone.turn), str(gone.stale.source)) != (turn, position):
                continue
            found = self._desk.material.file(gone.stale.nearest_path, None)
            if found is None:
                return None
            asked: Asked = item if gone.turn == 1 else item.followups[gone.turn - 2]
            sources = list(asked.sources)
            sources[gone.stale.source] = sources[gone.stale.source].model_copy(
                update={
                    "path": self._desk.material.relative(found, course),
                    "heading_path": gone.stale.nearest_heading_path,
                    "quote": gone.stale.nearest,
                }
            )
            new = {"sources": tuple(sources)}
            if gone.turn == 1:
                return item.model_copy(update=new)
            followups = list(item.followups)
            followups[gone.turn - 2] = followups[gone.turn - 2].model_copy(update=new)
            return item.model_copy(update={"followups": tuple(followups)})
        return None

    def places(self, item: GoldenItem, typed: Fields, course: str) -> dict[str, Place]:
        """Return where each source of the form stands, by the name of its part."""
        found: dict[str, Place] = {}
        material = self._desk.material
        parts = [("", typed), *((f"followups.{n}.", f) for n, f in enumerate(typed["followups"]))]
        for (prefix, fields), (_, asked) in zip(parts, rows(item), strict=False):
            placed, stale = place(asked, material, course)
            where: dict[int, Place] = {one.source: Place(one, None) for one in placed}
            where.update({one.source: Place(None, one) for one in stale})
            for number, name in enumerate(_filled(fields)):
                if number in where:
                    found[f"{prefix}{name}"] = where[number]
        return found

    def search(self, words: str, course: str) -> tuple[tuple[Statement, tuple[str, ...]], ...]:
        """Return the statements nearest to some words, each with its headings."""
        asked = course if course in self._assistant.courses else None
        try:
            answer, examined = self._assistant.examine(words, course=asked)
        except QuestionError:
            return ()
        found = examined.retrieved
        nearest = sorted(found.statements, key=lambda hit: -(hit.cosine + hit.lexical))
        # What would be quoted comes first: the words may be those of a question.
        best = dict.fromkeys([*answer.statements, *(hit.statement for hit in nearest)])
        return tuple(
            (statement, found.sections[statement.section].heading_path)
            for statement in list(best)[:FOUND]
        )

    def source(self, id: str, course: str) -> Source | None:
        """Return a statement as a golden source; None when the index has no such statement."""
        index = self._assistant.index
        at = index.statement_position(id)
        if at is None:
            return None
        statement = index.statements[at]
        headings = index.sections[statement.section].heading_path
        return self._desk.material.source_of(statement, headings, course)

    def tried(self, question: str, item: GoldenItem | None, course: str) -> dict[str, Any]:
        """Return the answer to a question and, where the form says what is expected, a verdict."""
        pinned = self._assistant.pinned()
        asked = course if course in pinned.courses else None
        answer = pinned.ask(question, course=asked)
        verdict = None
        if item is not None:
            placed, _ = place(item, self._desk.material, course)
            verdict = judge(item, item.lang, answer, placed, pinned.source).verdict
        return {"error": "", "answer": answer, "verdict": verdict}


def _filled(fields: Fields) -> Iterator[str]:
    """Yield the names of the sources that something was typed into, in order."""
    for number, one in enumerate(fields["sources"]):
        if any(one[name].strip() for name in ("path", "heading_path", "quote")):
            yield f"sources.{number}"
