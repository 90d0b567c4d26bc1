"""One test a way: the text of a restricted course never reaches who may not see it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from coursebot.feedback import Feedback, Store, Verdict
from tests.web.access.conftest import QUESTION, WORD, School

ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(params=["folders", "databases"])
def school(request: pytest.FixtureRequest) -> School:
    """Return the school with index and feedback in folders, and in PostgreSQL."""
    found: School = request.getfixturevalue(f"school_in_{request.param}")
    return found


def event(browser: httpx.Client, number: int, data: list[Any]) -> str:
    """Send an event of the page as Gradio's own script does; return all that comes back."""
    session = f"s{number}{(browser.cookies.get('coursebot') or '')[-6:]}"
    sent = {"data": data, "fn_index": number, "session_hash": session, "event_data": None}
    browser.post("/gradio_api/queue/join", json=sent).raise_for_status()
    got = []
    address = f"/gradio_api/queue/data?session_hash={session}"
    with browser.stream("GET", address, timeout=60) as stream:
        for line in stream.iter_lines():
            got.append(line)
            if '"process_completed"' in line or '"close_stream"' in line:
                break
    return "\n".join(got)


def numbers(browser: httpx.Client) -> dict[str, int]:
    """Return the page's events that ask the server, by how many values they take."""
    config = browser.get("/config").json()
    found: dict[str, int] = {}
    for dependency in config["dependencies"]:
        if dependency["backend_fn"] and dependency["api_visibility"] == "private":
            taken, given = len(dependency["inputs"]), len(dependency["outputs"])
            found.setdefault(
                {(1, 7): "open", (2, 4): "ask"}.get((taken, given), ""), dependency["id"]
            )
    return found


def test_answers(outsider: httpx.Client, member: httpx.Client) -> None:
    """By the API, at once and as events, of all courses and of the one by name."""
    for headers in ({}, {"Accept": "text/event-stream"}):
        asked = {"question": QUESTION}
        assert WORD in member.get("/api/v1/ask", params=asked, headers=headers).text
        told = outsider.get("/api/v1/ask", params=asked, headers=headers)
        assert told.status_code == 200
        assert WORD not in told.text
        assert "vault.md" not in told.text
    by_name = {"question": QUESTION, "course": "vault"}
    refused = outsider.post("/api/v1/ask", json=by_name)
    assert refused.status_code == 404
    assert refused.json()["hint"] == "Courses: kites."  # as of any course that is not there
    assert WORD in member.post("/api/v1/ask", json=by_name).text


def test_follow_ups(outsider: httpx.Client) -> None:
    """What a question goes on from is answered anew, for who asks it."""
    sent = {"question": "And how is it written?", "after": [QUESTION]}
    assert WORD not in outsider.post("/api/v1/ask", json=sent).text


def test_words(outsider: httpx.Client, member: httpx.Client) -> None:
    """Whether a word stands in the restricted course is told to nobody who may not see it."""
    asked = {"question": f"Is the kite a {WORD}?"}
    assert outsider.get("/api/v1/ask", params=asked).json()["unknown"] == [WORD]
    assert member.get("/api/v1/ask", params=asked).json()["unknown"] == []


def test_suggestions(outsider: httpx.Client, member: httpx.Client) -> None:
    """Neither to begin with nor to go on with."""
    assert QUESTION in member.get("/api/v1/courses", params={"language": "en"}).text
    assert "vault" not in outsider.get("/api/v1/courses", params={"language": "en"}).text.lower()
    for question in ("vault", "What is a kite?"):
        told = outsider.get("/api/v1/ask", params={"question": question}).json()
        assert not [one for one in told["suggestions"] if "vault" in one]


def test_search(outsider: httpx.Client, member: httpx.Client) -> None:
    """By the API and in the reader."""
    for path in ("/api/v1/search", "/read/"):
        assert WORD in member.get(path, params={"q": "combination"}).text
        assert WORD not in outsider.get(path, params={"q": "combination"}).text


def test_material(outsider: httpx.Client, member: httpx.Client) -> None:
    """The outline and the sources."""
    assert WORD in member.get("/api/v1/sections/vault/vault.md").text
    assert outsider.get("/api/v1/sections/vault/vault.md").status_code == 404
    assert "vault" not in outsider.get("/api/v1/sections").text
    assert outsider.get("/api/v1/sections", params={"course": "vault"}).status_code == 404


