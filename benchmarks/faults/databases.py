"""An index in PostgreSQL whose servers die, freeze, or get a new version."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from benchmarks.faults.fault import OPERATIONS, Group, expect
from benchmarks.faults.postgres import server_of
from benchmarks.faults.sandbox import (
    ANSWER,
    NEWER_ANSWER,
    NEWER_QUESTION,
    NEWS,
    QUESTION,
    Sandbox,
    Server,
    problem,
    until,
)

group = Group("postgresql")

STANDBY = (
    "When db1 dies, questions go on with db2: those under way are asked again there, and one that"
    " finds no server for 15 seconds is told so."
)
ASKING = 8


@contextmanager
def asked(server: Server) -> Iterator[Counter[str]]:
    """Have eight learners ask without a pause; counts what they were told."""
    told: Counter[str] = Counter()
    over = threading.Event()

    def learner() -> None:
        with httpx.Client(base_url=server.client.base_url, trust_env=False, timeout=60) as client:
            while not over.is_set():
                answer = client.get("/api/v1/ask", params={"question": QUESTION})
                if answer.status_code != 200:
                    told[problem(answer)] += 1
                    continue
                right = any(ANSWER in c["quote"] for c in answer.json()["citations"])
                told["right" if right else "wrong"] += 1

    learners = [threading.Thread(target=learner) for _ in range(ASKING)]
    for one in learners:
        one.start()
    try:
        yield told
    finally:
        over.set()
        for one in learners:
            one.join()


def _more(told: Counter[str], count: int) -> bool:
    before = told["right"]
    return until(lambda: told["right"] >= before + count)


@group.fault("the primary killed with -9 amid questions, with a standby", STANDBY, OPERATIONS)
def with_a_standby(sandbox: Sandbox) -> str:
    """Kill all its processes while eight ask without a pause."""
    primary = server_of(sandbox)
    sandbox.write_course()
    sandbox.build(primary.address())
    standby = primary.standby()
    sandbox.at_the_end(standby.kill)
    standby.start()
    both = primary.address().replace(
        f":{primary.port}/", f":{primary.port},127.0.0.1:{standby.port}/"
    )
    server = sandbox.serve(COURSEBOT_INDEX=both)
    with asked(server) as told:
        expect(_more(told, 50), f"nobody was answered before: {dict(told)}")
        primary.kill()
        expect(_more(told, 100), f"nobody was answered by the standby: {dict(told)}")
    failed = {name: count for name, count in told.items() if name != "right"}
    expect(not failed, f"{told['right']} right, and {failed}")
    return f"{told['right']} questions answered rightly before and after, none failed"


@group.fault("the only server killed with -9, and started again", STANDBY, OPERATIONS)
def alone(sandbox: Sandbox) -> str:
    """Kill it, ask, start it, ask."""
    database = server_of(sandbox)
    sandbox.write_course()
    sandbox.build(database.address())
    server = sandbox.serve(COURSEBOT_INDEX=database.address())
    expect(server.answers(), "it did not answer before")
    database.kill()
    started = time.monotonic()
    told = server.ask()
    seconds = time.monotonic() - started
    expect(told.status_code == 503, f"it was told as {problem(told)}")
    expect("horse" not in told.text, "the password is in the message")
    expect(seconds < 30, f"it was told after {seconds:.0f} s only")
    expect(server.up, "the server is not alive")
    database.start()
    expect(until(server.answers, 20), "it did not answer when the database was back")
    said = problem(told).replace(str(database.port), "…")
    return f"after {seconds:.0f} s “{said[:200]}”; answered again when it was back"


@group.fault(
    "the server frozen (SIGSTOP)",
    "A server may take 3 seconds to be connected to (`connect_timeout` in the address), 5 to"
    " acknowledge (`tcp_user_timeout`), and 10 a statement; a question gives up after 15 in all.",
    OPERATIONS,
)
def frozen(sandbox: Sandbox) -> str:
    """Stop all its processes, ask, let them go on, ask."""
    database = server_of(sandbox)
    sandbox.write_course()
    sandbox.build(database.address())
    server = sandbox.serve(COURSEBOT_INDEX=database.address())
    expect(server.answers(), "it did not answer before")
    sandbox.at_the_end(database.thaw)
    database.freeze()
    started = time.monotonic()
    try:
        told = server.client.get("/api/v1/ask", params={"question": QUESTION}, timeout=40)
    except httpx.TimeoutException:
        expect(False, "a question was not told anything within 40 s")
        raise
    seconds = time.monotonic() - started
    alive = server.up
    database.thaw()
    expect(told.status_code == 503, f"it was told as {problem(told)}")
    expect(seconds < 25, f"it was told after {seconds:.0f} s only")
    expect(alive, "the server did not answer /healthz meanwhile")
    expect(until(server.answers, 20), "it did not answer when the database went on")
    said = problem(told).replace(str(database.port), "…")
    return f"after {seconds:.0f} s “{said[:200]}”; answered again when it went on"


@group.fault(
    "new versions switched in amid questions",
    "a question that is being answered then is asked again on the new version",
    OPERATIONS,
)
def switched(sandbox: Sandbox) -> str:
    """Build three versions while eight ask without a pause."""
    database = server_of(sandbox)
    sandbox.write_course()
    sandbox.build(database.address())
    server = sandbox.serve(COURSEBOT_INDEX=database.address())
    with asked(server) as told:
        for number in range(3):
            expect(_more(told, 20), f"nobody was answered: {dict(told)}")
            sandbox.write_course(NEWS + f"\nVersion {number}.\n")
            sandbox.build(database.address())
        expect(
            until(lambda: server.answers(NEWER_QUESTION, NEWER_ANSWER), 20),
            "the new version was not taken up",
        )
    failed = {name: count for name, count in told.items() if name != "right"}
    expect(not failed, f"{told['right']} right, and {failed}")
    return f"{told['right']} questions answered rightly over three switches, none failed"
