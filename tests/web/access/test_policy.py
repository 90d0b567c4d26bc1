"""The strict policies in a real browser: everything works, and nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.access.conftest import PASSWORD, QUESTION, WORD, School

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PATIENCE = 600_000
"""Milliseconds; the test's own limit comes first."""


def test_signing_in_asking_and_reading(browser: Browser, school: School) -> None:
    """By the form, on Gradio's page and in the reader beside it; the policy stops none of it."""
    context = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda said: errors.append(said.text) if "Security Policy" in said.text else None,
    )
    page.goto(f"{school.address}/sign-in?next=/")
    page.fill("input[name=name]", "hana")
    page.fill("input[name=password]", PASSWORD)
    page.click("form button")
    page.locator("#visitor .visitor").wait_for()
    assert page.locator("#visitor .visitor").inner_text() == "hana"
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#ask").click()
    page.locator(".turn .actions").wait_for()
    assert WORD in page.locator(".turn").inner_text()
    page.locator("a.cite").first.click()
    page.locator("#reader mark").first.wait_for()
    page.goto(f"{school.address}/read/vault/vault.md")
    assert WORD in page.locator("main").inner_text()
    page.goto(school.address)
    page.locator(".turn .actions").wait_for()  # the tab's conversation, for who had it
    context.clear_cookies()
    page.reload()
    page.locator(".welcome").wait_for()  # the next one at this screen
    assert WORD not in page.content()
    page.wait_for_function("sessionStorage.getItem('coursebot.conversation') === '[]'")
    assert errors == []
    context.close()


def test_a_frame_on_another_site(browser: Browser, school: School) -> None:
    """Works at /embed, for open courses; the page itself stands in no other site's frame."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    frames = "".join(f'<iframe src="{school.address}{path}"></iframe>' for path in ("/embed", "/"))
    page.set_content(frames)
    framed = page.frame_locator("iframe").first
    framed.locator("#question textarea").fill("How long is the main line of the kite?")
    framed.locator("#ask").click()
    framed.locator(".turn .actions").wait_for()
    assert "30 metres" in framed.locator(".turn").inner_text()
    assert page.frame_locator("iframe").nth(1).locator("#question").count() == 0
    context.close()
