"""What a malicious learner tries beside the front door, on the real server."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from coursebot.errors import IndexUnreachableError, PeopleError
from coursebot.evaluation.run.records import Machine, RunInfo
from coursebot.people import NOBODY, Person
from coursebot.web import visiting
from coursebot.web.access.rates import is_work
from coursebot.web.instructor.run_files import PINS, RunFiles
from coursebot.web.page import _visit
from coursebot.web.signin.desk import NAME, PAIR, SignIn
from tests.loops import run_apart
from tests.web.access.conftest import PASSWORD, QUESTION, WORD, School
from tests.web.access.test_restricted import call, event, numbers

NUMBER = "abc123def45"


def heard(browser: httpx.Client) -> str:
    """Return what a browser is told of the tab, until its event is over or it is sent away."""
    got = ""
    address = f"/gradio_api/queue/data?session_hash={NUMBER}"
    # Gradio breaks the connection off where it knows of no such tab.
    with suppress(httpx.HTTPError), browser.stream("GET", address, timeout=60) as stream:
        for line in stream.iter_lines():
            got += line
            if '"process_completed"' in line:
                break
    return got


def test_anothers_tab_is_not_listened_to(school: School) -> None:
    """Who knows the number of a learner's tab gets nothing of its answers, and stops none."""
    with school.browser("hana") as hana, school.browser("taro") as taro, school.browser() as nobody:
        known = numbers(hana)
        visit = json.dumps({"lang": "en"})
        sent = {"data": [QUESTION, visit], "fn_index": known["ask"], "session_hash": NUMBER}
        event_id = hana.post("/gradio_api/queue/join", json=sent).json()["event_id"]
        for browser in (taro, nobody):
            assert "process_" not in heard(browser)
            stop = {"session_hash": NUMBER, "fn_index": known["ask"], "event_id": "x"}
            browser.post("/gradio_api/cancel", json=stop)
        got = heard(hana)
        assert event_id in got
        assert WORD in got


def test_the_next_one_at_the_same_screen_sees_nothing(school: School) -> None:
    """A tab's conversation goes on for who had it, and for nobody else."""
    with school.browser("hana") as hana:
        answer = hana.get("/api/v1/ask", params={"question": QUESTION}).json()
    told = json.dumps({"lang": "en", "who": "hana", "turns": [answer]})
    with visiting.serving(Person("hana")):
        assert len(_visit(told).turns) == 1
    for other in (NOBODY, Person("taro")):
        with visiting.serving(other):
            assert _visit(told).turns == ()
    with visiting.serving(Person("hana")):  # signed in after asking: their own, too
        assert len(_visit(json.dumps({"turns": [answer]})).turns) == 1


@pytest.mark.parametrize(
    "query", [b"%71=vault", b"lang=ja&%71=x", b"q", b"q=", b"q=%E9%8D%B5", b"q=\xe9"]
)
def test_a_search_counts_however_it_is_spelt(query: bytes) -> None:
    """An address has many spellings, and one reader of them all."""
    assert is_work("/read/", query)
    assert not is_work("/read/", query.replace(b"q", b"p").replace(b"%71", b"%70"))


def test_coming_back_from_a_provider_counts() -> None:
    """It makes the server ask another host."""
    assert is_work("/sign-in/openid/back", b"code=x&state=y")


