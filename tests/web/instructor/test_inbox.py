"""The inbox's pages: groups, drafts, dismissals, and what is wrong in words."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from coursebot import index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import StoreError
from coursebot.evaluation.golden import problems, read
from coursebot.feedback import Feedback, Reason, Store, Unanswered, Verdict
from coursebot.web.instructor import inbox, runs
from coursebot.web.instructor.door import Door
from coursebot.web.instructor.inbox_words import INBOX
from coursebot.web.instructor.shell import Desk
from tests.web.instructor.conftest import at_home

QUESTION = "az acr login のログインは何時間有効ですか、教えて"
COMMENT = "My name is Hanako <b>and</b> this is wrong"


@pytest.fixture
def desk(course_folder: Path, tmp_path: Path, hash_encoder: HashEncoder) -> Iterator[Desk]:
    """Return a desk on a copy of the shipped course without a golden set, and an empty store."""
    (course_folder / "az-500" / "golden.jsonl").unlink()
    chosen = Settings.load(
        corpus=course_folder, data=tmp_path / "data", index=tmp_path / "index", keep_unanswered=True
    )
    index.build(course_folder, chosen.index, hash_encoder, passage_tokens=chosen.passage_tokens)
    store = Store.open(chosen)
    yield Desk(Assistant.open(settings=chosen), store)
    store.close()


@pytest.fixture
def site(desk: Desk) -> Iterator[TestClient]:
    """Return a client of the pages, let in from this machine."""
    application = FastAPI()
    application.include_router(inbox.router(desk))
    application.include_router(runs.router(desk))
    application.add_middleware(Door, desk=desk)
    with at_home(application) as client:
        yield client


def say(store: Store, question: str = QUESTION, **changes: object) -> str:
    """Put a learner's word into the store and return its id."""
    fields: dict[str, Any] = {
        "verdict": Verdict.DOWN,
        "question": question,
        "course": "az-500",
        "language": "ja",
        "state": "answered",
        "confidence": 0.7,
        "answer": {"text": "3時間", "citations": [{"path": "az-500/a.md", "heading_path": ["A"]}]},
        "index": "0",
        "settings": {},
    }
    return store.add(Feedback(**{**fields, **changes}))


def choices(page: str) -> list[str]:
    """Return the values of a form's radio buttons."""
    return re.findall(r'name="choice" value="([^"]+)"', page)


def golden(desk: Desk) -> list[dict[str, Any]]:
    """Return the items of the course's golden set."""
    path = desk.golden("az-500")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_pages_are_there_in_both_languages(site: TestClient, desk: Desk, lang: str) -> None:
    """Whatever learners wrote is text, also where it looks like HTML."""
    id = say(desk.store, comment=COMMENT, reason=Reason.WRONG, history=("What is ACR?",))
    for path in ("", f"/{id}", f"/{id}?question=x&words=token", "?done=settled", "?kind=report"):
        page = site.get(f"/instructor/inbox{path}{'&' if '?' in path else '?'}lang={lang}")
        assert page.status_code == 200
        assert f'<html lang="{lang}">' in page.text
        assert "<b>and" not in page.text
    assert INBOX["make"][lang == "ja"] in site.get(f"/instructor/inbox?lang={lang}").text


def test_every_text_is_in_both_languages() -> None:
    """With the same places to fill in."""
    for key, (english, japanese) in INBOX.items():
        assert english, key
        assert japanese, key
        places = [set(re.findall(r"{(\w+)}", text)) for text in (english, japanese)]
        assert places[0] == places[1], key


