"""Two runs ▶ headline differences, differences by group, and the questions that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from coursebot.errors import RunError
from coursebot.evaluation import scoring, statistics
from coursebot.evaluation.comparison.alignment import Change, Turn, align, must_first
from coursebot.evaluation.comparison.inputs import (
    Differing,
    check_finished,
    differing,
    refusal,
)
from coursebot.evaluation.run import Run
from coursebot.evaluation.run.records import Row, RunInfo
from coursebot.types import Language

_By = Literal["language", "kind", "tag"]
Judged = Literal["better", "worse", "unclear", "same"]

VERDICTS = {
    "better": {Language.EN: "better", Language.JA: "改善"},
    "worse": {Language.EN: "worse", Language.JA: "悪化"},
    "unclear": {
        Language.EN: "too few questions to tell",
        Language.JA: "判断するには質問が少なすぎる",
    },
    "same": {Language.EN: "no difference", Language.JA: "差なし"},
}
"""What a verdict says to people."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric in both runs, over the questions that have it in both."""

    metric: str
    binary: bool
    n: int
    before: float
    after: float
    difference: float
    """After minus before."""
    low: float | None
    """Of the 95 % interval of the difference; None for too few questions to have one."""
    high: float | None
    p: float
    corrected_p: float
    """Holm's, over the headline metrics; of others it is ``p``."""
    method: statistics.Method
    wins: int
    ties: int
    losses: int

    @property
    def verdict(self) -> Judged:
        """What can be said: a difference needs an interval without 0, and the test on its side.

        The bootstrap of a few changes that all go one way never meets 0, however few they are; the
        test then still says what chance alone would do. Its p is not the corrected one: that is
        for who looks for any difference at all.
        """
        if self.ties == self.n and self.low is not None:
            return "same"
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "unclear"
        if self.p > 1 - statistics.LEVEL:
            return "unclear"
        higher = scoring.METRICS[self.metric].better == "higher"
        return "better" if (self.low > 0) == higher else "worse"


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """A metric over the questions that have something in common; exploratory, hence without p."""

    by: _By
    name: str
    metric: str
    n: int
    before: float
    after: float
    difference: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a run (after) differs from another (before)."""

    before: RunInfo
    after: RunInfo
    aligned: int
    """Questions that were compared."""
    left_out: int
    """Questions that are in one run only, or were edited between them."""
    headline: tuple[Compared, ...]
    """In the order of ``scoring.HEADLINE``; metrics that no question has are left out."""
    calibration: tuple[Compared, ...]
    """In the order of ``scoring.CALIBRATION``: no gate looks at them, and lower is better."""
    groups: tuple[GroupDifference, ...]
    differing: tuple[Differing, ...]
    regressions: tuple[Change, ...]
    """Passed before, fail now; those tagged ``must`` first."""
    fixed: tuple[Change, ...]
    """Failed before, pass now."""
    changed: tuple[Change, ...]
    """Another answer, the same verdict."""
    unjudged: tuple[Change, ...]
    """Stale in one of the runs."""
    edited: tuple[Change, ...]
    """The golden item was edited between the runs; not compared."""
    added: tuple[Row, ...]
    removed: tuple[Row, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the runs differ in besides the golden set, each once: keys of the report's words."""
        found = [one.what for one in self.differing if one.what not in ("golden", "tags")]
        machine = ["machine"] if self.before.machine != self.after.machine else []
        return tuple(dict.fromkeys([*found, *machine]))


