"""The course beside the conversation."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coursebot import encoder, index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from tests.conftest import ROOT
from tests.web.browser.conftest import QUESTION, QUOTE, Open, answered, ask, marked, ready, turns
from tests.web.conftest import application, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(120)]


def pane(page: Page) -> str:
    """Return what the pane shows."""
    return page.locator("#reader .pane-body").inner_text()


def test_the_course_can_be_browsed_and_searched(visit: Open) -> None:
    """Without asking anything: contents, a section, the search, and back."""
    page = visit()
    body = page.locator("#reader .pane-body")
    body.locator("a", has_text="このセクションで学習すること").first.click()
    body.locator("article").wait_for()
    body.locator("summary").first.click()
    body.locator("nav a", has_text="Kubernetes RBAC").first.click()
    page.wait_for_function("document.querySelector('#reader .pane-body')?.scrollTop > 200")
    body.locator("input[name=q]").first.fill("脆弱性スキャン")
    body.locator("input[name=q]").first.press("Enter")
    found = body.locator("mark.word").first
    found.wait_for()
    assert page.locator("#conversation .turn").count() == 0
    page.locator("#reader .back").click()
    body.locator("article").wait_for()


def test_a_course_is_chosen_among_several(browser: Browser, tmp_path: Path) -> None:
    """The empty page, the course beside it, the answers and the line to embed follow the choice."""
    for name, notes in {
        "kites": "The line is 30 metres long.",
        "boats": "The anchor is iron.",
    }.items():
        folder = tmp_path / "corpus" / name
        folder.mkdir(parents=True)
        (folder / "notes.md").write_text(f"# About {name}\n\n{notes}\n", encoding="utf-8")
    index.build(tmp_path / "corpus", tmp_path / "index", HashEncoder(), passage_tokens=128)
    chosen = Settings.load(data=tmp_path / "data")
    assistant = Assistant(index.LiveIndex(tmp_path / "index"), HashEncoder(), chosen)
    with running(application(assistant)) as site:
        page = browser.new_context(locale="en-US").new_page()
        page.goto(site)
        ready(page)
        page.locator("#course input").click()
        page.locator("li[role=option]", has_text="kites").click()
        page.locator(".welcome", has_text="About kites").wait_for()
        page.locator("#reader h1", has_text="kites").wait_for()
        ask(page, "How heavy is the anchor?")
        assert turns(page)[0]["course"] == "kites"
        page.locator("#embed").click()
        assert "/embed?course=kites" in page.locator("#embed-dialog .iframe").inner_text()
        page.context.close()


def test_selected_text_can_be_asked_about(visit: Open) -> None:
    """The question is written into the form, for the learner to send."""
    page = visit()
    ask(page, QUESTION)
    page.locator("#reader #in-c1").wait_for()
    page.evaluate(
        "() => { const r = document.createRange();"
        " r.selectNodeContents(document.querySelector('#reader #in-c1'));"
        " getSelection().removeAllRanges(); getSelection().addRange(r); }"
    )
    page.get_by_role("button", name="Ask about this").click()
    assert QUOTE in page.locator("#question textarea").input_value()
    page.locator("#ask").click()
    answered(page, 1)


def test_a_page_that_comes_too_late(visit: Open) -> None:
    """Whoever has gone back to a citation is not taken away from it."""
    page = visit()
    page.locator("#reader article, #reader .contents, #reader a").first.wait_for()
    cite = ask(page, QUESTION).locator("a.cite")
    cite.click()
    assert marked(page, 1) == QUOTE
    late: list[Route] = []
    page.route("**/read/?pane=1**", lambda route: late.append(route))
    page.locator("#reader .back").click()
    page.locator("#reader .pane-body[aria-busy]").wait_for()
    cite.click()
    assert marked(page, 1) == QUOTE
    with page.expect_response("**/read/?pane=1**"):
        late[0].continue_()
    page.wait_for_timeout(300)  # for what should not happen
    assert marked(page, 1) == QUOTE
    page.unroute("**/read/?pane=1**")


def test_on_a_phone_the_course_is_a_sheet(visit: Open) -> None:
    """It covers the conversation, takes the focus, and gives it back."""
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    turn = ask(page, QUESTION)
    assert not page.locator("#reader").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cite = turn.locator("a.cite")
    cite.tap()
    assert marked(page, 1) == QUOTE
    box = page.locator("#reader").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"]) == (0, 0, 390)
    page.locator("#reader .close").tap()
    page.locator("#reader").wait_for(state="hidden")
    assert cite.evaluate("cite => cite === document.activeElement")


def test_a_sheet_that_finds_room(visit: Open) -> None:
    """When the window becomes wide, the conversation can be used again."""
    page = visit(viewport={"width": 800, "height": 1000})
    ask(page, QUESTION).locator("a.cite").click()
    marked(page, 1)
    assert page.locator("#chat").evaluate("chat => chat.inert")
    assert page.locator("#reader .pane").get_attribute("role") == "dialog"
    page.set_viewport_size({"width": 1200, "height": 900})
    page.wait_for_function("!document.getElementById('chat').inert")
    assert page.locator("#reader .pane").get_attribute("role") == "region"


def test_a_course_that_changes_under_an_open_page(
    browser: Browser, cache: Path, tmp_path: Path
) -> None:
    """The old answer's citation finds its moved sentence; new questions get the new course."""
    shutil.copytree(ROOT / "corpus", tmp_path / "corpus")
    chosen = Settings.load(cache=cache, data=tmp_path / "data")
    model = encoder.load(chosen.model, cache=cache, threads=chosen.threads)

    index.build(tmp_path / "corpus", tmp_path / "index", model, passage_tokens=256)
    assistant = Assistant.open(tmp_path / "index", settings=chosen)

    def build() -> None:
        index.build(tmp_path / "corpus", tmp_path / "index", model, passage_tokens=256)
        live = assistant._live
        assert isinstance(live, index.LiveIndex)
        live.refresh()

    with running(application(assistant)) as site:
        page = browser.new_context(locale="en-US").new_page()
        page.goto(site)
        ready(page)
        turn = ask(page, QUESTION)
        (file,) = (tmp_path / "corpus" / "az-500").rglob("*.md")
        notes = file.read_text(encoding="utf-8")
        added = "# レジストリの色\n\nレジストリのロゴの色は青色である。\n\n"
        file.write_text(added + notes, encoding="utf-8")
        build()
        page.reload()
        ready(page)
        page.locator(".turn a.cite").first.click()
        assert marked(page, 1) == QUOTE
        turn = ask(page, "レジストリのロゴの色は？")
        assert "青色" in turn.locator(".quotes").inner_text()
        file.write_text(added + notes.replace(QUOTE, "有効期限は変わった。"), encoding="utf-8")
        build()
        page.reload()
        ready(page)
        page.locator(".turn").nth(0).locator("a.cite").first.click()
        page.locator("#reader .notice").first.wait_for()
        assert page.locator('#reader mark[data-number="1"]').count() == 0
        page.context.close()
