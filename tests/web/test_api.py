"""Questions, the material and problems over HTTP, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from coursebot.errors import IndexDamagedError
from coursebot.feedback import Store
from coursebot.web import api
from tests.api_server import LONG, NOTES, UNKNOWN, Desk, host, open_assistant
from tests.web.conftest import running


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return the API on a real server, and a client."""
    assistant = open_assistant(tmp_path_factory.mktemp("api"), answered_above=0.05)
    store = Store.open(assistant.settings)
    with (
        running(host(assistant, store)) as address,
        httpx.Client(base_url=f"{address}{api.PATH}", trust_env=False) as client,
    ):
        yield Desk(assistant, store, client)
    store.close()


def problem(response: httpx.Response) -> dict[str, Any]:
    """Return a response's problem, having checked its form."""
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert list(told) == ["type", "title", "status", "detail", "hint", "errors"]
    assert (told["type"], told["status"]) == ("about:blank", response.status_code)
    return told


def test_a_question_is_answered(desk: Desk) -> None:
    """The answer is the assistant's own, with the reader's address of each quote."""
    answer = desk.client.get("/ask", params={"question": LONG, "course": "kites"}).json()
    expected = desk.assistant.ask(LONG, course="kites")
    assert answer["text"] == expected.text
    assert answer["state"] == "answered"
    assert answer["course"] == "kites"
    assert answer["index"] == desk.assistant.index.manifest.digest
    first = answer["citations"][0]
    assert first["quote"] == "The main line of the kite is 30 metres long."
    assert NOTES[first["start"] : first["end"]] == first["quote"]
    assert first["reader"].startswith("/read/kites/kites.md?marks=1:")


def test_get_and_post_answer_alike(desk: Desk) -> None:
    """Only the times and the name of the answer differ."""
    asked: dict[str, str | int] = {"question": LONG, "course": "kites", "top_k": 3}
    by_get = desk.client.get("/ask", params=asked).json()
    by_post = desk.client.post("/ask", json=asked).json()
    assert by_get.pop("timings_ms").keys() == by_post.pop("timings_ms").keys()
    assert by_get.pop("id") != by_post.pop("id")
    assert by_get == by_post


def test_a_follow_up_goes_on_from_what_it_needs(desk: Desk) -> None:
    """Of the questions before, those that it goes on from are named in the answer."""
    question = "and how long is it?"
    asked = {"question": question, "after": [UNKNOWN, LONG]}
    answer = desk.client.post("/ask", json=asked).json()
    expected = desk.assistant.ask(question, history=desk.assistant.turns([LONG]))
    assert answer["after"] == [LONG]
    assert (answer["text"], answer["confidence"]) == (
        expected.text,
        round(expected.confidence, 4),
    )
    alone = desk.client.post("/ask", json={**asked, "after": []}).json()
    assert alone["after"] == []


def test_a_search_says_what_each_leg_found(desk: Desk) -> None:
    """Passages come best first, verbatim, with ranks and scores."""
    found = desk.client.get("/search", params={"q": "sport kite lines", "top_k": 2}).json()
    expected = desk.assistant.search("sport kite lines", top_k=2)
    assert [passage["id"] for passage in found["passages"]] == [hit.passage.id for hit in expected]
    first = found["passages"][0]
    assert first["heading_path"] == ["Kites", "Lines"]
    assert first["reader"] == "/read/kites/kites.md#lines"
    assert first["legs"]["word"] == {
        "rank": expected[0].legs["word"].rank,
        "score": round(expected[0].legs["word"].score, 6),
    }
    assert found["course"] is None


def test_the_courses_are_listed(desk: Desk) -> None:
    """Each with what it holds."""
    listed = desk.client.get("/courses", params={"language": "en"}).json()
    (course,) = listed["courses"]
    assert {name: course[name] for name in ("name", "title", "language", "description")} == {
        "name": "kites",
        "title": "Kites",
        "language": "en",
        "description": "How kites fly.",
    }
    counts = desk.assistant.index.manifest.counts
    assert course["counts"] == {name: counts[name] for name in course["counts"]}
    assert isinstance(course["starters"], list)


