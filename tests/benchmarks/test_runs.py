"""Data sets ▶ runs ▶ the README's table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import pytest

from benchmarks import ours, runs
from coursebot import index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import CoursebotError, RunError
from coursebot.evaluation.comparison import Compared, Comparison
from coursebot.evaluation.golden import read, write
from coursebot.evaluation.golden.records import Expected, GoldenItem, Source, Status
from coursebot.evaluation.run import read_info
from coursebot.index import LiveIndex
from coursebot.retrieval import Weights
from coursebot.types import Language, Reading

NOTES = "# Login\n\nThe token is valid for 3 hours.\n\n# Tiers\n\nThere are three tiers.\n"


def item(id: str, question: str, quote: str) -> GoldenItem:
    """Return a reviewed item that its quote answers."""
    return GoldenItem(
        id=id,
        lang=Language.EN,
        question=question,
        answers=(Expected(text=quote),),
        sources=(Source(path="notes.md", quote=quote),),
        status=Status.REVIEWED,
    )


ITEMS = (
    item("token", "How long is the token valid?", "The token is valid for 3 hours."),
    item("tiers", "How many tiers are there?", "There are three tiers."),
)


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    """Return an assistant over one file, that needs no model."""
    course = tmp_path / "corpus" / "notes"
    course.mkdir(parents=True)
    (course / "notes.md").write_text(NOTES, encoding="utf-8")
    encoder = HashEncoder()
    built = tmp_path / "index"
    index.build(tmp_path / "corpus", built, encoder, passage_tokens=256)
    return Assistant(LiveIndex(built), encoder, Settings.load(index=built))


def test_a_finished_run_is_taken_as_it_is(
    assistant: Assistant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is asked again while nothing that decides has changed."""
    path = tmp_path / "golden.jsonl"
    write(path, ITEMS)
    made = runs.run(assistant, read(path), "notes", out=tmp_path / "runs", name="n-fused")
    assert (made.info.name, made.finished, len(made.rows)) == ("n-fused", True, 2)
    assert (made.folder / "report.html").is_file()
    assert "n-fused: 2 of 2" in capsys.readouterr().err
    again = runs.run(assistant, read(path), "notes", out=tmp_path / "runs", name="n-fused")
    assert again.info == made.info
    assert capsys.readouterr().err.startswith("n-fused: is there")


