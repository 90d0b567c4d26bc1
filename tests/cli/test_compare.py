"""``coursebot compare``: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from coursebot.cli import app
from tests.evaluation.conftest import synthetic_run, write_synthetic

runner = CliRunner()


def run(*arguments: str) -> Result:
    """Run ``coursebot compare …`` in this process."""
    return runner.invoke(app, ["compare", *arguments])


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder ``runs`` with a run ``a`` and a later, better one ``b``."""
    folder = tmp_path / "runs"
    for name, skill, day in (("a", 0.8, 27), ("b", 0.6, 28)):
        made = synthetic_run(
            150, skill=skill, name=name, started_at=f"2026-11-{day}T09:00:00+00:00"
        )
        write_synthetic(made, folder / name)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("names", [("a", "b"), ("runs/a", "runs/b"), ("a", "latest")])
def test_runs_are_named_in_three_ways(runs: Path, names: tuple[str, str]) -> None:
    """By name, by path, and the newest."""
    result = run(*names)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("a → b: 150 questions compared\n")


def test_the_table_and_the_regressions(runs: Path) -> None:
    """Worse is said, and still the exit code is 0: the gate is for exit codes."""
    result = run("a", "b")
    assert result.exit_code == 0
    right = next(line for line in result.stdout.splitlines() if line.startswith("right "))
    assert right.split()[-1] == "worse"
    assert "Got worse: " in result.stdout
    assert result.stdout.index("must pass  ") < result.stdout.index("before: (passed)")
    assert "[-" in result.stdout
    assert "--all shows them." in result.stdout
    assert "\x1b" not in result.stdout


def test_all_shows_every_regression_and_groups(runs: Path) -> None:
    """Nothing is left to ask for."""
    result = run("a", "b", "--all")
    assert "--all shows them." not in result.stdout
    assert "exploratory" in result.stdout
    listed = json.loads(run("a", "b", "--json").stdout)["regressions"]
    assert all(f"{one['id']}: {one['question']}" in result.stdout for one in listed)


def test_json_has_everything(runs: Path) -> None:
    """Numbers, verdicts in both languages, and both answers of every change."""
    record = json.loads(run("a", "b", "--json").stdout)
    right = record["headline"][0]
    assert (right["metric"], right["verdict"]) == ("right", "worse")
    assert right["says"] == {"en": "worse", "ja": "悪化"}
    assert right["low"] <= right["difference"] <= right["high"] < 0
    assert right["difference"] == pytest.approx(right["after"] - right["before"], abs=2e-6)
    change = record["regressions"][0]
    assert change["before"]["passed"]
    assert not change["after"]["passed"]


def test_the_page_is_written(runs: Path, tmp_path: Path) -> None:
    """One file, named in the output."""
    result = run("a", "b", "--html", "c.html")
    assert result.stdout.endswith("Page: c.html\n")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.startswith("<!")
    assert "q0000" in page or "must" in page


def test_a_page_that_cannot_be_written(runs: Path) -> None:
    """One line, no traceback."""
    result = run("a", "b", "--html", "nowhere/c.html")
    assert result.exit_code == 1
    assert "nowhere/c.html: No such file or directory" in result.stderr


def test_a_run_that_is_not_there(runs: Path) -> None:
    """Those that are there are named."""
    result = run("a", "c")
    assert result.exit_code == 1
    assert "There is no run 'c'. The newest in runs: b, a." in result.stderr


def test_another_golden_set(runs: Path) -> None:
    """Refused by default; --aligned compares what is the same and counts the rest."""
    write_synthetic(synthetic_run(160, name="c"), runs / "c")
    refused = run("a", "c")
    assert refused.exit_code == 1
    assert "10 added" in refused.stderr
    assert "add --aligned" in refused.stderr
    result = run("a", "c", "--aligned")
    assert result.exit_code == 0
    assert result.stdout.startswith("a → c: 150 questions compared, 10 left out\n")
    assert "Warning: golden set differs: " in result.stdout
    assert "Only in c: 10 (" in result.stdout


def test_settings_that_differ_are_named(runs: Path) -> None:
    """With both values."""
    write_synthetic(synthetic_run(150, name="d", settings={"top_k": 5}), runs / "d")
    result = run("a", "d")
    assert "Warning: setting top k differs: 10 → 5" in result.stdout


def test_answers_do_not_steer_the_terminal(runs: Path) -> None:
    """Control characters of a run are not printed."""
    made = synthetic_run(150, skill=0.6, name="e")
    rows = tuple(
        row.model_copy(
            update={"given": row.given.model_copy(update={"text": "\x1b[31m" + row.given.text})}
        )
        if row.given
        else row
        for row in made.rows
    )
    write_synthetic(synthetic_run(150, rows=rows, name="e"), runs / "e")
    result = run("a", "e", "--all")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