def test_the_outline_leads_to_each_section(desk: Desk) -> None:
    """An anchor of the outline gets the section's Markdown and its statements."""
    (file,) = desk.client.get("/sections", params={"course": "kites"}).json()["files"]
    assert file["path"] == "kites/kites.md"
    assert [section["anchor"] for section in file["sections"]] == ["kites", "lines"]
    assert file["sections"][1] == {
        "heading_path": ["Kites", "Lines"],
        "level": 2,
        "line_start": 5,
        "line_end": 10,
        "anchor": "lines",
        "reader": "/read/kites/kites.md#lines",
    }
    read = desk.client.get("/sections/kites/kites.md", params={"anchor": "lines"}).json()
    assert read["source"].startswith("## Lines\n")
    assert [found["text"] for found in read["statements"]] == [
        NOTES[found["start"] : found["end"]] for found in read["statements"]
    ]
    whole = desk.client.get("/sections/kites/kites.md").json()
    assert whole["source"].strip() == NOTES.strip()
    assert len(whole["statements"]) == len(desk.assistant.index.statements)


def test_a_file_can_be_asked_for_alone(desk: Desk) -> None:
    """Of the outline, too."""
    named = desk.client.get("/sections", params={"path": "kites/kites.md"}).json()
    assert named == desk.client.get("/sections").json()
    assert problem(desk.client.get("/sections", params={"path": "no.md"})) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no file 'no.md' in the index.",
        "hint": "/api/v1/sections lists the files.",
        "errors": [],
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/ask?question=%3F%3F", 422, "The question has no words in it."),
        ("GET", "/ask?question=%00", 422, "The question is empty."),
        ("GET", "/ask", 422, "The request cannot be used; see question."),
        ("GET", "/ask?question=x&course=no", 404, "There is no course 'no'."),
        ("GET", "/search?q=x&course=no", 404, "There is no course 'no'."),
        ("GET", "/search?q=x&top_k=0", 422, "The request cannot be used; see top_k."),
        ("GET", "/search?q=x&top_k=1e999", 422, "The request cannot be used; see top_k."),
        ("GET", "/sections?course=no", 404, "There is no course 'no'."),
        ("GET", "/sections/..%2f..%2fetc%2fpasswd", 404, None),
        ("GET", "/sections/%ff%00%ed%a0%80", 404, None),
        ("GET", "/sections/kites/kites.md?anchor=no", 404, None),
        ("GET", "/courses?language=xx", 422, "The request cannot be used; see language."),
        ("DELETE", "/feedback/a%0Ab%0A", 404, "There is no such feedback."),
        ("GET", "/a%0Ab", 404, "There is nothing at this address."),
        ("GET", "/nothing", 404, "There is nothing at this address."),
        ("GET", "/", 404, "There is nothing at this address."),
        ("GET", "/docs", 404, "There is nothing at this address."),
        ("PUT", "/ask", 405, "This address does not take this method."),
        ("DELETE", "/openapi.json", 405, "This address does not take this method."),
    ],
)
def test_what_cannot_be_answered_is_a_problem(
    desk: Desk, method: str, path: str, status: int, detail: str | None
) -> None:
    """With its status, what is wrong, and what to do."""
    told = problem(desk.client.request(method, path))
    assert told["status"] == status
    assert told["hint"]
    assert detail in (None, told["detail"])


