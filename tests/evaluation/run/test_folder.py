"""A run that was written is read back, or it is said what is wrong with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coursebot.errors import RunError
from coursebot.evaluation.run import Run, find, list_runs, read_info, read_run
from coursebot.evaluation.run.folder import INFO, ROWS, digest_of
from tests.evaluation.conftest import write_synthetic


def test_a_run_is_read_as_it_was_written(written_run: Run) -> None:
    """Every field, of every row."""
    assert read_run(written_run.folder) == written_run
    assert read_info(written_run.folder) == written_run.info


def test_a_damaged_row_is_named_by_its_line(written_run: Run) -> None:
    """And by the field, where there is one."""
    file = written_run.folder / ROWS
    lines = file.read_bytes().split(b"\n")
    row = json.loads(lines[6])
    row["lang"] = "fr"
    lines[6] = json.dumps(row).encode()
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(RunError, match=r"items\.jsonl, line 7: lang: Input should be"):
        read_run(written_run.folder)


def test_a_torn_line_is_refused_in_a_finished_run(written_run: Run) -> None:
    """Somebody cut the file."""
    file = written_run.folder / ROWS
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(RunError, match=r"line 150: the line is cut short"):
        read_run(written_run.folder)


def test_a_torn_line_is_left_out_of_a_run_under_way(written_run: Run) -> None:
    """It is being written."""
    unfinished = written_run.info.model_copy(update={"finished_at": ""})
    (written_run.folder / INFO).write_text(unfinished.model_dump_json(), encoding="utf-8")
    file = written_run.folder / ROWS
    file.write_bytes(file.read_bytes()[:-10])
    run = read_run(written_run.folder)
    assert not run.finished
    assert run.rows == written_run.rows[:-1]


def test_a_finished_run_has_all_its_rows(written_run: Run) -> None:
    """Fewer are an error."""
    file = written_run.folder / ROWS
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(RunError, match="149 rows instead of 150"):
        read_run(written_run.folder)


def test_an_unfinished_run_without_rows_is_read(written_run: Run) -> None:
    """It was broken off before its first question."""
    unfinished = written_run.info.model_copy(update={"finished_at": ""})
    (written_run.folder / INFO).write_text(unfinished.model_dump_json(), encoding="utf-8")
    (written_run.folder / ROWS).unlink()
    assert read_run(written_run.folder).rows == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON of a run"),
        ("[]", "is no JSON of a run"),
        ("[" * 3000, "is no JSON of a run"),
        ('{"format": 99}', "is of run format 99"),
        ('{"format": 1, "name": "x"}', "is damaged: golden: Field required"),
    ],
)
def test_a_damaged_run_json_is_said_so(written_run: Run, text: str, said: str) -> None:
    """The file is named."""
    (written_run.folder / INFO).write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=said):
        read_run(written_run.folder)


def test_a_folder_without_a_run_is_said_so(tmp_path: Path) -> None:
    """With the command that makes one."""
    with pytest.raises(RunError, match=r"There is no run in .*coursebot eval"):
        read_run(tmp_path)


@pytest.fixture
def runs(make_run: Callable[..., Run], tmp_path: Path) -> Path:
    """Return a folder of three runs, the newest unfinished, beside what is none."""
    for name, day, finished in (("b", 3, "x"), ("a", 5, "x"), ("c", 7, "")):
        started = f"2026-11-0{day}T00:00:00+00:00"
        run = make_run(3, name=name, started_at=started, finished_at=finished)
        write_synthetic(run, tmp_path / "runs" / name)
    (tmp_path / "runs" / "empty").mkdir()
    (tmp_path / "runs" / "file.txt").write_text("x", encoding="utf-8")
    return tmp_path / "runs"


def test_runs_are_listed_newest_first(runs: Path) -> None:
    """What is no run is passed over."""
    assert [run.info.name for run in list_runs(runs)] == ["c", "a", "b"]
    assert [run.finished for run in list_runs(runs)] == [False, True, True]


def test_no_folder_has_no_runs(tmp_path: Path) -> None:
    """As before the first run."""
    assert list_runs(tmp_path / "runs") == []


def test_a_run_is_found_by_name_path_or_as_the_latest(runs: Path) -> None:
    """The latest is the newest that is finished."""
    assert find("b", runs) == runs / "b"
    assert find(str(runs / "b"), Path("elsewhere")) == runs / "b"
    assert find("latest", runs) == runs / "a"


def test_an_unknown_run_is_answered_with_those_there_are(runs: Path) -> None:
    """The newest first."""
    with pytest.raises(RunError, match=r"no run 'x'\. The newest in .*runs: c, a, b\."):
        find("x", runs)


def test_no_run_is_the_latest_of_none(tmp_path: Path) -> None:
    """The command that makes one is named."""
    with pytest.raises(RunError, match="no finished run"):
        find("latest", tmp_path)


def test_the_digest_covers_everything_but_timings(written_run: Run) -> None:
    """One other character changes it, other milliseconds do not."""
    rows = written_run.rows
    slower = [row.model_copy(update={"timings_ms": {"total": 1e6}}) for row in rows]
    assert digest_of(slower) == digest_of(rows)
    other = [*rows[:-1], rows[-1].model_copy(update={"note": "!"})]
    assert digest_of(other) != digest_of(rows)
    assert digest_of(rows[::-1]) != digest_of(rows)


def test_a_run_is_called_what_its_folder_is_called(written_run: Run, tmp_path: Path) -> None:
    """A copy or a renamed folder can be told from the run that it was."""
    copied = tmp_path / "elsewhere" / "baseline"
    shutil.copytree(written_run.folder, copied)
    assert read_run(copied).info.name == "baseline"
    assert find("baseline", copied.parent) == copied
