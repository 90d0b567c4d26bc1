"""Two runs side by side: what is compared, refused, warned of, and said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from coursebot.errors import RunError
from coursebot.evaluation.comparison import Compared, Comparison, compare
from coursebot.evaluation.comparison.comparison import VERDICTS
from coursebot.evaluation.run import Run
from coursebot.evaluation.run.records import Row
from coursebot.evaluation.scoring import CALIBRATION, HEADLINE, calibration_error
from coursebot.types import Language
from tests.evaluation.conftest import synthetic_rows, values_of

MakeRun = Callable[..., Run]


@pytest.fixture
def found(make_run: MakeRun) -> Comparison:
    """Return the comparison of a run with a better one."""
    return compare(make_run(skill=0.6, name="a"), make_run(skill=0.8, seed="x", name="b"))


def one(found: Comparison, metric: str) -> Compared:
    """Return a headline metric."""
    return next(each for each in found.headline if each.metric == metric)


def edited(rows: tuple[Row, ...], place: int, **changes: object) -> tuple[Row, ...]:
    """Return rows of which one differs."""
    return (*rows[:place], rows[place].model_copy(update=changes), *rows[place + 1 :])


def test_a_run_does_not_differ_from_itself(make_run: MakeRun) -> None:
    """Nothing is better, worse, changed or warned of."""
    run = make_run()
    found = compare(run, run)
    assert {each.verdict for each in found.headline} == {"same"}
    assert {each.corrected_p for each in found.headline} == {1.0}
    assert not (found.regressions)
    assert not (found.fixed)
    assert not (found.changed)
    assert not (found.unjudged)
    assert (found.differing, found.warnings, found.left_out) == ((), (), 0)


def test_headline_is_that_of_the_rows(make_run: MakeRun) -> None:
    """Means, wins and n by hand, over the rows that have the metric in both runs."""
    a, b = make_run(skill=0.6, name="a"), make_run(skill=0.8, seed="x", name="b")
    found = compare(a, b)
    assert [each.metric for each in found.headline] == list(HEADLINE)
    for each in found.headline:
        old, new = values_of(a.rows, each.metric), values_of(b.rows, each.metric)
        both = [name for name in old if name in new]
        assert each.n == len(both) == each.wins + each.ties + each.losses
        assert each.before == pytest.approx(np.mean([old[name] for name in both]))
        assert each.difference == pytest.approx(np.mean([new[name] - old[name] for name in both]))
        assert each.wins == sum(new[name] > old[name] for name in both)


def doubting(run: Run, less: float) -> Run:
    """Return a run whose answers are the same, each less sure."""
    rows = []
    for row in run.rows:
        given = row.given
        if given is not None:
            sure = max(round(given.confidence - less, 6), 0.0)
            given = given.model_copy(update={"confidence": sure})
        rows.append(row.model_copy(update={"given": given}))
    return Run(run.folder, run.info, tuple(rows))


def test_calibration_is_compared_where_both_gave_an_answer(make_run: MakeRun) -> None:
    """Each figure is that of its run's rows; to the headline it does not belong."""
    a = make_run(150, name="a")
    b = Run(a.folder, a.info, edited(doubting(a, 0.2).rows, 0, given=None))
    found = compare(a, b)
    rows = [row for row in a.rows[1:] if row.counts and row.given is not None]
    assert [each.metric for each in found.calibration] == list(CALIBRATION)
    error = found.calibration[0]
    assert error.n == len(rows)
    assert error.before == pytest.approx(calibration_error(rows))
    assert error.after == pytest.approx(calibration_error(b.rows))
    assert error.difference == pytest.approx(error.after - error.before)
    assert not set(CALIBRATION) & {each.metric for each in found.headline}


@pytest.mark.parametrize("metric", CALIBRATION)
def test_of_calibration_less_is_better(make_run: MakeRun, metric: str) -> None:
    """Of answers that are half wrong, confidence .6 less than certain is the better one."""
    sure = make_run(
        rows=[
            row.model_copy(
                update={
                    "cluster": row.id,
                    "given": row.given and row.given.model_copy(update={"confidence": 1.0}),
                }
            )
            for row in synthetic_rows(150, skill=0.4)
        ]
    )
    there, back = compare(sure, doubting(sure, 0.6)), compare(doubting(sure, 0.6), sure)
    for found, verdict in ((there, "better"), (back, "worse"), (compare(sure, sure), "same")):
        each = found.calibration[CALIBRATION.index(metric)]
        assert each.verdict == verdict
    each = there.calibration[CALIBRATION.index(metric)]
    assert each.difference < 0
    assert each.wins > each.losses


