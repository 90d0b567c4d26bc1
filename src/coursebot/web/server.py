"""Assistant ▶ web server: the page at ``/``, the reader at ``/read``, the workbench beside them."""

from __future__ import annotations

import logging
import math
import socket
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import gradio as gr
import uvicorn
from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

from coursebot.assistant import Assistant
from coursebot.feedback import Store
from coursebot.web import api, instructor, page, reader, visiting
from coursebot.web.access.visitors import Visitors
from coursebot.web.admission import Admission
from coursebot.web.gate import Gate
from coursebot.web.head import Head
from coursebot.web.listen import address_of
from coursebot.web.sessions import SESSIONS, awaited
from coursebot.web.signin import routes as signin
from coursebot.web.signin.desk import SignIn
from coursebot.web.text import i18n
from coursebot.web.watch import Watch, logs, probes
from coursebot.web.watch.requests import Draining, Requests

_log = logging.getLogger(__name__)

READER_CSS = Path(__file__).with_name("reader.css")
GRACE = 1
"""Seconds that open pages are given when the server stops, after the last question."""


def create(assistant: Assistant, store: Store | None = None) -> FastAPI:
    """Return the whole web application; feedback goes to ``store``, or where the settings say."""
    kept = store or Store.open(assistant.settings)
    desk = SignIn(assistant.settings)
    watch = Watch(assistant, kept)  # of everything: whoever runs the server looks through it
    # From here on nobody holds more than what the person who is served may see.
    assistant = assistant.seen(visiting.sees)
    server = FastAPI(title="coursebot", openapi_url=None, telemetry=api.QUIET)
    server.include_router(reader.router(assistant))
    server.include_router(signin.router(desk))

    @server.get("/reader.css")
    def reader_css() -> FileResponse:
        return FileResponse(READER_CSS, media_type="text/css")

    def moved(tab: str) -> bool:
        return watch.draining and not awaited(blocks, tab)

    server.add_middleware(Gate, moved=moved)
    server.add_middleware(Head, head=page.HEAD, paths=page.PATHS)
    server.state.watch = watch
    server.include_router(probes.router(watch))
    server.mount("/page", PageFiles(directory=page.FILES))
    admission = Admission.of(assistant.settings)
    watch.admit(admission)
    server.state.admission = admission
    api.mount(server, assistant, kept, watch, admission)
    instructor.mount(server, assistant, kept)
    server.state.sign_in = desk
    blocks: gr.Blocks = page.build(assistant, kept, watch, lambda: desk.open, admission)
    blocks.queue(max_size=page.WAITING)
    # Gradio's own number is one of threads; its events wait for places, which are counted here.
    blocks._queue.max_thread_count = page.WAITING
    blocks.state_session_capacity = SESSIONS
    watch.queues["page"] = lambda: len(blocks._queue)
    # The last is around all others: each request has its id, each answer its security headers.
    server.add_middleware(Draining, watch=watch)
    server.add_middleware(Visitors, desk=desk, settings=assistant.settings)
    server.add_middleware(Requests, watch=watch)
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


def serve(assistant: Assistant, listener: socket.socket, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; ``say`` is told once pages are answered, and the end.

    From here on, the process logs as the settings say.
    """
    logs.configure(assistant.settings)
    tell = logs.teller(assistant.settings, say)
    application = create(assistant)
    problem = application.state.sign_in.unreachable(assistant.courses.values())
    if problem:
        tell(problem)
    server = Server(application)
    server.ready = lambda: tell(f"coursebot is at {address_of(listener)}")
    with suppress(KeyboardInterrupt):  # Ctrl-C is how a server is meant to end
        server.run(sockets=[listener])
    tell("Stopped.")


class PageFiles(StaticFiles):
    """The page's own files, asked for each time, so that an upgrade is not half taken up."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Return the file, or 304 when the browser has it."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Server(uvicorn.Server):
    """A uvicorn server that says when it is up, and lets open questions finish when it ends."""

    def __init__(self, application: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,  # it would log questions; ``Requests`` logs what can be
                timeout_graceful_shutdown=GRACE,
                ws="none",
                # The workbench decides itself whom it believes (``trusted_proxies``): it must see
                # who is really connected.
                proxy_headers=False,
            )
        )
        self.ready: Callable[[], None] | None = None
        self._watch: Watch | None = getattr(application.state, "watch", None)
        self._until = math.inf
        self._signal: tuple[int, FrameType | None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal, end at the second."""
        if self._watch is None or self._signal is not None:
            super().handle_exit(sig, frame)
            return
        self._signal = sig, frame
        self.drain()

    def drain(self) -> None:
        """Refuse new questions; end when the open ones are answered, or time is up."""
        if self._watch is not None:
            self._watch.draining = True
            self._until = time.monotonic() + self._watch.assistant.settings.shutdown_seconds

    async def on_tick(self, counter: int) -> bool:
        """Look whether the end has come."""
        watch = self._watch
        if watch and watch.draining and not self.should_exit:
            late = time.monotonic() >= self._until
            if late and watch.open:
                _log.warning("%d questions were still open.", watch.open)
            if late or watch.idle:
                if self._signal is not None:
                    super().handle_exit(*self._signal)
                # Not before: a Ctrl-C while this is set means to end without any shutdown.
                self.should_exit = True
        return await super().on_tick(counter)

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
        if self._watch is not None:
            await to_thread.run_sync(self._watch.close)
