"""Ratings on the page ▶ rows in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coursebot.feedback import Reason, Store, Verdict
from tests.web.browser.conftest import QUESTION, Open, ask, ready

if TYPE_CHECKING:
    from coursebot.assistant import Assistant

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(120)]


def test_a_good_answer(visit: Open, store: Store, assistant: Assistant) -> None:
    """One row: the question, the answer as it was shown, the index and the settings."""
    turn = ask(visit(), QUESTION)
    turn.get_by_role("button", name="Good answer").click()
    turn.get_by_text("Thank you.").wait_for()
    (row,) = store.feedback()
    assert (row.verdict, row.question, row.state) == (Verdict.UP, QUESTION, "answered")
    assert row.answer["short_answer"]["text"] == "3時間"  # type: ignore[index]
    assert row.index == assistant.index.manifest.digest
    assert row.settings["model"] == "bundled"


def test_a_bad_answer_with_a_reason(visit: Open, store: Store) -> None:
    """The row is there at once; reason and words are added to it; it can be withdrawn."""
    turn = ask(visit(), QUESTION)
    turn.get_by_role("button", name="Bad answer").click()
    turn.get_by_label("It is quoted from the wrong place").check()
    (row,) = store.feedback()
    assert (row.verdict, row.reason) == (Verdict.DOWN, None)
    turn.get_by_label("In your words").fill("もっと詳しく <b>please</b>")
    turn.get_by_role("button", name="Send").click()
    turn.locator("form.feedback").wait_for(state="hidden")
    (row,) = store.feedback()
    assert (row.reason, row.comment) == (Reason.WRONG_PLACE, "もっと詳しく <b>please</b>")
    turn.get_by_role("button", name="Bad answer").click()
    turn.get_by_text("Withdrawn").wait_for()
    assert list(store.feedback()) == []


def test_a_change_of_mind_replaces_the_rating(visit: Open, store: Store) -> None:
    """There is never more than one row for an answer."""
    turn = ask(visit(), QUESTION)
    turn.get_by_role("button", name="Good answer").click()
    turn.get_by_text("Thank you.").wait_for()
    turn.get_by_role("button", name="Bad answer").click()
    turn.locator("form.feedback").wait_for()
    (row,) = store.feedback()
    assert row.verdict == Verdict.DOWN


def test_a_rating_outlives_what_comes_after(visit: Open, store: Store) -> None:
    """After the next question and a reload it is still shown, and can still be withdrawn."""
    page = visit()
    ask(page, QUESTION).get_by_role("button", name="Good answer").dblclick(delay=1)
    page.get_by_text("Thank you.").wait_for()
    ask(page, "What is ACR?")
    page.reload()
    ready(page)
    good = page.locator(".turn").first.get_by_role("button", name="Good answer")
    good.and_(page.locator("[aria-pressed=true]")).wait_for()
    assert len(list(store.feedback())) == 1
    good.click()
    page.get_by_text("Withdrawn").wait_for()
    assert list(store.feedback()) == []


def test_telling_the_instructor(visit: Open, store: Store) -> None:
    """From an answer that the material does not give."""
    turn = ask(visit(), "What is the capital of France?")
    turn.get_by_role("button", name="Tell the instructor").click()
    turn.get_by_text("The instructor will see this question.").wait_for()
    (row,) = store.feedback()
    assert (row.verdict, row.state) == (Verdict.REPORT, "not_covered")
    turn.get_by_role("button", name="Bad answer").click()
    turn.get_by_text("Thank you.").wait_for()
    assert [row.verdict for row in store.feedback()] == [Verdict.REPORT, Verdict.DOWN]


def test_unanswered_questions_are_kept_unless_the_learner_objects(
    visit: Open, store: Store
) -> None:
    """The page says so, and a tick is enough to stop it."""
    page = visit()
    ask(page, "What is the capital of France?")
    (row,) = store.unanswered()
    assert row.question == "What is the capital of France?"
    page.get_by_role("button", name="What is kept").click()
    dialog = page.locator("#privacy-dialog")
    assert "no IP address is stored" in dialog.inner_text()
    dialog.get_by_label("Do not keep my unanswered questions").check()
    page.keyboard.press("Escape")
    ask(page, "What is the capital of Spain?")
    assert len(list(store.unanswered())) == 1
    assert page.context.cookies() == []


def test_a_store_that_fails_is_said_and_costs_nothing(
    visit: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rating is not shown as given."""
    from coursebot.errors import StoreError

    def fail(*_given: object) -> str:
        raise StoreError("The disk is full.", "Free some space.")

    monkeypatch.setattr(Store, "add", fail)
    turn = ask(visit(), QUESTION)
    good = turn.get_by_role("button", name="Good answer")
    good.click()
    turn.get_by_text("It could not be kept.").wait_for()
    assert good.get_attribute("aria-pressed") == "false"
