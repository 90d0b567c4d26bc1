"""The reader's pages in a real browser: marks, contrast, narrow screens, no script needed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.testclient import TestClient

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.index import LiveIndex, build
from coursebot.types import Kind
from coursebot.web import reader
from coursebot.web.server import READER_CSS
from coursebot.web.wire import digest, reader_address

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

HOST = "http://reader.test"
CORPUS = Path(__file__).parents[2] / "corpus"
COURSE = "az-500/mod02/mod02-04.md"
WIDE = """# Wide

| first column | second column | third column | fourth column |
|---|:-:|--:|---|
| `a_long_word_without_a_break` | `a_long_word_without_a_break` | `a_long_word` | 1 |

```
one very long line of code that fits on no phone, and hardly on a page that is zoomed in twice
```
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Return an assistant on the shipped course and one with a wide table and code."""
    folder = tmp_path_factory.mktemp("layout")
    shutil.copytree(CORPUS / "az-500", folder / "corpus" / "az-500")
    (folder / "corpus" / "wide").mkdir()
    (folder / "corpus" / "wide" / "w.md").write_text(WIDE, encoding="utf-8")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=128)
    return Assistant(LiveIndex(folder / "index"), HashEncoder(), Settings.load())


def context(browser: Browser, assistant: Assistant, **options: object) -> BrowserContext:
    """Return a browser whose requests the reader answers, without a network between them."""
    application = FastAPI(openapi_url=None)
    application.include_router(reader.router(assistant))
    application.get("/reader.css")(lambda: FileResponse(READER_CSS))
    client = TestClient(application)

    def answer(route: Route) -> None:
        language = route.request.all_headers().get("accept-language", "")
        address = route.request.url.removeprefix(HOST)
        given = client.get(address, headers={"Accept-Language": language})
        route.fulfill(status=given.status_code, headers=dict(given.headers), body=given.content)

    made = browser.new_context(**options)  # type: ignore[arg-type]
    made.route(f"{HOST}/**", answer)
    return made


def marked_address(assistant: Assistant) -> tuple[str, list[str]]:
    """Return the address of the course with every other sentence, item and code marked."""
    found = [s for s in assistant.index.statements if s.path == COURSE and s.kind is not Kind.ROW]
    quoted = found[::2][:40]
    marks = [f"{n}:{s.span[0]}-{s.span[1]}:{digest(s.text)}" for n, s in enumerate(quoted, 1)]
    return reader_address(COURSE, marks, "c20"), [statement.plain for statement in quoted]


def shown_by(page: Page, number: int) -> str:
    """Return the text of all pieces of a mark, white space aside."""
    pieces = page.locator(f'article mark[data-number="{number}"]').all_text_contents()
    return "".join("".join(pieces).split())


def test_marks_say_what_is_quoted(browser: Browser, assistant: Assistant) -> None:
    """Each mark's text is its quote, its number is drawn once, and the one asked for is in view."""
    opened = context(browser, assistant, java_script_enabled=True)
    page = opened.new_page()
    address, quotes = marked_address(assistant)
    page.goto(HOST + address)
    for number, plain in enumerate(quotes, 1):
        assert shown_by(page, number) == "".join(plain.split())
    numbers = page.locator("article mark").evaluate_all(
        "marks => marks.map(mark => getComputedStyle(mark, '::before').content)"
    )
    assert [drawn for drawn in numbers if drawn != "none"] == [
        f'"{number}"' for number in range(1, len(quotes) + 1)
    ]
    box = page.locator("#c20").bounding_box()
    assert box is not None
    assert 0 < box["y"] < 720
    opened.close()


def test_a_search_leads_to_its_lines_without_a_script(
    browser: Browser, assistant: Assistant
) -> None:
    """Form, results, marked lines: with the keyboard alone, and with scripts switched off."""
    opened = context(browser, assistant, java_script_enabled=False, locale="ja-JP")
    page = opened.new_page()
    page.goto(f"{HOST}/read/")
    page.get_by_role("searchbox", name="教材を検索").fill("az acr login トークン")
    page.keyboard.press("Enter")
    first = page.locator(".results li").first
    first.locator("mark.word").first.wait_for()
    first.get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/read/az-500/**#c1")
    page.locator("#c1").wait_for()
    opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_it(browser: Browser, assistant: Assistant, scheme: str) -> None:
    """Axe finds nothing serious, and a phone's width or 200 % zoom never scrolls sideways."""
    opened = context(browser, assistant, color_scheme=scheme, reduced_motion="reduce")
    page = opened.new_page()
    for address in (
        "/read/",
        "/read/?q=token",
        "/read/?q=",
        "/read/wide/w.md",
        "/read/wide/w.md?lines=5-8#c1",
        marked_address(assistant)[0],
    ):
        page.goto(HOST + address)
        for width in (320, 390, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            across = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert across <= 0, (address, width)
        page.set_viewport_size({"width": 390, "height": 800})
        found = Axe().run(page).response["violations"]
        serious = [one for one in found if one["impact"] in {"serious", "critical"}]
        said = [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["any"]) for one in serious]
        assert said == [], address
        small = page.locator(".reader li > a, .reader summary, .reader button").evaluate_all(
            "all => all.filter(one => one.checkVisibility() && !one.closest('article') && "
            "one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"
        )
        assert small == [], address
    opened.close()
