"""What a report says of a run, checked against counting by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from coursebot.evaluation.report.summary import (
    FEWEST,
    PASSED,
    Measured,
    confidences,
    summarise,
    value_of,
)
from coursebot.evaluation.report.thresholds import curve
from coursebot.evaluation.run.records import Outcome
from coursebot.evaluation.scoring import abstention, calibration_error
from coursebot.types import Language
from tests.evaluation.conftest import synthetic_rows, values_of

if TYPE_CHECKING:
    from coursebot.evaluation.run import Run

Make = Callable[..., "Run"]


def test_rows_are_counted(make_run: Make) -> None:
    """Stale ones apart; outcomes by whether there is an answer; reasons most frequent first."""
    run = make_run(150)
    counts = summarise(run).counts
    counted = [row for row in run.rows if row.counts]
    assert (counts.questions, counts.counted, counts.stale) == (150, len(counted), 2)
    assert counts.errors == sum(bool(row.error) for row in run.rows) > 0
    assert counts.answerable + counts.unanswerable == counts.counted
    for name, wanted in (("answerable", False), ("unanswerable", True)):
        found = Counter(
            r.verdict.outcome for r in counted if r.verdict and r.unanswerable is wanted
        )
        assert counts.outcomes[name] == {one: found[one] for one in Outcome}
    assert list(counts.reasons.values()) == sorted(counts.reasons.values(), reverse=True)
    assert sum(counts.reasons.values()) == counts.counted - counts.passed


def test_a_mean_is_that_of_the_rows_it_applies_to(make_run: Make) -> None:
    """And lies in its interval."""
    run = make_run(150)
    measured = summarise(run).measured
    for name in ("right", "score", "cited", "RR@10", "abstained_rightly", "typed"):
        values = values_of(run.rows, name)
        one = measured[name]
        assert one.n == len(values)
        assert one.mean == pytest.approx(sum(values.values()) / len(values))
        assert one.low is not None
        assert one.high is not None
        assert one.low <= one.mean <= one.high
    assert next(iter(measured)) == PASSED


def test_a_group_is_a_run_of_its_own_rows(make_run: Make) -> None:
    """What is said of Japanese is what would be said if only Japanese had been asked."""
    alike = [row.model_copy(update={"cluster": row.id}) for row in synthetic_rows(150)]
    run = make_run(rows=alike)
    summary = summarise(run)
    japanese = next(one for one in summary.groups["language"] if one.name == "ja")
    alone = summarise(make_run(rows=[row for row in run.rows if row.lang is Language.JA]))
    assert list(japanese.measured) == list(alone.measured)
    for name, one in japanese.measured.items():
        whole = alone.measured[name]
        assert (one.n, one.mean) == (whole.n, whole.mean)
        assert (one.low is None) is (whole.low is None)
        if one.binary and one.n >= 40:
            # By formula and by resampling: Student against the normal.
            assert (one.low, one.high) == pytest.approx((whole.low, whole.high), abs=0.02)
    assert [one.n for one in summary.groups["tag"]] == sorted(
        (one.n for one in summary.groups["tag"]), reverse=True
    )
    assert sum(one.n for one in summary.groups["kind"]) == summary.counts.counted


def test_few_rows_have_no_interval(make_run: Make) -> None:
    """Four are too few to say how far the mean may be off; five are not."""
    rows = [row for row in synthetic_rows(60) if row.counts and not row.unanswerable]
    few = summarise(make_run(rows=rows[: FEWEST - 1])).measured["right"]
    enough = summarise(make_run(rows=rows[:FEWEST])).measured["right"]
    assert (few.n, few.low, few.high) == (4, None, None)
    assert enough.low is not None


def test_nothing_is_said_of_nothing(make_run: Make) -> None:
    """A run of stale rows, or of none, has no means, no groups and no curve."""
    stale = synthetic_rows(11)[10]
    assert not stale.counts
    for rows in ([stale], []):
        summary = summarise(make_run(rows=rows))
        assert summary.measured == {}
        assert summary.groups == {"language": (), "kind": (), "tag": (), "difficulty": ()}
        assert summary.abstention.curve == ()
        assert summary.counts.counted == 0


def test_levels_of_unanswerable_questions_stand_apart(make_run: Make) -> None:
    """Each with its own share held back."""
    run = make_run(600)
    levels = {level.name: level for level in summarise(run).levels}
    assert list(levels) == ["unrelated", "related", "false_premise", "nonsense"]
    for name, level in levels.items():
        own = [row for row in run.rows if row.counts and row.unanswerable and name in row.tags]
        held = list(values_of(own, "abstained_rightly").values())
        assert level.held_back.n == len(own)
        assert level.held_back.mean == pytest.approx(sum(held) / len(held))
    assert levels["unrelated"].held_back.mean > levels["related"].held_back.mean


def test_the_current_thresholds_are_among_the_steps(make_run: Make) -> None:
    """As the run's settings name them; a run that names none has none."""
    held = summarise(make_run(150)).abstention
    assert held.current == {"answered_above": 0.5, "unsure_above": 0.25}
    assert {0.5, 0.25} <= {point.threshold for point in held.steps}
    assert summarise(make_run(150, settings={})).abstention.current == {}


