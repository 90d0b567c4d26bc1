"""The number that a browser's tab makes up ▶ one that is its own person's alone.

Gradio hands an event's answer to whoever names the number that it was sent with. Here that number
is another one for everybody else: who learned a learner's has nothing of it.
"""

from __future__ import annotations

import hmac
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coursebot.web.visiting import KEY

NAME = "session_hash"
"""What Gradio calls it, in addresses and bodies."""
_HEARTBEAT = "/gradio_api/heartbeat/"


class Tabs:
    """ASGI middleware around Gradio's own endpoints; a body has to come in one piece."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the number that is its person's own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        person = scope.get(KEY)
        whose = person.name if person is not None else ""

        async def told() -> Message:
            message = await receive()
            if message["type"] == "http.request" and message.get("body"):
                message = {**message, "body": self._body(whose, message["body"])}
            return message

        await self._app(self._scope(whose, scope), told, send)

    def _scope(self, whose: str, scope: Scope) -> Scope:
        made = dict(scope)
        path: str = scope["path"]
        if path.startswith(_HEARTBEAT):
            made["path"] = _HEARTBEAT + self._own(whose, path.removeprefix(_HEARTBEAT))
            made["raw_path"] = made["path"].encode()
        if NAME.encode() in scope["query_string"] or b"%" in scope["query_string"]:
            asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            query = [(name, self._own(whose, v) if name == NAME else v) for name, v in asked]
            made["query_string"] = urlencode(query, errors="replace").encode("latin-1")
        return made

    def _body(self, whose: str, body: bytes) -> bytes:
        try:
            sent: Any = json.loads(body)
        except (ValueError, RecursionError):
            return body  # Gradio says what is wrong with it
        if not isinstance(sent, dict) or not isinstance(sent.get(NAME), str):
            return body
        return json.dumps({**sent, NAME: self._own(whose, sent[NAME])}).encode()

    def _own(self, whose: str, number: str) -> str:
        said = json.dumps([whose, number]).encode()
        return hmac.digest(self._key, said, "sha256").hex()[:32]
