"""Peers run as processes: what they rank, and what becomes of one that crashes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import data, notes_versus, report, retrieval, versus
from coursebot.encoder.fake import HashEncoder

BACKWARDS = """
import json, pathlib, sys
for folder in map(pathlib.Path, sys.argv[1:]):
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    numbers = list(range(len(task["chunks"])))[::-1][: task["depth"]]
    ranking = [(number, 1 / rank) for rank, number in enumerate(numbers, 1)]
    (folder / "backwards.json").write_text(json.dumps([ranking for _ in task["questions"]]))
"""


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> versus.Environment:
    """Two peers: one ranks backwards, one crashes."""
    (tmp_path / "backwards.py").write_text(BACKWARDS, encoding="utf-8")
    (tmp_path / "broken.py").write_text("raise SystemExit('no such index')", encoding="utf-8")
    monkeypatch.setattr(versus, "SCRIPTS", tmp_path)
    monkeypatch.setattr(versus, "PEERS", {"good": "backwards", "bad": "broken"})
    return versus.Environment(Path(sys.executable), tmp_path / "work")


def test_a_crashed_peer_is_named(
    where: versus.Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other one's rankings of both tasks are there."""
    tasks = {"x": versus.Task(["a", "b", "c"], ["q", "r"], 2), "y": versus.Task(["d"], ["q"], 2)}
    outcome = versus.rankings(where, HashEncoder(), tasks)
    assert outcome.found == {"good": {"x": [[2, 1], [2, 1]], "y": [[0]]}}
    assert outcome.best == {"good": {"x": [1.0, 1.0], "y": [1.0]}}
    assert outcome.failed == ("bad",)
    assert capsys.readouterr().err == "peers: bad failed: no such index\n"
    scores = outcome.scores("x", lambda rankings: [float(row[0]) for row in rankings])
    assert (scores.scores, scores.failed, scores.complete) == (
        {"good": [2.0, 2.0]},
        ("bad",),
        False,
    )


def test_without_an_environment_there_are_no_peers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, and rows stay without a verdict."""
    assert versus.environment(tmp_path, tmp_path) is None
    assert "make bench" in capsys.readouterr().err
    assert versus.rankings(None, HashEncoder(), {}) is versus.NONE


def test_every_peer_has_its_script() -> None:
    """What is named in the table can be run."""
    assert all((versus.SCRIPTS / f"{script}.py").is_file() for script in versus.PEERS.values())


def test_the_verdict_on_retrieval_waits_for_the_peers() -> None:
    """A perfect ranking is unjudged while no peer was measured."""
    question = data.Question("1", "q", "ja", gold=("b",))
    row = retrieval._row("", "R@1", [["b", "a"]], versus.NONE, ["a", "b"], [question])
    assert (row.measured, row.verdict) == ("1.000", report.Verdict.OPEN)


def test_peers_search_the_same_scope(tmp_path: Path) -> None:
    """All files are one scope, or each course's own."""
    for course in ("a", "b"):
        (tmp_path / course).mkdir()
        (tmp_path / course / "x.md").write_text("line\n", encoding="utf-8")
    everything = notes_versus.pieces_by_scope(tmp_path, course_only=False)
    assert [piece.path for piece in everything["all"]] == ["a/x.md", "b/x.md"]
    one = notes_versus.pieces_by_scope(tmp_path, course_only=True)
    assert {name: [piece.path for piece in pieces] for name, pieces in one.items()} == {
        "a": ["a/x.md"],
        "b": ["b/x.md"],
    }
