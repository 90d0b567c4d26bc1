"""A learner's question ▶ the server's reply, over the HTTP API or as the page asks it."""

from __future__ import annotations

import json
import random
import re
import ssl
import uuid
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from typing import Any, Protocol

import httpx

TURNS = 5
"""Answers of a conversation on the page, which are sent along with the next question."""
WITHOUT = 1.0
"""Seconds to wait after a 429 that does not say how long."""


class Outcome(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """Told to come back later: a 429."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a learner got."""

    outcome: Outcome
    kind: str = ""
    """The answer's state, or what went wrong."""
    wait: float | None = None
    """Seconds that a refusal asks to wait; None when it does not say."""


class Face(Protocol):
    """A way to ask."""

    name: str

    async def open(self) -> None:
        """Do what comes before the first question; raises httpx.HTTPError."""

    async def ask(self, question: str) -> Reply:
        """Ask, and read the answer to its end; raises httpx.HTTPError."""

    async def close(self) -> None:
        """Give the connections back."""


def client(url: str) -> httpx.AsyncClient:
    """Return one browser's connections; nothing of the environment's proxies is used.

    An idle one is given up before the server does so after 5 s: a browser asks again where a
    connection was closed while it sent, and this client does not.
    """
    kept = httpx.Limits(max_connections=None, keepalive_expiry=2.0)
    return httpx.AsyncClient(
        base_url=url, verify=_CONTEXT, trust_env=False, timeout=None, limits=kept
    )


_AGAIN = re.compile(r'data-retry="(\d+)"')
_MESSAGE = re.compile(r'<div class="reply"><p[^>]*>([^<]*)')
_CONFIG = "window.gradio_config = "
_CONTEXT = ssl.create_default_context()  # made once: it takes longer than a question


class Api:
    """The HTTP API."""

    name = "http"

    def __init__(self, url: str) -> None:
        self._client = client(url)

    async def open(self) -> None:
        """Do nothing: a program just asks."""

    async def ask(self, question: str) -> Reply:
        """Ask, and read the answer."""
        response = await self._client.post("/api/v1/ask", json={"question": question})
        if response.status_code != httpx.codes.OK:
            return refused(response)
        return Reply(Outcome.ANSWERED, str(response.json()["state"]))

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


class Page:
    """The page, over Gradio's own protocol: an event joins the queue, its messages are streamed.

    What the browser's scripts keep and send along, the conversation, is kept and sent here.
    """

    name = "gradio"

    def __init__(self, url: str, lang: str = "en") -> None:
        self._client = client(url)
        self._lang = lang
        self._session = uuid.uuid4().hex[:11]
        self._turns: list[Any] = []
        self._opening = self._asking = -1

    async def open(self) -> None:
        """Load the page's HTML, which names its events, and run the one that opens it."""
        config = config_of((await self._client.get("/")).raise_for_status().text)
        self._opening = event_of(config, "load")
        self._asking = event_of(config, "submit")
        await self._event(self._opening, [self._visit(opening=True)])

    async def ask(self, question: str) -> Reply:
        """Ask, and read all that the page is told; a page that did not open is opened first."""
        if self._asking < 0:
            await self.open()
        done = await self._event(self._asking, [question, self._visit()])
        if isinstance(done, Reply):
            return done
        if not done.get("success"):
            return Reply(Outcome.FAILED, "the event failed")
        *_, shown, kept = done["output"]["data"]
        if not isinstance(kept, str):  # a message is shown in the answer's place
            return on_page(str(shown))
        turns = json.loads(kept)
        self._turns = turns if len(turns) < TURNS else []
        return Reply(Outcome.ANSWERED, str(turns[-1]["state"]))

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _visit(self, *, opening: bool = False) -> str:
        told = {"lang": self._lang, "keep": False, "search": "", "course": "", "turns": self._turns}
        return json.dumps(told if not opening else {**told, "turns": []}, ensure_ascii=False)

    async def _event(self, number: int, given: list[str]) -> dict[str, Any] | Reply:
        """Return an event's last message, or why it was not taken."""
        body = {
            "data": given,
            "event_data": None,
            "fn_index": number,
            "trigger_id": None,
            "session_hash": self._session,
        }
        joined = await self._client.post("/gradio_api/queue/join", json=body)
        if joined.status_code != httpx.codes.OK:
            return refused(joined)
        last: dict[str, Any] | Reply = Reply(Outcome.FAILED, "the stream ended early")
        query = {"session_hash": self._session}
        async with self._client.stream("GET", "/gradio_api/queue/data", params=query) as stream:
            if stream.status_code != httpx.codes.OK:
                return refused(stream)
            async for line in stream.aiter_lines():
                # Read as JSON only where the answer stands whole: this process must stay light.
                if line.startswith('data: {"msg":"process_completed"'):
                    last = json.loads(line.removeprefix("data: "))
                elif line.startswith('data: {"msg":"unexpected_error"'):
                    last = Reply(Outcome.FAILED, "unexpected_error")
        return last


FACES = {"http": Api, "gradio": Page}


def made(name: str, url: str, learner: int) -> Face:
    """Return a learner's way to ask; every other one has the page in Japanese."""
    return Api(url) if name == Api.name else Page(url, "ja" if learner % 2 else "en")


def config_of(html: str) -> dict[str, Any]:
    """Return what the page's HTML tells Gradio's scripts; raises ValueError where that is not."""
    _, found, rest = html.partition(_CONFIG)
    if not found:
        raise ValueError("the page's HTML tells Gradio's scripts nothing")
    config: dict[str, Any] = json.JSONDecoder().raw_decode(rest)[0]
    return config


def event_of(config: dict[str, Any], event: str) -> int:
    """Return the number of the first page's event, from what Gradio tells browsers."""
    first = set(config["page"][""]["dependencies"])
    return next(
        int(dependency["id"])
        for dependency in config["dependencies"]
        if dependency["id"] in first and any(on == event for _, on in dependency["targets"])
    )


def on_page(turn: str) -> Reply:
    """Return what a turn without an answer says: when the page asks again, or what went wrong."""
    again = _AGAIN.search(turn)
    if again:  # page.js waits a little longer, not to come with all others
        return Reply(Outcome.REFUSED, wait=float(again[1]) + random.uniform(0, 2))
    said = _MESSAGE.search(turn)
    return Reply(Outcome.FAILED, f"on the page: {unescape(said[1])[:80] if said else 'nothing'}")


def refused(response: httpx.Response) -> Reply:
    """Return what a status says that is not 200; only 429 asks to come back."""
    if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
        return Reply(Outcome.FAILED, f"HTTP {response.status_code}")
    told = response.headers.get("retry-after", "")
    return Reply(Outcome.REFUSED, wait=float(told) if told.isdecimal() else None)
