"""Assistant ▶ web server: the page at ``/``, the reader at ``/read``."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse

from coursebot.assistant import Assistant
from coursebot.web import page, reader
from coursebot.web.listen import address_of
from coursebot.web.text import i18n

READER_CSS = Path(__file__).with_name("reader.css")
GRACE = 1
"""Seconds that open pages are given when the server stops."""


def create(assistant: Assistant) -> FastAPI:
    """Return the whole web application."""
    server = FastAPI(title="coursebot", openapi_url=None)
    server.include_router(reader.router(assistant))

    @server.get("/reader.css")
    def reader_css() -> FileResponse:
        return FileResponse(READER_CSS, media_type="text/css")

    blocks = page.build(assistant)
    blocks.queue(default_concurrency_limit=page.CONCURRENT)
    mounted: FastAPI = gr.mount_gradio_app(
        server,
        blocks,
        path="/",
        theme=page.theme(),
        css_paths=[page.CSS],
        i18n=i18n,
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
    )
    return mounted


def serve(assistant: Assistant, listener: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; ``ready`` is told once pages are answered, and where."""
    server = Server(create(assistant))
    server.ready = lambda: ready(f"coursebot is at {address_of(listener)}")
    server.run(sockets=[listener])


class Server(uvicorn.Server):
    """A uvicorn server that says when it is up, and is not held up by open pages."""

    def __init__(self, application: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                application, log_level="warning", timeout_graceful_shutdown=GRACE, ws="none"
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
