"""The feedback database: locked, damaged, gone, down."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

from benchmarks.faults.damages import flip
from benchmarks.faults.fault import OPERATIONS, Group, expect
from benchmarks.faults.postgres import server_of
from benchmarks.faults.sandbox import Sandbox, Server, problem, until
from coursebot.config import Settings
from coursebot.feedback import Store

group = Group("feedback")

PROMISED = (
    "the folder's permissions and space, or the PostgreSQL server; the answer itself does not need"
    " it"
)


def _refused(server: Server, most: float) -> str:
    """Send feedback that cannot be kept, ask meanwhile, and return what was told."""
    started = time.monotonic()
    told = server.judge()
    seconds = time.monotonic() - started
    expect(told.status_code == 503, f"it was told as {problem(told)}")
    expect(seconds < most, f"it was told after {seconds:.0f} s only")
    expect(server.answers(), "questions were not answered")
    expect(not server.ready()["checks"]["database"]["ready"], "/readyz says that it can be used")
    return problem(told)


def _accepted(server: Server, when: str) -> None:
    told = server.judge()
    expect(told.status_code == 201, f"{when}: {problem(told)}")


def feedback_in(data: Path) -> int:
    """Return how many pieces of feedback a folder's database holds; raises StoreError."""
    store = Store.open(Settings.load(data=data))
    try:
        return sum(1 for _ in store.feedback())
    finally:
        store.close()


@group.fault("SQLite locked by another process", PROMISED, OPERATIONS)
def locked(sandbox: Sandbox) -> str:
    """Hold the write lock for longer than anybody waits."""
    sandbox.built()
    server = sandbox.serve()
    _accepted(server, "before")
    other = sqlite3.connect(sandbox.data / "feedback.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told = _refused(server, 30)
    other.execute("ROLLBACK")
    other.close()
    _accepted(server, "when the lock was gone")
    return f"“{told}”; questions answered; when the lock was gone feedback was kept again"


@group.fault("SQLite's file replaced by garbage under a running server", PROMISED, OPERATIONS)
def replaced(sandbox: Sandbox) -> str:
    """Move a file that is no database to its place, then put that away."""
    sandbox.built()
    server = sandbox.serve()
    _accepted(server, "before")
    file = sandbox.data / "feedback.sqlite3"
    other = sandbox.folder / "other"
    other.write_bytes(b"no database" * 9000)
    for beside in sandbox.data.glob("feedback.sqlite3-*"):
        beside.unlink()  # from these alone SQLite makes the database whole again
    other.replace(file)
    told = _refused(server, 30)
    file.rename(sandbox.folder / "damaged")
    expect(until(lambda: server.judge().status_code == 201, 15), "a new file was not begun")
    return f"“{told}”; questions answered; with the file put away a new one was begun"


@group.fault("one bit of SQLite's file flipped, at start", PROMISED, OPERATIONS)
def bit_flipped(sandbox: Sandbox) -> str:
    """Damage the middle of the file between two servers."""
    sandbox.built()
    server = sandbox.serve()
    for _ in range(5):
        _accepted(server, "before")
    server.process.terminate()
    server.process.wait(30)
    flip(sandbox.data / "feedback.sqlite3")
    server = sandbox.serve()
    expect(server.answers(), "questions were not answered")
    told = server.judge()
    expect(told.status_code in (201, 503), f"feedback was told as {problem(told)}")
    listed = sandbox.run("feedback", "list")
    expect("Traceback" not in listed.err, "a traceback")
    expect(listed.code == 0 or listed.last.startswith("Error: "), f"list said: {listed.last}")
    kept = "kept" if told.status_code == 201 else f"“{problem(told)}”"
    said = "the list is whole" if listed.code == 0 else f"“{listed.last}”"
    return f"questions answered; new feedback: {kept}; `feedback list`: {said}"


@group.fault("the data folder removed under a running server", PROMISED, OPERATIONS)
def removed(sandbox: Sandbox) -> str:
    """Remove it; the next feedback makes it anew."""
    sandbox.built()
    server = sandbox.serve()
    _accepted(server, "before")
    shutil.rmtree(sandbox.data)
    expect(server.answers(), "questions were not answered")
    _accepted(server, "afterwards")
    return "questions answered; the next feedback began a new file"


@group.fault("PostgreSQL for feedback stopped and started again", PROMISED, OPERATIONS)
def stopped(sandbox: Sandbox) -> str:
    """Stop the database as in a crash, and start it again."""
    database = server_of(sandbox)
    sandbox.built()
    server = sandbox.serve(COURSEBOT_DATABASE_URL=database.address())
    _accepted(server, "before")
    database.stop()
    told = _refused(server, 30)
    expect("horse" not in told, "the password is in the message")
    database.start()
    _accepted(server, "when it was back")
    expect(until(lambda: server.ready()["ready"], 15), "/readyz never got right again")
    ((rows,),) = database.execute("SELECT count(*) FROM coursebot_feedback")
    expect(rows == 2, f"{rows} rows are there")
    port = str(database.port)
    return f"“{told.replace(port, '…')}”; back again, feedback was kept; both are there"