def test_p_values_are_corrected(found: Comparison) -> None:
    """By Holm: as scipy has none, the smallest of six is times six."""
    smallest = min(found.headline, key=lambda each: each.p)
    assert smallest.corrected_p == pytest.approx(min(1.0, len(found.headline) * smallest.p))
    assert all(each.corrected_p >= each.p for each in found.headline)


def test_independent_binary_metrics_get_mcnemar(make_run: MakeRun) -> None:
    """Where each row is its own cluster; the p-value is that of scipy's binomial test."""
    a, b = (
        make_run(
            rows=[
                row.model_copy(update={"cluster": row.id})
                for row in synthetic_rows(150, skill=skill)
            ]
        )
        for skill in (0.6, 0.8)
    )
    right = one(compare(a, b), "right")
    assert right.method == "mcnemar"
    assert right.p == pytest.approx(stats.binomtest(right.wins, right.wins + right.losses).pvalue)


def test_a_clear_difference_is_said(found: Comparison) -> None:
    """And turns round with the runs."""
    right = one(found, "right")
    assert right.verdict == "better"
    assert right.low is not None
    assert right.low > 0


def test_swapping_the_runs_swaps_everything(make_run: MakeRun) -> None:
    """Regressions become fixes, better becomes worse."""
    a, b = make_run(skill=0.6, name="a"), make_run(skill=0.8, seed="x", name="b")
    there, back = compare(a, b), compare(b, a)
    assert [each.after.id for each in there.fixed] == [each.after.id for each in back.regressions]
    assert one(back, "right").verdict == "worse"
    assert one(there, "right").difference == pytest.approx(-one(back, "right").difference)


def test_few_questions_tell_nothing(make_run: MakeRun) -> None:
    """Said in words, in both languages."""
    found = compare(make_run(16, skill=0.6), make_run(16, skill=0.65, seed="x"))
    assert {each.verdict for each in found.headline} <= {"unclear", "same"}
    assert VERDICTS["unclear"][Language.EN] == "too few questions to tell"
    assert VERDICTS["unclear"][Language.JA] == "判断するには質問が少なすぎる"


def test_a_few_changes_one_way_are_no_proof() -> None:
    """The bootstrap of 4 wins of 37 does not meet 0, but a coin falls so one time in eight."""
    made = Compared(
        "right", True, 37, 0.7, 0.8, 4 / 37, 0.03, 0.22, 0.125, 0.75, "mcnemar", 4, 33, 0
    )  # fmt: skip
    assert made.verdict == "unclear"


def test_regressions_come_first_with_must_at_the_top(found: Comparison) -> None:
    """Passed, now fail; within both parts in the order of the run."""
    back = [each.must for each in found.fixed]
    assert back == sorted(back, reverse=True)
    assert any(back)
    assert all(
        each.after.verdict and each.after.verdict.passed and each.before.verdict
        and not each.before.verdict.passed
        for each in found.fixed
    )  # fmt: skip
    for part in (True, False):
        ids = [each.after.id for each in found.regressions if each.must is part]
        assert ids == [row.id for row in synthetic_rows(150) if row.id in ids]


def test_another_answer_with_the_same_verdict(make_run: MakeRun) -> None:
    """It is listed apart, with what changed in it."""
    a = make_run()
    given = a.rows[0].given
    assert given is not None
    other = given.model_copy(update={"text": given.text + "\nAnd more."})
    found = compare(a, make_run(rows=edited(a.rows, 0, given=other)))
    assert [each.after.id for each in found.changed] == [a.rows[0].id]
    assert found.changed[0].words[-1].kind == "added"
    assert found.changed[0].words[-1].text.endswith("And more.")


def test_a_row_that_became_stale_is_not_judged(make_run: MakeRun) -> None:
    """It is no regression, and counts in no metric."""
    a = make_run()
    found = compare(a, make_run(rows=edited(a.rows, 0, verdict=None, stale=(0,))))
    assert [each.after.id for each in found.unjudged] == [a.rows[0].id]
    assert not found.regressions
    assert one(found, "right").n == one(compare(a, a), "right").n - 1


