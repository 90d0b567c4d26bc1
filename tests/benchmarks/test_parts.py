"""The command: parts that are unknown, that lack their data, or that fail."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from benchmarks import report, table

command = importlib.import_module("benchmarks.__main__")


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> int:
    """Run the command with empty data and return its exit code."""
    options = ["--data", str(folder / "data"), "--peers", str(folder / "none")]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *options, "--work", str(folder), *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return int(str(ended.value.code))


def test_missing_data_is_one_line_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every part that needs data says what is missing and from where; the run goes on."""
    parts = ["retrieval", "iot", "notes", "notes-course", "large"]
    assert run(monkeypatch, tmp_path, "--only", ",".join(parts)) == 0
    lines = capsys.readouterr().err.splitlines()[1:]
    assert [line.partition(":")[0] for line in lines] == parts
    assert all(" is missing (" in line and line.endswith("; left out") for line in lines)


def test_an_unknown_part_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and the parts that there are."""
    assert run(monkeypatch, tmp_path, "--only", "speed,spede") == 2
    assert "unknown: spede; there are retrieval, iot" in capsys.readouterr().err


def test_each_part_is_written_as_soon_as_it_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is broken off keeps what it has measured."""
    written: list[list[table.Measured]] = []
    monkeypatch.setattr(table, "write", lambda rows, parts: written.append(rows))

    def broken() -> list[report.Row]:
        raise KeyboardInterrupt

    monkeypatch.setattr(
        command,
        "_benchmarks",
        lambda *_: {"speed": lambda: [report.Row("a", "", "1")], "large": broken},
    )
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, tmp_path, "--only", "speed,large", "--write")
    assert [(item.part, item.row.what) for rows in written for item in rows] == [("speed", "a")]


def test_every_part_has_its_benchmark(tmp_path: Path) -> None:
    """The parts that are offered are those that can be run."""
    assert tuple(command._benchmarks(tmp_path, tmp_path, None)) == command.PARTS
