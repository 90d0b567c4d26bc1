"""Feedback over HTTP ▶ its rows; and which unanswered questions are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from coursebot.errors import StoreError
from coursebot.feedback import Reason, Store, Verdict
from coursebot.web import api
from tests.api_server import LONG, UNKNOWN, Desk, host, open_assistant
from tests.web.conftest import running

ENTRIES = {
    "model": "bundled",
    "passage_tokens": 256,
    "top_k": 10,
    "answered_above": 0.6,
    "unsure_above": 0.1,
    "llm_model": "",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the API on a real server that keeps unanswered questions, and a client."""
    assistant = open_assistant(tmp_path, keep_unanswered=True)
    store = Store.open(assistant.settings)
    with (
        running(host(assistant, store)) as address,
        httpx.Client(base_url=f"{address}{api.PATH}", trust_env=False) as client,
    ):
        yield Desk(assistant, store, client)
    store.close()


def judge(desk: Desk, **changes: object) -> httpx.Response:
    """Send feedback on an answer."""
    answer: dict[str, Any] = desk.client.get("/ask", params={"question": LONG}).json()
    return desk.client.post("/feedback", json={"verdict": "up", "answer": answer, **changes})


def test_feedback_is_kept_whole(desk: Desk) -> None:
    """Verdict, question, answer, index, settings and the questions before; not the sender."""
    response = judge(desk, verdict="down", after=["what is a kite?"], comment="no\u0000 30")
    assert response.status_code == 201
    (row,) = desk.store.feedback()
    assert response.json() == {"id": row.id}
    assert (row.verdict, row.reason, row.comment) == (Verdict.DOWN, None, "no\ufffd 30")
    assert (row.question, row.course, row.language) == (LONG, None, "en")
    assert row.answer["question"] == LONG
    assert row.index == desk.assistant.index.manifest.digest
    assert row.settings == ENTRIES
    assert row.history == ("what is a kite?",)


def test_feedback_is_amended_and_withdrawn(desk: Desk) -> None:
    """By the id that nobody else knows; once withdrawn it is gone."""
    path = f"/feedback/{judge(desk, verdict='down').json()['id']}"
    amended = desk.client.patch(path, json={"reason": "wrong_place", "comment": "see below"})
    assert (amended.status_code, amended.content) == (204, b"")
    (row,) = desk.store.feedback()
    assert (row.reason, row.comment) == (Reason.WRONG_PLACE, "see below")
    assert desk.client.delete(path).status_code == 204
    assert list(desk.store.feedback()) == []
    for response in (desk.client.delete(path), desk.client.patch(path, json={})):
        assert (response.status_code, response.json()["detail"]) == (
            404,
            "There is no such feedback.",
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"verdict": "great"}, "verdict"),
        ({"reason": "bored"}, "reason"),
        ({"comment": "x" * 2001}, "comment"),
        ({"answer": {}}, "answer/question"),
        ({"ip": "127.0.0.1"}, "ip"),
        ({"after": ["x"] * 9}, "after"),
    ],
)
def test_feedback_that_is_none_is_refused(
    desk: Desk, changes: dict[str, object], field: str
) -> None:
    """The field is named, and nothing is kept."""
    response = judge(desk, **changes)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field
    assert list(desk.store.feedback()) == []


def test_a_page_of_another_site_keeps_nothing(desk: Desk) -> None:
    """Whatever it sends."""
    for method, path in (("POST", ""), ("PATCH", "/x"), ("DELETE", "/x")):
        response = desk.client.request(
            method, f"/feedback{path}", json={}, headers={"Origin": "https://evil.example"}
        )
        assert response.status_code == 403


def test_a_store_that_fails_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do; the answer itself never depends on it."""

    def fail(*_: object, **__: object) -> None:
        raise StoreError("The store is full.", "Free some space.")

    for name in ("add", "amend", "withdraw", "add_unanswered"):
        monkeypatch.setattr(desk.store, name, fail)
    responses = [judge(desk), desk.client.delete("/feedback/x")]
    for response in responses:
        assert (response.status_code, response.json()["hint"]) == (
            503,
            "Try again later; the server's log has the reason.",
        )
    asked = desk.client.post("/ask", json={"question": UNKNOWN, "keep": True})
    assert (asked.status_code, asked.json()["state"]) == (200, "not_covered")


@pytest.mark.parametrize(
    ("keep", "headers", "kept"),
    [
        (True, {}, 1),
        (False, {}, 0),
        (True, {"Sec-GPC": "1"}, 0),
    ],
)
def test_an_unanswered_question_is_kept_with_consent(
    desk: Desk, keep: bool, headers: dict[str, str], kept: int
) -> None:
    """Only when the learner lets it be, and the browser does not object."""
    body = {"question": UNKNOWN, "course": "kites", "keep": keep}
    assert desk.client.post("/ask", json=body, headers=headers).status_code == 200
    rows = list(desk.store.unanswered())
    assert len(rows) == kept
    for row in rows:
        assert (row.question, row.course, row.state) == (UNKNOWN, "kites", "not_covered")
        assert row.settings == ENTRIES


def test_a_get_keeps_nothing(desk: Desk) -> None:
    """A link, or a picture's address in someone's page, is no consent."""
    desk.client.get("/ask", params={"question": UNKNOWN, "keep": "true"})
    assert list(desk.store.unanswered()) == []


def test_nothing_is_kept_where_the_owner_has_not_turned_it_on(tmp_path: Path) -> None:
    """Nor when a question was answered."""
    assistant = open_assistant(tmp_path)
    store = Store.open(assistant.settings)
    with running(host(assistant, store)) as address:
        httpx.post(
            f"{address}/api/v1/ask", json={"question": UNKNOWN, "keep": True}, trust_env=False
        )
    assert list(store.unanswered()) == []
    store.close()
