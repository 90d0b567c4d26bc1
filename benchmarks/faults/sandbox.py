"""A folder of its own, and the processes in it ▶ nothing left of either, whatever happened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

from benchmarks.faults import engine

ROOT = Path(__file__).parents[2]
HOOKS = Path(__file__).with_name("hooks")
PATIENCE = 100.0
"""Seconds until a process counts as hanging."""

COURSE = 'title = "Kites"\nlanguage = "en"\ndescription = "How kites fly."\n'
NOTES = """# Kites

A kite is a tethered craft that is heavier than air.

## Lines

The main line of the kite is 30 metres long.

- A sport kite has two lines.
- A box kite has one line.
"""
QUESTION = "How long is the main line of the kite?"
ANSWER = "30 metres"
NEWS = "\n## Tails\n\nThe tail of the kite is 7 feet long.\n"
NEWER_QUESTION = "How long is the tail of the kite?"
NEWER_ANSWER = "7 feet"


@dataclass(frozen=True, slots=True)
class Done:
    """A process that is over."""

    code: int
    """Negative: the signal that ended it."""
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of what it said, which is an error's."""
        return next(iter(self.err.strip().splitlines()[::-1]), "")


class Sandbox:
    """Where one fault happens."""

    def __init__(self) -> None:
        self._ends = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="coursebot-fault-"))
        self.folder.chmod(0o755)  # a database's user must come through
        self._ends.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._ends.close()

    def at_the_end(self, do: Callable[..., object], *arguments: object) -> None:
        """Have something done when the fault is over, before the folder is removed."""
        self._ends.callback(do, *arguments)

    @property
    def corpus(self) -> Path:
        """The folder of courses."""
        return self.folder / "corpus"

    @property
    def index(self) -> Path:
        """The index, unless a setting says otherwise."""
        return self.folder / "index"

    @property
    def data(self) -> Path:
        """The folder of feedback."""
        return self.folder / "data"

    def write_course(self, more: str = "") -> None:
        """Write the small course, with something after its notes."""
        course = self.corpus / "kites"
        course.mkdir(parents=True, exist_ok=True)
        (course / "course.toml").write_text(COURSE, encoding="utf-8")
        (course / "kites.md").write_text(NOTES + more, encoding="utf-8")

    def built(self, more: str = "") -> str:
        """Write the small course and bring its index up to date; return the index's version."""
        self.write_course(more)
        self.build(self.index)
        return (self.index / "CURRENT").read_text(encoding="ascii").strip()

    def build(self, place: str | Path) -> None:
        """Bring an index of the courses up to date; raises an IndexError_."""
        engine.build(self.corpus, place)

    def answers(self, question: str = QUESTION, answer: str = ANSWER) -> bool:
        """Whether the index answers, with a sentence that says what it should."""
        return any(answer in quote for quote in engine.quotes(self.index, question))

    def _input(self, text: bytes) -> int:
        reading, writing = os.pipe()
        os.write(writing, text)
        os.close(writing)
        self.at_the_end(os.close, reading)
        return reading

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process with these settings; all others are as shipped."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("COURSEBOT_") or name == "COURSEBOT_CACHE"
        }
        paths = [*([str(HOOKS)] if any(n.startswith("FAULTS_") for n in settings) else [])]
        paths += [str(ROOT / "src"), kept.get("PYTHONPATH", "")]
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            # What is broken here is not the reading of lines, which takes most of the time.
            "COURSEBOT_READER": "0",
            **settings,
        }

    def start(
        self,
        *arguments: str,
        before: Callable[[], object] | None = None,
        stderr: int | IO[bytes] = subprocess.PIPE,
        stdin: bytes = b"",
        **settings: str,
    ) -> subprocess.Popen[bytes]:
        """Start ``coursebot`` with arguments; ``before`` is called in the new process."""
        process = subprocess.Popen(
            [sys.executable, "-m", "coursebot", *arguments],
            cwd=self.folder,
            env=self.environment(settings),
            stdin=self._input(stdin),
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=before,
        )
        self.at_the_end(_end, process)
        return process

    def run(self, *arguments: str, **options: Any) -> Done:  # noqa: ANN401 — those of ``start``
        """Run ``coursebot`` with arguments to its end."""
        return finished(self.start(*arguments, **options))

    def ask(self, question: str = QUESTION, **settings: str) -> Done:
        """Ask on the command line."""
        return self.run("ask", question, **settings)

    def serve(self, port: int = 0, **options: Any) -> Server:  # noqa: ANN401 — those of ``start``
        """Start a server, at a free port or this one, and wait until it answers."""
        port = port or free_port()
        return Server(self.start("serve", "--port", str(port), **options), port)

    def shown(self, text: str) -> str:
        """Return a text without what is this sandbox's alone."""
        return " ".join(text.replace(f"{self.folder}/", "").split())


class Server:
    """A server's process and a client of it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.lines: list[str] = []
        """What it said, as far as it was read."""
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE
        )
        if process.stderr is not None:
            threading.Thread(target=self._read, args=(process.stderr,), daemon=True).start()
        if not until(lambda: self.up or process.poll() is not None) or not self.up:
            raise RuntimeError(f"the server did not start: {' '.join(self.lines)[-300:]}")

    @property
    def up(self) -> bool:
        """Whether it answers at all."""
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def _read(self, stderr: IO[bytes]) -> None:
        with suppress(ValueError):  # closed when the fault is over
            for line in stderr:
                self.lines.append(line.decode(errors="replace").strip())

    def ask(self, question: str = QUESTION) -> httpx.Response:
        """Ask over the API."""
        return self.client.get("/api/v1/ask", params={"question": question})

    def answers(self, question: str = QUESTION, answer: str = ANSWER) -> bool:
        """Whether it answers rightly, with the sentence cited."""
        told = self.ask(question)
        return told.status_code == 200 and any(
            answer in citation["quote"] for citation in told.json()["citations"]
        )

    def ready(self) -> dict[str, Any]:
        """Return what ``/readyz`` says."""
        said: dict[str, Any] = self.client.get("/readyz").json()
        return said

    def judge(self, comment: str = "") -> httpx.Response:
        """Send feedback on an answer."""
        answer = self.ask().json()
        return self.client.post(
            "/api/v1/feedback", json={"answer": answer, "verdict": "up", "comment": comment}
        )

    @property
    def memory(self) -> int:
        """Bytes that its process holds."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def metric(self, name: str) -> float:
        """Return a figure of ``/metrics``."""
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(name):
                return float(line.rpartition(" ")[2])
        return 0.0


def finished(process: subprocess.Popen[bytes], patience: float = PATIENCE) -> Done:
    """Wait for a process; one that does not end is killed, and said to have hung."""
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        _end(process)
        raise RuntimeError(f"it hung for {patience:.0f} s") from None
    return Done(process.returncode, out.decode(), (err or b"").decode())


def until(true: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait for something; False when it did not come."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def problem(told: httpx.Response) -> str:
    """Return an error as it was told."""
    try:
        return f"{told.status_code} {json.loads(told.text)['detail']}"
    except (ValueError, KeyError):
        return f"{told.status_code} {told.text[:100]}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.close()