def test_the_first_question_stands_apart(make_run: Make) -> None:
    """It warms up, and is told beside the others' times."""
    run = make_run(150)
    stages = {stage.name: stage for stage in summarise(run).latency}
    assert stages["encode"].first == run.rows[0].timings_ms["encode"]
    assert stages["total"].p50 <= stages["total"].p95 <= stages["total"].max


def test_many_rows_are_summarised(make_run: Make) -> None:
    """4,442 questions, as many as JSQuAD has in as many clusters: each group has its interval."""
    rows = [
        row.model_copy(update={"cluster": f"paragraph-{place // 4}"})
        for place, row in enumerate(synthetic_rows(4442))
    ]
    found = summarise(make_run(rows=rows))
    groups = [group for named in found.groups.values() for group in named if group.n >= 5]
    assert groups
    assert all(group.measured["passed"].low is not None for group in groups)


def test_a_summary_is_the_same_each_time(make_run: Make) -> None:
    """Resampling has its seed."""
    run = make_run(150)
    assert summarise(run) == summarise(run)


def test_the_curve_is_the_scorers(make_run: Make) -> None:
    """Point for point, errors left out; the report only adds what holding back brings."""
    run = make_run(150)
    drawn = curve(confidences(row for row in run.rows if row.counts))
    scored = abstention(run.rows).points
    assert [(one.threshold, one.coverage, one.risk) for one in drawn] == [
        (one.threshold, one.coverage, one.risk) for one in scored
    ]


def test_confidence_is_measured_over_all_and_by_language(make_run: Make) -> None:
    """Errors and stale rows left out; the error lies in an interval that does not begin below 0."""
    run = make_run(600)
    summary = summarise(run)
    parts = {group.name: group.measured for group in summary.groups["language"]}
    rows = [row for row in run.rows if row.counts and row.given is not None]
    for lang, measured in (("", summary.measured), *parts.items()):
        own = [row for row in rows if lang in ("", row.lang.value)]
        error, brier = measured["calibration_error"], measured["brier"]
        assert error.n == brier.n == len(own)
        assert error.mean == pytest.approx(calibration_error(own))
        assert brier.mean == pytest.approx(
            sum(
                (row.given.confidence - (value_of(row, "right") or 0.0)) ** 2
                for row in own
                if row.given is not None
            )
            / len(own)
        )
        for one in (error, brier):
            assert one.low is not None
            assert one.high is not None
            assert 0 <= one.low <= one.mean <= one.high


def test_an_error_that_chance_explains_may_be_none(make_run: Make) -> None:
    """Of two thousand rows, eight right of ten: none when they say .8, one when they say .7."""
    rows = [row for row in synthetic_rows(3000) if row.counts and not row.unanswerable]
    rows = [row for row in rows if row.given is not None][:2000]

    def error(confidence: float) -> Measured:
        made = []
        for place, row in enumerate(rows):
            assert row.given is not None
            assert row.verdict is not None
            values = {**row.verdict.values, "right": float(place % 10 < 8)}
            made.append(
                row.model_copy(
                    update={
                        "given": row.given.model_copy(update={"confidence": confidence}),
                        "verdict": row.verdict.model_copy(update={"values": values}),
                        "cluster": row.id,
                    }
                )
            )
        return summarise(make_run(rows=made)).measured["calibration_error"]

    none, one = error(0.8), error(0.7)
    assert none.mean == pytest.approx(0.0, abs=1e-9)
    assert none.low == 0.0
    assert one.mean == pytest.approx(0.1)
    assert one.low is not None
    assert one.low > 0.05


def test_the_diagrams_points_have_their_intervals(make_run: Make) -> None:
    """Where a bin has enough questions; nothing is drawn of nothing."""
    found = summarise(make_run(150)).reliability
    assert found.most == max(point.held.n for point in found.points)
    for point in found.points:
        assert (point.low is None) is (point.held.n < FEWEST)
        if point.low is not None:
            assert point.high is not None
            assert point.low <= point.held.share <= point.high
    nothing = summarise(make_run(rows=[])).reliability
    assert (nothing.points, nothing.by_chance, nothing.most) == ((), None, 0)