def test_one_address_does_not_shut_a_name_for_others(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes on guessing while they have to wait costs the person's own address nothing."""
    desk = SignIn(school.settings, clock=lambda: 0.0)
    tried = []
    monkeypatch.setattr(desk.people, "check", lambda *_: tried.append(1))
    for _ in range(2 * NAME):
        run_apart(desk.check("hana", "wrong", "192.0.2.1"))
    assert len(tried) == PAIR  # no password is tried for who has to wait
    monkeypatch.undo()
    entry = run_apart(desk.check("hana", PASSWORD, "198.51.100.7"))
    assert entry is not None
    assert not isinstance(entry, float)


def test_a_damaged_file_of_people_opens_nothing(tmp_path: Path) -> None:
    """Nobody is let in without a name because nobody can be known by one."""
    from coursebot.config import Settings

    (tmp_path / "people.json").write_text("{", encoding="utf-8")
    desk = SignIn(Settings.load(data=tmp_path))
    with pytest.raises(PeopleError):
        desk.people.all()
    assert desk.open


def test_a_course_that_is_hidden_and_one_that_is_not_there_are_alike(
    outsider: httpx.Client,
) -> None:
    """To the letter, but for the name that was asked for, wherever one can be named."""
    addresses = (
        "/api/v1/ask?question=x&course=NAME",
        "/api/v1/search?q=x&course=NAME",
        "/api/v1/sections?course=NAME",
        "/api/v1/sections?path=NAME/NAME.md",
        "/api/v1/sections/NAME/NAME.md",
        "/read/?course=NAME&lang=en",
        "/read/?q=x&course=NAME&lang=en",
        "/read/NAME/NAME.md?lang=en",
        "/read/NAME/NAME.md?lang=en&pane=1",
    )
    for address in addresses:
        told = [outsider.get(address.replace("NAME", name)) for name in ("vault", "nulls")]
        assert told[0].status_code == told[1].status_code == 404, address
        assert told[0].text.replace("vault", "nulls") == told[1].text, address
        same = [
            {k: v for k, v in one.headers.items() if k not in ("x-request-id", "date")}
            for one in told
        ]
        assert same[0] == same[1], address


def run_json(course: str) -> str:
    """Return what a run's folder says of it."""
    machine = Machine(system="", processor="", cores=1, python="")
    made = RunInfo(
        name="x",
        golden="g.jsonl",
        golden_digest="0" * 64,
        course=course,
        corpus_digest="",
        index_digest="",
        model="",
        model_fingerprint="",
        settings={},
        code="",
        machine=machine,
        started_at="2026-01-01T00:00:00+00:00",
        questions=0,
    )
    return made.model_dump_json()


def test_a_pinned_run_of_others_stays_pinned(tmp_path: Path) -> None:
    """An instructor who cannot see it does not take it away by pinning one of their own."""
    for name, course in (("mine", "kites"), ("theirs", "vault")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(run_json(course), encoding="utf-8")
    (tmp_path / PINS).write_text("theirs\ngone\n", encoding="utf-8")
    files = RunFiles(tmp_path)
    files.shows = lambda course: course == "kites"
    files.pin("mine")
    assert files.pinned() == ("theirs", "mine")
    files.pin("mine", on=False)
    assert files.pinned() == ("theirs",)


def test_no_event_by_any_way_tells_of_a_hidden_course(
    outsider: httpx.Client, member: httpx.Client
) -> None:
    """Each of the page's and the tools' events, called past the page as Gradio lets a program."""
    visit = json.dumps({"lang": "en", "course": "vault", "search": f"?q={QUESTION}"})
    told: dict[str, str] = {}
    for dependency in outsider.get("/config").json()["dependencies"]:
        if not dependency["backend_fn"]:
            continue
        kinds: dict[int, list[object]] = {1: [visit], 2: [QUESTION, visit], 3: [QUESTION, "", 5]}
        data = kinds.get(len(dependency["inputs"]), [])
        sent = {"data": data, "fn_index": dependency["id"], "session_hash": "x"}
        name = dependency["api_name"]
        ways = {
            "predict": ("/gradio_api/run/predict", sent),
            "run": (f"/gradio_api/run/{name}", {"data": [QUESTION, *[""] * (len(data) - 1)]}),
            "call": (f"/gradio_api/call/{name}", {"data": [QUESTION, ""]}),
        }
        for way, (address, body) in ways.items():
            for browser in (outsider, member):
                answer = browser.post(address, json=body)
                text = answer.text
                if way == "call" and answer.is_success:
                    text += browser.get(f"{address}/{answer.json()['event_id']}").text
                if browser is outsider:
                    assert WORD not in text, (name, way)
                    assert "Vault Course" not in text, (name, way)
                elif WORD in text:
                    told[way] = str(name)
    assert {"run", "call"} <= told.keys()  # the ways are open, and to whom it is shown get it


def test_a_tools_lasting_connection_serves_who_sends_each_message(
    outsider: httpx.Client, member: httpx.Client
) -> None:
    """Over MCP's older way: what comes down it is for the sender of the message, not the opener."""
    begun = {
        "protocolVersion": "2024-11-05",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    asked = {"name": "search_course", "arguments": {"query": "combination"}}
    for browser, sees in ((member, True), (outsider, False)):
        with browser.stream("GET", "/gradio_api/mcp/sse", timeout=60) as stream:
            lines = stream.iter_lines()
            way = next(line for line in lines if "session_id=" in line).removeprefix("data: ")
            for message in (
                {"id": 1, "method": "initialize", "params": begun},
                {"method": "notifications/initialized"},
                {"id": 2, "method": "tools/call", "params": asked},
            ):
                sent = browser.post(way, json={"jsonrpc": "2.0", **message})
                assert sent.status_code == 202
            got = next(line for line in lines if '"id":2' in line)
            assert (WORD in got) is sees
            assert "kites" in got


def test_no_failure_tells_where_things_are(
    member: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a database that does not answer, learners hear that; its host is for the log."""

    def fails(*_given: object, **_named: object) -> None:
        raise IndexUnreachableError("The index at postgresql://db-7.school/x cannot be reached.")

    monkeypatch.setattr("coursebot.assistant.retrieve", fails)
    told = member.get("/api/v1/ask", params={"question": QUESTION})
    assert (told.status_code, told.json()["detail"]) == (503, "The courses cannot be read now.")
    shown = event(member, numbers(member)["ask"], [QUESTION, json.dumps({"lang": "en"})])
    tool = call(member, "ask_course", question=QUESTION)
    for text in (shown, tool):
        assert "The courses cannot be read now." in text
    assert "db-7" not in told.text + shown + tool
