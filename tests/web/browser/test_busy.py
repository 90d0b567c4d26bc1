"""A server that has no time for a question, as a learner sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from coursebot.encoder.fake import HashEncoder
from coursebot.types import Floats
from tests.api_server import LONG, open_assistant
from tests.web.browser.conftest import ready, turns, watching
from tests.web.conftest import application, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class Slow(HashEncoder):
    """The deterministic encoder, which waits until the test lets it go on."""

    def __init__(self) -> None:
        self.go, self.asked = threading.Event(), threading.Event()

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Encode as soon as there is leave."""
        self.asked.set()
        self.go.wait()
        return super().encode_queries(texts)


@contextmanager
def busy(folder: Path) -> Iterator[tuple[str, Slow]]:
    """Yield a server's address while its one place is taken, and what frees it."""
    assistant = open_assistant(folder, places=1, queue_seconds=0.01)
    encoder = assistant._encoder = Slow()
    with running(application(assistant)) as address, ThreadPoolExecutor(1) as pool:
        first = pool.submit(
            httpx.post, f"{address}/api/v1/ask", json={"question": LONG}, timeout=100
        )
        try:
            encoder.asked.wait()
            yield address, encoder
        finally:
            encoder.go.set()
            assert first.result().status_code == 200


def refused(page: Page) -> None:
    """Ask, and wait until the page says that there is no time."""
    ready(page)
    page.locator("#question textarea").fill(LONG)
    page.locator("#ask").click()
    page.locator('.turn[data-state="failed"] [data-retry]').wait_for()


def test_the_page_asks_again_by_itself(browser: Browser, tmp_path: Path) -> None:
    """It says so in the page's language, keeps nothing of the refusal, and is answered later."""
    with busy(tmp_path) as (address, encoder), watching(browser, address) as opened:
        page = opened("/", locale="ja-JP")
        refused(page)
        assert "混み合っています" in page.locator(".turn").inner_text()
        assert turns(page) == []
        encoder.go.set()
        page.locator('.turn:is([data-state="answered"], [data-state="unsure"])').wait_for()
        assert page.locator(".turn").count() == 1


def test_a_click_asks_again_at_once(browser: Browser, tmp_path: Path) -> None:
    """And what is being written meanwhile is not replaced by the page's own try."""
    with busy(tmp_path) as (address, encoder), watching(browser, address) as opened:
        page = opened("/")
        refused(page)
        page.locator("#question textarea").fill("something else")
        encoder.go.set()
        # Its own try would come within three seconds.
        page.wait_for_timeout(3500)
        assert page.locator("#question textarea").input_value() == "something else"
        page.locator('.turn [data-action="retry"]').click()
        page.locator('.turn:is([data-state="answered"], [data-state="unsure"])').wait_for()
