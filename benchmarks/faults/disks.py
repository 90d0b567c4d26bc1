"""Disks that are full, or cannot be written.

Where this may mount, a disk is a small tmpfs of its own; elsewhere the size of files is limited
(``RLIMIT_FSIZE``), which fails in the same calls with another number.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.builds import FILLING
from benchmarks.faults.fault import (
    ARCHITECTURE,
    OPERATIONS,
    SECURITY,
    CannotTryError,
    Group,
    expect,
)
from benchmarks.faults.runs import digest, golden
from benchmarks.faults.sandbox import NEWER_ANSWER, NEWER_QUESTION, NEWS, Sandbox, problem, until
from benchmarks.faults.stores import feedback_in

group = Group("disk")


@dataclass(frozen=True, slots=True)
class Disk:
    """A small disk."""

    folder: Path
    kind: str
    limit: Callable[[], None] | None
    """What a process calls before it begins, where the disk itself is not small."""

    def fill(self) -> None:
        """Leave nothing free."""
        with (self.folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while ballast.write(b"\0" * 4096):
                pass

    def free(self) -> None:
        """Make room again."""
        (self.folder / "ballast").unlink(missing_ok=True)


def small_disk(sandbox: Sandbox, kilobytes: int) -> Disk:
    """Return a disk of that size, which is gone when the fault is over."""
    folder = sandbox.folder / "disk"
    folder.mkdir()
    if _mounted(sandbox, folder, f"size={kilobytes}k"):
        return Disk(folder, f"a tmpfs of {kilobytes} kB", None)
    most = kilobytes * 1024

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return Disk(folder, f"files limited to {kilobytes} kB", limit)


def _mounted(sandbox: Sandbox, folder: Path, options: str) -> bool:
    if os.geteuid() != 0:
        return False
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False
    )
    if mounted.returncode == 0:
        sandbox.at_the_end(
            lambda: subprocess.run(["umount", "--lazy", folder], capture_output=True, check=False)
        )
    return mounted.returncode == 0


@group.fault(
    "full while an index is built",
    "The new version is written beside the old one, each file is synced to disk, and `CURRENT` is"
    " replaced in one step.",
    ARCHITECTURE,
)
def building(sandbox: Sandbox) -> str:
    """Build a larger index on a disk that holds the small one alone."""
    disk = small_disk(sandbox, 400)
    place = disk.folder / "index"
    sandbox.write_course()
    sandbox.build(place)
    sandbox.write_course(NEWS + FILLING)
    told = sandbox.run("index", "corpus", "--out", str(place), before=disk.limit)
    expect(told.code == 1 and "cannot be written" in told.last, f"it said: {told.last}")
    expect("Traceback" not in told.err, "a traceback")
    # What was embedded is kept for the next build.
    left = sorted(entry.name for entry in place.iterdir() if entry.name != ".embedded")
    expect(len(left) == 3, f"it left {', '.join(left)}")
    expect(sandbox.ask(COURSEBOT_INDEX=str(place)).code == 0, "the old index does not answer")
    sandbox.write_course(NEWS)
    again = sandbox.run("index", "corpus", "--out", str(place), before=disk.limit)
    expect(again.code == 0, f"what fits was refused too: {again.last}")
    return f"{disk.kind}: “{told.last}”; nothing left behind, the old index answers"


@group.fault(
    "full while feedback is written",
    "what is there stays; the answer itself does not need the database",
    SECURITY,
)
def feedback(sandbox: Sandbox) -> str:
    """Send feedback until nothing more fits, ask, and make room."""
    sandbox.built()
    disk = small_disk(sandbox, 600)
    data = disk.folder / "data"
    server = sandbox.serve(before=disk.limit, COURSEBOT_DATA=str(data))
    kept = 0
    while (told := server.judge("x" * 1900)).status_code == 201:
        kept += 1
        expect(kept < 1000, "the disk was never full")
    expect(told.status_code == 503, f"it was told as {problem(told)}")
    expect(server.answers(), "it did not answer any more")
    server.client.close()
    rows = feedback_in(data)
    expect(kept and rows == kept, f"{kept} were thanked for, {rows} are there")
    return f"{disk.kind}: {kept} kept and all there, then “{problem(told)}”; questions answered on"


@group.fault(
    "full, then room again, under one server",
    "what is there stays; the answer itself does not need the database",
    SECURITY,
)
def room_again(sandbox: Sandbox) -> str:
    """Fill the disk beside the database, and free it."""
    sandbox.built()
    disk = small_disk(sandbox, 2000)
    if disk.limit:
        raise CannotTryError("root, to mount a small disk")
    server = sandbox.serve(COURSEBOT_DATA=str(disk.folder / "data"))
    expect(server.judge().status_code == 201, "the first was refused")
    disk.fill()
    full = server.judge("x" * 1900)
    expect(full.status_code == 503, f"on a full disk: {problem(full)}")
    expect(server.answers(), "it did not answer any more")
    disk.free()
    after = server.judge()
    expect(after.status_code == 201, f"with room again: {problem(after)}")
    return f"{disk.kind}: “{problem(full)}”; with room again the same server keeps feedback"


@group.fault(
    "full while an evaluation run writes",
    "A run that was broken off, also by kill -9, is taken up by the same command",
    ARCHITECTURE,
)
def run(sandbox: Sandbox) -> str:
    """Evaluate on a disk that holds a part of the run."""
    sandbox.built()
    golden(sandbox, 60)
    whole = sandbox.run("eval", "--json", "--name", "whole", "--out", "runs")
    expect(whole.code == 0, f"the run beside it said: {whole.last}")
    disk = small_disk(sandbox, 60)
    out = str(disk.folder / "runs")
    told = sandbox.run("eval", "--name", "cut", "--out", out, before=disk.limit)
    expect(
        told.code == 2 and "cannot be written" in told.last, f"{told.code}, it said: {told.last}"
    )
    rows = (disk.folder / "runs" / "cut" / "items.jsonl").read_bytes().count(b"\n")
    if disk.limit is None:
        subprocess.run(["mount", "-o", "remount,size=20m", disk.folder], check=True)
    again = sandbox.run("eval", "--name", "cut", "--out", out)
    expect(again.code == 0, f"the same command with room said: {again.last}")
    same = digest(disk.folder / "runs" / "cut") == digest(sandbox.folder / "runs" / "whole")
    expect(same, "the digest is another than that of an unbroken run")
    return (
        f"{disk.kind}: “{told.last}” after {rows} rows; taken up with room, the digest is the same"
    )


@group.fault(
    "full while a backup is written",
    "The file is written beside, read again and compared with the SHA-256 of each of its parts,"
    " and only then gets its name",
    OPERATIONS,
)
def backup(sandbox: Sandbox) -> str:
    """Write a backup of more than the disk holds."""
    sandbox.built()
    (sandbox.corpus / "kites" / "golden.jsonl").write_bytes(os.urandom(200_000))
    disk = small_disk(sandbox, 60)
    file = disk.folder / "backup.zip"
    told = sandbox.run("backup", str(file), before=disk.limit)
    expect(told.code == 1, f"it ended with {told.code}: {told.out}")
    expect("Traceback" not in told.err, "a traceback")
    left = [entry.name for entry in disk.folder.iterdir()]
    expect(not left, f"it left {', '.join(left)}")
    expect("COURSEBOT_DEBUG" not in told.last, f"nobody foresaw it: {told.last}")
    return f"{disk.kind}: “{told.last}”; no file left"


@group.fault(
    "full while a backup is restored",
    "If it is broken off, give the same command again.",
    OPERATIONS,
)
def restore(sandbox: Sandbox) -> str:
    """Restore runs of more than the disk holds, then make room and restore again."""
    sandbox.built()
    run = sandbox.folder / "runs" / "some"
    run.mkdir(parents=True)
    (run / "items.jsonl").write_bytes(os.urandom(300_000))
    made = sandbox.run("backup", "backup.zip")
    expect(made.code == 0, f"backup said: {made.last}")
    disk = small_disk(sandbox, 60)
    runs = disk.folder / "runs"
    command = ("restore", "--yes", "--runs", str(runs), "backup.zip")
    told = sandbox.run(*command, before=disk.limit)
    expect(told.code == 1 and "cannot be restored" in told.last, f"{told.code}: {told.last}")
    left = [entry.name for entry in runs.iterdir()]
    expect(not left, f"it left {', '.join(left)}")
    if disk.limit is None:
        subprocess.run(["mount", "-o", "remount,size=20m", disk.folder], check=True)
    again = sandbox.run(*command)
    expect(again.code == 0, f"the same command with room said: {again.last}")
    same = (runs / "some" / "items.jsonl").read_bytes() == (run / "items.jsonl").read_bytes()
    expect(same, "the run is not that of the backup")
    return f"{disk.kind}: “{told.last}”; nothing left behind; with room the same command ended it"


@group.fault(
    "the data folder read-only",
    "the folder's permissions and space, or the PostgreSQL server; the answer itself does not need"
    " it",
    OPERATIONS,
)
def read_only(sandbox: Sandbox) -> str:
    """Send feedback to a folder that cannot be written."""
    sandbox.built()
    data = sandbox.data
    data.mkdir()
    if not _mounted(sandbox, data, "ro"):
        data.chmod(0o555)
        if os.access(data, os.W_OK):
            raise CannotTryError("a user who is kept from a folder, or leave to mount")
    server = sandbox.serve()
    told = server.judge()
    expect(told.status_code == 503, f"it was told as {problem(told)}")
    expect(server.answers(), "it did not answer")
    check = server.ready()["checks"]["database"]
    expect(not check["ready"], "/readyz says that feedback can be kept")
    return f"“{problem(told)}”; questions answered; /readyz: “{check['reason']}”"


@group.fault(
    "full where the log is written",
    "A server whose log cannot be written answers on",
    OPERATIONS,
)
def log(sandbox: Sandbox) -> str:
    """Let each line of the log fail as on a full disk."""
    if not Path("/dev/full").exists():
        raise CannotTryError("/dev/full")
    sandbox.built()
    with Path("/dev/full").open("wb") as full:
        server = sandbox.serve(stderr=full, COURSEBOT_LOG_LEVEL="info", COURSEBOT_LOG_FORMAT="json")
    expect(server.answers(), "it did not answer")
    sandbox.write_course(NEWS)
    sandbox.build(sandbox.index)
    expect(
        until(lambda: server.answers(NEWER_QUESTION, NEWER_ANSWER), 20),
        "it did not take up a new index",
    )
    missing = server.client.get("/api/v1/nothing").status_code
    expect(missing == 404, f"an address that is not there: {missing}")
    return "/dev/full as its log: it starts, answers and takes up a new index"