def test_a_statement_makes_a_draft_and_settles_its_group(site: TestClient, desk: Desk) -> None:
    """All rows that ask the same are settled with the item's id; the comment stays out of it."""
    ids = {say(desk.store, comment=COMMENT), say(desk.store), say(desk.store, QUESTION + "？")}
    other = say(desk.store, "Kubernetes RBACとは")
    page = site.get(f"/instructor/inbox/{min(ids)}").text
    kept = re.findall(r'name="with" value="([^"]+)"', page)
    chosen = next(one for one in choices(page) if one != "nothing")
    sent = {"question": QUESTION, "choice": chosen, "with": kept, "answer": "3時間"}
    answer = site.post(f"/instructor/inbox/{min(ids)}?lang=ja", data=sent)
    assert answer.status_code == 303
    (item,) = golden(desk)
    (parsed,) = read(desk.golden("az-500")).items
    assert (parsed.status, parsed.origin, parsed.lang) == ("draft", "learner", "ja")
    assert "Hanako" not in json.dumps(item)
    assert problems(desk.golden("az-500")) == ()
    settled = desk.store.settled()
    assert {one for one, what in settled.items() if what.item == item["id"]} == ids
    assert other not in settled
    told = site.get(answer.headers["location"]).text
    assert f">{item['id']}<" in told
    assert "/instructor/golden/" in told


def test_the_same_question_twice_is_said(site: TestClient, desk: Desk) -> None:
    """A golden set does not ask one question two times; what was chosen stays in the form."""
    for status in (303, 400):
        id = say(desk.store)
        kept = re.findall(r'name="with" value="([^"]+)"', site.get(f"/instructor/inbox/{id}").text)
        sent = {"question": QUESTION, "choice": "nothing", "with": kept}
        answer = site.post(f"/instructor/inbox/{id}", data=sent)
        assert answer.status_code == status
    assert "same question" in answer.text
    assert re.search(r'value="nothing"[^>]*checked', answer.text)
    assert golden(desk)[0]["unanswerable"] is True


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"choice": ""}, "wrong.choice"),
        ({"choice": "az-500/gone.md:0-9"}, "wrong.gone"),
        ({"question": "  "}, "wrong.question"),
        ({"with": []}, "wrong.rows"),
        ({"set": "no-such"}, "wrong.course"),
    ],
)
def test_what_is_missing_is_said(
    site: TestClient, desk: Desk, changes: dict[str, Any], key: str
) -> None:
    """Nothing is saved or settled."""
    id = say(desk.store)
    page = site.get(f"/instructor/inbox/{id}").text
    kept = re.findall(r'name="with" value="([^"]+)"', page)
    sent = {"question": QUESTION, "choice": "nothing", "with": kept, **changes}
    answer = site.post(f"/instructor/inbox/{id}?lang=en", data=sent)
    assert answer.status_code == 400
    assert INBOX[key][0] in answer.text
    assert not desk.golden("az-500").exists()
    assert desk.store.settled() == {}


def test_wordings_that_are_taken_out_stay_open(site: TestClient, desk: Desk) -> None:
    """A group may hold what asks something else."""
    first, second = (
        say(desk.store, "token alpha beta gamma"),
        say(desk.store, "token alpha gamma beta"),
    )
    page = site.get(f"/instructor/inbox/{first}").text
    kept = re.findall(r'name="with" value="([^"]+)"', page)
    assert len(kept) == 2
    sent = {"question": "x?", "choice": "nothing", "with": "token alpha beta gamma"}
    assert site.post(f"/instructor/inbox/{first}", data=sent).status_code == 303
    assert set(desk.store.settled()) == {first}
    assert second in site.get("/instructor/inbox").text


def test_a_dismissal_needs_a_note_and_can_be_taken_back(site: TestClient, desk: Desk) -> None:
    """The note is shown with the settled ones."""
    id = say(desk.store)
    refused = site.post(f"/instructor/inbox/{id}/dismiss?lang=en", data={"rows": id, "note": " "})
    assert refused.status_code == 400
    assert INBOX["dismiss.empty"][0] in refused.text
    done = site.post(f"/instructor/inbox/{id}/dismiss", data={"rows": id, "note": "not ours"})
    assert done.status_code == 303
    assert desk.store.settled()[id].note == "not ours"
    assert id not in site.get("/instructor/inbox").text
    assert "not ours" in site.get("/instructor/inbox?done=settled").text
    site.post(f"/instructor/inbox/{id}/reopen", data={"rows": id})
    assert desk.store.settled() == {}


