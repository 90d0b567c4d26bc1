"""Requests to Gradio's own endpoints ▶ those that the page and the tools need, bounded."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from coursebot.web.api.guard import Guard
from coursebot.web.api.problems import problem, response
from coursebot.web.tabs import Tabs

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

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._guarded = Guard(Tabs(app), largest=LARGEST)

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
