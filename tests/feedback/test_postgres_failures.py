"""A feedback database that cannot be used says so in one line, and loses nothing."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.feedback.failing import Make, opened, why

if TYPE_CHECKING:
    from tests.postgres_server import Server

POSTGRES_HINT = (
    "See that the server is up and COURSEBOT_DATABASE_URL right; coursebot doctor checks both."
)


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