def test_other_golden_sets_are_refused(make_run: MakeRun) -> None:
    """Both digests, what differs, and what to do."""
    a = make_run(40, name="a")
    b = make_run(rows=edited(make_run(42).rows, 0, question="Changed?")[1:], name="b")
    b = Run(b.folder, b.info, (*b.rows, a.rows[0].model_copy(update={"question": "Changed?"})))
    with pytest.raises(RunError) as raised:
        compare(a, b)
    said = str(raised.value)
    assert a.info.golden_digest[:12] in said
    assert b.info.golden_digest[:12] in said
    assert "2 added (q0040, q0041), 1 changed (q0000)" in said
    assert "39 questions that are the same in both: add --aligned" in said
    assert "coursebot eval corpus/az-500/golden.jsonl" in said


def test_runs_by_tag_are_refused_with_the_tags(make_run: MakeRun) -> None:
    """The reason is named."""
    a = make_run(40, name="a")
    b = make_run(rows=[row for row in a.rows if "must" in row.tags], name="b", tags=("must",))
    with pytest.raises(RunError, match="b asked only items tagged must"):
        compare(a, b)


def test_other_notes_alone_are_refused_too(make_run: MakeRun) -> None:
    """The digest differs; the message says that no verdict depends on it."""
    a = make_run(20)
    with pytest.raises(RunError, match="only what no verdict depends on"):
        compare(a, make_run(20, golden_digest="f" * 64))


def test_aligned_runs_are_compared_over_what_is_the_same(make_run: MakeRun) -> None:
    """The rest is listed and counted."""
    a = make_run(40, name="a")
    b = make_run(rows=edited(make_run(42).rows, 0, question="Changed?")[:-1], name="b")
    b = Run(b.folder, b.info, tuple(row for row in b.rows if row.id != a.rows[5].id))
    found = compare(a, b, aligned=True)
    assert [each.after.question for each in found.edited] == ["Changed?"]
    assert [row.id for row in found.added] == ["q0040"]
    assert [row.id for row in found.removed] == [a.rows[5].id]
    assert (found.aligned, found.left_out) == (38, 3)
    assert found.differing[0].what == "golden"


def test_runs_without_a_common_question(make_run: MakeRun) -> None:
    """There is nothing to compare."""
    rows = synthetic_rows(20)
    a, b = make_run(rows=rows[:8]), make_run(rows=rows[10:])
    with pytest.raises(RunError, match="no question in common"):
        compare(a, b, aligned=True)


def test_an_unfinished_run_is_refused_with_the_command(make_run: MakeRun) -> None:
    """The command goes on with that very run."""
    broken = make_run(20, name="b", finished_at="", tags=("must",))
    with pytest.raises(RunError) as raised:
        compare(make_run(20), broken)
    assert "coursebot eval corpus/az-500/golden.jsonl --course az-500 --tag must" in str(
        raised.value
    )
    assert "--name b" in str(raised.value)


def test_what_the_runs_were_made_from_is_compared(make_run: MakeRun) -> None:
    """Every input by name, with both values."""
    found = compare(
        make_run(20),
        make_run(
            20,
            corpus_digest="1" * 64,
            index_digest="2" * 64,
            model="other",
            code="2.0",
            settings={"top_k": 5, "answered_above": 0.5, "unsure_above": 0.25, "new": "x"},
        ),
    )
    named = {each.name: (each.before, each.after) for each in found.differing}
    assert named["top_k"] == ("10", "5")
    assert named["lexical"] == ("4.0", "–")
    assert named["new"] == ("–", "x")
    assert named["code"] == ("1.0.0+8e6117d", "2.0")
    assert "answered_above" not in named
    assert found.warnings == ("corpus", "index", "model", "settings", "code")


def test_groups_are_means_of_their_rows(make_run: MakeRun) -> None:
    """By language, kind and tag."""
    a, b = make_run(skill=0.6), make_run(skill=0.8, seed="x")
    found = compare(a, b)
    assert {each.by for each in found.groups} == {"language", "kind", "tag"}
    japanese = next(each for each in found.groups if (each.name, each.metric) == ("ja", "right"))
    rows = [row for row in b.rows if row.lang is Language.JA]
    assert japanese.after == pytest.approx(np.mean(list(values_of(rows, "right").values())))
    assert japanese.n == len(values_of(rows, "right"))
