"""The test bench in a real browser, on the shipped course with the real index."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI

from coursebot.web.instructor import bench, pages
from coursebot.web.instructor.door import Door
from coursebot.web.instructor.shell import Desk
from tests.conftest import ROOT
from tests.web.browser.conftest import QUESTION
from tests.web.conftest import running

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from coursebot.assistant import Assistant
    from coursebot.feedback import Store
    from tests.web.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(180)]

BENCH = "/instructor/bench"


@pytest.fixture
def site(open_real: Callable[..., Assistant], tmp_path: Path, store: Store) -> Iterator[str]:
    """Serve the workbench for the shipped course, its golden set included."""
    desk = Desk(open_real(corpus=ROOT / "corpus", data=tmp_path / "d"), store)
    application = FastAPI()
    application.include_router(pages.router(desk))
    application.add_middleware(Door, desk=desk)
    assert bench.BENCH == BENCH
    with running(application) as address:
        yield address


def order(page: Page) -> list[str]:
    """Return the ranked passages when the results are there."""
    rest(page)
    ids: list[str] = page.locator("tr[data-passage]").evaluate_all(
        "rows => rows.map(row => row.dataset.passage)"
    )
    return ids


def rest(page: Page) -> None:
    """Wait until nothing is on its way; the page's policy forbids ``wait_for_function``."""
    page.wait_for_timeout(200)
    end = time.monotonic() + 15
    while page.locator("#results[aria-busy]").count():
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def test_a_slider_changes_the_order(look: Open) -> None:
    """Moving a slider ranks anew, keeps the address, and the address shows the same again."""
    page = look(f"{BENCH}?{urlencode({'q': QUESTION})}")
    fitted = order(page)
    page.get_by_label("Meaning", exact=True).fill("0")
    tried = order(page)
    assert tried != fitted
    assert page.locator("output[for=knob-dense]").inner_text() == "0"
    assert page.locator("td.rank .up, td.rank .down").count() > 0
    assert '--weights "dense=0"' in page.locator(".bench-command").inner_text()
    assert parse_qs(urlsplit(page.url).query) == {"q": [QUESTION], "dense": ["0"]}
    assert page.locator("[data-status]").inner_text() != ""
    page.reload()
    assert order(page) == tried
    page.get_by_role("link", name="As fitted").click()
    assert order(page) == fitted
    assert "dense" not in page.url


def test_the_last_setting_wins(look: Open) -> None:
    """An answer that comes after a newer one is not shown."""
    page = look(f"{BENCH}?{urlencode({'q': QUESTION})}")
    held = []

    def slow(route: object) -> None:
        held.append(route)

    page.route("**/bench?*dense=0&*part=results", slow)
    knob = page.get_by_label("Meaning", exact=True)
    knob.fill("0")
    page.wait_for_timeout(300)
    assert len(held) == 1
    knob.fill("2")
    rest(page)
    assert '"dense=2"' in page.locator(".bench-command").inner_text()


def test_gold_is_marked(look: Open) -> None:
    """Choosing a golden question asks it and marks where its answer stands."""
    page = look(BENCH)
    page.get_by_label("Golden question").select_option("goals-ja")
    assert order(page)
    assert page.locator("#q").input_value() == "このセクションでは何を学びますか"
    gold = page.locator("tr.gold")
    gold.first.locator("summary").click()
    assert "コンテナー型仮想化のセキュリティ" in gold.first.locator("mark").all_text_contents()
    assert page.locator(".bench-legs li.gold").count() > 0


def test_works_without_script(look: Open) -> None:
    """The form asks with its sliders where no script runs."""
    page = look(f"{BENCH}?{urlencode({'q': QUESTION, 'dense': 0})}", java_script_enabled=False)
    page.get_by_role("button", name="Try these weights").click()
    assert '"dense=0"' in page.locator(".bench-command").inner_text()
    page.get_by_label("Golden question").select_option("goals-en")
    page.get_by_role("button", name="Ask this one").click()
    assert page.locator("#q").input_value() == "What will I learn in this section?"


@pytest.mark.parametrize(
    ("lang", "width", "scheme"),
    [("en", 1440, "light"), ("en", 390, "dark"), ("ja", 1440, "dark"), ("ja", 390, "light")],
)
def test_looks(look: Open, lang: str, width: int, scheme: str) -> None:
    """The page has no fault that axe finds, and nothing stands out of its side."""
    page = look(
        f"{BENCH}?{urlencode({'item': 'goals-ja', 'lexical': 5, 'lang': lang})}",
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
    )
    assert order(page)
    page.locator("tr.gold summary").first.click()
    found = Axe().run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
