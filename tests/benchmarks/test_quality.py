"""The command that measures the answers: its parts, its markers, what is left out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import ours, quality, runs
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.golden import write
from coursebot.evaluation.golden.records import Expected, GoldenItem, Source, Status
from coursebot.evaluation.run.records import Cited, Given, Outcome, Ranked, Row, Verdict
from coursebot.types import Language, State


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> quality.Places:
    """Return places without data and peers, on an encoder that needs no model, without a reader."""
    monkeypatch.setattr(ours, "load_encoder", lambda model="": HashEncoder())
    monkeypatch.setattr(ours, "load_reader", lambda: None)
    return quality.Places(tmp_path, tmp_path / "work", tmp_path / "runs", None)


def test_every_part_has_its_markers() -> None:
    """What is measured can be kept."""
    text = quality.PAGE.read_text(encoding="utf-8")
    for name in quality.PARTS:
        assert text.count(f"<!-- {name}: begin -->") == 1
        assert text.count(f"<!-- {name}: end -->") == 1


def test_a_part_replaces_its_own_tables(tmp_path: Path) -> None:
    """What stands around the markers stays."""
    page = tmp_path / "page.md"
    page.write_text("head\n<!-- a: begin -->\nold\n<!-- a: end -->\ntail\n", encoding="utf-8")
    quality.write("a", "new", page)
    quality.write("a", "newer", page)
    assert page.read_text(encoding="utf-8") == (
        "head\n<!-- a: begin -->\n\nnewer\n\n<!-- a: end -->\ntail\n"
    )
    with pytest.raises(ValueError, match="lacks <!-- b: begin"):
        quality.write("b", "new", page)


def test_a_set_is_asked_of_each_system(
    where: quality.Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head says of what code, what the columns are, and that the peers are missing."""
    (tmp_path / "corpus" / "notes").mkdir(parents=True)
    (tmp_path / "corpus" / "notes" / "a.md").write_text(
        "# Login\n\nThe token is valid for 3 hours.\n", encoding="utf-8"
    )
    golden = tmp_path / "golden.jsonl"
    item = GoldenItem(
        id="token",
        lang=Language.EN,
        question="How long is the token valid?",
        answers=(Expected(text="3 hours"),),
        sources=(Source(path="a.md", quote="The token is valid for 3 hours."),),
        status=Status.REVIEWED,
    )
    write(golden, [item])
    task = runs.Task("a set", tmp_path / "corpus", golden, "notes")
    monkeypatch.setattr(runs, "TASKS", {"n": lambda folder, work: task})
    made = quality.answers("n", where)
    assert made.startswith("**n: a set** (coursebot ")
    assert "the peers were not measured: their environment is missing" in made
    assert "| all: 1 questions, 0 of them unanswerable | n | dense | fused | base |" in made
    assert {folder.name for folder in where.out.iterdir()} == {"n-dense", "n-fused", "n-base"}


def _row(files: list[str], quote: str) -> Row:
    cited = Cited(
        number=1, course="c", path="c/a.md", heading_path=(), lines=(1, 1), span=(0, 1),
        quote=quote, url="", verbatim=True, gold=False,
    )  # fmt: skip
    return Row(
        id="q",
        item="q",
        lang=Language.JA,
        kind="span",
        question="?",
        answers=(Expected(text="3時間", aliases=("三時間",)),),
        given=Given(state=State.NOT_COVERED, confidence=0.1, text="", citations=(cited,)),
        passages=tuple(
            Ranked(id=f, section="", path=f"c/{f}.md", lines=(1, 1), text="", score=1, legs={})
            for f in files
        ),
        verdict=Verdict(passed=False, outcome=Outcome.ABSTAINED),
    )


def test_a_passage_is_found_by_its_file() -> None:
    """A file with two passages takes one rank; what is quoted counts whatever the state."""
    rows = [_row(["a", "a", "b"], "三時間です"), _row(["b"], "二時間です")]
    made = quality.found_table({"fused": rows}, {"peer": [1.0, 0.0]}, ["b", "b"])
    assert made.splitlines() == [
        "| all passages searched | n | fused | peer |",
        "| --- | ---: | ---: | ---: |",
        "| the gold passage comes first (Success@1) | 2 | .500 | .500 |",
        "| MRR@10 | 2 | .750 | .500 |",
        "| the quoted statements contain a gold answer | 2 | .500 | – |",
    ]


def test_what_is_missing_is_left_out(
    where: quality.Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Data and reader, in a line each; that is no failure."""
    (where.data / "jsquad-valid").mkdir()
    arguments = ["--data", str(where.data), "--work", str(where.work), "--peers", str(where.data)]
    monkeypatch.setattr(sys, "argv", ["quality", *arguments, "--only", "notes,reading"])
    with pytest.raises(SystemExit) as left:
        quality.main()
    assert left.value.code == 0
    printed = capsys.readouterr()
    peers, notes, reading = printed.err.splitlines()
    assert peers.startswith("peers: no environment in ")
    assert notes.startswith("notes: ")
    assert reading == "reading: there is no reader, or it is off; left out"
    assert "| Waseda RoBERTa large (s512) | .918 | .963 |" in printed.out


def test_an_unknown_part_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With those that there are."""
    monkeypatch.setattr(sys, "argv", ["quality", "--only", "iot"])
    with pytest.raises(SystemExit):
        quality.main()
    assert "unknown: iot; there are az-500, notes, jsquad, reading" in capsys.readouterr().err
