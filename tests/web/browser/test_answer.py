"""A learner asks, reads, goes on, and passes it on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.browser.conftest import QUESTION, QUOTE, Open, answered, ask, marked, ready, turns

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from coursebot.assistant import Assistant

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(120)]

CITED = (
    QUESTION,
    "az acr loginのトークンは何時間有効ですか",
    "管理者ユーザーはどこで有効にしますか",
    "What is a Namespace?",
    "サービスプリンシパルを作成するコマンドは？",
    "Kubernetesのロールの仕組みは？",
    "Which SKUs does ACR have?",
)
"""Questions whose answers quote sentences, items, code and headings, one and several at a time."""


@pytest.mark.parametrize(
    ("question", "short"),
    [(QUESTION, "3時間 · 3 hours"), ("az acr loginのトークンは何時間有効ですか", "3時間")],
)
def test_a_question_gets_its_short_answer_first(visit: Open, question: str, short: str) -> None:
    """Three hours, in both languages, above the sentence that says so."""
    turn = ask(visit(), question)
    assert turn.locator(".short").inner_text().endswith(short)
    assert QUOTE in turn.locator("blockquote").first.inner_text()
    assert turn.get_attribute("data-state") == "answered"


def squeezed(text: str) -> str:
    """Return a text without white space, which the reader sets out as it likes."""
    return re.sub(r"\s+", "", text)


def test_every_citation_leads_to_its_sentence(visit: Open) -> None:
    """The text that the reader marks with a citation's number is its quote, and it is in view."""
    page = visit()
    followed = 0
    for question in CITED:
        turn = ask(page, question)
        quotes = turn.locator(".quotes > li")
        for n in range(quotes.count()):
            cite = quotes.nth(n).locator("a.cite")
            number = int(cite.inner_text())
            quote = quotes.nth(n).locator("blockquote").inner_text().removesuffix(str(number))
            cite.click()
            assert squeezed(marked(page, number)) == squeezed(quote)
            mark = page.locator(f"#reader #in-c{number}")
            page.wait_for_function(
                "mark => { const m = mark.getBoundingClientRect(),"
                " b = mark.closest('.pane-body').getBoundingClientRect();"
                " return m.top >= b.top && m.top < b.bottom }",
                arg=mark.element_handle(),
            )
            assert "flash" in (mark.get_attribute("class") or "")
            followed += 1
    assert followed > len(CITED)


def test_a_new_answer_marks_what_it_quotes_at_once(visit: Open) -> None:
    """Where there is room, the course turns to it by itself."""
    page = visit()
    ask(page, QUESTION)
    assert marked(page, 1) == QUOTE


def test_a_follow_up_in_the_other_language_keeps_the_topic(visit: Open) -> None:
    """It is asked after an English question, in Japanese."""
    page = visit()
    ask(page, QUESTION)
    turn = ask(page, "その後は？")
    assert "az acr login" in turn.inner_text()
    assert turns(page)[1]["after"] == [QUESTION]


def test_suggestions_are_answered(visit: Open) -> None:
    """Every question that is offered, on the empty page and after an answer, gets its answer."""
    page = visit()
    chips = page.locator(".welcome .chip")
    assert chips.count() > 0
    chips.first.click()
    assert answered(page, 0).get_attribute("data-state") == "answered"
    asked = 1
    for _ in range(4):
        offered = page.locator(".turn").nth(asked - 1).locator(".next .chip")
        if not offered.count():
            break
        question = offered.first.inner_text()
        offered.first.click()
        turn = answered(page, asked)
        assert turn.locator(".asked").inner_text().endswith(question)
        assert turn.get_attribute("data-state") == "answered"
        asked += 1
    assert asked > 2


def test_what_the_course_does_not_say(visit: Open) -> None:
    """It is said plainly, with a way on, and looks like no answer."""
    turn = ask(visit(), "What is the capital of France?")
    assert turn.get_attribute("data-state") == "not_covered"
    assert "The course material does not say." in turn.inner_text()
    assert turn.locator("blockquote, .short").count() == 0
    assert turn.get_by_role("button", name="Tell the instructor").is_visible()
    assert "France" in turn.locator(".way-on").inner_text()


