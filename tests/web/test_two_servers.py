"""Two server processes on one index, one data folder and one database, as behind a proxy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from coursebot.encoder.fake import HashEncoder
from coursebot.index import build
from tests.api_server import ask_page
from tests.postgres_server import Server
from tests.waiting import until
from tests.web.access.conftest import PASSWORD, QUESTION, WORD, furnish

ROOT = Path(__file__).parents[2]
LONG = "How long is the main line of the kite?"


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[httpx.Client]:
    """Start one more server process; yield a client that keeps no cookies by itself."""
    command = [sys.executable, "-m", "tests.shared_server", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            address = process.stderr.readline().strip().removeprefix("coursebot is at ")
            with httpx.Client(
                base_url=address, headers={"Origin": address}, trust_env=False, timeout=60
            ) as client:
                yield client
        finally:
            process.kill()


@pytest.fixture(params=["sqlite", "postgres"])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Path, httpx.Client, httpx.Client]]:
    """Return what they share, and a client of each; feedback is kept in each kind of database."""
    settings = {}
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        settings["COURSEBOT_DATABASE_URL"] = server.new_database()
    furnish(tmp_path)
    with ExitStack() as stack:
        one, other = (stack.enter_context(serving(tmp_path, **settings)) for _ in range(2))
        yield tmp_path, one, other


def ask(client: httpx.Client, question: str) -> dict[str, Any]:
    """Return the answer's record."""
    answer = client.post("/api/v1/ask", json={"question": question})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def test_either_process_will_do(pair: tuple[Path, httpx.Client, httpx.Client]) -> None:
    """For a question, a session that the other began or ended, feedback, and a new index."""
    folder, one, other = pair

    answers = [ask(client, LONG) for client in pair[1:]]
    assert [answer["citations"] for answer in answers] == [answers[0]["citations"]] * 2
    assert all("30 metres" in ask_page(client, LONG, "x") for client in (one, other))

    # A session that one begins is known to the other, and ends for both.
    assert WORD not in str(ask(other, QUESTION))
    sent = one.post("/sign-in", data={"name": "hana", "password": PASSWORD})
    assert sent.status_code == 303
    other.cookies.update(one.cookies)
    kept = httpx.Cookies(one.cookies)
    assert WORD in str(ask(one, QUESTION))
    assert WORD in str(ask(other, QUESTION))
    assert other.post("/sign-out").status_code == 303
    one.cookies, other.cookies = kept, httpx.Cookies(kept)
    assert WORD not in str(ask(one, QUESTION))
    assert WORD not in str(ask(other, QUESTION))
    one.cookies.clear()
    other.cookies.clear()

    # What is said to one can be taken back from the other.
    kept_id = one.post("/api/v1/feedback", json={"verdict": "up", "answer": answers[0]}).json()[
        "id"
    ]
    changed = {"reason": "wrong"}
    assert other.patch(f"/api/v1/feedback/{kept_id}", json=changed).status_code == 204
    assert other.delete(f"/api/v1/feedback/{kept_id}").status_code == 204
    assert one.delete(f"/api/v1/feedback/{kept_id}").status_code == 404

    # Both move to a new index by themselves.
    notes = folder / "corpus" / "kites" / "kites.md"
    notes.write_text(notes.read_text(encoding="utf-8").replace("30 metres", "45 metres"))
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=64)
    for client in (one, other):
        until(lambda client=client: "45 metres" in str(ask(client, LONG)))  # type: ignore[misc]
