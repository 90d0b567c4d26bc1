"""What goes wrong around an open page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.openai_server import Exchange, ModelServer, dies, says, serving, trickles
from tests.web.browser.conftest import QUESTION, QUOTE, answered, ask, ready, turns
from tests.web.conftest import application, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from coursebot.assistant import Assistant

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(120)]

TABS = 10
"""More than are answered at once on two cores."""


def opened(browser: Browser, address: str) -> Page:
    """Return a page of the site that is ready."""
    page = browser.new_context(locale="en-US").new_page()
    page.goto(address)
    ready(page)
    return page


def answering(page: Page) -> None:
    """Ask, and go on when the first words of the answer have come."""
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#ask").click()
    page.locator('.turn[data-state="answering"]').wait_for()


def delay(page: Page, address: str) -> None:
    """Let what is sent to an address reach the server a second later."""

    def late(route: Route) -> None:
        page.wait_for_timeout(1000)
        route.continue_()

    page.route(address, late)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """Return a language model's endpoint that can be told what to do."""
    with serving() as server:
        yield server


@pytest.fixture
def worded(
    model: ModelServer, open_real: Callable[..., Assistant], tmp_path: Path
) -> Iterator[str]:
    """Serve the shipped course with that language model, and return the address."""
    told = {"llm_url": model.url, "llm_model": "m", "llm_timeout": 5}
    with running(application(open_real(data=tmp_path / "data", **told))) as address:
        yield address


def test_a_language_models_words_are_shown_as_they_come(
    browser: Browser, worded: str, model: ModelServer
) -> None:
    """First some of them, then the whole answer with its citations as links."""
    released = threading.Event()

    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event("The token lasts three hours [1]. It then ends [1]. ")
        released.wait(20)
        exchange.event("Log in again then [1].")
        exchange.event(None, "stop")
        exchange.write("data: [DONE]\n\n")

    model.behave = behave
    page = opened(browser, worded)
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#ask").click()
    page.locator('.turn[data-state="answering"]', has_text="three hours").wait_for()
    released.set()
    turn = answered(page, 0)
    assert "Log in again then" in turn.locator(".generated").inner_text()
    assert turn.locator(".generated a.cite").count() == 3
    assert QUOTE in turn.locator(".quotes").inner_text()
    page.context.close()


def test_a_language_model_that_dies_in_mid_sentence(
    browser: Browser, worded: str, model: ModelServer
) -> None:
    """Its words give way to the material's own, and the page says why."""
    model.behave = dies("The token lasts three hours [1]. And then")
    page = opened(browser, worded)
    turn = ask(page, QUESTION)
    assert turn.locator(".generated").count() == 0
    assert turn.locator(".short").inner_text().endswith("3時間 · 3 hours")
    assert "The language model broke off its answer" in turn.locator(".notice").inner_text()
    page.context.close()


def test_a_server_that_is_restarted_under_an_open_page(
    browser: Browser, assistant: Assistant
) -> None:
    """The conversation and what was being typed are still there, and it goes on."""
    with running(application(assistant)) as address:
        port = urlsplit(address).port
        page = opened(browser, address)
        ask(page, QUESTION)
        page.locator("#question textarea").fill("What is ACI?")
    page.locator("#ask").click()
    with running(application(assistant), port):
        page.reload()
        ready(page)
        assert QUOTE in page.locator(".turn .quotes").inner_text()
        page.wait_for_function(
            "document.querySelector('#question textarea')?.value === 'What is ACI?'"
        )
        page.locator("#ask").click()
        turn = answered(page, 1)
        assert turn.locator(".quotes").count() == 1
        page.context.close()


