"""Requests to Gradio's own endpoints ▶ those that the page and the tools need, bounded."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from coursebot.web.api.guard import Guard
from coursebot.web.api.problems import problem, response
from coursebot.web.tabs import NAME, Tabs
from coursebot.web.watch.requests import refuse

PREFIX = "/gradio_api"
PAGE = (
    *("queue/join", "queue/data", "run/predict", "cancel", "reset", "heartbeat", "startup-events"),
    "app_id",  # asked while the server is away, until it is back
)
TOOLS = ("mcp", "call", "run/ask_course", "run/search_course", "info", "openapi.json")
LARGEST = 3_000_000
"""Bytes of a body; a tab sends its conversation along."""


class Gate:
    """ASGI middleware that leaves no way to uploads, files, proxies and reloads of Gradio's."""

    def __init__(self, app: ASGIApp, moved: Callable[[str], bool] = lambda _: False) -> None:
        """Guard ``app``; ``moved`` says of a tab's number whether another server answers it."""
        self._app = app
        self._guarded = Guard(Tabs(_Following(app, moved)), largest=LARGEST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what is no business of this gate, and what is needed."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        asked = scope["path"].removeprefix(PREFIX).strip("/")
        if any(asked == known or asked.startswith(f"{known}/") for known in (*PAGE, *TOOLS)):
            await self._guarded(scope, receive, send)
            return
        told = problem(HTTPStatus.NOT_FOUND, "There is nothing at this address.", "")
        await response(told)(scope, receive, send)


class _Following:
    """ASGI middleware that sends a tab where its question went.

    While a server stops, a proxy puts its questions to the next one. Who fetches an answer that is
    not made here would be told that the tab is unknown, and the page would open itself anew.
    """

    def __init__(self, app: ASGIApp, moved: Callable[[str], bool]) -> None:
        self._app = app
        self._moved = moved

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/") == f"{PREFIX}/queue/data":
            (number, *_) = parse_qs(scope["query_string"].decode("latin-1")).get(NAME, [""])
            if self._moved(number):
                await refuse(scope, receive, send)
                return
        await self._app(scope, receive, send)
