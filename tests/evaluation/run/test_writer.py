"""A run folder has one writer, and a name that nothing else has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from coursebot.errors import RunError
from coursebot.evaluation.run import Run, read_run
from coursebot.evaluation.run.folder import INFO, ROWS
from coursebot.evaluation.run.writer import Writer, writing

IDS = ("one", "two", "three")


@pytest.fixture
def held(
    make_run: Callable[..., Run], tmp_path: Path
) -> Callable[..., AbstractContextManager[Writer]]:
    """Return a function that begins or takes up a run of three rows in the test's folder."""
    info = make_run(3).info.model_copy(update={"finished_at": "", "digest": ""})

    def hold(
        *, name: str | None = None, new: bool = False, **changes: object
    ) -> AbstractContextManager[Writer]:
        wanted = info.model_copy(update=changes)
        return writing(tmp_path / "out", wanted, IDS, name=name, stem="s", new=new)

    return hold


def test_two_processes_never_write_one_run(
    held: Callable[..., AbstractContextManager[Writer]],
) -> None:
    """The second begins its own, and by name it is told to wait."""
    with held(name="x") as first, held() as second:
        assert first.folder != second.folder
        with pytest.raises(RunError, match="Another process is writing the run x"), held(name="x"):
            pass


def test_runs_of_one_second_have_their_own_names(
    held: Callable[..., AbstractContextManager[Writer]],
) -> None:
    """However many begin at once."""
    with held() as a, held() as b, held() as c:
        assert len({a.folder, b.folder, c.folder}) == 3
        assert a.info.name == a.folder.name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/tmp/x", "latest", ".hidden", "x" * 101, "日" * 100]
)
def test_a_name_that_is_no_name_is_refused(
    held: Callable[..., AbstractContextManager[Writer]], name: str
) -> None:
    """It could leave the folder, or could not be asked for."""
    with pytest.raises(RunError, match="cannot be the name of a run"), held(name=name):
        pass


def test_a_folder_that_is_no_run_is_left_alone(
    held: Callable[..., AbstractContextManager[Writer]], tmp_path: Path
) -> None:
    """It is somebody else's."""
    (tmp_path / "out" / "mine").mkdir(parents=True)
    with pytest.raises(RunError, match="is there already, and is no run"), held(name="mine"):
        pass
    assert list((tmp_path / "out" / "mine").iterdir()) == []


def test_a_row_that_is_not_the_expected_one_ends_what_is_kept(
    held: Callable[..., AbstractContextManager[Writer]], make_run: Callable[..., Run]
) -> None:
    """It and what follows are asked again."""
    rows = [
        row.model_copy(update={"id": id}) for row, id in zip(make_run(3).rows, IDS, strict=True)
    ]
    with held() as writer:
        for row in (rows[0], rows[2]):
            writer.append(row, row.model_dump_json())
    with held() as again:
        assert again.folder == writer.folder
        assert again.rows == rows[:1]
        for row in rows[1:]:
            again.append(row, row.model_dump_json())
        again.finish()
    assert read_run(again.folder).rows == tuple(rows)


def test_what_went_wrong_leaves_the_time_spent(
    held: Callable[..., AbstractContextManager[Writer]],
) -> None:
    """Seconds are those of all sittings."""
    with pytest.raises(ZeroDivisionError), held(seconds=7.0) as writer:
        raise ZeroDivisionError
    assert read_run(writer.folder).info.seconds >= 7.0


def test_a_folder_that_cannot_be_written_is_said_so(
    held: Callable[..., AbstractContextManager[Writer]], tmp_path: Path
) -> None:
    """With what to do."""
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with (
        pytest.raises(RunError, match=r"cannot be written: .*the same command then goes on"),
        held(),
    ):
        pass


def test_a_staged_run_json_is_never_the_run(
    held: Callable[..., AbstractContextManager[Writer]],
) -> None:
    """What a killed process left beside it changes nothing."""
    with held() as writer:
        (writer.folder / f"{INFO}.new").write_bytes(b'{"format"')
    assert read_run(writer.folder).info.name == writer.folder.name
    assert (writer.folder / ROWS).exists()


def test_a_folder_in_which_nothing_began_is_taken(
    held: Callable[..., AbstractContextManager[Writer]], tmp_path: Path
) -> None:
    """A kill or a full disk right after it was made does not use the name up."""
    (tmp_path / "out" / "x").mkdir(parents=True)
    for name in (".lock", f"{INFO}.new"):
        (tmp_path / "out" / "x" / name).touch()
    with held(name="x") as writer:
        assert writer.info.name == "x"


def test_progress_that_nobody_reads_is_no_fault_of_the_folder(
    held: Callable[..., AbstractContextManager[Writer]],
) -> None:
    """A closed pipe stays one, so that the command ends as other filters do."""
    with pytest.raises(BrokenPipeError), held():
        raise BrokenPipeError