def test_rows_that_are_gone_are_not_settled(site: TestClient, desk: Desk) -> None:
    """A learner may withdraw while an instructor looks at it."""
    id = say(desk.store)
    desk.store.withdraw(id)
    sent = {"rows": id, "note": "late"}
    assert site.post(f"/instructor/inbox/{id}/dismiss", data=sent).status_code == 404
    assert site.get(f"/instructor/inbox/{id}").status_code == 404
    assert site.post(f"/instructor/inbox/{id}", data={"question": "x"}).status_code == 404
    assert desk.store.settled() == {}


def test_filters_choose_by_kind_and_course(site: TestClient, desk: Desk) -> None:
    """Unanswered questions are a kind of their own; good answers are not in the inbox."""
    say(desk.store, "alpha")
    say(desk.store, "beta", verdict=Verdict.REPORT, course=None)
    say(desk.store, "zeta", verdict=Verdict.UP)
    desk.store.add_unanswered(Unanswered("delta", "az-500", "en", "not_covered", 0.1, "0", {}))

    def shown(query: str) -> set[str]:
        page = site.get(f"/instructor/inbox?{query}").text
        return set(re.findall(r"<h2 id=\"q-\w+\"><bdi>(\w+)</bdi>", page))

    assert shown("") == {"alpha", "beta", "delta"}
    assert shown("kind=down") == {"alpha"}
    assert shown("kind=report") == {"beta"}
    assert shown("kind=unanswered") == {"delta"}
    assert shown("of=az-500") == {"alpha", "beta", "delta"}  # there is no other course
    assert shown("of=*") == set()


def test_without_the_corpus_folder_it_says_so(
    site: TestClient, desk: Desk, course_folder: Path
) -> None:
    """A server may have the index alone."""
    id = say(desk.store)
    course_folder.rename(course_folder.with_name("away"))
    page = site.get(f"/instructor/inbox/{id}?lang=en")
    assert "COURSEBOT_CORPUS" in page.text
    kept = re.findall(r'name="with" value="([^"]+)"', page.text)
    sent = {"question": QUESTION, "choice": "nothing", "with": kept}
    answer = site.post(f"/instructor/inbox/{id}?lang=en", data=sent)
    assert answer.status_code == 400
    assert "COURSEBOT_CORPUS" in answer.text


def test_a_database_that_fails_is_told(
    site: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the store says of it; nothing is lost without a word."""
    id = say(desk.store)
    page = site.get(f"/instructor/inbox/{id}").text
    kept = re.findall(r'name="with" value="([^"]+)"', page)

    def fails(*_: object) -> None:
        raise StoreError("The disk is full.", "Make room.")

    monkeypatch.setattr(Store, "settle", fails)
    sent = {"question": QUESTION, "choice": "nothing", "with": kept}
    answer = site.post(f"/instructor/inbox/{id}?lang=en", data=sent)
    assert answer.status_code == 503
    assert "The disk is full." in answer.text
    assert golden(desk)[0]["id"] in answer.text
    monkeypatch.setattr(Store, "settled", fails)
    told = site.get("/instructor/inbox")
    assert told.status_code == 503
    assert "The disk is full." in told.text


def test_questions_are_compared_beside_the_event_loop(
    site: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Learners' answers do not wait for it."""
    say(desk.store)
    threads: list[str] = []
    encode = desk.assistant.encoder.encode_queries

    def seen(texts: list[str]) -> object:
        threads.append(threading.current_thread().name)
        return encode(texts)

    monkeypatch.setattr(desk.assistant.encoder, "encode_queries", seen)
    site.get("/instructor/inbox")
    assert threads
    assert all("AnyIO worker" in name for name in threads)


def test_the_overview_tells_how_much_is_open(
    site: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settled rows do not count; a database that fails leaves the rest of the page as it is."""
    id = say(desk.store, "alpha")
    say(desk.store, "beta")
    assert "Inbox: 2 open messages" in site.get("/instructor?lang=en").text
    site.post(f"/instructor/inbox/{id}/dismiss", data={"rows": id, "note": "seen"})
    assert "受信箱：未対応 1件" in site.get("/instructor?lang=ja").text

    def fails(*_: object) -> None:
        raise StoreError("The disk is full.", "Make room.")

    monkeypatch.setattr(Store, "settled", fails)
    page = site.get("/instructor?lang=en")
    assert page.status_code == 200
    assert "open messages" not in page.text
