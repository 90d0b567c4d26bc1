"""The server's process: told to stop, killed, short of memory, short of files."""

from __future__ import annotations

import resource
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks.faults.fault import OPERATIONS, Group, expect
from benchmarks.faults.sandbox import ANSWER, QUESTION, Sandbox, free_port, problem, until
from benchmarks.faults.stores import feedback_in
from tests.openai_server import Exchange, hangs, serving

group = Group("server")

WORDS = "The main line is 30 metres long [1]."
PASSWORD = "a long enough password"


@group.fault(
    "SIGTERM while questions are open",
    "At SIGTERM or Ctrl-C a server takes no new question: `/readyz` answers 503, and so does"
    " whoever asks, with `Retry-After: 5` and the connection closed, so that a load balancer or"
    " the next try reaches another server. Questions that are open, also those in the page's"
    " queue, are answered; when the last one is, or after `COURSEBOT_SHUTDOWN_SECONDS`, the server"
    " ends.",
    OPERATIONS,
)
def terminated(sandbox: Sandbox) -> str:
    """Stop a server while a language model keeps six questions open."""
    sandbox.built()
    with serving() as model, ThreadPoolExecutor(6) as pool:
        sent = False

        def slow(exchange: Exchange) -> None:
            until(lambda: sent, 30)
            exchange.begin()
            exchange.event(WORDS)
            exchange.event(None, "stop")
            exchange.write("data: [DONE]\n\n")

        model.behave = slow
        server = sandbox.serve(COURSEBOT_LLM_URL=model.url, COURSEBOT_LLM_MODEL="m")
        open_ones = [pool.submit(server.ask) for _ in range(6)]
        expect(until(lambda: len(model.requests) == 6, 20), "they did not come to be open")
        server.process.send_signal(signal.SIGTERM)
        expect(
            until(lambda: server.client.get("/readyz").status_code == 503, 10),
            "/readyz went on saying that it is ready",
        )
        refused = server.ask()
        sent = True
        answers = [one.result() for one in open_ones]
    expect(
        refused.status_code == 503 and refused.headers.get("retry-after") == "5",
        f"a new question was told {problem(refused)}",
    )
    right = sum(a.status_code == 200 and ANSWER in a.json()["text"] for a in answers)
    expect(right == 6, f"{right} of 6 open questions were answered")
    code = server.process.wait(30)
    expect(code in (0, -signal.SIGTERM), f"it ended with {code}")
    return f"6 of 6 open questions answered; a new one: “{problem(refused)}”; then it ended"


@group.fault(
    "SIGTERM while a question never ends",
    "when the last one is, or after `COURSEBOT_SHUTDOWN_SECONDS`, the server ends",
    OPERATIONS,
)
def never_ending(sandbox: Sandbox) -> str:
    """Stop a server whose language model hangs for longer than it is given."""
    sandbox.built()
    with serving() as model, ThreadPoolExecutor(1) as pool:
        model.behave = hangs()
        server = sandbox.serve(
            COURSEBOT_LLM_URL=model.url, COURSEBOT_LLM_MODEL="m", COURSEBOT_SHUTDOWN_SECONDS="1"
        )
        one = pool.submit(server.ask)
        expect(until(lambda: bool(model.requests), 20), "it did not come to be open")
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(40)
        seconds = time.monotonic() - started
        try:
            told = str(one.result().status_code)
        except httpx.HTTPError:
            told = "a closed connection"
    expect(seconds < 10, f"it ended after {seconds:.0f} s")
    return f"it ended after about {round(seconds)} s; whoever still waited got {told}"


