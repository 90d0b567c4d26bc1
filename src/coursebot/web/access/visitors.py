"""Requests ▶ requests of somebody: a middleware around the application finds out who sends each."""

from __future__ import annotations

import math
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coursebot.config import Settings
from coursebot.web.access import headers as security
from coursebot.web.access.rates import Rates, is_work
from coursebot.web.access.rules import OWN, there
from coursebot.web.api.guard import read_body, replay
from coursebot.web.api.problems import ProblemError, problem, response
from coursebot.web.signin.desk import Known, SignIn
from coursebot.web.visiting import KEY, OPEN_KEY, serving

LARGEST = 16 * 1024
"""Bytes of a body where nothing else bounds it: the sign-in form."""
BOUNDED = (*OWN, "/gradio_api/")
"""Below these, bodies have bounds of their own."""


class Visitors:
    """ASGI middleware that says for each request who is served, and keeps their cookie fresh.

    What is in no table of addresses is not there, whoever asks too often has to wait, and every
    answer gets its security headers.
    """

    def __init__(self, app: ASGIApp, desk: SignIn, settings: Settings) -> None:
        self._app = app
        self._desk = desk
        self._rates = Rates(settings.person_rate, settings.address_rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request with its person; nothing that a client sends can say who that is."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        known = self._desk.identify(request)
        scope[KEY] = known.person
        scope[OPEN_KEY] = self._desk.open

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(request, known, MutableHeaders(scope=message))
            await send(message)

        refused = self._refusal(request, known)
        if refused is None and not scope["path"].startswith(BOUNDED):
            try:
                receive = replay(await read_body(request.headers, receive, LARGEST), receive)
            except ProblemError as error:
                refused = response(error.problem)
        with serving(known.person, offered=scope[OPEN_KEY]):
            await (refused or self._app)(scope, receive, told)

    def _refusal(self, request: Request, known: Known) -> Response | None:
        path = request.scope["path"]
        if not there(path):
            return response(problem(HTTPStatus.NOT_FOUND, "There is nothing at this address."))
        if is_work(path, request.scope["query_string"]):
            wait = self._rates.take(known.person, self._desk.peer(request))
            if wait:
                seconds = math.ceil(wait)
                told = problem(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "That was too much in too short a time.",
                    f"Wait {seconds} s, then try again.",
                )
                return response(told, {"Retry-After": str(seconds)})
        return None

    def _add(self, request: Request, known: Known, headers: MutableHeaders) -> None:
        """Add to an answer what a browser must know of the session, and the security headers."""
        security.add(headers, request.scope["path"], https=self._desk.peer(request).https)
        headers.add_vary_header("Cookie")
        if known.person.name:
            # Nobody on the way may keep what only this person may see.
            kept = headers.get("cache-control", "no-store").replace("public", "private")
            headers["cache-control"] = kept if "private" in kept else f"private, {kept}"
        if "set-cookie" in headers or not (known.renew or known.stale):
            return
        beside = Response()
        if known.renew and known.session is not None:
            self._desk.begin(request, beside, known.session)
        else:
            self._desk.leave(request, beside)
        for value in beside.headers.getlist("set-cookie"):
            headers.append("set-cookie", value)
