"""More questions than a server can work on: who waits, who is refused, what goes on meanwhile."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from coursebot.encoder.fake import HashEncoder
from coursebot.types import Floats
from coursebot.web.admission import Admission
from tests.api_server import LONG, ask_page, open_assistant
from tests.waiting import until
from tests.web.conftest import application, running

MANY = 60
"""More than the 40 threads that a server has for all that is no question."""


class Held(HashEncoder):
    """The deterministic encoder, which waits until the test lets it go on."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Encode as soon as there is leave."""
        self.go.wait()
        return super().encode_queries(texts)


@dataclass(frozen=True)
class Crowd:
    """A server with two places, and those who want one."""

    client: httpx.Client
    encoder: Held
    admission: Admission
    pool: ThreadPoolExecutor

    def asks(self, count: int) -> list[Callable[[], httpx.Response]]:
        """Send questions over the API that are not answered yet; return where answers will be."""
        all_of_them = self.admission.taken + self.admission.waiting + count
        sent: list[Callable[[], httpx.Response]] = [
            self.pool.submit(self.client.post, "/api/v1/ask", json={"question": LONG}).result
            for _ in range(count)
        ]
        until(lambda: self.admission.taken + self.admission.waiting == all_of_them)
        return sent


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    """Return a server where nobody is answered yet."""
    assistant = open_assistant(tmp_path, places=2, queue_seconds=600)
    encoder = assistant._encoder = Held()
    made = application(assistant)
    limits = httpx.Limits(max_connections=200)
    with (
        running(made) as address,
        ThreadPoolExecutor(MANY) as pool,
        httpx.Client(base_url=address, trust_env=False, timeout=100, limits=limits) as client,
    ):
        try:
            yield Crowd(client, encoder, made.state.admission, pool)
        finally:
            encoder.go.set()


def test_all_else_goes_on(crowd: Crowd) -> None:
    """Probes, files and the reader are served while questions wait; and all of these are answered.

    With a thread for each that waits, or one that holds up the loop, this would never end.
    """
    with ThreadPoolExecutor(2) as pages:
        shown = pages.submit(ask_page, crowd.client, LONG, "x-1")
        until(lambda: crowd.admission.taken == 1)
        sent = crowd.asks(MANY)
        _meanwhile(crowd)
        assert {answer().status_code for answer in sent} == {200}
        assert "30 metres" in shown.result()
    assert (crowd.admission.taken, crowd.admission.waiting) == (0, 0)


def _meanwhile(crowd: Crowd) -> None:
    for path in (
        "/healthz",
        "/readyz",
        "/page/page.js",
        "/read/",
        "/api/v1/courses",
        "/",
        "/config",
    ):
        assert crowd.client.get(path).status_code == 200, path
    figures = crowd.client.get("/metrics").text
    assert f'coursebot_queue_length{{queue="places"}} {MANY - 1}.0' in figures
    assert 'coursebot_places{of="taken"} 2.0' in figures
    crowd.encoder.go.set()


def test_beyond_that_each_face_says_when_to_come_again(crowd: Crowd) -> None:
    """429 and Retry-After, the page in words and with what asks again, tools with an error."""
    crowd.admission._mean = 500.0
    sent = crowd.asks(4)  # two of them wait, for 250 and 500 seconds
    client = crowd.client
    for refused in (
        client.post("/api/v1/ask", json={"question": LONG}),
        client.get(
            "/api/v1/ask", params={"question": LONG}, headers={"Accept": "text/event-stream"}
        ),
        client.get("/api/v1/search", params={"q": LONG}),
    ):
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "750")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["hint"] == "Ask again in 750 s."
    page = ask_page(client, LONG, "x-1")
    assert "Many learners are asking" in page
    assert 'data-retry=\\"750\\"' in page
    tool = client.post("/gradio_api/run/ask_course", json={"data": [LONG, ""]})
    assert "Ask again in 750 s." in json.dumps(tool.json())
    assert 'coursebot_refusals_total{face="api"} 3.0' in client.get("/metrics").text
    crowd.encoder.go.set()
    assert [answer().status_code for answer in sent] == [200] * 4


def test_who_leaves_is_not_worked_for(crowd: Crowd) -> None:
    """A learner who has gone when the turn comes costs nothing."""
    crowd.asks(2)
    body = json.dumps({"question": LONG}).encode()
    head = (
        "POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    url = crowd.client.base_url
    with socket.create_connection((url.host, url.port)) as impatient:
        impatient.sendall(head.encode() + body)
        until(lambda: crowd.admission.waiting == 1)
    assert crowd.client.get("/healthz").status_code == 200  # by now it was seen to close
    assert crowd.admission.waiting == 1
    crowd.encoder.go.set()
    until(lambda: crowd.admission.taken == 0)
    answered = crowd.client.get("/metrics").text
    assert 'coursebot_queue_length{queue="places"} 0.0' in answered
    assert (
        sum(
            float(line.rsplit(" ", 1)[1])
            for line in answered.splitlines()
            if line.startswith("coursebot_questions_total")
        )
        == 2
    )
