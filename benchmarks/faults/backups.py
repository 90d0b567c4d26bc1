"""Backups that are damaged, broken off, or made while a server writes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.faults.damages import flip
from benchmarks.faults.fault import OPERATIONS, Group, expect
from benchmarks.faults.runs import golden
from benchmarks.faults.sandbox import Sandbox, Server, problem, until
from benchmarks.faults.stores import feedback_in

group = Group("backup")

CHECKED = "reads all of the file and checks every digest before anything changes"


def _filled(sandbox: Sandbox) -> Server:
    """Return a server on a sandbox with feedback and a golden set, and a backup of both."""
    sandbox.built()
    golden(sandbox, 40)
    server = sandbox.serve()
    expect(server.judge("before").status_code == 201, "feedback was refused")
    done = sandbox.run("backup", "backup.zip")
    expect(done.code == 0, f"backup said: {done.last}")
    return server


def _refused(sandbox: Sandbox, server: Server) -> str:
    """Restore what is damaged, and see that nothing changed."""
    file = sandbox.corpus / "kites" / "golden.jsonl"
    file.write_text("changed since\n", encoding="utf-8")
    expect(server.judge("since").status_code == 201, "feedback was refused")
    told = sandbox.run("restore", "--yes", "backup.zip")
    expect(told.code == 1, f"it ended with {told.code}: {told.out}")
    expect("Traceback" not in told.err and "COURSEBOT_DEBUG" not in told.last, told.last)
    expect(file.read_text(encoding="utf-8") == "changed since\n", "the golden set was changed")
    rows = feedback_in(sandbox.data)
    expect(rows == 2, f"{rows} pieces of feedback are there instead of 2")
    return f"“{told.last}”; nothing changed"


@group.fault("a backup cut short is restored", CHECKED, OPERATIONS)
def cut_short(sandbox: Sandbox) -> str:
    """Take its last third away."""
    server = _filled(sandbox)
    file = sandbox.folder / "backup.zip"
    os.truncate(file, file.stat().st_size * 2 // 3)
    return _refused(sandbox, server)


@group.fault("a backup with one bit flipped is restored", CHECKED, OPERATIONS)
def bit_flipped(sandbox: Sandbox) -> str:
    """Flip a bit in its middle."""
    server = _filled(sandbox)
    flip(sandbox.folder / "backup.zip")
    return _refused(sandbox, server)


@contextmanager
def _writing(server: Server) -> Iterator[list[int]]:
    """Have feedback sent without a pause; the list holds what each was told."""
    told: list[int] = []
    over = threading.Event()

    def write() -> None:
        with httpx.Client(base_url=server.client.base_url, trust_env=False, timeout=60) as client:
            answer = server.ask().json()
            sent = {"answer": answer, "verdict": "up"}
            while not over.is_set():
                told.append(client.post("/api/v1/feedback", json=sent).status_code)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    try:
        yield told
    finally:
        over.set()
        for one in writers:
            one.join()


@group.fault(
    "a backup and a restore while a server writes feedback",
    "A server may go on meanwhile: SQLite is copied by its own backup interface, of PostgreSQL the"
    " rows of one moment are read.",
    OPERATIONS,
)
def while_writing(sandbox: Sandbox) -> str:
    """Back up, check and restore while two write without a pause."""
    sandbox.built()
    server = sandbox.serve()
    with _writing(server) as told:
        expect(until(lambda: told.count(201) > 20), "nothing was written")
        before = told.count(201)
        made = sandbox.run("backup", "backup.zip")
        after = len(told)
        expect(made.code == 0, f"backup said: {made.last}")
        put_back = sandbox.run("restore", "--yes", "backup.zip")
        expect(put_back.code == 0, f"restore said: {put_back.last}")
        time.sleep(0.3)
    failed = {code: told.count(code) for code in set(told) if code != 201}
    expect(not failed, f"writers were told {failed}")
    checked = sandbox.run("restore", "--check", "backup.zip")
    expect(checked.code == 0, f"check said: {checked.last}")
    empty = sandbox.folder / "empty"
    again = sandbox.run(
        "restore", "--yes", "backup.zip", "--runs", str(empty / "runs"), "--corpus",
        str(empty / "corpus"), COURSEBOT_DATA=str(empty / "data"),
    )  # fmt: skip
    expect(again.code == 0, f"restore into an empty folder said: {again.last}")
    rows = feedback_in(empty / "data")
    expect(before <= rows <= after, f"{rows} rows in it; {before} before it began, {after} after")
    return f"{len(told)} written meanwhile, none refused; the backup holds all from before it began"


@group.fault(
    "a restore killed with SIGKILL in the middle",
    "If it is broken off, give the same command again.",
    OPERATIONS,
)
def killed(sandbox: Sandbox) -> str:
    """Kill it when it is about to replace the golden set, and give the command again."""
    server = _filled(sandbox)
    file = sandbox.corpus / "kites" / "golden.jsonl"
    wanted = file.read_bytes()
    file.write_text("changed since\n", encoding="utf-8")
    expect(server.judge("since").status_code == 201, "feedback was refused")
    broken = sandbox.run("restore", "--yes", "backup.zip", FAULTS_DIE="os.rename:golden.jsonl")
    expect(broken.code == -9, f"it was not killed: {broken.code} {broken.last}")
    expect(server.answers(), "the server did not answer between")
    again = sandbox.run("restore", "--yes", "backup.zip")
    expect(again.code == 0, f"the same command said: {again.last}")
    expect(file.read_bytes() == wanted, "the golden set is not that of the backup")
    rows = feedback_in(sandbox.data)
    expect(rows == 1, f"{rows} pieces of feedback are there instead of 1")
    left = [entry.name for entry in Path(sandbox.folder / "runs").glob(".restoring-*")]
    told = server.judge()
    expect(told.status_code == 201, f"the running server: {problem(told)}")
    return "the same command ended it; all as in the backup" + (
        f"; {len(left)} folder of the broken one stays" if left else ""
    )
