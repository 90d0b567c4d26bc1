"""A real server in a process of its own ▶ its address, and what it takes of the machine."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 600.0
"""Seconds until a server must have started: it may convert a model, on a busy machine."""
_ADDRESS = re.compile(r"coursebot is at (http://\S+)")
_KEPT = ("COURSEBOT_CACHE",)
_MEBIBYTE = 2**20


class ServerError(Exception):
    """The server did not start."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a server had taken at one moment."""

    at: float
    """Seconds since the clock started."""
    mebibytes: float
    """Resident size of the process and its children."""
    cpu: float
    """Processor seconds so far."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    url: str
    pid: int
    log: Path

    def use(self, at: float) -> Use:
        """Return what it takes now; nothing when it is gone."""
        mebibytes = cpu = 0.0
        for pid in [self.pid, *_descendants(self.pid)]:
            with suppress(OSError):
                mebibytes += _resident(pid)
                cpu += _spent(pid)
        return Use(at, mebibytes, cpu)


@contextmanager
def running(
    index: Path, folder: Path, *, reader: bool, settings: Sequence[str] = ()
) -> Iterator[Served]:
    """Start ``coursebot serve`` on a free port, with data and log in ``folder``; end it after.

    ``settings`` are pairs ``name=value``. Nobody's rate is limited: all learners here have one
    address. Raises ServerError with the end of the log.
    """
    if not Path("/proc/self/statm").exists():
        raise ServerError("memory and processor time of a server are read from /proc: use Linux")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    given = [f"reader={str(reader).lower()}", "person_rate=0", "address_rate=0", *settings]
    command = [sys.executable, "-m", "coursebot"]
    command += [part for pair in given for part in ("--set", pair)]
    command += ["serve", "--port", "0", "--index", str(index.resolve())]
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(os.environ), stdout=stream, stderr=stream
        )
    try:
        yield Served(_address(process, log), process.pid, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without settings of coursebot, but for the folder of models."""
    return {
        name: value
        for name, value in given.items()
        if not name.startswith("COURSEBOT_") or name in _KEPT
    }


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        found = _ADDRESS.search(log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        time.sleep(0.05)
    tail = log.read_text(encoding="utf-8")[-2000:]
    raise ServerError(f"the server did not start; its log, {log}, ends with:\n{tail}")


class Strain:
    """How busy this process itself is: a generator that is slow makes the server look so."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        """Seconds that the event loop came late to what was due."""
        self.cpu = 0.0
        """Processor seconds of this process."""

    @asynccontextmanager
    async def measured(self, step: float = 0.05) -> AsyncIterator[None]:
        """Measure for as long as the body runs."""
        started = time.process_time()
        probe = asyncio.create_task(self._probe(step))
        try:
            yield
        finally:
            probe.cancel()
            self.cpu = time.process_time() - started

    async def _probe(self, step: float) -> None:
        while True:
            due = time.perf_counter() + step
            await asyncio.sleep(step)
            self.lags.append(time.perf_counter() - due)


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MEBIBYTE


def _spent(pid: int) -> float:
    # After the command's name, which may hold spaces: user and system time are 12th and 13th.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, file.read_text().split()):
                found += [child, *_descendants(child)]
    return found
