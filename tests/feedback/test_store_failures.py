"""A feedback store that cannot be used says so in one line, and loses nothing."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy.dialects import registry

from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback import Feedback, Store

if TYPE_CHECKING:
    from tests.postgres_server import Server

Make = Callable[..., Feedback]

SQLITE_HINT = (
    "See to the folder's permissions and space, or set COURSEBOT_DATA; coursebot doctor checks it."
)
POSTGRES_HINT = (
    "See that the server is up and COURSEBOT_DATABASE_URL right; coursebot doctor checks both."
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


def opened(data: Path, address: str = "") -> Store:
    """Return the store of these settings."""
    return Store.open(Settings.load(data=data, database_url=address))


def why(use: Callable[[], object]) -> tuple[str, str]:
    """Return message and hint of the StoreError that a use raises, as nothing else does."""
    with pytest.raises(StoreError) as caught:
        use()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value.message, caught.value.hint


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


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://u:s3cret@host/x", "is not the address of a PostgreSQL."),
        ("postgresql+asyncpg://u:s3cret@host/x", "is not the address of a PostgreSQL."),
        ("s3cret", "is not a database's address."),
        ("postgresql://u:s3cret@host:port/x", "is not a database's address."),
        ("postgresql://u:s3cret@one,two:port/x", "is not a database's address."),
        ("postgresql://u:s3cret@one,/x", "is not a database's address."),
        ("postgresql://u:s3#cret@one,two:5432/x", "is not a database's address."),
        ("postgresql://u:p@s3cret@one,two/x", "has more than one @."),
        ("postgresql://u:p@s3cret@host/x", "has more than one @."),
        ("postgresql://u:p@h/s3cret@host/x", "has more than one @."),
    ],
)
def test_an_address_that_is_none(tmp_path: Path, address: str, message: str) -> None:
    """It is refused when the store is opened, and not quoted."""
    said, hint = why(lambda: opened(tmp_path, address))
    assert said == f"COURSEBOT_DATABASE_URL {message}"
    assert "s3cret" not in said + hint


def test_a_missing_driver(
    tmp_path: Path, make_feedback: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that installs it is named."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    store = opened(tmp_path, "postgresql://u:s3cret@127.0.0.1:1/x")
    for use in (lambda: store.add(make_feedback()), store.check):
        assert why(use) == (
            "COURSEBOT_DATABASE_URL is set, but the PostgreSQL driver psycopg cannot be imported.",
            "Install it, in a checkout of coursebot: pip install -c constraints.txt '.[postgres]'",
        )


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_that_is_not_there(
    tmp_path: Path, make_feedback: Make, free_port: int, scheme: str
) -> None:
    """Where it was looked for, and never the password, however it was given."""
    address = f"{scheme}://anna:s3cret%40@127.0.0.1:{free_port}/x?sslpassword=0ther"
    store = opened(tmp_path, address)
    for use in (lambda: store.add(make_feedback()), store.check, lambda: list(store.feedback())):
        message, hint = why(use)
        assert message == (
            f"The feedback store PostgreSQL at 127.0.0.1:{free_port}, database x cannot be used: "
            f'connection failed: connection to server at "127.0.0.1", port {free_port} failed: '
            "Connection refused."
        )
        assert hint == POSTGRES_HINT


def test_a_server_that_does_not_answer(
    tmp_path: Path, make_feedback: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for as long as is set, no longer."""
    monkeypatch.setattr("coursebot.feedback.postgres.CONNECT_SECONDS", 2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        store = opened(tmp_path, f"postgresql://anna:s3cret@127.0.0.1:{port}/x")
        started = time.monotonic()
        message, _ = why(lambda: store.add(make_feedback()))
    assert time.monotonic() - started < 10
    assert "timeout" in message
    assert "s3cret" not in message


def test_a_locked_table(
    tmp_path: Path, make_feedback: Make, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a wait it is given up, and works again when the other is done."""
    monkeypatch.setattr("coursebot.feedback.postgres.LOCK_SECONDS", 1)
    address = postgres.new_database()
    store = opened(tmp_path, address)
    store.add(make_feedback())
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE coursebot_feedback")
        assert why(lambda: store.add(make_feedback())) == (
            f"The feedback store {store.place} cannot be used: "
            "canceling statement due to lock timeout.",
            POSTGRES_HINT,
        )
    store.add(make_feedback())
    assert len(list(store.feedback())) == 2
    store.close()


def test_a_server_that_dies_and_comes_back(
    tmp_path: Path, make_feedback: Make, postgres: Server
) -> None:
    """While it is down that is said; afterwards the same store goes on, with all it had."""
    store = opened(tmp_path, postgres.new_database())
    first = store.add(make_feedback())
    postgres.stop()
    try:
        message, _ = why(lambda: store.add(make_feedback()))
    finally:
        postgres.start()
    assert message.endswith("Connection refused.")
    second = store.add(make_feedback())
    assert [row.id for row in store.feedback()] == [first, second]
    postgres.stop()
    postgres.start()
    assert store.withdraw(first)
    assert [row.id for row in store.feedback()] == [second]
    store.close()


def test_servers_that_stand_in_for_each_other(
    tmp_path: Path, make_feedback: Make, postgres: Server, free_port: int
) -> None:
    """They are named as in an index's address; what cannot be written to is passed over."""
    one = postgres.new_database()
    name = one.rpartition("/")[2]
    both = one.replace("127.0.0.1:", f"127.0.0.1:{free_port},localhost:")
    store = opened(tmp_path, both)
    assert store.place == f"PostgreSQL at 127.0.0.1,localhost, database {name}"
    given = store.add(make_feedback())
    assert [row.id for row in store.feedback()] == [given]
    store.close()
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    message, hint = why(lambda: store.add(make_feedback()))
    assert "cannot be used" in message
    assert "horse" not in message + hint
    reading = opened(tmp_path, f"{both}?target_session_attrs=any")
    assert [row.id for row in reading.feedback()] == [given]
    reading.close()
    store.close()


def test_servers_that_take_whoever_comes(tmp_path: Path) -> None:
    """An address need not say who comes."""
    store = opened(tmp_path, "postgresql://db1:5432,db2:5433/coursebot")
    assert store.place == "PostgreSQL at db1,db2, database coursebot"
    store.close()


def test_a_database_that_is_not_there(
    tmp_path: Path, make_feedback: Make, postgres: Server
) -> None:
    """The server's own words, without the password."""
    store = opened(tmp_path, postgres.address("nothing"))
    message, hint = why(lambda: store.add(make_feedback()))
    assert 'database "nothing" does not exist.' in message
    assert "horse" not in message + hint
    store.close()


def test_a_user_without_rights(tmp_path: Path, make_feedback: Make, postgres: Server) -> None:
    """Who may neither make tables nor write to them is told so."""
    name = postgres.new_database().rpartition("/")[2]
    postgres.execute("CREATE ROLE reader LOGIN")
    store = opened(tmp_path, postgres.address(name, "reader"))
    assert "permission denied for schema public" in why(lambda: store.add(make_feedback()))[0]
    assert why(store.check)[0] == (
        f"The feedback store {store.place} cannot be used: this user may not write there."
    )
    owner = opened(tmp_path, postgres.address(name))
    owner.add(make_feedback())
    owner.close()
    assert "permission denied for table coursebot_version" in why(store.check)[0]
    postgres.execute("GRANT SELECT ON coursebot_version TO reader", name)
    assert why(store.check)[0].endswith("this user may not write there.")
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert why(owner.check)[0].endswith("it is read-only.")
    assert "read-only" in why(lambda: owner.add(make_feedback()))[0]
    owner.close()
    store.close()


def test_tables_that_are_removed_are_made_again(
    tmp_path: Path, make_feedback: Make, postgres: Server
) -> None:
    """One use fails and says why; the next works."""
    address = postgres.new_database()
    store = opened(tmp_path, address)
    store.add(make_feedback())
    postgres.execute(
        "DROP TABLE coursebot_version, coursebot_feedback, coursebot_unanswered, coursebot_settled",
        address.rpartition("/")[2],
    )
    assert "does not exist" in why(lambda: store.add(make_feedback()))[0]
    store.add(make_feedback())
    assert len(list(store.feedback())) == 1
    store.close()
