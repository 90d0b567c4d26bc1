"""The page as a learner meets it, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

QUESTION = "how long is an az acr login token valid?"


Serve = Callable[[object], str]


class Scripted(Protocol):
    """The scripted assistant, as far as it is looked at here."""

    asked: list[tuple[str, str | None, int]]


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.locator("#question textarea").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


@pytest.mark.model
def test_a_question_gets_its_cited_answer(
    page: Page, serve: Serve, real_index: Path, cache: Path, visited: list[str]
) -> None:
    """Three hours, quoted and linked; and no request leaves the host."""
    from coursebot.assistant import Assistant
    from coursebot.config import Settings

    url = serve(Assistant.open(real_index, settings=Settings.load(cache=cache)))
    page.goto(url)
    ask(page, QUESTION)
    reply = page.locator("#conversation .bot").last
    reply.get_by_text("3 hours").first.wait_for()
    assert "このログイン（トークン）は3時間有効。" in reply.inner_text()
    link = reply.locator("a").first.get_attribute("href") or ""
    assert link.startswith("https://github.com/hiryamada/notes/blob/main/AZ-500/mod02/mod02-04.md#")
    hosts = {urlsplit(address).hostname for address in visited if "://" in address}
    assert hosts == {"127.0.0.1"}


def test_markup_in_a_question_is_shown_as_text(
    page: Page, serve: Serve, scripted: Scripted
) -> None:
    """Nothing that a learner types becomes part of the page."""
    asked = '<img src=x onerror="document.title=1"> **token** [a](http://example.org) $$x$$'
    page.goto(serve(scripted))
    ask(page, asked)
    shown = page.locator("#conversation .user").last
    shown.wait_for()
    page.locator("#conversation .bot").last.wait_for()
    assert shown.inner_text().strip() == asked
    assert shown.locator("img, strong, a, .katex").count() == 0
    assert page.title() == "The Course"
    assert scripted.asked == [(asked, None, 0)]


def test_a_conversation_goes_on_and_can_be_ended(
    page: Page, serve: Serve, scripted: Scripted
) -> None:
    """The second question is asked with the first turn; a new conversation forgets it."""
    page.goto(serve(scripted))
    for n, question in enumerate(["a token?", "and which token?"], 1):
        ask(page, question)
        page.locator("#conversation .bot").nth(n - 1).wait_for()
    page.get_by_role("button", name="New conversation").click()
    page.locator("#conversation .bot").first.wait_for(state="detached")
    ask(page, "one more token?")
    page.locator("#conversation .bot").first.wait_for()
    assert [history for _, _, history in scripted.asked] == [0, 1, 0]


def test_the_page_speaks_japanese(browser: Browser, serve: Serve, scripted: Scripted) -> None:
    """A Japanese browser gets Japanese labels."""
    context = browser.new_context(locale="ja-JP")
    opened = context.new_page()
    opened.goto(serve(scripted))
    opened.get_by_role("button", name="質問する").wait_for()
    assert opened.locator("#question textarea").get_attribute("placeholder") == (
        "コースについて質問してください…"
    )
    context.close()


def test_the_reader_marks_the_cited_lines(page: Page, serve: Serve, scripted: Scripted) -> None:
    """The lines asked for are marked and in view, and the page runs no script."""
    url = serve(scripted)
    response = page.goto(f"{url}/read/c/a.md?lines=4-4")
    assert response is not None
    assert "script-src" not in response.headers["content-security-policy"]
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    mark = page.locator("mark").first
    assert "3時間有効" in mark.inner_text()
    assert mark.is_visible()
    assert page.locator("script").count() == 0
    missing = page.goto(f"{url}/read/c/%3Cb%3E.md")
    assert missing is not None
    assert missing.status == 404
    assert "There is no section 'c/<b>.md' in the index." in page.locator("main").inner_text()