def test_reader(outsider: httpx.Client, member: httpx.Client) -> None:
    """Its pages, alone and in the pane, and what a browser kept of them."""
    for pane in ("", "?pane=1"):
        shown = member.get(f"/read/vault/vault.md{pane}")
        assert WORD in shown.text
        assert "private" in shown.headers["cache-control"]
        gone = outsider.get(f"/read/vault/vault.md{pane}")
        assert gone.status_code == 404
        assert WORD not in gone.text
    way = 'href="/sign-in?next=%2Fread%2Fvault%2Fvault.md"'
    assert way in outsider.get("/read/vault/vault.md").text
    tag = member.get("/read/").headers["etag"]
    again = outsider.get("/read/", headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert "Vault" not in again.text


def test_page(school: School) -> None:
    """The conversation, the courses to choose from and the empty page's questions."""
    for name, sees in (("hana", True), ("", False), ("taro", False)):
        with school.browser(name) as browser:
            known = numbers(browser)
            visit = json.dumps({"lang": "en"})
            opened = event(browser, known["open"], [visit])
            assert ("The Vault Course" in opened) is sees
            assert (QUESTION in opened) is sees
            assert (WORD in event(browser, known["ask"], [QUESTION, visit])) is sees


def test_share_links(school: School) -> None:
    """A link asks for whoever opens it, not for who made it."""
    for name, sees in (("hana", True), ("", False), ("taro", False)):
        with school.browser(name) as browser:
            search = f"?q={QUESTION.replace(' ', '+')}&course=vault"
            visit = json.dumps({"lang": "en", "search": search, "course": "vault"})
            assert (WORD in event(browser, numbers(browser)["open"], [visit])) is sees


def call(browser: httpx.Client, tool: str, **arguments: object) -> str:
    """Call a tool over MCP."""
    sent = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    return browser.post("/gradio_api/mcp/", json=sent, headers=ACCEPT, timeout=60).text


def test_tools(outsider: httpx.Client, member: httpx.Client) -> None:
    """Over MCP, and over Gradio's plain HTTP."""
    assert WORD in call(member, "search_course", query="combination")
    assert WORD in call(member, "ask_course", question=QUESTION)
    for tool, asked in (
        ("search_course", {"query": "combination"}),
        ("ask_course", {"question": QUESTION}),
    ):
        told = call(outsider, tool, **asked)
        assert "kites" in told
        assert WORD not in told
        assert "ault Course" not in told
        plain = outsider.post(f"/gradio_api/run/{tool}", json={"data": [*asked.values(), ""]})
        assert WORD not in plain.text


def complaint(store: Store, course: str | None, question: str, quoted: str) -> str:
    """Keep a learner's down-vote of an answer that quotes a course."""
    return store.add(
        Feedback(
            verdict=Verdict.DOWN,
            question=question,
            course=course,
            language="en",
            state="answered",
            confidence=0.9,
            answer={"text": f"It is {WORD}.", "citations": [{"course": quoted, "path": "x"}]},
            index="",
            settings={},
        )
    )


def test_feedback_and_inbox(school: School, outsider: httpx.Client, member: httpx.Client) -> None:
    """An instructor of other groups sees nothing of it, nor can they settle it."""
    ids = [
        complaint(school.store, "vault", "Which vault?", "vault"),
        complaint(school.store, None, "Where is the vault?", "vault"),
    ]
    complaint(school.store, None, "Where is the kite?", "kites")
    with school.browser("sato") as sato, school.browser("mori") as mori:
        assert "Where is the kite?" in sato.get("/instructor/inbox?lang=en").text
        seen = sato.get("/instructor/inbox?lang=en").text
        assert "vault" not in seen
        for id in ids:
            assert sato.get(f"/instructor/inbox/{id}").status_code == 404
            done = sato.post(f"/instructor/inbox/{id}/dismiss", data={"rows": id, "note": "x"})
            assert done.status_code == 404
            assert WORD in mori.get(f"/instructor/inbox/{id}").text
        assert "Where is the vault?" in mori.get("/instructor/inbox?lang=en").text
    answer = member.get("/api/v1/ask", params={"question": QUESTION, "course": "vault"}).json()
    judged = {"verdict": "down", "answer": answer}
    assert member.post("/api/v1/feedback", json=judged).status_code == 201
    assert outsider.post("/api/v1/feedback", json=judged).status_code == 404


def test_workbench(school: School) -> None:
    """Golden questions, the test bench and runs are of the courses that an instructor may see."""
    golden = {"id": "g", "question": QUESTION, "lang": "en", "status": "draft"}
    path = school.settings.corpus / "vault" / "golden.jsonl"
    path.write_text(json.dumps({**golden, "unanswerable": True}) + "\n", encoding="utf-8")
    run = school.settings.runs / "vault-run"
    run.mkdir(parents=True, exist_ok=True)
    (run / "run.json").write_text("{}", encoding="utf-8")
    addresses = (
        *("/instructor", "/instructor/golden?course=vault", "/instructor/runs"),
        *("/instructor/golden/export?course=vault", "/instructor/compare"),
        f"/instructor/bench?course=vault&q={QUESTION}",
        f"/instructor/bench?q={QUESTION}",
    )
    with school.browser("sato") as sato, school.browser("mori") as mori:
        for address in addresses:
            told = sato.get(address).text.replace(QUESTION, "").replace("course=vault", "")
            assert WORD not in told, address
            assert "Vault Course" not in told, address
            assert "vault-run" not in told, address
        assert sato.get("/instructor/runs/vault-run").status_code == 404
        assert "vault-run" in mori.get("/instructor/runs").text
        assert WORD in mori.get(f"/instructor/bench?course=vault&q={QUESTION}").text


@pytest.mark.parametrize("cookie", ["x", "a.b.c", "é" * 10, '"', "coursebot" * 400])
def test_a_cookie_of_nobody_is_nobody(school: School, cookie: str) -> None:
    """Whatever it says."""
    with school.browser() as browser:
        headers = {b"Cookie": f"coursebot={cookie}".encode()}
        told = browser.get("/api/v1/search", params={"q": "combination"}, headers=headers)
        assert told.status_code == 200
        assert WORD not in told.text
