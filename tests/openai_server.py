"""A real HTTP server that speaks the chat-completions protocol and behaves as it is told.

``serving`` runs it; a test sets ``server.behave`` to one of the behaviours here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Request:
    """What the server was sent."""

    path: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: Mapping[str, Any]

    @property
    def system(self) -> str:
        """The system message."""
        return str(self.body["messages"][0]["content"])

    @property
    def data(self) -> dict[str, Any]:
        """The user message, read as JSON."""
        read: dict[str, Any] = json.loads(self.body["messages"][1]["content"])
        return read


class Exchange(BaseHTTPRequestHandler):
    """One request and the means to answer it."""

    protocol_version = "HTTP/1.1"
    owner: ClassVar[ModelServer]

    def do_POST(self) -> None:
        """Note the request and answer it as the server is told to."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.owner.requests.append(Request(self.path, headers, body))
        self.close_connection = True
        try:
            self.owner.behave(self)
        except (BrokenPipeError, ConnectionResetError):
            self.owner.hung_up.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    @property
    def stopping(self) -> threading.Event:
        """Set when the server ends; what hangs must wait on it."""
        return self.owner.stopping

    def begin(self, status: int = 200, kind: str = "text/event-stream") -> None:
        """Send the status line and the headers; the body ends with the connection."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()

    def write(self, text: str) -> None:
        """Send ``text`` at once."""
        self.wfile.write(text.encode())
        self.wfile.flush()

    def event(self, content: str | None, finish: str | None = None) -> None:
        """Send one chunk of a streamed completion."""
        choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
        chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}
        self.write(f"data: {json.dumps(chunk)}\n\n")


Behaviour = Callable[[Exchange], None]


def says(text: str, *, pieces: int = 3, finish: str = "stop") -> Behaviour:
    """Stream ``text`` in pieces of so many characters."""

    def behave(exchange: Exchange) -> None:
        exchange.begin()
        for start in range(0, len(text), pieces):
            exchange.event(text[start : start + pieces])
        exchange.event(None, finish)
        exchange.write("data: [DONE]\n\n")

    return behave


def fails(status: int, message: str = "no") -> Behaviour:
    """Answer with an HTTP error."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(status, "application/json")
        exchange.write(json.dumps({"error": {"message": message}}))

    return behave


def sends(raw: str, kind: str = "text/event-stream") -> Behaviour:
    """Answer 200 with a body of any kind."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, kind)
        exchange.write(raw)

    return behave


def hangs(*, after: str = "", pings: bool = False) -> Behaviour:
    """Stream ``after`` and then nothing more, or only comments that keep the connection alive."""

    def behave(exchange: Exchange) -> None:
        if after or pings:
            exchange.begin()
        if after:
            exchange.event(after)
        while not exchange.stopping.wait(0.02):
            if pings:
                exchange.write(": ping\n\n")

    return behave


def dies(after: str) -> Behaviour:
    """Stream ``after`` and break the connection in mid-answer."""

    def behave(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Type", "text/event-stream")
        exchange.send_header("Content-Length", "100000")
        exchange.end_headers()
        exchange.event(after)

    return behave


def trickles(text: str, pause: float) -> Behaviour:
    """Stream ``text`` again and again, with a pause before each."""

    def behave(exchange: Exchange) -> None:
        exchange.begin()
        while not exchange.stopping.wait(pause):
            exchange.event(text)

    return behave


@dataclass
class ModelServer:
    """A running server; ``behave`` may be changed between requests."""

    behave: Behaviour = field(default_factory=lambda: says("It is so [1]."))
    requests: list[Request] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when a client went away before it was answered in full."""
    url: str = ""


@contextmanager
def serving() -> Iterator[ModelServer]:
    """Run a server on a free port of the loopback interface."""
    server = ModelServer()
    handler = type("Handler", (Exchange,), {"owner": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}/v1"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            http.shutdown()
            thread.join()
