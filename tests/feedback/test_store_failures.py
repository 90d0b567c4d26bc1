"""A feedback store that cannot be used says so in one line, and loses nothing."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.dialects import registry

from tests.feedback.failing import Make, opened, why

SQLITE_HINT = (
    "See to the folder's permissions and space, or set COURSEBOT_DATA; coursebot doctor checks it."
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that any user may reach, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="coursebot-feedback-"))
    made.chmod(0o755)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


@pytest.fixture
def as_somebody() -> Iterator[Callable[[], None]]:
    """Return a function that gives up root's rights, which no permission holds back."""

    def give_up() -> None:
        if before == 0:
            nobody = pwd.getpwnam("nobody").pw_uid
            os.setresuid(nobody, nobody, 0)

    # Who gives up rights may not be able to read Python's own files any more.
    registry.load("sqlite.pysqlite")
    before = os.geteuid()
    yield give_up
    if before == 0:
        os.setresuid(0, 0, 0)


def test_opening_makes_nothing(tmp_path: Path) -> None:
    """Nor does reading, changing or forgetting what is not there."""
    store = opened(tmp_path / "data")
    assert list(store.feedback()) == list(store.unanswered()) == []
    assert not store.amend("0" * 32, reason=None, comment="")
    assert not store.withdraw("0" * 32)
    assert store.forget(datetime.now(UTC)) == 0
    assert not (tmp_path / "data").exists()


def test_the_folder_is_for_its_owner(tmp_path: Path, make_feedback: Make) -> None:
    """A folder that is made can be entered by nobody else; one that was there stays as it is."""
    store = opened(tmp_path / "a" / "data")
    store.add(make_feedback())
    store.close()
    assert (tmp_path / "a" / "data").stat().st_mode & 0o777 == 0o700
    assert store.place == str(tmp_path / "a" / "data" / "feedback.sqlite3")


def test_the_file_is_for_its_owner(tmp_path: Path, make_feedback: Make) -> None:
    """With what SQLite writes beside it, in a folder that others may enter, too."""
    store = opened(tmp_path)
    store.add(make_feedback())
    found = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    store.close()
    names = ("feedback.sqlite3", "feedback.sqlite3-shm", "feedback.sqlite3-wal")
    assert found == dict.fromkeys(names, 0o600)


def test_sqlite_is_set_up_for_many_writers(tmp_path: Path, make_feedback: Make) -> None:
    """The file is in write-ahead mode and sound."""
    store = opened(tmp_path)
    store.add(make_feedback())
    with sqlite3.connect(tmp_path / "feedback.sqlite3") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    store.close()


def test_withdrawn_text_is_overwritten(tmp_path: Path, make_feedback: Make) -> None:
    """It is in no file afterwards."""
    store = opened(tmp_path)
    store.add(make_feedback())
    id = store.add(make_feedback(comment="a very private remark"))
    store.withdraw(id)
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["feedback.sqlite3"]
    assert b"very private" not in (tmp_path / "feedback.sqlite3").read_bytes()


def test_a_folder_that_cannot_be_made(tmp_path: Path, make_feedback: Make) -> None:
    """There is a file in its place."""
    (tmp_path / "data").write_text("", encoding="utf-8")
    store = opened(tmp_path / "data")
    expected = (
        f"The feedback store {tmp_path}/data/feedback.sqlite3 cannot be used: "
        f"{tmp_path}/data is not a folder.",
        SQLITE_HINT,
    )
    for use in (lambda: store.add(make_feedback()), store.check, lambda: list(store.feedback())):
        assert why(use) == expected


def test_a_folder_that_cannot_be_written(
    folder: Path, make_feedback: Make, as_somebody: Callable[[], None]
) -> None:
    """A new store is refused, and said so by the check as well."""
    opened(folder / "data").check()
    folder.chmod(0o555)
    as_somebody()
    store = opened(folder / "data")
    expected = (
        f"The feedback store {folder}/data/feedback.sqlite3 cannot be used: "
        f"{folder} cannot be written.",
        SQLITE_HINT,
    )
    assert why(lambda: store.add(make_feedback())) == expected
    assert why(store.check) == expected


