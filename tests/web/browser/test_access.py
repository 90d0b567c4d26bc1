"""For everyone: without a mouse, without sight, without motion, enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.browser.conftest import QUESTION, QUOTE, Open, answered, ask, marked, violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(120)]

UNSURE = "Where should secrets be stored?"
SETTLED = (
    "() => document.getAnimations().every("
    "a => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)"
)
"""Nothing moves any more that will come to an end."""


def at_rest(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical when nothing moves any more."""
    page.wait_for_function(SETTLED)
    return violations(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "width"), [("en-US", 1440), ("ja-JP", 390)])
def test_axe_finds_nothing_serious(visit: Open, scheme: str, locale: str, width: int) -> None:
    """On the empty page, with every kind of answer, in the course, in the dialogs."""
    page = visit(color_scheme=scheme, locale=locale, viewport={"width": width, "height": 900})
    found = {"empty": at_rest(page)}
    for question in (QUESTION, UNSURE, "フランスの首都はどこですか"):
        turn = ask(page, question)
        found[turn.get_attribute("data-state") or question] = at_rest(page)
    page.locator(".turn").nth(0).locator("[data-action=bad]").click()
    page.locator(".turn").nth(0).locator("form.feedback").wait_for()
    page.locator(".turn").nth(0).locator("a.cite").first.click()
    marked(page, 1)
    found["reader"] = at_rest(page)
    page.keyboard.press("Escape")
    page.locator("#privacy").click()
    found["dialog"] = at_rest(page)
    assert {place: bad for place, bad in found.items() if bad} == {}


def test_the_keyboard_alone_is_enough(visit: Open) -> None:
    """Ask, go to the answer, follow its citation, come back, go on, read the keys."""
    page = visit()
    page.keyboard.press("Alt+q")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    answered(page, 0)
    page.keyboard.press("Alt+a")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "cite"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert marked(page, 1) == QUOTE
    page.wait_for_function("document.activeElement.id === 'in-c1'")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "cite"
    page.keyboard.press("Alt+r")
    page.locator("#reader").wait_for()
    page.keyboard.press("Alt+r")
    page.locator("#reader").wait_for(state="hidden")
    page.keyboard.press("Alt+r")
    page.locator("#reader").wait_for()
    page.keyboard.press("Alt+q")
    page.keyboard.press("ArrowUp")
    assert page.locator("#question textarea").input_value() == QUESTION
    page.keyboard.press("Alt+k")
    assert "Alt+Q" in page.locator("#help-dialog").inner_text()
    page.keyboard.press("Escape")
    page.locator("#help-dialog").wait_for(state="hidden")


def test_every_button_can_be_reached(visit: Open) -> None:
    """By Tab, and each shows that it has the focus."""
    page = visit()
    turn = ask(page, QUESTION)
    wanted = turn.locator("button:visible, a:visible").count()
    page.keyboard.press("Alt+a")
    reached = 0
    for _ in range(wanted):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "(() => { const e = document.activeElement;"
            " return [!!e.closest('.turn'), getComputedStyle(e).outlineStyle] })()"
        )
        assert focus == [True, "solid"]
        reached += 1
    assert reached == wanted > 5


def test_a_screen_reader_hears_two_things(visit: Open) -> None:
    """That it is searched and that the answer is there, each once."""
    page = visit()
    page.evaluate(
        "() => { window.heard = [];"
        " new MutationObserver(() => heard.push(document.getElementById('live').textContent))"
        ".observe(document.getElementById('live'), {childList: true, subtree: true}) }"
    )
    ask(page, QUESTION)
    ask(page, "What is ACR?")
    assert page.evaluate("heard") == ["Searching the course…", "Answer ready."] * 2


def test_little_motion_where_little_is_wanted(visit: Open) -> None:
    """No smooth scrolling and no flashing."""
    page = visit(reduced_motion="reduce")
    turn = ask(page, QUESTION)
    turn.locator("a.cite").click()
    marked(page, 1)
    assert (
        page.locator("#reader #in-c1").evaluate("m => getComputedStyle(m).animationName") == "none"
    )


def test_twice_as_large(visit: Open) -> None:
    """At 200 % of a small laptop's window nothing is cut off, and everything can be reached."""
    page = visit(viewport={"width": 640, "height": 400}, device_scale_factor=2)
    turn = ask(page, QUESTION)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    turn.locator(".short").scroll_into_view_if_needed()
    assert turn.locator(".short").is_visible()
    page.locator("#question textarea").scroll_into_view_if_needed()
    box = page.locator("#ask").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 640
