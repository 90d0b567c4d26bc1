"""The workbench's login in a real browser: guessing, going around, and leaving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coursebot.web.instructor.shell import NAVIGATION
from tests.conftest import ROOT
from tests.web.browser.conftest import accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from coursebot.assistant import Assistant
    from tests.web.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(180)]

PASSWORD = "correct horse battery staple"


@pytest.fixture
def assistant(open_real: Callable[..., Assistant], tmp_path: Path) -> Assistant:
    """Return an assistant with a password in front of the workbench."""
    return open_real(
        corpus=ROOT / "corpus",
        data=tmp_path / "data",
        runs=tmp_path / "runs",
        instructor_password=PASSWORD,
    )


def enter(page: Page, password: str) -> int:
    """Type a password, send it, and return the status that answers it."""
    page.locator("#password").fill(password)
    with page.expect_response(
        lambda one: one.request.method == "POST" and one.url.partition("?")[0].endswith("/login")
    ) as sent:
        page.locator("form.login button").click()
    page.wait_for_load_state()
    return sent.value.status


def test_guessing_is_stopped(look: Open, site: str) -> None:
    """After wrong passwords the page says when to try again, and refuses the right one too."""
    page = look("/instructor")
    statuses = [enter(page, f"wrong {n}") for n in range(20)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert sorted(statuses) == statuses
    assert "Try again in 5 min." in page.get_by_role("alert").inner_text()
    assert enter(page, PASSWORD) == 429
    assert "Try again in" in page.get_by_role("alert").inner_text()
    accessible(page)
    page.goto(f"{site}/instructor/golden")
    assert "/instructor/login" in page.url


def test_an_instructor_goes_around_and_leaves(look: Open, site: str) -> None:
    """Every page of the navigation opens after the login, and none after the logout."""
    page = look("/instructor/golden")
    assert enter(page, PASSWORD) == 303
    assert page.url == f"{site}/instructor/golden"
    links = page.locator(".desk-nav a")
    assert links.count() == len(NAVIGATION)
    for number in range(links.count()):
        name = links.nth(number).inner_text()
        where = links.nth(number).get_attribute("href") or ""
        with page.expect_response(f"{site}{where}") as answer:
            links.nth(number).click()
        assert answer.value.status == 200, name
        page.wait_for_load_state()
        assert page.locator("h1").count() == 1
        assert page.locator("h1").inner_text().strip()
        assert page.locator(".desk-nav [aria-current=page]").inner_text() == name
    page.goto(f"{site}/instructor/golden")
    page.get_by_role("button", name="Log out").click()
    page.locator("#password").wait_for()
    page.go_back()
    page.locator("#password").wait_for()
    assert page.locator(".desk-nav, .golden-items").count() == 0
    page.goto(f"{site}/instructor/golden")
    assert "/instructor/login" in page.url


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_login_is_accessible(look: Open, language: str, width: int) -> None:
    """Axe finds no serious violation before and after a wrong password, nor a page too wide."""
    page = look(f"/instructor?lang={language}", viewport={"width": width, "height": 800})
    assert page.locator("html").get_attribute("lang") == language
    accessible(page)
    assert enter(page, "wrong") == 401
    assert page.locator("html").get_attribute("lang") == language
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