def test_markup_in_a_question_is_shown_as_text(visit: Open) -> None:
    """Nothing that a learner types becomes part of the page."""
    page = visit()
    asked = '<img src=x onerror="document.title=1"> **az** [a](http://example.org) $$x$$ & `c`'
    turn = ask(page, asked)
    assert turn.locator(".asked").inner_text().endswith(asked)
    assert page.locator("#chat img, .asked strong, .asked a, .katex").count() == 0
    assert page.title() != "1"
    page.reload()
    ready(page)
    assert page.locator(".asked").inner_text().endswith(asked)


def test_a_link_to_a_question_opens_with_its_answer(visit: Open, browser: Browser) -> None:
    """In a browser that has never been here, follow-ups with what they go on from."""
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    turn = ask(page, "その後は？")
    turn.get_by_role("button", name="Copy link to this question").click()
    turn.get_by_text("Copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(link).query)["q"] == [QUESTION, "その後は？"]
    friend = visit(link.removeprefix(page.evaluate("location.origin")) + "&course=az-500")
    opened = answered(friend, 1)
    assert opened.locator(".quotes").inner_text() == turn.locator(".quotes").inner_text()
    assert friend.locator(".welcome").count() == 0
    friend.reload()
    ready(friend)
    friend.locator(".turn").nth(1).wait_for()
    assert friend.locator(".turn").count() == 2


def test_an_answer_is_copied_with_its_sources(visit: Open) -> None:
    """As text and as Markdown."""
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    turn = ask(page, QUESTION)
    turn.get_by_role("button", name="Copy", exact=True).click()
    turn.get_by_text("Copied.").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("3時間 · 3 hours\n" + QUOTE)
    assert "[1] Azure Container Registry (ACR) › Azure Container Registry での認証 https://" in text
    turn.get_by_role("button", name="Copy as Markdown").click()
    page.wait_for_function("navigator.clipboard.readText().then(t => t.startsWith('**'))")
    assert "](https://github.com/" in page.evaluate("navigator.clipboard.readText()")


def test_a_conversation_survives_and_ends(visit: Open) -> None:
    """It is there after a reload, can be saved as a file, and is gone when it is cleared."""
    page = visit()
    ask(page, QUESTION)
    page.locator("#question textarea").fill("half a ques")
    page.reload()
    ready(page)
    page.locator(".turn .short").wait_for()
    page.wait_for_function("document.querySelector('#question textarea')?.value === 'half a ques'")
    with page.expect_download() as started:
        page.get_by_role("button", name="Save", exact=True).click()
    saved = started.value.path().read_text(encoding="utf-8")
    assert f"## {QUESTION}" in saved
    assert "3時間 · 3 hours" in saved
    page.get_by_role("button", name="New conversation").click()
    page.locator(".welcome").wait_for()
    page.reload()
    ready(page)
    page.locator(".welcome").wait_for()
    assert page.locator(".turn").count() == 0


def test_the_other_language_is_one_click_away(visit: Open) -> None:
    """The interface changes, the conversation stays, and so does the choice."""
    page = visit()
    ask(page, QUESTION)
    page.locator("#language").click()
    page.get_by_role("button", name="質問する").wait_for()
    page.locator(".turn .short").wait_for()
    assert page.evaluate("document.documentElement.lang") == "ja"
    page.reload()
    page.get_by_role("button", name="質問する").wait_for()
    assert "キーボード操作" in page.locator("#foot").inner_text()


def test_a_japanese_browser_gets_a_japanese_page(visit: Open) -> None:
    """Also in what the server writes."""
    page = visit(locale="ja-JP")
    page.get_by_role("button", name="質問する").wait_for()
    assert "このコースの内容" in page.locator(".welcome").inner_text()
    assert page.locator("#question textarea").get_attribute("placeholder") == (
        "コースについて質問してください…"
    )
    assert "教材には書かれていません。" in ask(page, "フランスの首都はどこですか").inner_text()


def test_print_shows_the_answer_and_its_address(visit: Open, assistant: Assistant) -> None:
    """And neither form nor buttons; a long conversation takes several pages."""
    page = visit()
    turn = ask(page, QUESTION)
    for question in CITED[1:]:
        ask(page, question)
    page.emulate_media(media="print")
    assert page.pdf(format="A4").count(b"/Type /Page\n") > 1
    assert turn.locator(".short").is_visible()
    for hidden in ("#form", "#foot", "#language", "#reader", ".actions"):
        assert not page.locator(hidden).first.is_visible()
