"""``coursebot index``: what it says of a corpus, and what it does not."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from coursebot import index as indexes
from coursebot.cli import app, building
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.places import place_of
from tests.postgres_server import PASSWORD, Server

pytestmark = pytest.mark.usefixtures("hash_encoder")


def run(*arguments: str | Path) -> Result:
    """Run ``coursebot index``."""
    return CliRunner().invoke(app, ["index", *map(str, arguments)])


def test_a_build_is_summed_up_in_one_line(course_folder: Path, tmp_path: Path) -> None:
    """The summary goes to stdout, the progress to stderr; the second build has nothing to do."""
    out = tmp_path / "out"
    first = run(course_folder, "--out", out)
    assert first.exit_code == 0
    assert first.stdout.startswith(f"{out}: 1 course, 1 file, ")
    assert re.search(r" passages, \d+ suggested questions; ", first.stdout)
    assert first.stdout.count("\n") == 1
    assert "texts embedded: " in first.stderr
    assert "questions tried: " in first.stderr
    second = run(course_folder, "--out", out)
    assert "; nothing had changed (" in second.stdout
    assert second.stderr == ""


def test_a_refused_file_is_one_line_on_stderr(course_folder: Path, tmp_path: Path) -> None:
    """The others are indexed all the same, and the exit code is 0."""
    (course_folder / "az-500" / "latin.md").write_bytes(b"# caf\xe9\n")
    result = run(course_folder, "--out", tmp_path / "out")
    assert result.exit_code == 0
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("Not indexed"))
    assert line == (
        "Not indexed: az-500/latin.md: not UTF-8: byte 0xE9 in line 1. Save it as UTF-8."
    )
    assert "; 1 file not indexed; " in result.stdout


def test_a_bad_golden_set_is_one_line_on_stderr(course_folder: Path, tmp_path: Path) -> None:
    """The first line that cannot be read is named, and the build goes on."""
    (course_folder / "az-500" / "golden.jsonl").write_text("{}\n", encoding="utf-8")
    result = run(course_folder, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert (
        "Not indexed: az-500/golden.jsonl: line 1: has no 'question'. "
        "Correct it; the others count.\n"
    ) in result.stderr


def test_json_has_the_counts(course_folder: Path, tmp_path: Path) -> None:
    """A program reads the report as an object."""
    report = json.loads(run(course_folder, "--out", tmp_path / "out", "--json").stdout)
    assert (report["courses"], report["files"], report["refusals"]) == (1, 1, 0)
    assert report["unchanged"] is False


def test_a_corpus_that_is_not_there(tmp_path: Path) -> None:
    """One line, exit code 1, and no index folder."""
    result = run(tmp_path / "none", "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: {tmp_path / 'none'}: there is no such folder. "
        "Name the folder that holds your courses: coursebot index FOLDER.\n"
    )


def test_serving_builds_only_what_is_missing_or_stale(
    course_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A current index is left alone; a changed corpus is indexed again."""
    chosen = Settings.load(corpus=course_folder, index=tmp_path / "out", model="hash")
    building.build_if_needed(chosen)
    assert "1 file, " in capsys.readouterr().err
    version = indexes.LiveIndex(chosen.index).get().version
    other = Settings.load(**{**chosen.model_dump(), "answered_above": 0.9})
    building.build_if_needed(other)
    assert "; 0 texts embedded, " in capsys.readouterr().err
    building.build_if_needed(chosen)
    assert "; 0 texts embedded, " in capsys.readouterr().err
    assert indexes.LiveIndex(chosen.index).get().version > version
    version = indexes.LiveIndex(chosen.index).get().version
    building.build_if_needed(chosen)
    assert capsys.readouterr().err == ""
    assert indexes.LiveIndex(chosen.index).get().version == version
    (course_folder / "az-500" / "new.md").write_text("# New\n\nSome text.\n", encoding="utf-8")
    building.build_if_needed(chosen)
    assert "2 files, " in capsys.readouterr().err


def test_progress_on_a_terminal_has_counts_and_the_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bar names the step, how far it is and how long it will take, and goes away."""
    out = io.StringIO()
    terminal = Console(file=out, force_terminal=True, width=80)
    monkeypatch.setattr(building, "console", lambda *, stderr: terminal)
    bar = building.Bar()
    bar.start(40, "texts embedded")
    bar.advance(10)
    bar.done()
    assert "texts embedded" in out.getvalue()
    assert "10/40" in out.getvalue()
    assert "-:--:--" in out.getvalue() or "0:00:" in out.getvalue()


def test_progress_elsewhere_is_plain_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line at the start of a step, and one every few seconds with the time left."""
    now = [100.0]
    monkeypatch.setattr(building, "monotonic", lambda: now[0])
    lines = building.Lines()
    lines.start(1000, "texts embedded")
    for _ in range(4):
        now[0] += 3
        lines.advance(250)
    lines.done()
    assert capsys.readouterr().err.splitlines() == [
        "texts embedded: 1,000",
        "texts embedded: 500 of 1,000, 6 s left",
    ]


def test_an_index_in_a_database(course_folder: Path, tmp_path: Path, postgres: Server) -> None:
    """Built there beside a folder's, copied there, and asked; no line shows the password."""
    out, address = tmp_path / "out", postgres.new_database()
    assert run(course_folder, "--out", out).exit_code == 0
    asked = CliRunner().invoke(app, ["ask", "token", "--index", address])
    assert (asked.exit_code, asked.stdout) == (1, "")
    shown = str(place_of(address))
    assert asked.stderr.startswith(f"Error: There is no index in {shown}. Build one: coursebot ")
    built = CliRunner().invoke(
        app,
        ["index", str(course_folder), "--to", address, "--json"],
        env={"COURSEBOT_INDEX": str(out)},
    )
    assert (built.exit_code, json.loads(built.stdout)["embedded"]) == (0, 0)
    copied = run("--from", out, "--to", address)
    assert copied.exit_code == 0
    assert copied.stdout.startswith(f"{shown}: 1 course, 1 file, ")
    assert "nothing had changed" in copied.stdout
    texts = [
        CliRunner().invoke(app, ["ask", "token", "--index", str(place), "--json"]).stdout
        for place in (out, address)
    ]
    ours, theirs = map(json.loads, texts)
    assert ours.pop("timings_ms").keys() == theirs.pop("timings_ms").keys()
    assert ours == theirs
    for result in (asked, built, copied):
        assert PASSWORD not in result.output
        assert quote(PASSWORD, safe="") not in result.output


def test_a_copy_reads_no_courses(course_folder: Path, tmp_path: Path) -> None:
    """To name both is wrong usage; into a folder it copies as well, and only what is there."""
    out, other = tmp_path / "out", tmp_path / "other"
    assert run(course_folder, "--from", out).exit_code == 2
    refused = run("--from", out, "--to", other)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"There is no index in {out}." in refused.stderr
    indexes.build(course_folder, out, HashEncoder(), passage_tokens=64)
    assert run("--from", out, "--to", other).exit_code == 0
    assert indexes.Index.load(other).manifest == indexes.Index.load(out).manifest