def test_a_run_made_from_something_else_is_made_anew(
    assistant: Assistant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other questions or other weights, under the same name."""
    path, out = tmp_path / "golden.jsonl", tmp_path / "runs"
    write(path, ITEMS[:1])
    runs.run(assistant, read(path), "notes", out=out, name="n-dense")
    write(path, ITEMS)
    capsys.readouterr()
    made = runs.run(assistant, read(path), "notes", out=out, name="n-dense")
    assert len(made.rows) == 2
    assert "n-dense: made from something else; made anew\n" in capsys.readouterr().err
    dense = assistant.weighted(Weights.parse("lexical=0"))
    runs.run(dense, read(path), "notes", out=out, name="n-dense")
    assert read_info(out / "n-dense").settings != made.info.settings


def test_a_folder_that_is_no_run_is_left_alone(assistant: Assistant, tmp_path: Path) -> None:
    """It is somebody's, whatever its name."""
    path, out = tmp_path / "golden.jsonl", tmp_path / "runs"
    write(path, ITEMS)
    (out / "n-fused").mkdir(parents=True)
    (out / "n-fused" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CoursebotError, match="is no run"):
        runs.run(assistant, read(path), "notes", out=out, name="n-fused")
    assert (out / "n-fused" / "mine.txt").read_text(encoding="utf-8") == "mine"


def figure(metric: str, difference: float, low: float | None, p: float) -> Compared:
    """Return a headline metric of two runs."""
    return Compared(
        metric=metric,
        binary=True,
        n=4442,
        before=0.5,
        after=0.5 + difference,
        difference=difference,
        low=low,
        high=None if low is None else low + 0.1,
        p=p,
        corrected_p=p,
        method="mcnemar",
        wins=9,
        ties=1,
        losses=2,
    )


def test_the_table_names_the_runs_once_and_each_metric() -> None:
    """With its interval where there is one, and what can be said of it in words."""

    class Pair:
        before = type("Info", (), {"name": "s-dense"})
        after = type("Info", (), {"name": "s-fused"})
        headline = (
            figure("right", 0.1, 0.05, 0.00001),
            figure("cited", -0.01, -0.06, 0.7),
            figure("RR@10", 0.2, None, 1.0),
        )

    task = runs.Task("a set", Path("corpus"), Path("golden.jsonl"), None)
    pair = cast(Comparison, Pair())
    printed = runs.table({"s": (task, [pair])}).splitlines()
    assert [line.count("|") for line in printed] == [10] * 5
    assert printed[2:] == [
        "| s: a set | `s-dense` `s-fused` | right | 4,442 | 0.500 | 0.600 "
        "| +0.100 [+0.050, +0.150] | < .001 | better |",
        "|  |  | cited | 4,442 | 0.500 | 0.490 "
        "| -0.010 [-0.060, +0.040] | 0.700 | too few questions to tell |",
        "|  |  | RR@10 | 4,442 | 0.500 | 0.700 | +0.200 | 1.000 | too few questions to tell |",
    ]
    twice = runs.table({"s": (task, [pair, pair])}).splitlines()
    assert [line.partition(" |")[0] for line in twice[2:]] == ["| s: a set", *["| "] * 5]
    assert twice[5].startswith("|  | `s-dense` `s-fused` | right |")


class NoReadings:
    """A reader that reads nothing."""

    name, fingerprint = "none 1", "f00d"

    def read(self, *_: object) -> dict[str, Reading]:
        """Return nothing."""
        return {}


def test_each_system_has_its_run(
    assistant: Assistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With its own weights, model and reader; without a reader there is no such run."""
    monkeypatch.setattr(ours, "load_encoder", lambda model="": HashEncoder())
    monkeypatch.setattr(ours, "load_reader", lambda: None)
    golden = tmp_path / "golden.jsonl"
    write(golden, ITEMS)
    task = runs.Task("notes", tmp_path / "corpus", golden, "notes")
    work, out = tmp_path / "work", tmp_path / "runs"
    assert list(runs.made("n", task, work, out, runs.SYSTEMS)) == ["dense", "fused", "base"]
    assert "n-reader: there is no reader, or it is off; left out\n" in capsys.readouterr().err
    assert sorted(folder.name for folder in (work / "indexes").iterdir()) == [
        "corpus",
        "corpus-bundled-base",
    ]
    assert read_info(out / "n-dense").settings["weights"] == str(runs.SYSTEMS["dense"].weights)
    assert read_info(out / "n-fused").settings["weights"] == "default"
    monkeypatch.setattr(ours, "load_reader", NoReadings)
    first, second = runs.compared("n", task, work, out)
    assert (first.before.name, first.after.name) == ("n-dense", "n-fused")
    assert (second.before.name, second.after.name) == ("n-fused", "n-reader")
    assert read_info(out / "n-reader").settings["reader"] == "f00d"
    assert read_info(out / "n-fused").settings["reader"] == ""


def test_the_shipped_course_needs_no_data(tmp_path: Path) -> None:
    """Its golden set is the one in its folder, and its own course is asked."""
    task = runs.az_500(tmp_path, tmp_path)
    assert task.course == "az-500"
    assert len(read(task.golden).items) >= 120


def test_a_set_without_its_data_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one clear line each; that is no failure."""
    sets = "iot,iot-ja,jsquad,notes"
    monkeypatch.setattr(sys, "argv", ["runs", "--data", str(tmp_path), "--only", sets])
    with pytest.raises(SystemExit) as left:
        runs.main()
    assert left.value.code == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == sets.split(",")
    assert all("is missing (" in line and line.endswith("; left out") for line in lines)


def test_a_set_that_fails_is_told_and_the_others_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code says so."""

    def broken(folder: Path, work: Path) -> runs.Task:
        raise RunError("The disk is full.", "Make room.")

    monkeypatch.setattr(runs, "TASKS", {"a": broken, "jsquad": runs.jsquad})
    monkeypatch.setattr(sys, "argv", ["runs", "--data", str(tmp_path)])
    with pytest.raises(SystemExit) as left:
        runs.main()
    assert left.value.code == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("a: The disk is full.")
    assert second.startswith("jsquad: ")


def test_an_unknown_set_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is made."""
    monkeypatch.setattr(sys, "argv", ["runs", "--only", "az-500,squid"])
    monkeypatch.setattr(ours, "indexed", None)
    with pytest.raises(SystemExit):
        runs.main()
    assert "unknown: squid; there are az-500, iot, iot-ja, jsquad, notes" in capsys.readouterr().err
