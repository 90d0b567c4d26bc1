"""A running server and a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from coursebot.web.listen import address_of, listen
from coursebot.web.server import Server, create
from tests.loops import run_apart

if TYPE_CHECKING:
    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page

    from coursebot.assistant import Assistant
    from coursebot.feedback import Store

Serve = Callable[[Any], str]


@contextmanager
def running(application: FastAPI, port: int | None = None) -> Iterator[str]:
    """Serve an application from a thread, at any free port or at this one; yield its address."""
    with listen("127.0.0.1", port or 0) as listener:
        server = Server(application)
        application.state.server = server  # for tests that break its connections
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield address_of(listener)
        finally:
            server.should_exit = True
            thread.join()


def application(assistant: Assistant, store: Store | None = None) -> FastAPI:
    """Return the whole web application.

    It is made in a running loop: outside of one Gradio makes several of its own and never closes
    them. The loop is in a thread of its own, as a browser test may have left one in this.
    """

    async def made() -> FastAPI:
        return create(assistant, store)

    return run_apart(made())


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that serves an assistant's page and returns its address."""
    with ExitStack() as stack:
        yield lambda assistant: stack.enter_context(running(application(assistant)))


@pytest.fixture
def visited() -> list[str]:
    """Return the addresses that the page asks for, filled as it does."""
    return []


@pytest.fixture
def page(browser: Browser, visited: list[str]) -> Iterator[Page]:
    """Return an English browser's empty page; what it asks for and its errors are kept."""
    context = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.on("request", lambda request: visited.append(request.url))
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []
