"""The shipped course on a real server, and what the browser's tests do with a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from coursebot.assistant import Assistant
from coursebot.feedback import Store
from tests.web.conftest import application, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

QUESTION = "how long is an az acr login token valid?"
QUOTE = "このログイン（トークン）は3時間有効。"

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def assistant(
    open_real: Callable[..., Assistant], tmp_path_factory: pytest.TempPathFactory
) -> Assistant:
    """Return an assistant on the shipped course, with the bundled model."""
    return open_real(data=tmp_path_factory.mktemp("data"), keep_unanswered=True)


@pytest.fixture
def store(assistant: Assistant, tmp_path: Path) -> Iterator[Store]:
    """Return an empty feedback store."""
    opened = Store.open(assistant.settings.model_copy(update={"data": tmp_path / "data"}))
    yield opened
    opened.close()


@pytest.fixture
def site(assistant: Assistant, store: Store) -> Iterator[str]:
    """Serve the shipped course and return the address."""
    with running(application(assistant, store)) as address:
        yield address


@contextmanager
def watching(browser: Browser, site: str) -> Iterator[Open]:
    """Yield a function that opens a page of the site in a browser of its own.

    No page may throw an error, break its policy, or ask another host for anything.
    """
    contexts = []
    wrong: list[str] = []

    def look_at(url: str) -> None:
        if "://" in url and not url.startswith((site, "blob:", "data:")):
            wrong.append(url)

    def hear(text: str) -> None:
        if "Content Security" in text:
            wrong.append(text)

    def opened(path: str = "/", **options: object) -> Page:
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1440, "height": 900}, **options}  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.on("request", lambda request: look_at(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: hear(message.text))
        page.goto(site + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Open]:
    """Return a function that opens a learners' page when it is ready; none may do what is wrong."""
    with watching(browser, site) as opened:

        def visit(path: str = "/", **options: object) -> Page:
            page = opened(path, **options)
            ready(page)
            return page

        yield visit


@pytest.fixture
def look(browser: Browser, site: str) -> Iterator[Open]:
    """Return a function that opens a page of the workbench; none may do what is wrong."""
    with watching(browser, site) as opened:
        yield opened


def ready(page: Page) -> None:
    """Wait until the page can be used: its script, the form, and what stands around it."""
    turns(page)
    page.locator("#words").wait_for(state="attached")
    page.locator("#question textarea").wait_for()


def turns(page: Page) -> list[dict[str, Any]]:
    """Return what the tab keeps, also of a page that is loaded anew and has not run its script."""
    kept: list[dict[str, Any]] = page.wait_for_function("window.coursebot?.turns").json_value()
    return kept


def ask(page: Page, question: str) -> Locator:
    """Type a question, send it, and return its turn when it is answered."""
    number = len(turns(page))
    page.locator("#question textarea").fill(question)
    page.locator("#ask").click()
    return answered(page, number)


def answered(page: Page, number: int) -> Locator:
    """Return the turn of this number when it is answered and the tab keeps it."""
    page.wait_for_function(f"window.coursebot?.turns.length > {number}")
    turn = page.locator(".turn").nth(number)
    turn.locator(".actions").wait_for()
    return turn


def marked(page: Page, number: int) -> str:
    """Return the text that the reader marks with this number, when it has turned to its section."""
    page.locator("#reader .pane-body:not([aria-busy])").wait_for()
    pieces = page.locator(f'#reader mark[data-number="{number}"]')
    pieces.first.wait_for()
    return "".join(pieces.all_text_contents())


def accessible(page: Page) -> None:
    """Fail when axe finds what keeps somebody from using the page, in light or in dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme


def violations(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical, one line each."""
    # Of what is in order only a number is wanted: to gather the rest takes longer than to look.
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]
