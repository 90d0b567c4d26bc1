"""``/healthz``, ``/readyz`` and ``/metrics``: the state of this server ▶ whoever runs it."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from coursebot.errors import CoursebotError
from coursebot.web.api.problems import problem, response
from coursebot.web.instructor.peers import networks, peer_of
from coursebot.web.watch.questions import Watch

FRESH = 2.0
"""Seconds for which the answer about the database holds: probes must not be a burden to it."""
PATIENCE = 3.0
"""Seconds that a probe waits for the database."""
_UNCACHED = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be right before questions are sent here."""

    ready: bool
    reason: str = ""
    """Why it is not, or what else is to be known."""


class Probes:
    """What is looked at, and by whom it may be seen."""

    def __init__(self, watch: Watch, clock: Callable[[], float] = time.monotonic) -> None:
        """Raise SettingsError when the trusted proxies cannot be read."""
        chosen = watch.assistant.settings
        self._watch = watch
        self._clock = clock
        self._token = chosen.metrics_token.get_secret_value()
        self._trusted = networks(chosen.trusted_proxies)
        self._asked = -FRESH
        self._database: asyncio.Task[Check] | None = None

    def lets_in(self, request: Request) -> bool:
        """Whether figures and reasons are for whoever sent this.

        With a token set, whoever has it; without one, this machine alone.
        """
        if not self._token:
            return peer_of(request.scope, self._trusted).local
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self._token.encode())
        return kind.lower() == "bearer" and right

    async def checks(self) -> dict[str, Check]:
        """Return everything that was looked at, by name."""
        stopping = self._watch.draining
        return {
            "serving": Check(not stopping, "the server is about to stop" if stopping else ""),
            "index": self._index(),
            "database": await self._reached(),
        }

    def _index(self) -> Check:
        """Look at the index that answers: it was verified when it was loaded."""
        assistant = self._watch.assistant
        try:
            index = assistant.index
            index.check_encoder(assistant.encoder)
        except CoursebotError as error:
            return Check(False, str(error))
        if not index.passages:
            return Check(False, "The index holds no passage.")
        return Check(True, assistant.problem)

    async def _reached(self) -> Check:
        """Return what the database said last, and ask it where that was too long ago."""
        task = self._database
        if task is None or (task.done() and self._clock() - self._asked >= FRESH):
            self._asked = self._clock()
            task = self._database = asyncio.create_task(to_thread.run_sync(self._ask_database))
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        return task.result() if done else Check(False, f"no answer within {PATIENCE:.0f} s")

    def _ask_database(self) -> Check:
        try:
            self._watch.store.check()
        except CoursebotError as error:
            return Check(False, str(error))
        except Exception as error:  # whatever it is, nothing can be kept there
            return Check(False, type(error).__name__)
        return Check(True)


def router(watch: Watch) -> APIRouter:
    """Return the three routes; raises SettingsError."""
    routes = APIRouter(include_in_schema=False)
    probes = Probes(watch)

    @routes.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("ok\n", headers=_UNCACHED)

    @routes.get("/readyz")
    async def readyz(request: Request) -> Response:
        checks = await probes.checks()
        ready = all(check.ready for check in checks.values())
        telling = probes.lets_in(request)
        told = {
            "ready": ready,
            "checks": {
                name: {"ready": check.ready, **({"reason": check.reason} if telling else {})}
                for name, check in checks.items()
            },
        }
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse(told, status, headers=_UNCACHED)

    @routes.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not probes.lets_in(request):
            return _refusal()
        limiter = to_thread.current_default_thread_limiter()
        watch.queues["api"] = lambda: limiter.statistics().tasks_waiting
        text, media_type = watch.metrics.text(request.headers.get("accept", ""))
        return Response(text, media_type=media_type, headers=_UNCACHED)

    return routes


def _refusal() -> Response:
    told = problem(
        HTTPStatus.UNAUTHORIZED,
        "These figures are for whoever runs this server.",
        "Send the token of COURSEBOT_METRICS_TOKEN; without one, ask from the same machine.",
    )
    return response(told, {**_UNCACHED, "WWW-Authenticate": 'Bearer realm="coursebot"'})
