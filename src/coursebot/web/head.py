"""Gradio's HTML ▶ the same with our head first; its own ``head=`` comes after its scripts ran."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coursebot.web.access.headers import FRAMED, page_policy, with_nonce

OPENING = b"<head>"


class Head:
    """ASGI middleware that writes ``head`` into the HTML pages at ``paths``."""

    def __init__(self, app: ASGIApp, head: str, paths: Collection[str]) -> None:
        self._app = app
        self._head = OPENING + head.encode("utf-8")
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; only HTML at one of the paths is held back and changed."""
        if scope["type"] != "http" or (scope["path"].rstrip("/") or "/") not in self._paths:
            await self._app(scope, receive, send)
            return
        pending: list[Message] = []
        body = bytearray()

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                if _is_html(message):
                    pending.append(message)
                    return
            elif pending:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    nonce = secrets.token_urlsafe(16)
                    made = with_nonce(bytes(body).replace(OPENING, self._head, 1), nonce)
                    headers = MutableHeaders(scope=pending[0])
                    headers["content-length"] = str(len(made))
                    framed = scope["path"] in FRAMED
                    headers["content-security-policy"] = page_policy(nonce, framed=framed)
                    # A nonce is for once.
                    headers["cache-control"] = "no-store"
                    await send(pending.pop())
                    await send({"type": "http.response.body", "body": made})
                return
            await send(message)

        await self._app(scope, receive, changed)


def _is_html(start: Message) -> bool:
    kind = MutableHeaders(scope=start).get("content-type", "")
    return kind.startswith("text/html") and "content-encoding" not in MutableHeaders(scope=start)