def test_a_file_that_cannot_be_written(
    folder: Path, make_feedback: Make, as_somebody: Callable[[], None]
) -> None:
    """What is in it is still there once it can be."""
    store = opened(folder)
    id = store.add(make_feedback())
    store.close()
    folder.chmod(0o555)
    (folder / "feedback.sqlite3").chmod(0o444)
    as_somebody()
    for use in (lambda: store.add(make_feedback()), lambda: store.withdraw(id), store.check):
        message, hint = why(use)
        assert message.startswith(f"The feedback store {store.place} cannot be used: ")
        assert hint == SQLITE_HINT
    if os.getresuid()[2] == 0:
        os.setresuid(0, 0, 0)
    folder.chmod(0o755)
    (folder / "feedback.sqlite3").chmod(0o644)
    assert [row.id for row in store.feedback()] == [id]
    store.close()


def test_a_folder_that_cannot_be_entered(folder: Path, as_somebody: Callable[[], None]) -> None:
    """It is not taken for an empty store."""
    folder.chmod(0o000)
    as_somebody()
    message, _ = why(lambda: list(opened(folder / "data").feedback()))
    assert message.startswith(f"The feedback store {folder}/data/feedback.sqlite3 cannot be used: ")


def test_a_locked_file(
    tmp_path: Path, make_feedback: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a wait it is given up, and works again when the other is done."""
    monkeypatch.setattr("coursebot.feedback.sqlite.BUSY_SECONDS", 0.1)
    store = opened(tmp_path)
    store.add(make_feedback())
    other = sqlite3.connect(tmp_path / "feedback.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert why(lambda: store.add(make_feedback())) == (
        f"The feedback store {store.place} cannot be used: database is locked.",
        SQLITE_HINT,
    )
    assert len(list(store.feedback())) == 1
    other.execute("ROLLBACK")
    other.close()
    store.add(make_feedback())
    assert len(list(store.feedback())) == 2
    store.close()


@pytest.mark.parametrize("held", [0.3, 30])
def test_a_new_file_that_another_process_is_setting_up(
    tmp_path: Path, make_feedback: Make, monkeypatch: pytest.MonkeyPatch, held: float
) -> None:
    """It is waited for, though not without end."""
    monkeypatch.setattr("coursebot.feedback.sqlite.BUSY_SECONDS", 0.1 if held > 1 else 10)
    file = tmp_path / "feedback.sqlite3"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(held, other.execute, ("ROLLBACK",))
    release.start()
    store = opened(tmp_path)
    if held > 1:
        assert why(lambda: store.add(make_feedback()))[0].endswith("database is locked.")
        release.cancel()
        other.execute("ROLLBACK")
    store.add(make_feedback())
    release.join()
    other.close()
    assert len(list(store.feedback())) == 1
    store.close()


def test_a_file_that_is_no_database(tmp_path: Path, make_feedback: Make) -> None:
    """It is left as it is."""
    (tmp_path / "feedback.sqlite3").write_text("something else" * 100, encoding="utf-8")
    store = opened(tmp_path)
    expected = f"The feedback store {store.place} cannot be used: file is not a database."
    for use in (lambda: store.add(make_feedback()), store.check, lambda: list(store.feedback())):
        assert why(use) == (expected, SQLITE_HINT)
    store.close()
    kept = (tmp_path / "feedback.sqlite3").read_text(encoding="utf-8")
    assert kept == "something else" * 100


def test_a_file_that_is_replaced_under_a_running_server(
    tmp_path: Path, make_feedback: Make
) -> None:
    """A backup that was put back is taken up; a file that was removed is made again."""
    store = opened(tmp_path / "data")
    first = store.add(make_feedback())
    store.close()
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    store.add(make_feedback())
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(tmp_path / "backup", tmp_path / "data")
    second = store.add(make_feedback())
    assert [row.id for row in store.feedback()] == [first, second]
    shutil.rmtree(tmp_path / "data")
    assert list(store.feedback()) == []
    third = store.add(make_feedback())
    assert [row.id for row in store.feedback()] == [third]
    store.close()


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """What was thanked for is there; what did not fit was refused."""
    program = f"""
import resource
from pathlib import Path
from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback import Feedback, Store, Verdict

store = Store.open(Settings.load(data=Path({str(tmp_path)!r})))
said = Feedback(Verdict.UP, "q" * 20_000, None, "en", "answered", 0.5, {{}}, "", {{}})
print(store.add(said))
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
try:
    while True:
        print(store.add(said))
except StoreError as error:
    print(error)
"""
    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    *ids, said = made.stdout.splitlines()
    assert (made.returncode, made.stderr) == (0, "")
    assert said.startswith(f"The feedback store {tmp_path}/feedback.sqlite3 cannot be used: ")
    assert said.endswith(SQLITE_HINT)
    store = opened(tmp_path)
    assert [row.id for row in store.feedback()] == ids
    assert len(ids) > 5
    store.close()
