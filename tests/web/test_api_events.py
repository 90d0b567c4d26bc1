"""An answer by server-sent events, while a language model words it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from coursebot.errors import IndexDamagedError
from coursebot.feedback import Store
from coursebot.web import api
from tests.api_server import LONG, UNKNOWN, host, open_assistant
from tests.openai_server import ModelServer, dies, hangs, says, serving, trickles
from tests.web.conftest import running

STREAM = {"Accept": "text/event-stream"}
QUOTE = "The main line of the kite is 30 metres long."
Event = tuple[str, Any]


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    """Return a scripted language model."""
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[httpx.Client]:
    """Return a client of the API, whose assistant has that language model."""
    assistant = open_assistant(
        tmp_path_factory.mktemp("events"),
        answered_above=0.05,
        llm_url=model.url,
        llm_model="scripted",
        llm_timeout=20,
    )
    with (
        running(host(assistant, Store.open(assistant.settings))) as address,
        httpx.Client(base_url=f"{address}{api.PATH}", trust_env=False) as made,
    ):
        yield made


def events(lines: Iterator[str]) -> Iterator[Event]:
    """Yield name and data of each event as it comes, by the rules of the format."""
    name, data = "message", ""
    for line in lines:
        if not line:
            yield name, json.loads(data)
            name, data = "message", ""
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        else:
            data += line.removeprefix("data: ")


def test_words_come_before_the_answer(client: httpx.Client, model: ModelServer) -> None:
    """Each as the model says it; joined they are the answer's wording, which comes last."""
    model.behave = says("It is 30 metres long [1].", pieces=4)
    with client.stream("GET", "/ask", params={"question": LONG}, headers=STREAM) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        came = list(events(response.iter_lines()))
    *words, (last, answer) = came
    assert last == "answer"
    assert {name for name, _ in words} == {"words"}
    assert "".join(data["text"] for _, data in words) == answer["generated"]
    assert answer["generated"] == "It is 30 metres long [1]."
    assert answer["citations"][0]["quote"] == QUOTE


def test_words_come_while_the_model_still_speaks(client: httpx.Client, model: ModelServer) -> None:
    """A client reads them one by one, and hanging up stops the model."""
    model.behave = trickles("It is 30 metres long [1]. ", 0.05)
    model.hung_up.clear()
    with client.stream("POST", "/ask", json={"question": LONG}, headers=STREAM) as response:
        came = events(response.iter_lines())
        first, second = next(came), next(came)
    assert first[0] == second[0] == "words"
    assert "30 metres" in first[1]["text"] + second[1]["text"]
    assert model.hung_up.wait(10)


def test_a_model_that_dies_costs_no_answer(client: httpx.Client, model: ModelServer) -> None:
    """The extractive answer comes in the place of its words, and says why."""
    model.behave = dies("It is 30 metres long [1]. And")
    with client.stream("GET", "/ask", params={"question": LONG}, headers=STREAM) as response:
        *words, (last, answer) = list(events(response.iter_lines()))
    assert last == "answer"
    assert {name for name, _ in words} <= {"words"}
    assert answer["generated"] == ""
    assert answer["notice"]
    assert answer["citations"][0]["quote"] == QUOTE


def test_what_the_model_is_not_asked_comes_at_once(
    client: httpx.Client, model: ModelServer
) -> None:
    """A question that is not covered is one event."""
    asked = len(model.requests)
    with client.stream("GET", "/ask", params={"question": UNKNOWN}, headers=STREAM) as response:
        ((name, answer),) = events(response.iter_lines())
    assert (name, answer["state"]) == ("answer", "not_covered")
    assert len(model.requests) == asked


def test_a_question_that_cannot_be_asked_never_starts(client: httpx.Client) -> None:
    """It is refused with a status, as without streaming."""
    for path, status in (("/ask?question=%3F", 422), ("/ask?question=x&course=no", 404)):
        response = client.get(path, headers=STREAM)
        assert (response.status_code, response.headers["content-type"]) == (
            status,
            "application/problem+json",
        )


def test_without_streaming_the_words_are_in_the_answer(
    client: httpx.Client, model: ModelServer
) -> None:
    """One object, the same as the last event."""
    model.behave = says("It is 30 metres long [1].")
    answer = client.post("/ask", json={"question": LONG}).json()
    assert answer["generated"] == "It is 30 metres long [1]."


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (
            IndexDamagedError("Damaged.", "Build it."),
            503,
            "The courses cannot be read now.",
        ),
        (RuntimeError("secret"), 500, "The server failed on this request."),
    ],
)
def test_a_failure_after_the_start_is_an_event(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    detail: str,
) -> None:
    """The words that came stay, and a problem ends them."""
    assistant = open_assistant(tmp_path)

    def stream(*_: object, **__: object) -> Iterator[str]:
        yield "It is"
        raise error

    monkeypatch.setattr(assistant, "stream", stream)
    with (
        caplog.at_level(logging.CRITICAL, "coursebot"),
        running(host(assistant, Store.open(assistant.settings))) as address,
    ):
        response = httpx.get(
            f"{address}/api/v1/ask", params={"question": LONG}, headers=STREAM, trust_env=False
        )
    words, (name, problem) = events(iter(response.text.splitlines()))
    assert words == ("words", {"text": "It is"})
    assert (name, problem["status"], problem["detail"]) == ("problem", status, detail)


def test_a_silent_model_ends_with_the_server_kept_going(
    client: httpx.Client, model: ModelServer
) -> None:
    """A client that gives up while nothing comes leaves the others served."""
    model.behave = hangs()
    with pytest.raises(httpx.ReadTimeout):
        client.post("/ask", json={"question": LONG}, headers=STREAM, timeout=0.3)
    assert client.get("/courses").status_code == 200