@group.fault(
    "killed with SIGKILL and started again: sessions",
    "Sessions** are signed cookies: 12 hours at most, two without a request, made anew every ten"
    " minutes.",
    OPERATIONS,
)
def sessions(sandbox: Sandbox) -> str:
    """Sign in, kill the server, and go on with the cookie at the next one."""
    sandbox.built()
    course = sandbox.corpus / "kites" / "course.toml"
    course.write_text(
        course.read_text(encoding="utf-8") + 'groups = ["year-2"]\n', encoding="utf-8"
    )
    sandbox.build(sandbox.index)
    added = sandbox.run(
        "people", "add", "hana", "--group", "year-2", stdin=f"{PASSWORD}\n".encode()
    )
    expect(added.code == 0, f"people add said: {added.last}")
    port = free_port()
    server = sandbox.serve(port)
    told = server.client.post(
        "/sign-in",
        data={"name": "hana", "password": PASSWORD},
        headers={"Origin": f"http://127.0.0.1:{port}"},
    )
    expect(server.answers(), f"signed in ({told.status_code}), she does not see her course")
    server.process.kill()
    server.process.wait(10)
    again = sandbox.serve(port)
    again.client.cookies = server.client.cookies
    expect(again.answers(), "with the same cookie she does not see her course any more")
    again.client.cookies.clear()
    expect(not again.answers(), "without a cookie the course is seen")
    return "with her cookie, hana goes on in her restricted course; without it nobody does"


@group.fault(
    "killed with SIGKILL amid feedback and questions",
    "A conversation is kept in the learner's browser tab, not on the server.",
    OPERATIONS,
)
def killed(sandbox: Sandbox) -> str:
    """Kill a server that is asked and written to; go on with conversation and feedback."""
    sandbox.built()
    port = free_port()
    server = sandbox.serve(port)
    kept: list[str] = []

    def write() -> None:
        while True:
            try:
                told = server.judge()
            except httpx.HTTPError:
                return
            if told.status_code == 201:
                kept.append(told.json()["id"])

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(write)
        expect(until(lambda: len(kept) > 20), "nothing was kept before")
        server.process.kill()
    server.process.wait(10)
    again = sandbox.serve(port)
    follow_up = {"question": "And how many lines has a box kite?", "after": [QUESTION]}
    told = again.client.post("/api/v1/ask", json=follow_up)
    expect(
        told.status_code == 200 and told.json()["after"] == [QUESTION],
        f"a follow-up to what was asked before: {problem(told)}",
    )
    rows = feedback_in(sandbox.data)
    expect(rows >= len(kept), f"{len(kept) - rows} of {len(kept)} lost")
    return f"the conversation went on; all {len(kept)} that were thanked for are there"


@group.fault(
    "memory that runs out (RLIMIT_AS)",
    "A process that gets no more memory tells whoever asks so, and answers on when there is some",
    OPERATIONS,
)
def out_of_memory(sandbox: Sandbox) -> str:
    """Take a running server's memory away and give it back."""
    sandbox.built()
    server = sandbox.serve()
    expect(server.answers(), "it did not answer before")
    pid = server.process.pid
    # Not below what it has: the next that it wants is refused.
    resource.prlimit(pid, resource.RLIMIT_AS, (1 << 20, resource.RLIM_INFINITY))
    codes: list[str] = []
    long = {"question": QUESTION, "after": ["x " * 900] * 8}
    for _ in range(12):
        try:
            told = server.client.post("/api/v1/ask", json=long, timeout=20)
            codes.append(str(told.status_code))
        except httpx.HTTPError as error:
            codes.append(type(error).__name__)
    resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    alive = server.process.poll() is None
    expect(alive, f"it died with {server.process.returncode}; told {codes}")
    expect(until(server.answers, 20), f"it did not answer again; told {codes}")
    return f"12 questions meanwhile: {', '.join(sorted(set(codes)))}; afterwards it answered"


@group.fault(
    "more connections than it may open files",
    "A process that gets no more memory tells whoever asks so, and answers on when there is some",
    OPERATIONS,
)
def out_of_files(sandbox: Sandbox) -> str:
    """Open a hundred more connections than the process may have, then close them."""
    sandbox.built()
    server = sandbox.serve(before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (96, 96)))
    expect(server.answers(), "it did not answer before")
    opened = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(150)]
    time.sleep(1)
    for one in opened:
        one.close()
    expect(server.process.poll() is None, "it died")
    expect(until(lambda: server.up and server.answers(), 20), "it did not answer again")
    return "150 connections at a limit of 96 files; when they were gone it answered"
