"""Clients that are slow, rude or gone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import httpx

from benchmarks.faults.fault import OPERATIONS, SECURITY, Group, expect
from benchmarks.faults.sandbox import QUESTION, Sandbox, problem, until
from tests.openai_server import hangs, serving

group = Group("client")

LINES = 200
"""Slow connections that are open at once."""


@group.fault(
    "200 connections that send a byte a second",
    "answered or refused, never a failure of the server",
    SECURITY,
)
def slowly(sandbox: Sandbox) -> str:
    """Let a hundred trickle their headers and a hundred their bodies; ask beside them."""
    sandbox.built()
    server = sandbox.serve()
    head = b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    opened = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(LINES)]
    for number, one in enumerate(opened):
        one.sendall(head + (b"Content-Length: 5000\r\n\r\n{" if number % 2 else b"X-Slow: "))
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(1):
            for one in opened:
                try:
                    one.sendall(b"a")
                except OSError:  # it was cut off, which is as good
                    continue

    trickling = threading.Thread(target=trickle)
    trickling.start()
    try:
        slowest = 0.0
        for _ in range(20):
            started = time.monotonic()
            expect(server.answers(), "a question beside them was not answered")
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(0.1)
    finally:
        over.set()
        trickling.join()
        for one in opened:
            one.close()
    expect(slowest < 3, f"a question beside them took {slowest:.1f} s")
    return f"20 questions beside them answered, each in less than {max(1, round(slowest + 0.5))} s"


@group.fault(
    "bodies that are too large, garbage, or no HTTP",
    "answered or refused, never a failure of the server",
    SECURITY,
)
def garbage(sandbox: Sandbox) -> str:
    """Send what nobody should, and look at each answer."""
    sandbox.built()
    server = sandbox.serve()
    client = server.client
    great = b"x" * 300_000
    sent: dict[str, Callable[[], httpx.Response]] = {
        "300 kB": lambda: client.post("/api/v1/ask", content=great),
        "300 kB in chunks": lambda: client.post("/api/v1/ask", content=iter([great])),
        "4 MB to the page": lambda: client.post("/gradio_api/queue/join", content=great * 14),
        "no JSON": lambda: client.post("/api/v1/ask", content=b"{" * 1000),
        "deep JSON": lambda: client.post("/api/v1/ask", content=b"[" * 100_000),
        "bytes": lambda: client.post("/api/v1/ask", content=bytes(range(256))),
        "a null": lambda: client.get("/api/v1/ask", params={"question": "\0" * 100}),
        "a long question": lambda: client.get("/api/v1/ask", params={"question": "x" * 30_000}),
        "a strange verb": lambda: client.request("BREW", "/api/v1/ask"),
        "half a character": lambda: client.post(
            "/api/v1/ask", content=b'{"question": "\\ud800 kite"}'
        ),
    }
    told = {name: send().status_code for name, send in sent.items()}
    failed = {name: code for name, code in told.items() if code >= 500}
    expect(not failed, f"a failure of the server: {failed}")
    raw = [b"\x16\x03\x01\x02\x00\x01\x00" * 20, b"GET / HTTP/9\r\n\r\n", b"\r\n" * 5000]
    raw += [b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", b"\0" * 1000]
    for line in raw:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one:
            try:
                one.sendall(line)
                one.shutdown(socket.SHUT_WR)
                while one.recv(4096):
                    pass
            except OSError:
                pass
    expect(server.answers(), "afterwards it did not answer")
    return ", ".join(f"{name}: {code}" for name, code in told.items()) + "; no HTTP: refused"


@group.fault(
    "learners who hang up in mid-answer",
    "A learner who goes away is not worked for when the turn comes.",
    OPERATIONS,
)
def hung_up(sandbox: Sandbox) -> str:
    """Open twelve streams on a model that hangs, go away, and ask."""
    sandbox.built()
    with serving() as model:
        model.behave = hangs()
        server = sandbox.serve(
            COURSEBOT_LLM_URL=model.url, COURSEBOT_LLM_MODEL="m", COURSEBOT_LLM_TIMEOUT="4"
        )
        opened = []
        for _ in range(12):
            one = socket.create_connection(("127.0.0.1", server.port))
            asked = f"/api/v1/ask?question={QUESTION.replace(' ', '%20')}"
            one.sendall(
                f"GET {asked} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode()
            )
            opened.append(one)
        expect(until(lambda: len(model.requests) >= 8, 20), "they did not come to be open")
        for one in opened:
            one.close()
        freed = until(lambda: server.metric('coursebot_queue_length{queue="open"}') == 0, 20)
        expect(freed, "their places were never free again")
        expect(server.answers(), "the next question was not answered")
    return "12 hung up; their places were free within the model's time limit, the next was answered"


@group.fault(
    "a file that the workbench needs cannot be read (I/O error)",
    "Every request has an id: that of its `X-Request-ID` header, if it is of up to 64 letters,"
    " digits and `.`, `_`, `~`, `-`, else one that is made. It is returned in the same header and"
    " stands in every line that the request causes",
    OPERATIONS,
)
def unreadable(sandbox: Sandbox) -> str:
    """Let each opening of one of the workbench's files fail as on a broken disk."""
    sandbox.built()
    server = sandbox.serve(FAULTS_EIO="templates/runs/list.html")
    told = server.client.get("/instructor/runs", headers={"X-Request-ID": "mine-1"})
    expect(told.status_code == 500, f"it was told as {told.status_code}")
    missing = [
        name
        for name in ("x-request-id", "x-content-type-options", "content-security-policy")
        if name not in told.headers
    ]
    expect(not missing, f"500 without {', '.join(missing)}: {told.text[:100]}")
    expect(told.headers["x-request-id"] == "mine-1", "another id")
    expect(server.answers(), "questions were not answered")
    return f"“{problem(told)}” with its id and all security headers; questions answered"
