"""Rows of two runs ▶ pairs of the same item; what was added, removed and edited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from coursebot.evaluation.comparison.wording import Segment, differences
from coursebot.evaluation.golden.records import MUST
from coursebot.evaluation.run.records import Row

Turn = Literal["worse", "better", "reworded", "unjudged", "same"]

_GOLDEN = ("lang", "question", "history", "unanswerable", "answers", "sources", "must_not")
"""What an answer and its verdict depend on; tags, notes and the like may change."""


@dataclass(frozen=True, slots=True)
class Change:
    """One question in both runs."""

    before: Row
    after: Row

    @property
    def words(self) -> tuple[Segment, ...]:
        """What changed in the answer, word by word."""
        return differences(said(self.before), said(self.after))

    @property
    def must(self) -> bool:
        """Whether the gate lets nothing break it."""
        return MUST in self.after.tags

    @property
    def turn(self) -> Turn:
        """What came of it: by the verdict, then by the answer."""
        old, new = self.before.verdict, self.after.verdict
        if old is None or new is None:
            return "same" if old is new else "unjudged"
        if old.passed != new.passed:
            return "better" if new.passed else "worse"
        return "same" if _shown(self.before) == _shown(self.after) else "reworded"


@dataclass(frozen=True, slots=True)
class Alignment:
    """The rows of two runs, by id."""

    pairs: tuple[Change, ...]
    """The item is the same in both; in the order of the run after."""
    edited: tuple[Change, ...]
    """The question, what is expected of it, or its sources differ."""
    added: tuple[Row, ...]
    removed: tuple[Row, ...]

    @property
    def left_out(self) -> int:
        """Questions that are not compared."""
        return len(self.edited) + len(self.added) + len(self.removed)


def align(before: Sequence[Row], after: Sequence[Row]) -> Alignment:
    """Return the rows of two runs side by side."""
    old = {row.id: row for row in before}
    new = {row.id for row in after}
    both = [Change(old[row.id], row) for row in after if row.id in old]
    return Alignment(
        pairs=tuple(pair for pair in both if _same_item(pair)),
        edited=tuple(pair for pair in both if not _same_item(pair)),
        added=tuple(row for row in after if row.id not in old),
        removed=tuple(row for row in before if row.id not in new),
    )


def must_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return changes with those of ``must`` items at the top, else in their order."""
    return tuple(sorted(changes, key=lambda change: not change.must))


def said(row: Row) -> str:
    """Return the answer as a learner reads it; empty when there was none."""
    return row.given.generated or row.given.text if row.given else ""


def _same_item(pair: Change) -> bool:
    return all(getattr(pair.before, name) == getattr(pair.after, name) for name in _GOLDEN)


def _shown(row: Row) -> object:
    if row.given is None:
        return row.error
    cited = tuple((one.path, one.span) for one in row.given.citations)
    return row.given.state, said(row), row.given.short, cited
