"""The gate is shut by what got worse beyond chance, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coursebot.errors import RunError
from coursebot.evaluation.gate import check_comparable, judge
from coursebot.evaluation.golden.records import MUST
from coursebot.evaluation.run import Run
from coursebot.evaluation.run.records import Outcome, Reason, Row
from tests.evaluation.conftest import synthetic_run


def test_a_run_passes_against_itself(make_run: Callable[..., Run]) -> None:
    """Nothing is worse."""
    judged = judge(make_run(), make_run(name="again"))
    assert judged.passed
    assert judged.summary == ""


def test_a_much_worse_run_is_stopped(make_run: Callable[..., Run]) -> None:
    """The metrics are named with intervals that lie below 0."""
    judged = judge(make_run(skill=0.9), make_run(skill=0.4))
    assert not judged.passed
    assert "right" in [worse.metric for worse in judged.worse]
    assert all(worse.low <= worse.high < 0 for worse in judged.worse)
    assert "worse by right" in judged.summary


def test_a_better_run_passes(make_run: Callable[..., Run]) -> None:
    """A change for the better never shuts the gate."""
    better = judge(make_run(skill=0.4), make_run(skill=0.9))
    assert better.worse == ()


def failing(row: Row) -> Row:
    """Return the row with a verdict that failed, its metrics as they were."""
    assert row.verdict is not None
    failed = {"passed": False, "outcome": Outcome.WRONG, "reason": Reason.NOT_USED}
    return row.model_copy(update={"verdict": row.verdict.model_copy(update=failed)})


def changed(run: Run, id: str, change: Callable[[Row], Row]) -> Run:
    """Return the run with one row changed."""
    rows = [change(row) if row.id == id else row for row in run.rows]
    return synthetic_run(0, rows=rows, name="now", golden_digest=run.info.golden_digest)


def passed(run: Run, *, must: bool) -> Row:
    """Return the first row that passed and is, or is not, tagged ``must``."""
    return next(
        row for row in run.rows if row.verdict and row.verdict.passed and must == (MUST in row.tags)
    )


def test_one_must_item_that_fails_now_is_enough(make_run: Callable[..., Run]) -> None:
    """Even where no metric is worse."""
    run = make_run()
    row = passed(run, must=True)
    judged = judge(run, changed(run, row.id, failing))
    assert not judged.passed
    assert [broken.now.id for broken in judged.broken] == [row.id]
    assert judged.worse == ()
    assert row.id in judged.summary


def test_one_other_item_that_fails_now_is_not(make_run: Callable[..., Run]) -> None:
    """That is within chance."""
    run = make_run()
    assert judge(run, changed(run, passed(run, must=False).id, failing)).passed


def test_a_must_item_that_failed_before_may_fail(make_run: Callable[..., Run]) -> None:
    """It is no change."""
    run = make_run()
    before = changed(run, passed(run, must=True).id, failing)
    assert judge(before, before).passed


def test_a_must_item_whose_source_is_gone_is_a_warning(make_run: Callable[..., Run]) -> None:
    """A stale row is no failure."""
    run = make_run()
    row = passed(run, must=True)
    stale = changed(
        run, row.id, lambda row: row.model_copy(update={"stale": (0,), "verdict": None})
    )
    judged = judge(run, stale)
    assert judged.passed
    assert [row.id for row in judged.unjudged] == [row.id]


def test_another_golden_set_cannot_be_held_against_it(make_run: Callable[..., Run]) -> None:
    """The command that makes a new baseline is named."""
    wanted = make_run().info.model_copy(update={"golden_digest": "0" * 64})
    with pytest.raises(RunError, match=r"another golden set.*coursebot eval --out"):
        check_comparable(make_run(), wanted)


def test_an_unfinished_baseline_is_refused(make_run: Callable[..., Run]) -> None:
    """It has no say about the questions that were not asked."""
    with pytest.raises(RunError, match="is not finished"):
        check_comparable(make_run(finished_at=""), make_run().info)


def test_another_course_is_refused(make_run: Callable[..., Run]) -> None:
    """The answers have another material."""
    with pytest.raises(RunError, match="asked az-500, this run all courses"):
        check_comparable(make_run(), make_run(course=None).info)