def compare(a: Run, b: Run, *, aligned: bool = False) -> Comparison:
    """Return how ``b`` (after) differs from ``a`` (before).

    With ``aligned``, runs of different golden sets are compared over the items that are the same in
    both. Raises RunError for a run that is not finished, for different golden sets otherwise, and
    when no question is in both.
    """
    check_finished(a)
    check_finished(b)
    found = align(a.rows, b.rows)
    if a.info.golden_digest != b.info.golden_digest and not aligned:
        raise refusal(a.info, b.info, found)
    if not found.pairs:
        raise RunError(
            f"{a.info.name} and {b.info.name} have no question in common.",
            "Compare runs of one golden set: coursebot eval GOLDEN makes them.",
        )
    turned: dict[Turn, list[Change]] = {}
    for pair in found.pairs:
        turned.setdefault(pair.turn, []).append(pair)
    counted = [pair for pair in found.pairs if pair.before.counts and pair.after.counts]
    return Comparison(
        before=a.info,
        after=b.info,
        aligned=len(found.pairs),
        left_out=found.left_out,
        headline=_headline(counted),
        calibration=_calibration(counted),
        groups=tuple(_groups(counted)),
        differing=differing(a.info, b.info),
        regressions=must_first(turned.get("worse", ())),
        fixed=must_first(turned.get("better", ())),
        changed=must_first(turned.get("reworded", ())),
        unjudged=must_first(turned.get("unjudged", ())),
        edited=found.edited,
        added=found.added,
        removed=found.removed,
    )


def _headline(counted: Sequence[Change]) -> tuple[Compared, ...]:
    made = []
    for name in scoring.HEADLINE:
        held = [(pair, *values) for pair in counted if (values := _values(pair, name))]
        if held:
            made.append(_compared(name, held))
    corrected = statistics.holm([one.p for one in made])
    return tuple(replace(one, corrected_p=p) for one, p in zip(made, corrected, strict=True))


def _calibration(counted: Sequence[Change]) -> tuple[Compared, ...]:
    """Return how the confidences differ, over the questions that were answered in both runs."""
    both = [pair for pair in counted if pair.before.given and pair.after.given]
    before = scoring.calibration([pair.before for pair in both])
    after = scoring.calibration([pair.after for pair in both])
    if not both:
        return ()
    return tuple(
        _compared(
            name,
            [(pair, before[name][pair.before.id], after[name][pair.after.id]) for pair in both],
        )
        for name in scoring.CALIBRATION
    )


def _compared(name: str, held: Sequence[tuple[Change, float, float]]) -> Compared:
    """Return a metric in both runs from its values of each question; it has at least one."""
    metric = scoring.METRICS[name]
    binary = metric.kind == "binary"
    pairs, before, after = zip(*held, strict=True)
    clusters = [pair.after.cluster or pair.after.id for pair in pairs]
    found = statistics.paired(before, after, clusters, binary=binary)
    better, worse = found.wins, found.losses
    if metric.better == "lower":
        better, worse = worse, better
    return Compared(
        metric=name,
        binary=binary,
        n=found.n,
        before=found.before,
        after=found.after,
        difference=found.difference,
        low=found.interval.low if found.interval else None,
        high=found.interval.high if found.interval else None,
        p=found.p,
        corrected_p=found.p,
        method=found.method,
        wins=better,
        ties=found.ties,
        losses=worse,
    )


def _groups(counted: Sequence[Change]) -> Iterator[GroupDifference]:
    members: dict[tuple[_By, str, str], list[tuple[float, float]]] = {}
    for pair in counted:
        row = pair.after
        groups: list[tuple[_By, str]] = [("language", row.lang.value), ("kind", row.kind)]
        groups += [("tag", tag) for tag in row.tags]
        for metric in scoring.HEADLINE:
            values = _values(pair, metric)
            if values is not None:
                for by, name in groups:
                    members.setdefault((by, name, metric), []).append(values)
    metrics = {metric: place for place, metric in enumerate(scoring.HEADLINE)}
    bys = {"language": 0, "kind": 1, "tag": 2}
    for by, name, metric in sorted(members, key=lambda key: (bys[key[0]], key[1], metrics[key[2]])):
        held = members[by, name, metric]
        before, after = (fmean(side) for side in zip(*held, strict=True))
        yield GroupDifference(by, name, metric, len(held), before, after, after - before)


def _values(pair: Change, metric: str) -> tuple[float, float] | None:
    """Return a metric before and after; None unless both have it."""
    old, new = pair.before.verdict, pair.after.verdict
    if old is None or new is None or metric not in old.values or metric not in new.values:
        return None
    return old.values[metric], new.values[metric]
