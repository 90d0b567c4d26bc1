"""Requests ▶ each with an id, in the log, and counted as long as it is open."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import nullcontext
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from coursebot.web.access import headers as security
from coursebot.web.api.problems import problem, problem_of, response
from coursebot.web.watch import logs
from coursebot.web.watch.questions import Watch

HEADER = "X-Request-ID"
RETRY = "5"
"""Seconds after which another server, or this one anew, will have taken over."""

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
_ASKING = (
    *("/api/v1/ask", "/api/v1/search", "/gradio_api/queue/join", "/gradio_api/call"),
    *("/gradio_api/run", "/gradio_api/mcp"),
)
"""Where questions come in; the way on of those that came is open to the end."""
_LASTING = ("/gradio_api/heartbeat", "/gradio_api/mcp")
"""What a page or a program holds open as long as it is there: waited for by nobody."""

_log = logs.logger(__name__)


class Requests:
    """ASGI middleware in front of the whole application, also of its security headers."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        path: str = scope["path"]
        lasting = scope["method"] == "GET" and path.startswith(_LASTING)
        started = time.perf_counter()
        with bound_contextvars(request_id=request_id):
            try:
                with nullcontext() if lasting else self._watch.request():
                    await self._app(scope, receive, told)
            except Exception as error:
                if status:
                    raise  # what was begun cannot be taken back: the connection is closed
                # Behind this, Starlette would answer without id and security headers.
                failure = response(problem_of(error), {"Cache-Control": "no-store"})
                security.add(failure.headers, path, https=False)
                await failure(scope, receive, told)
            finally:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=_shown(scope),
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )


class Draining:
    """ASGI middleware that refuses new questions of a server that is about to end."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse a new question."""
        asking = scope["type"] == "http" and scope["path"].startswith(_ASKING)
        await (refuse if self._watch.draining and asking else self._app)(scope, receive, send)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that another server, or this one anew, is to be asked."""
    told = problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "The server is about to stop.", "Ask again in some seconds."
    )
    # A client that keeps its connection would come back to this server.
    headers = {"Retry-After": RETRY, "Connection": "close"}
    await response(told, headers)(scope, receive, send)


def _shown(scope: Scope) -> str:
    """Return the path as it was sent; never the query, where a question may stand."""
    raw = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    return str(raw[:200].decode("latin-1"))
