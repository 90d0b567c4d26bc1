"""The inbox in a real browser, from a learner's word to a draft in the golden set."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from coursebot.feedback import Feedback, Reason, Store, Verdict
from tests.conftest import ROOT
from tests.web.browser.conftest import QUESTION, QUOTE, accessible, ask

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from tests.web.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(180)]

TOKEN = "For how many hours is a login to ACR valid?"
TOKEN_JA = "az acr loginのログインは何時間有効ですか"
OTHER = "Who teaches this course?"
COMMENT = "I am Hanako, it said three minutes"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus of the shipped course with no golden set."""
    folder = tmp_path / "corpus"
    shutil.copytree(ROOT / "corpus" / "az-500", folder / "az-500")
    (folder / "az-500" / "golden.jsonl").unlink()
    return folder


@pytest.fixture
def assistant(corpus: Path, open_real: Callable[..., Assistant], tmp_path: Path) -> Assistant:
    """Return an assistant with folders of its own."""
    return open_real(corpus=corpus, data=tmp_path / "data", runs=tmp_path / "runs")


def say(store: Store, question: str, language: str = "en", **changes: object) -> str:
    """Put a learner's word into the store."""
    fields: dict[str, object] = {
        "verdict": Verdict.DOWN,
        "question": question,
        "course": "az-500",
        "language": language,
        "state": "answered",
        "confidence": 0.7,
        "answer": {"text": "3分", "citations": []},
        "index": "0",
        "settings": {},
    }
    return store.add(Feedback(**{**fields, **changes}))  # type: ignore[arg-type]


def test_a_bad_answer_is_a_draft_after_three_clicks(
    visit: Open, site: str, store: Store, corpus: Path
) -> None:
    """A learner's thumb and paraphrases in both languages are settled; another question is not."""
    say(store, TOKEN, comment=COMMENT, reason=Reason.WRONG)
    say(store, TOKEN_JA, "ja")
    other = say(store, OTHER)
    learner = visit("/")
    turn = ask(learner, QUESTION)
    turn.get_by_role("button", name="Bad answer").click()
    learner.wait_for_timeout(500)
    page = learner.context.new_page()
    page.goto(f"{site}/instructor/inbox")
    first = page.locator(".group").first
    assert "bad answer × 3" in first.inner_text()
    assert COMMENT in first.inner_text()
    accessible(page)

    first.get_by_role("link", name="Make a golden question").click()
    accessible(page)
    page.locator(".candidate", has_text=QUOTE).first.click()
    page.get_by_role("button", name="Save draft").click()

    saved = page.locator("#told").inner_text()
    path = corpus / "az-500" / "golden.jsonl"
    (item,) = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert item["id"] in saved
    assert item["sources"][0]["quote"] in (QUOTE, f"- {QUOTE}")
    assert item["origin"] == "learner"
    assert "Hanako" not in path.read_text(encoding="utf-8")
    assert other not in store.settled()
    assert {one.item for one in store.settled().values()} == {item["id"]}
    page.locator("#told a").click()
    assert re.search(rf"/instructor/golden/{re.escape(item['id'])}\?", unquote(page.url))


def test_another_statement_can_be_looked_for(look: Open, store: Store) -> None:
    """What was typed before stays in the form."""
    id = say(store, OTHER)
    page = look(f"/instructor/inbox/{id}")
    page.get_by_label("Question").fill("Who is the teacher?")
    page.get_by_label("Look for other statements").fill("az acr login token")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_label("Question").input_value() == "Who is the teacher?"
    page.locator(".candidate", has_text=QUOTE).locator("input").check()


def test_a_question_is_dismissed_with_a_note(look: Open, site: str, store: Store) -> None:
    """Without one the browser does not send it; it can be opened again, in a phone's width too."""
    id = say(store, OTHER, comment="please")
    page = look("/instructor/inbox?lang=ja", viewport={"width": 375, "height": 740})
    page.locator(".dismiss summary").click()
    page.get_by_role("button", name="対応不要にする", exact=True).click()
    assert store.settled() == {}
    page.get_by_label("理由").fill("事務局に転送")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    accessible(page)
    page.get_by_role("button", name="対応不要にする", exact=True).click()
    page.locator("#told").wait_for()
    assert store.settled()[id].note == "事務局に転送"
    page.goto(f"{site}/instructor/inbox?lang=ja&done=settled")
    assert "事務局に転送" in page.locator(".group").inner_text()
    accessible(page)
    page.get_by_role("button", name="未対応に戻す").click()
    page.locator("#told").wait_for()
    assert store.settled() == {}