def test_a_question_that_is_lost_is_asked_again(
    browser: Browser, open_real: Callable[..., Assistant], tmp_path: Path, model: ModelServer
) -> None:
    """The server goes away in mid-answer and comes back; one click asks the question anew."""
    told = {"llm_url": model.url, "llm_model": "m", "llm_timeout": 60}
    assistant = open_real(data=tmp_path / "data", **told)
    model.behave = trickles("It lasts three hours [1]. ", 0.3)
    with running(application(assistant)) as address:
        port = urlsplit(address).port
        page = opened(browser, address)
        page.route("**/app_id", lambda route: route.abort())  # or the page may open itself anew
        answering(page)
    turn = page.locator(".turn.failed")
    turn.wait_for()
    assert "The server does not answer." in turn.inner_text()
    assert page.locator("#live").inner_text().startswith("The server does not answer.")
    model.behave = says("Three hours [1].")
    with running(application(assistant), port):
        turn.get_by_role("button", name="Ask again").click()
        assert QUOTE in answered(page, 0).locator(".quotes").inner_text()
        assert page.locator(".turn").count() == 1
        page.context.close()


@pytest.mark.parametrize(
    "nobody",
    [lambda route: route.abort(), lambda route: route.fulfill(status=502)],
    ids=["no server", "a proxy without one"],
)
def test_a_connection_that_breaks_without_a_farewell(
    browser: Browser,
    open_real: Callable[..., Assistant],
    tmp_path: Path,
    model: ModelServer,
    nobody: Callable[[Route], None],
) -> None:
    """The question is told to be lost although no event says so, and can be asked again."""
    told = {"llm_url": model.url, "llm_model": "m", "llm_timeout": 60}
    served = application(open_real(data=tmp_path / "data", **told))
    model.behave = trickles("It lasts three hours [1]. ", 0.3)
    with running(served) as address:
        page = opened(browser, address)
        page.route("**/app_id", nobody)
        answering(page)
        for connection in list(served.state.server.server_state.connections):
            connection.loop.call_soon_threadsafe(connection.transport.abort)
        turn = page.locator(".turn.failed")
        turn.wait_for()
        model.behave = says("Three hours [1].")
        turn.get_by_role("button", name="Ask again").click()
        assert QUOTE in answered(page, 0).locator(".quotes").inner_text()
        page.context.close()


def test_what_is_done_while_an_answer_comes(
    browser: Browser, worded: str, model: ModelServer
) -> None:
    """What is typed stays, and a conversation that is cleared stays empty."""
    model.behave = trickles("It lasts three hours [1]. ", 0.2)
    page = opened(browser, worded)
    form = page.locator("#question textarea")
    form.fill(QUESTION)
    page.locator("#ask").click()
    page.locator('.turn[data-state="answering"]').wait_for()
    form.press_sequentially("and then what comes next?", delay=40)
    assert form.input_value() == "and then what comes next?"
    page.locator("#clear").click()
    page.locator(".welcome").wait_for()
    page.wait_for_timeout(1500)  # the model goes on talking
    assert page.locator(".turn").count() == 0
    assert turns(page) == []
    model.behave = says("Three hours [1].")
    assert QUOTE in ask(page, QUESTION).locator(".quotes").inner_text()
    page.context.close()


def test_a_conversation_is_cleared_before_its_answer_is_stopped(
    browser: Browser, worded: str, model: ModelServer
) -> None:
    """What comes in between does not stand in the empty conversation, nor is a question lost."""
    model.behave = trickles("It lasts three hours [1]. ", 0.2)
    page = opened(browser, worded)
    delay(page, "**/cancel")
    answering(page)
    page.locator("#clear").click()
    page.locator(".turn").wait_for(state="hidden")  # at once
    page.locator(".welcome").wait_for()
    page.wait_for_timeout(500)
    assert page.locator(".turn").count() == 0
    assert turns(page) == []
    assert "does not answer" not in page.locator("#live").inner_text()
    model.behave = says("Three hours [1].")
    page.evaluate("window.here = true")
    assert QUOTE in ask(page, QUESTION).locator(".quotes").inner_text()
    assert page.evaluate("window.here")  # the page was not opened anew for it
    page.context.close()


