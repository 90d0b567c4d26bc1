"""Baseline and run ▶ whether the run may pass, and why not.

The gate is shut by an item tagged ``must`` that passed in the baseline and fails now, and by a
headline metric whose 95 % interval of the difference lies below 0. Everything else is noise or
progress.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursebot.errors import RunError
from coursebot.evaluation.comparison import compare
from coursebot.evaluation.golden.records import MUST
from coursebot.evaluation.run import Run
from coursebot.evaluation.run.records import Row, RunInfo


@dataclass(frozen=True, slots=True)
class Broken:
    """A ``must`` item that passed and now fails."""

    before: Row
    now: Row


@dataclass(frozen=True, slots=True)
class Worse:
    """A headline metric that is lower than chance explains."""

    metric: str
    before: float
    now: float
    low: float
    """Of the 95 % interval of the difference."""
    high: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says."""

    broken: tuple[Broken, ...]
    worse: tuple[Worse, ...]
    unjudged: tuple[Row, ...] = ()
    """``must`` items that passed and are stale now: a warning, since their source is gone."""

    @property
    def passed(self) -> bool:
        """Whether the run may pass."""
        return not self.broken and not self.worse

    @property
    def summary(self) -> str:
        """Why it may not, in one line; empty when it may."""
        said = []
        if self.broken:
            ids = ", ".join(broken.now.id for broken in self.broken[:5])
            more = f" and {len(self.broken) - 5} more" if len(self.broken) > 5 else ""
            said.append(f"items that must pass fail now ({ids}{more})")
        if self.worse:
            said.append(f"worse by {', '.join(worse.metric for worse in self.worse)}")
        return "; ".join(said)


def check_comparable(baseline: Run, wanted: RunInfo) -> None:
    """Raise RunError unless a run made from ``wanted`` can be held against ``baseline``.

    Asked before the run, so that nobody waits for one that cannot be judged.
    """
    where = baseline.folder
    again = f"Make a new one: coursebot eval --out {where.parent} --name NAME, with the same tags."
    if not baseline.finished:
        raise RunError(f"The baseline {where} is not finished.", again)
    if baseline.info.golden_digest != wanted.golden_digest:
        raise RunError(
            f"The baseline {where} was made with another golden set: other items, or another "
            "choice of tags.",
            again,
        )
    if baseline.info.course != wanted.course:
        raise RunError(
            f"The baseline {where} asked {baseline.info.course or 'all courses'}, this run "
            f"{wanted.course or 'all courses'}.",
            again,
        )


def judge(baseline: Run, run: Run) -> Judgement:
    """Return whether ``run`` may pass; raises RunError when the two cannot be compared."""
    before = {row.id: row for row in baseline.rows}
    watched = [
        (before[row.id], row)
        for row in run.rows
        if MUST in row.tags and row.id in before and _passed(before[row.id])
    ]
    return Judgement(
        broken=tuple(Broken(old, new) for old, new in watched if new.counts and not _passed(new)),
        worse=tuple(_worse(baseline, run)),
        unjudged=tuple(new for _, new in watched if not new.counts),
    )


def _passed(row: Row) -> bool:
    return row.verdict is not None and row.verdict.passed


def _worse(baseline: Run, run: Run) -> Iterator[Worse]:
    for found in compare(baseline, run).headline:
        if found.low is not None and found.high is not None and found.high < 0:
            yield Worse(found.metric, found.before, found.after, found.low, found.high)
