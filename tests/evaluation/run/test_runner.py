"""Every question is asked once, in order, and whatever happens nothing finished is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursebot.assistant import Assistant
from coursebot.errors import GoldenError, RunError, UnknownCourseError
from coursebot.evaluation.golden import GoldenSet, read, write
from coursebot.evaluation.golden.records import Status
from coursebot.evaluation.run import Tally, describe, evaluate, read_run
from coursebot.evaluation.run.folder import INFO, ROWS
from coursebot.evaluation.run.records import Outcome, Reason
from coursebot.retrieval import Weights
from tests.evaluation.run.conftest import IDS, ITEMS, Interrupted, opened


def test_every_reviewed_question_becomes_a_row(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """Follow-ups are rows of their own, drafts are not asked, and the folder holds the same."""
    run = evaluate(assistant, golden, course="c", out=tmp_path / "runs")
    assert tuple(row.id for row in run.rows) == IDS
    assert run.finished
    assert run.info.questions == len(run.rows)
    assert read_run(run.folder) == run
    assert run.folder.name.startswith("c-20")


def test_a_follow_up_goes_on_from_the_turns_before(
    interrupted: Interrupted, golden: GoldenSet, tmp_path: Path
) -> None:
    """The history is the conversation so far, and ends with it."""
    run = evaluate(interrupted, golden, course="c", out=tmp_path)
    histories = {row.id: row.history for row in run.rows}
    first, second = ITEMS[0].question, ITEMS[0].followups[0].question
    assert histories["login#3"] == (first, second)
    assert histories["login"] == histories["tiers"] == ()


@pytest.mark.parametrize(("files", "cluster"), [(20, "login"), (2, "notes.md")])
def test_a_conversation_is_one_cluster(
    assistant: Assistant,
    golden: GoldenSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: int,
    cluster: str,
) -> None:
    """Its turns are no more independent than paraphrases; files cluster only where they are many.

    An item without sources is its own cluster.
    """
    monkeypatch.setattr("coursebot.evaluation.run.runner.FILES", files)
    clusters = {row.id: row.cluster for row in evaluate(assistant, golden, out=tmp_path).rows}
    assert clusters["login"] == clusters["login#3"] == cluster
    assert clusters["capital"] == "capital"


def test_a_stale_row_is_listed_and_not_counted(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """It has no verdict, and says which source is gone."""
    run = evaluate(assistant, golden, course="c", out=tmp_path)
    stale = [row for row in run.rows if row.stale]
    assert [(row.id, row.stale, row.verdict) for row in stale] == [("gone", (0,), None)]
    assert stale[0].given is not None


def test_the_gold_passage_is_marked(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """A passage that holds the quote has the source's relevance."""
    run = evaluate(assistant, golden, course="c", out=tmp_path)
    row = next(row for row in run.rows if row.id == "nodes")
    marked = [passage for passage in row.passages if passage.gold]
    assert marked
    assert all("5,000 nodes" in passage.text for passage in marked)


