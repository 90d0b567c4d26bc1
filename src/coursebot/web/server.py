"""Assistant ▶ web server: the page at ``/``, the reader at ``/read``, the workbench beside them."""

from __future__ import annotations

import logging
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

from coursebot.assistant import Assistant
from coursebot.feedback import Store
from coursebot.web import api, instructor, page, reader, visiting
from coursebot.web.access.visitors import Visitors
from coursebot.web.gate import Gate
from coursebot.web.head import Head
from coursebot.web.listen import address_of
from coursebot.web.signin import routes as signin
from coursebot.web.signin.desk import SignIn
from coursebot.web.text import i18n

READER_CSS = Path(__file__).with_name("reader.css")
GRACE = 1
"""Seconds that open pages are given when the server stops."""


def create(assistant: Assistant, store: Store | None = None) -> FastAPI:
    """Return the whole web application; feedback goes to ``store``, or where the settings say."""
    kept = store or Store.open(assistant.settings)
    desk = SignIn(assistant.settings)
    # From here on nobody holds more than what the person who is served may see.
    assistant = assistant.seen(visiting.sees)
    server = FastAPI(title="coursebot", openapi_url=None, telemetry=api.QUIET)
    server.include_router(reader.router(assistant))
    server.include_router(signin.router(desk))

    @server.get("/reader.css")
    def reader_css() -> FileResponse:
        return FileResponse(READER_CSS, media_type="text/css")

    server.add_middleware(Gate)
    server.add_middleware(Head, head=page.HEAD, paths=page.PATHS)
    server.mount("/page", PageFiles(directory=page.FILES))
    api.mount(server, assistant, kept)
    instructor.mount(server, assistant, kept)
    server.state.sign_in = desk
    server.add_middleware(Visitors, desk=desk, settings=assistant.settings)
    blocks = page.build(assistant, kept, lambda: desk.open)
    blocks.queue(default_concurrency_limit=page.CONCURRENT, max_size=page.WAITING)
    with warnings.catch_warnings():
        # Said of every application with two pages, also where SSR is off as it is here.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        return _mounted(server, blocks)


def _mounted(server: FastAPI, blocks: gr.Blocks) -> FastAPI:
    mounted: FastAPI = gr.mount_gradio_app(
        server,
        blocks,
        path="/",
        theme=page.theme(),
        i18n=i18n,
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        mcp_server=True,
        app_kwargs={"openapi_url": None, "telemetry": api.QUIET},
        ssr_mode=False,
    )
    return mounted


def serve(assistant: Assistant, listener: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; ``ready`` is told once pages are answered, and where."""
    application = create(assistant)
    problem = application.state.sign_in.unreachable(assistant.courses.values())
    if problem:
        ready(problem)
    server = Server(application)
    server.ready = lambda: ready(f"coursebot is at {address_of(listener)}")
    server.run(sockets=[listener])


class PageFiles(StaticFiles):
    """The page's own files, asked for each time, so that an upgrade is not half taken up."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Return the file, or 304 when the browser has it."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Server(uvicorn.Server):
    """A uvicorn server that says when it is up, and is not held up by open pages."""

    def __init__(self, application: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                log_level="warning",
                timeout_graceful_shutdown=GRACE,
                ws="none",
                # The workbench decides itself whom it believes (``trusted_proxies``): it must see
                # who is really connected.
                proxy_headers=False,
            )
        )
        self.ready: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started and self.ready is not None:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; every open page holds a connection, and that it is cut off is no error."""
        logger = logging.getLogger("uvicorn.error")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
        logger.setLevel(level)
