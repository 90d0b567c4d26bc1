"""The learner's page in a real Chromium ▶ how soon it can be used, and how much is transferred."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import ours
from benchmarks.report import Row, Verdict
from benchmarks.speed import CORPUS
from coursebot.errors import SettingsError
from coursebot.web.listen import address_of, listen
from coursebot.web.server import Server, create

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from coursebot.assistant import Assistant

CHROMIUM = "/usr/bin/chromium"
RUNS = 5
QUESTION = "how long is an az acr login token valid?"

_MEASURED = """() => ({
  painted: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  bytes: ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))
    .reduce((sum, entry) => sum + entry.transferSize, 0),
  requests: performance.getEntriesByType('resource').length + 1,
})"""


@dataclass(frozen=True, slots=True)
class Load:
    """One opening of the page with an empty cache."""

    painted: float
    """Milliseconds until something is shown."""
    usable: float
    """Milliseconds until the form is there, and with it everything that stands around it."""
    answered: float
    """Milliseconds from the click on "Ask" until the answer is shown."""
    kibibytes: float
    requests: int


def run(work: Path) -> list[Row]:
    """Measure the page of the shipped course; raises SettingsError without Chromium."""
    if not Path(CHROMIUM).exists():
        raise SettingsError(f"There is no Chromium at {CHROMIUM}.", "Install it and try again.")
    from playwright.sync_api import sync_playwright

    with _served(ours.indexed(CORPUS, work)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        _load(browser, url)
        loads = [_load(browser, url) for _ in range(RUNS)]
        browser.close()
    painted, usable, answered = (
        median(getattr(load, name) for load in loads) for name in ("painted", "usable", "answered")
    )
    return [
        Row(
            f"the page from a warm server on this machine, cold browser cache, median of {RUNS}",
            "usable ≤ 1.5 s",
            f"painted {painted / 1000:.2f} s, usable {usable / 1000:.2f} s",
            verdict=Verdict.of(usable <= 1500),
        ),
        Row(
            "the same: transferred until it can be used",
            "",
            f"{median(load.kibibytes for load in loads):.0f} KiB in {loads[0].requests} requests",
        ),
        Row("the same: click on “Ask” to the answer on the screen", "", f"{answered:.0f} ms"),
    ]


@contextmanager
def _served(assistant: Assistant) -> Iterator[str]:
    with listen("127.0.0.1", 0) as listener:
        server = Server(create(assistant))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield address_of(listener)
        server.should_exit = True
        thread.join()


def _load(browser: Browser, url: str) -> Load:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.locator("#question textarea").wait_for()
    page.locator(".welcome").wait_for()
    page.locator("#words").wait_for(state="attached")
    usable = page.evaluate("performance.now()")
    measured = page.evaluate(_MEASURED)
    page.locator("#question textarea").fill(QUESTION)
    started = time.perf_counter()
    page.locator("#ask").click()
    page.locator(".turn .actions").wait_for()
    answered = (time.perf_counter() - started) * 1000
    context.close()
    return Load(
        painted=measured["painted"],
        usable=usable,
        answered=answered,
        kibibytes=measured["bytes"] / 1024,
        requests=measured["requests"],
    )
