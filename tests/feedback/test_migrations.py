"""Every released schema ▶ this one, on either database, also when a process dies on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import coursebot.feedback
from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback import Feedback, Reason, Settled, Store
from coursebot.feedback.database import database
from coursebot.feedback.schema import ALEMBIC, Tables
from coursebot.feedback.tables import VERSION, Base
from tests.feedback.released import SCHEMAS, put, raw
from tests.postgres_server import Server

Make = Callable[..., Feedback]

_UPGRADING = """
import sys, time
from sqlalchemy import Engine, event
from coursebot.config import Settings
from coursebot.feedback import Store

def wait(connection, cursor, statement, *rest):
    if sys.argv[1] and " ".join(statement.split()).startswith(sys.argv[1]):
        print("here", flush=True)
        time.sleep(600)

event.listen(Engine, "before_cursor_execute", wait)
Store.open(Settings.load()).upgrade()
"""


def environment(chosen: Settings) -> dict[str, str]:
    """Return the environment of a process with these settings."""
    url = chosen.database_url.get_secret_value()
    return {**os.environ, "COURSEBOT_DATA": str(chosen.data), "COURSEBOT_DATABASE_URL": url}


def start_upgrade(chosen: Settings, until: str = "") -> subprocess.Popen[str]:
    """Start a process that upgrades the database and stops before the statement ``until``."""
    return subprocess.Popen(
        [sys.executable, "-c", _UPGRADING, until],
        env=environment(chosen),
        stdout=subprocess.PIPE,
        text=True,
    )


def differences(chosen: Settings) -> list[object]:
    """Return what the database's tables and those of the code do not have in common."""
    engine = database(chosen).engine()
    try:
        with engine.connect() as connection:
            options = {"version_table": ALEMBIC, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            return list(compare_metadata(context, Base.metadata))
    finally:
        engine.dispose()


def test_new_tables_are_those_of_the_code(store: Store, chosen: Settings) -> None:
    """The steps lead to what the code describes, and both say which version that is."""
    assert store.tables() is None
    store.upgrade()
    assert differences(chosen) == []
    assert store.tables() == Tables(version=VERSION, oldest=VERSION)
    assert raw(chosen)[ALEMBIC] == [{"version_num": str(VERSION)}]


def test_the_steps_are_one_chain() -> None:
    """One for each version, named by its number."""
    folder = Path(coursebot.feedback.__file__).with_name("migrations")
    steps = [step.revision for step in ScriptDirectory(str(folder)).walk_revisions()]
    assert steps == [str(number) for number in range(VERSION, 0, -1)]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_released_database_is_upgraded(
    chosen: Settings, schema: int, make_feedback: Make
) -> None:
    """Every row stays as it is, the tables are this version's, and they take rows."""
    put(chosen, schema)
    before = raw(chosen)
    store = Store.open(chosen)
    assert store.tables() == Tables(version=schema, oldest=schema)
    store.check()
    assert raw(chosen) == before
    first, second = store.feedback()
    assert (first.question, first.reason) == ("トークンの有効期間は？", Reason.WRONG)
    assert first.comment == 'It\'s "6" hours;\n-- 🎉 \\N\tx'
    assert first.answer["citations"] == [{"number": 1, "quote": "3時間有効。"}]
    assert (second.course, second.history) == (None, ())
    assert [row.state for row in store.unanswered()] == ["not_covered"]
    after = raw(chosen)
    kept = set(before) - {"coursebot_version"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["coursebot_version"] == [{"version": VERSION, "oldest": VERSION}]
    assert set(store.settled()) == ({first.id} if schema == 2 else set())
    assert differences(chosen) == []
    store.settle([first.id], Settled(note="seen"))
    id = store.add(make_feedback())
    assert [row.id for row in store.feedback()] == [first.id, second.id, id]
    store.close()


@pytest.mark.parametrize(
    ("schema", "until"),
    [
        (0, "CREATE TABLE coursebot_settled"),
        (1, "CREATE TABLE coursebot_settled"),
        (1, "UPDATE coursebot_version SET version = 3"),
        (2, "UPDATE coursebot_alembic"),
    ],
)
def test_a_killed_upgrade_leaves_the_old_tables(
    chosen: Settings, schema: int, until: str, make_feedback: Make
) -> None:
    """After kill -9 between two steps nothing is half done, and the next one does all of it."""
    if schema:
        put(chosen, schema)
    before = raw(chosen) if schema else {}
    with start_upgrade(chosen, until) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline() == "here\n"
        dying.kill()
    assert raw(chosen) == before
    store = Store.open(chosen)
    id = store.add(make_feedback())
    assert id in [row.id for row in store.feedback()]
    assert len(raw(chosen)["coursebot_feedback"]) == (3 if schema else 1)
    assert differences(chosen) == []
    store.close()


def test_many_upgrade_at_once(chosen: Settings, make_feedback: Make) -> None:
    """Three processes and eight threads: one does it, the others wait and go on."""
    put(chosen, 1)
    processes = [start_upgrade(chosen) for _ in range(3)]
    stores = [Store.open(chosen) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda one: one.add(make_feedback()), stores))
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * 3
    rows = list(stores[0].feedback())
    assert len(rows) == 10
    assert ids <= {row.id for row in rows}
    assert raw(chosen)[ALEMBIC] == [{"version_num": str(VERSION)}]
    for one in stores:
        one.close()


def test_an_older_coursebot_goes_on_beside_a_newer_one(
    store: Store, chosen: Settings, make_feedback: Make
) -> None:
    """With tables that a newer one has added to, also after a restart; until it removes some."""
    store.add(make_feedback())
    engine = database(chosen).engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE coursebot_feedback ADD COLUMN mood VARCHAR(16)")
        connection.exec_driver_sql(f"UPDATE coursebot_version SET version = {VERSION + 1}")
    restarted = Store.open(chosen)
    restarted.check()
    for one in (store, restarted):
        one.add(make_feedback())
    assert len(list(restarted.feedback())) == 3
    assert restarted.tables() == Tables(version=VERSION + 1, oldest=VERSION)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE coursebot_version SET oldest = {VERSION + 1}")
    engine.dispose()
    restarted.close()
    with pytest.raises(StoreError, match="was made by a newer coursebot"):
        restarted.add(make_feedback())
    restarted.close()


def test_who_may_not_upgrade_is_told_who_may(tmp_path: Path, postgres: Server) -> None:
    """A role that only writes rows needs the tables' owner once, and nothing more afterwards."""
    owner = Settings.load(data=tmp_path, database_url=postgres.new_database())
    put(owner, 1)
    name = owner.database_url.get_secret_value().rpartition("/")[2]
    postgres.execute("CREATE ROLE writer LOGIN")
    postgres.execute("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO writer", name)
    address = postgres.address(name, "writer")
    store = Store.open(Settings.load(data=tmp_path, database_url=address))
    for use in (store.check, store.upgrade, lambda: list(store.feedback())):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.message == (
            f"The feedback store {store.place} has tables of version 1, and this user may not "
            f"bring them to version {VERSION}."
        )
        assert caught.value.hint == "As the user who owns them: coursebot feedback upgrade."
    other = Store.open(owner)
    other.upgrade()
    other.close()
    store.check()
    assert len(list(store.feedback())) == 2
    store.close()


def test_alembic_is_imported_by_who_migrates_alone(store: Store, chosen: Settings) -> None:
    """It would cost every start a fifth of a second."""
    store.upgrade()
    script = (
        "import sys; from coursebot.config import Settings; from coursebot.feedback import Store\n"
        "store = Store.open(Settings.load()); store.check(); list(store.feedback())\n"
        "print('alembic' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    made = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(chosen),
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == "False True\n"
