"""A run that is started in the workbench of a real server: killed, gone on with, shut down."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from coursebot.evaluation.run import read_info
from tests.conftest import ROOT
from tests.waiting import until

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(240),
    pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's"),
]

Server = tuple[str, "subprocess.Popen[bytes]"]


def get(address: str) -> str:
    """Return a page; empty while nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError):
        return ""


def post(base: str, path: str, **form: str) -> None:
    """Send a form as a page of the workbench does."""
    data = urlencode(form).encode()
    request = urllib.request.Request(base + path, data, {"Origin": base})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Return the folder of runs, none in it yet."""
    return tmp_path / "runs"


@pytest.fixture
def serving(real_index: Path, cache: Path, tmp_path: Path, runs: Path) -> Callable[[], object]:
    """Return a function that starts ``coursebot serve`` in a process of its own."""
    environment = {
        **os.environ,
        "COURSEBOT_CACHE": str(cache),
        "COURSEBOT_INDEX": str(real_index),
        "COURSEBOT_RUNS": str(runs),
        "COURSEBOT_DATA": str(tmp_path / "data"),
        "PATH": "",  # without git, so that a commit during the test is no other code
    }
    environment.pop("COURSEBOT_INSTRUCTOR_PASSWORD", None)

    @contextmanager
    def serve() -> Iterator[Server]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        with subprocess.Popen(
            [sys.executable, "-m", "coursebot", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                until(lambda: bool(get(f"{base}/instructor/runs")))
                yield base, process
            finally:
                process.kill()

    return serve


def rows_of(run: Path) -> int:
    """Return how many whole rows a run holds."""
    file = run / "items.jsonl"
    return file.read_bytes().count(b"\n") if file.is_file() else 0


def start(base: str, name: str) -> None:
    """Start a run of the shipped golden set."""
    page = get(f"{base}/instructor/runs")
    found = re.search(r'<option value="([^"]*az-500/golden\.jsonl)"', page)
    assert found is not None
    post(base, "/instructor/runs", golden=found[1], name=name)


def whole(run: Path) -> bool:
    """Whether a run is finished."""
    return (run / "run.json").is_file() and bool(read_info(run).finished_at)


def test_a_killed_server_goes_on_as_if_unbroken(serving: Callable[[], object], runs: Path) -> None:
    """Killed with -9 in the middle: what is finished is kept, and the end is the same."""
    with serving() as (base, process):  # type: ignore[attr-defined]
        start(base, "killed")
        until(lambda: rows_of(runs / "killed") > 20)
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = (runs / "killed" / "items.jsonl").read_bytes()
    kept = kept[: kept.rfind(b"\n") + 1]
    with serving() as (base, process):  # type: ignore[attr-defined]
        assert "/instructor/runs/killed/resume" in get(f"{base}/instructor/runs/killed")
        post(base, "/instructor/runs/killed/resume")
        until(lambda: rows_of(runs / "killed") > kept.count(b"\n") + 5)
        assert get(f"{base}/instructor/jobs").count("data-job=") == 1
        until(lambda: whole(runs / "killed"))
        start(base, "unbroken")
        until(lambda: whole(runs / "unbroken"))
    assert (runs / "killed" / "items.jsonl").read_bytes().startswith(kept)
    assert read_info(runs / "killed").digest == read_info(runs / "unbroken").digest


def test_a_server_that_is_stopped_does_not_wait_for_its_run(
    serving: Callable[[], object], runs: Path
) -> None:
    """SIGTERM in the middle of a run ends the process in seconds, and its rows are whole."""
    with serving() as (base, process):  # type: ignore[attr-defined]
        start(base, "stopped")
        until(lambda: rows_of(runs / "stopped") > 10)
        process.terminate()
        process.wait(10)
    kept = (runs / "stopped" / "items.jsonl").read_bytes()
    assert kept.endswith(b"\n")
    assert 10 < kept.count(b"\n") < read_info(runs / "stopped").questions
    assert not whole(runs / "stopped")