def test_only_items_with_a_tag_are_asked(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """Any of the tags is enough, and the choice shows in the digest of what was asked."""
    run = evaluate(assistant, golden, course="c", tags=["must", "unrelated"], out=tmp_path)
    assert [row.id for row in run.rows] == ["login", "login#2", "login#3", "capital"]
    assert run.info.tags == ("must", "unrelated")
    assert run.info.golden_digest != describe(assistant, golden, course="c").golden_digest


def test_a_tag_that_nothing_has_is_an_error(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """The tags that there are are named."""
    with pytest.raises(GoldenError, match=r"has the tag muts\. Tags: acr, must, unrelated\."):
        evaluate(assistant, golden, tags=["muts"], out=tmp_path)


def test_a_set_of_drafts_is_an_error(assistant: Assistant, tmp_path: Path) -> None:
    """Only reviewed items count."""
    write(tmp_path / "g.jsonl", [ITEMS[1].model_copy(update={"status": Status.DRAFT})])
    with pytest.raises(GoldenError, match="has no reviewed items"):
        evaluate(assistant, read(tmp_path / "g.jsonl"), out=tmp_path / "runs")


def test_an_unknown_course_is_refused_before_anything_is_written(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """There is no run of it."""
    with pytest.raises(UnknownCourseError, match="Courses: c"):
        evaluate(assistant, golden, course="d", out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_question_that_fails_is_a_row_and_the_run_goes_on(
    interrupted: Interrupted, golden: GoldenSet, tmp_path: Path
) -> None:
    """It counts as wrong, never as missing."""

    def fail(question: str) -> None:
        if "tiers" in question:
            raise RuntimeError("the model\nstopped")

    interrupted.before = fail
    run = evaluate(interrupted, golden, course="c", out=tmp_path)
    row = next(row for row in run.rows if row.id == "tiers")
    assert run.finished
    assert (row.error, row.given) == ("RuntimeError: the model stopped", None)
    assert row.verdict is not None
    assert (row.verdict.passed, row.verdict.outcome) == (False, Outcome.WRONG)
    assert row.verdict.reason is Reason.ERROR
    assert row.verdict.values["right"] == row.verdict.values["RR@10"] == 0
    answered = next(row for row in run.rows if row.id == "geo").verdict
    assert answered is not None
    assert row.verdict.values.keys() <= answered.values.keys()
    assert [row.error for row in run.rows].count("") == len(IDS) - 1


def test_the_same_inputs_give_the_same_run(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """Two runs have other names, and one digest."""
    first, second = (evaluate(assistant, golden, course="c", out=tmp_path) for _ in range(2))
    assert first.folder != second.folder
    assert first.info.digest == second.info.digest


def test_other_weights_are_another_run(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """The settings say so, and a broken-off run of others is not taken up."""
    first = evaluate(assistant, golden, out=tmp_path, cancelled=lambda: True)
    lexical = assistant.weighted(Weights.parse("dense=0"))
    second = evaluate(lexical, golden, out=tmp_path)
    assert first.folder != second.folder
    assert second.info.settings["weights"] == "dense=0"


def test_a_cancelled_run_is_taken_up(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """What was finished is not asked again, and the end is that of an unbroken run."""
    whole = evaluate(assistant, golden, course="c", out=tmp_path / "whole")
    seen: list[Tally] = []
    part = evaluate(
        assistant,
        golden,
        course="c",
        out=tmp_path,
        progress=seen.append,
        cancelled=lambda: seen[-1].done == 4,
    )
    assert not part.finished
    assert [row.id for row in part.rows] == list(IDS[:4])
    assert read_run(part.folder) == part
    rest: list[Tally] = []
    run = evaluate(assistant, golden, course="c", out=tmp_path, progress=rest.append)
    assert run.folder == part.folder
    assert [tally.done for tally in rest] == [4, 5, 6, 7, 8, 9]
    assert run.info.digest == whole.info.digest
    assert run.info.started_at == part.info.started_at
    assert run.info.seconds >= part.info.seconds


def test_a_conversation_broken_off_in_its_middle_goes_on(
    interrupted: Interrupted, golden: GoldenSet, tmp_path: Path
) -> None:
    """The turns before are asked again, in order, and only those."""
    whole = evaluate(interrupted, golden, course="c", out=tmp_path / "whole")

    def stop(question: str) -> None:
        if "cost" in question:
            raise KeyboardInterrupt

    interrupted.before = stop
    with pytest.raises(KeyboardInterrupt):
        evaluate(interrupted, golden, course="c", out=tmp_path)
    asked: list[str] = []
    interrupted.before = asked.append
    run = evaluate(interrupted, golden, course="c", out=tmp_path)
    assert run.info.digest == whole.info.digest
    assert asked[:3] == [ITEMS[0].question, *(turn.question for turn in ITEMS[0].followups)]
    assert len(asked) == len(IDS)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.floats(0, 1))
def test_a_run_cut_off_at_any_byte_ends_as_an_unbroken_one(
    assistant: Assistant,
    golden: GoldenSet,
    tmp_path_factory: pytest.TempPathFactory,
    share: float,
) -> None:
    """A torn line is cut off and its question asked again; what stands before it is kept."""
    out = tmp_path_factory.mktemp("cut")
    whole = evaluate(assistant, golden, course="c", out=out)
    written = (whole.folder / ROWS).read_bytes()
    kept = written[: round(share * len(written))]
    (whole.folder / ROWS).write_bytes(kept)
    broken = whole.info.model_copy(update={"finished_at": "", "digest": ""})
    (whole.folder / INFO).write_text(broken.model_dump_json(), encoding="utf-8")
    seen: list[Tally] = []
    run = evaluate(assistant, golden, course="c", out=out, progress=seen.append)
    assert run.folder == whole.folder
    assert seen[0].done == kept.count(b"\n")
    assert run.info.digest == whole.info.digest
    assert read_run(run.folder).rows == run.rows


def test_new_leaves_the_broken_off_run_alone(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """It begins another one."""
    part = evaluate(assistant, golden, out=tmp_path, cancelled=lambda: True)
    run = evaluate(assistant, golden, out=tmp_path, new=True)
    assert run.folder != part.folder
    assert not read_run(part.folder).finished


def test_a_changed_course_begins_a_new_run(
    assistant: Assistant, golden: GoldenSet, corpus: Path, tmp_path: Path
) -> None:
    """Rows of two indexes are never mixed."""
    out = tmp_path / "runs"
    part = evaluate(assistant, golden, course="c", out=out, cancelled=lambda: True)
    with (corpus / "c" / "notes.md").open("a", encoding="utf-8") as file:
        file.write("\nThe registry is blue.\n")
    run = evaluate(opened(corpus, tmp_path / "index"), golden, course="c", out=out)
    assert run.folder != part.folder
    assert run.info.corpus_digest != part.info.corpus_digest
    assert not any(row.stale for row in run.rows)


def test_the_index_stays_the_one_it_was(
    interrupted: Interrupted, golden: GoldenSet, corpus: Path, tmp_path: Path
) -> None:
    """A build in the middle of a run changes nothing in it."""
    whole = evaluate(interrupted, golden, course="c", out=tmp_path / "whole")

    def rebuild(question: str) -> None:
        if "geo" in question:
            (corpus / "c" / "notes.md").write_text("# Nothing\n\nHere.\n", encoding="utf-8")
            opened(corpus, tmp_path / "index")
            interrupted._live.refresh()

    interrupted.before = rebuild
    run = evaluate(interrupted, golden, course="c", out=tmp_path)
    assert run.info.digest == whole.info.digest
    assert run.info.index_digest != interrupted.index.manifest.digest


def test_a_name_is_taken_once(assistant: Assistant, golden: GoldenSet, tmp_path: Path) -> None:
    """A finished run is never written over."""
    evaluate(assistant, golden, out=tmp_path, name="baseline")
    with pytest.raises(RunError, match="There is a run called baseline already"):
        evaluate(assistant, golden, out=tmp_path, name="baseline")


def test_a_named_run_is_taken_up_by_its_name(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """With other inputs it is refused, and what differs is named."""
    evaluate(assistant, golden, out=tmp_path, name="x", cancelled=lambda: True)
    with pytest.raises(RunError, match=r"made from something else \(course\)"):
        evaluate(assistant, golden, course="c", out=tmp_path, name="x")
    assert evaluate(assistant, golden, out=tmp_path, name="x").finished


def test_run_json_has_no_machine_paths(
    assistant: Assistant, golden: GoldenSet, tmp_path: Path
) -> None:
    """It can be handed to others."""
    run = evaluate(assistant, golden, out=tmp_path)
    text = (run.folder / INFO).read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["golden"] == "golden.jsonl"
