"""A real server that is told to stop while a question is open."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.api_server import ask_page
from tests.slow_server import HOLD
from tests.waiting import until

ROOT = Path(__file__).parents[3]
SLOW = "How slow is the main line of the kite?"
QUICK = "How long is the main line of the kite?"


class Process:
    """The server's process, its address and what it has logged."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._stderr = process.stderr
        self.address = self.line()["event"].removeprefix("coursebot is at ")
        self.client = httpx.Client(base_url=self.address, trust_env=False, timeout=60)

    def line(self) -> dict[str, Any]:
        """Return the next line of the log."""
        self.lines.append(json.loads(self._stderr.readline()))
        return self.lines[-1]

    def rest(self) -> None:
        """Read the log to its end."""
        self.lines += map(json.loads, self._stderr)


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Process]:
    """Start the slow server, logging JSON."""
    environment = {
        **os.environ,
        "COURSEBOT_LOG_FORMAT": "json",
        "COURSEBOT_LOG_LEVEL": "info",
        **settings,
    }
    (folder / HOLD).touch()
    command = [sys.executable, "-m", "tests.slow_server", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            server = Process(started)
            with server.client:
                yield server
        finally:
            started.kill()


def test_open_questions_finish(tmp_path: Path) -> None:
    """New ones are refused, it is not ready any more, and then it ends; all of it in the log."""
    with (
        serving(tmp_path, COURSEBOT_SHUTDOWN_SECONDS="300") as server,
        ThreadPoolExecutor(2) as pool,
    ):
        client = server.client
        assert client.get("/readyz").status_code == 200
        slow = pool.submit(
            client.post, "/api/v1/ask", json={"question": SLOW}, headers={"X-Request-ID": "mine-1"}
        )
        page = pool.submit(ask_page, client, SLOW, "mine-2")
        until(lambda: 'coursebot_queue_length{queue="open"} 2.0' in client.get("/metrics").text)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/readyz").status_code == 503)
        assert client.get("/readyz").json()["checks"]["serving"] == {
            "ready": False,
            "reason": "the server is about to stop",
        }
        assert client.get("/healthz").status_code == 200
        refused = client.get("/api/v1/ask", params={"question": QUICK})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["x-request-id"]
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert client.post("/gradio_api/queue/join", json={}).status_code == 503
        # The way that the proxy puts that question to another server, its tab follows.
        elsewhere = client.get("/gradio_api/queue/data", params={"session_hash": "mine-3"})
        assert elsewhere.status_code == 503
        assert not slow.done()
        assert not page.done()
        (tmp_path / HOLD).unlink()
        answer = slow.result()
        assert (answer.status_code, answer.headers["x-request-id"]) == (200, "mine-1")
        assert "process_completed" in page.result()
        assert "30 metres" in page.result()
        server.rest()
        assert server.process.wait() == -signal.SIGTERM
    asked = [line for line in server.lines if line["event"] == "question"]
    assert sorted((line["request_id"], line["face"]) for line in asked) == [
        ("mine-1", "api"),
        ("mine-2", "page"),
    ]
    assert "kite" not in json.dumps(server.lines)


def test_the_wait_is_bounded(tmp_path: Path) -> None:
    """A question that does not end is given up, and the log says that one was."""
    with (
        serving(tmp_path, COURSEBOT_SHUTDOWN_SECONDS="0.2") as server,
        ThreadPoolExecutor(1) as pool,
    ):
        slow = pool.submit(server.client.post, "/api/v1/ask", json={"question": SLOW})
        until(
            lambda: 'coursebot_queue_length{queue="open"} 1.0' in server.client.get("/metrics").text
        )
        server.process.send_signal(signal.SIGTERM)
        server.rest()
        assert server.process.wait() == -signal.SIGTERM
        with suppress(httpx.HTTPError):
            assert slow.result().status_code >= 500
    assert "1 questions were still open." in [line["event"] for line in server.lines]