def test_a_wrong_method_is_told_the_right_ones(desk: Desk) -> None:
    """All methods of the address are allowed, whichever route has them."""
    assert desk.client.put("/ask").headers["allow"] == "GET, POST"
    assert desk.client.get("/feedback/x").headers["allow"] == "DELETE, PATCH"
    assert desk.client.put("/openapi.json").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"question": "a\\ud800b"}', 422),
        (b'{"question": "kite\\u0000"}', 200),
        (b'{"question": 7}', 422),
        (b'{"question": "kite", "top_k": "5"}', 422),
        (b'{"question": "kite", "top_k": NaN}', 422),
        (b'{"question": "kite", "nonsense": 1}', 422),
        (b'{"question": "kite", "after": ["a","b","c","d","e","f","g","h","i"]}', 422),
        (b'{"question": "and it?", "after": ["???"]}', 422),
        (b'{"question": "kite", "top_k": ' + b"9" * 5000 + b"}", 400),
        (b'{"question": ' + b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"{", 400),
        (b"", 422),
        (b"null", 422),
        (json.dumps({"question": "kite " * 500}).encode(), 422),
        (b'{"question": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
def test_no_body_breaks_the_server(desk: Desk, body: bytes, status: int) -> None:
    """Surrogates, NULs, huge numbers, deep nesting, floods: each has its status."""
    response = desk.client.post("/ask", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    if status != 200:
        problem(response)


def test_a_flood_without_a_length_is_cut_off(desk: Desk) -> None:
    """A body in chunks is counted as it comes."""
    chunks = (b" " * 65_536 for _ in range(100))
    assert problem(desk.client.post("/ask", content=chunks))["status"] == 413


def test_each_wrong_field_is_named(desk: Desk) -> None:
    """With where it is, and without what was sent."""
    told = problem(desk.client.post("/ask", json={"after": ["x", 7], "keep": "secret"}))
    assert told["detail"] == "The request cannot be used; see question, after/1, keep."
    assert told["errors"] == [
        {"where": "body", "field": "question", "detail": "Field required"},
        {"where": "body", "field": "after/1", "detail": "Input should be a valid string"},
        {"where": "body", "field": "keep", "detail": "Input should be a valid boolean"},
    ]


@pytest.mark.parametrize(
    ("origin", "headers", "status"),
    [
        ("http://evil.example", {}, 403),
        ("null", {}, 403),
        ("http://[", {}, 403),
        ("http://{host}", {}, 200),
        ("https://{host}", {}, 200),
        ("https://course.example", {"Host": "course.example:443"}, 200),
        ("https://course.example", {"X-Forwarded-Host": "course.example"}, 200),
    ],
)
def test_pages_of_other_sites_cannot_write(
    desk: Desk, origin: str, headers: dict[str, str], status: int
) -> None:
    """A browser names the page that sends; it must be this host's, also behind a proxy."""
    named = origin.format(host=urlsplit(str(desk.client.base_url)).netloc)
    response = desk.client.post(
        "/ask", json={"question": LONG}, headers={"Origin": named, **headers}
    )
    assert response.status_code == status


def test_failures_of_the_server_say_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That the index fails is told, where it is and why is logged; so is what nobody foresaw."""

    def fail(error: Exception) -> None:
        def search(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(desk.assistant, "search", search)

    fail(IndexDamagedError("The index in /x is damaged.", "Build it again: coursebot index."))
    told = problem(desk.client.get("/search?q=kite"))
    assert (told["status"], told["detail"]) == (503, "The courses cannot be read now.")
    assert "/x" not in str(told)
    assert "The index in /x is damaged. Build it again: coursebot index." in caplog.text
    fail(RuntimeError("secret"))
    told = problem(desk.client.get("/search?q=kite"))
    assert (told["status"], told["detail"]) == (500, "The server failed on this request.")
    assert "secret" in caplog.text


def test_the_api_describes_itself(desk: Desk) -> None:
    """Every operation has a summary, a description and its problems; what is sent, too."""
    above = desk.client.get(str(desk.client.base_url).rstrip("/"))
    assert (above.status_code, above.headers["location"]) == (307, "/api/v1/openapi.json")
    described = desk.client.get("/openapi.json").json()
    assert described["servers"] == [{"url": "/api/v1"}]
    assert list(described["paths"]) == [
        "/ask",
        "/search",
        "/courses",
        "/sections",
        "/sections/{path}",
        "/feedback",
        "/feedback/{id}",
    ]
    for operations in described["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            told = operation["responses"]["422"]["content"]["application/problem+json"]
            assert told["schema"] == {"$ref": "#/components/schemas/Problem"}
            for parameter in operation.get("parameters", []):
                assert parameter["description"]
    for name in ("Asked", "Problem", "FieldProblem"):
        for field in described["components"]["schemas"][name]["properties"].values():
            assert field.get("description") or field.get("examples")