def test_what_is_asked_while_a_conversation_is_cleared(
    browser: Browser, worded: str, model: ModelServer
) -> None:
    """It is the first question of the next one."""
    model.behave = trickles("It lasts three hours [1]. ", 0.2)
    page = opened(browser, worded)
    delay(page, "**/run/**")
    answering(page)
    model.behave = says("Three hours [1].")
    with page.expect_response("**/reset"):
        page.locator("#clear").click()
    page.locator("#question textarea").fill("What is Trivy?")
    page.locator("#ask").click()
    turn = page.locator(".turn", has_text="What is Trivy?")
    turn.locator(".actions").wait_for()
    assert page.locator(".turn").count() == 1
    assert [kept["question"] for kept in turns(page)] == ["What is Trivy?"]
    page.context.close()


def test_a_conversation_that_is_not_cleared(
    browser: Browser, worded: str, model: ModelServer
) -> None:
    """It is there again, and the answer that was stopped is told to be lost."""
    model.behave = trickles("It lasts three hours [1]. ", 0.2)
    page = opened(browser, worded)
    page.route("**/run/**", lambda route: route.fulfill(status=503, json={"detail": "stopping"}))
    answering(page)
    page.locator("#clear").click()
    page.locator(".turn.failed").wait_for()
    page.context.close()


def test_a_question_that_does_not_reach_the_server(browser: Browser, site: str) -> None:
    """The page comes back by itself, with the conversation, and what was asked in the form."""
    page = opened(browser, site)
    ask(page, QUESTION)
    page.evaluate("window.before = true")
    page.route("**/queue/join**", lambda route: route.abort(), times=1)
    page.locator("#question textarea").fill("How long is it valid?")
    page.locator("#ask").click()
    page.wait_for_function("!window.before")
    ready(page)
    assert page.locator(".turn").count() == 1
    assert page.locator("#question textarea").input_value() == "How long is it valid?"
    page.locator("#ask").click()
    answered(page, 1)
    page.context.close()


def test_a_conversation_that_cannot_be_cleared_stays(browser: Browser, site: str) -> None:
    """When the server was not reached, nothing is hidden for ever."""
    page = opened(browser, site)
    ask(page, QUESTION)
    page.evaluate("window.before = true")
    page.route("**/run/**", lambda route: route.abort(), times=1)
    page.locator("#clear").click()
    page.wait_for_function("!window.before")
    ready(page)
    assert page.locator(".turn").is_visible()
    assert len(turns(page)) == 1
    page.locator("#clear").click()
    page.locator(".welcome").wait_for()
    assert turns(page) == []
    page.context.close()


def test_more_tabs_than_are_answered_at_once(browser: Browser, site: str) -> None:
    """Each gets the answer to its own question, and none the conversation of another."""
    context = browser.new_context(locale="en-US")
    pages = [context.new_page() for _ in range(TABS)]
    for page in pages:
        page.goto(site, wait_until="commit")
    for n, page in enumerate(pages):
        ready(page)
        page.locator("#question textarea").fill(f"{n}: {QUESTION}")
    for page in pages:
        page.locator("#ask").click()
    for n, page in enumerate(pages):
        turn = answered(page, 0)
        assert turn.locator(".asked").inner_text().endswith(f"{n}: {QUESTION}")
        assert QUOTE in turn.locator(".quotes").inner_text()
        assert page.locator(".turn").count() == 1
    context.close()


def test_the_page_in_a_frame_of_another(browser: Browser, site: str) -> None:
    """It has no chrome, asks the course it is told, and opens the course over itself."""
    page = browser.new_context(locale="en-US").new_page()
    page.set_content(f'<iframe src="{site}/embed?course=az-500" width="600" height="500"></iframe>')
    frame = page.frame_locator("iframe")
    frame.locator("#question textarea").fill(QUESTION)
    frame.locator("#ask").click()
    frame.locator(".turn .actions").wait_for()
    assert not frame.locator("#bar").is_visible()
    assert not frame.locator("#reader").is_visible()
    frame.locator("a.cite").first.click()
    frame.locator("#reader mark").first.wait_for()
    page.context.close()


def test_the_line_to_paste_names_this_site(browser: Browser, site: str) -> None:
    """It is shown, ready to copy."""
    page = opened(browser, site)
    page.locator("#embed").click()
    line = page.locator("#embed-dialog .iframe").inner_text()
    assert line.startswith(f'<iframe src="{site}/embed?course=az-500" title="AZ-500')
    page.context.close()
