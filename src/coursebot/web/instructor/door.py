"""Requests below ``/instructor`` ▶ those of instructors; nobody else comes further."""

from __future__ import annotations

import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coursebot.people.passwords import LONGEST
from coursebot.web.api.guard import check_sender, read_body, replay
from coursebot.web.api.problems import ProblemError
from coursebot.web.instructor.attempts import Attempts
from coursebot.web.instructor.peers import networks, peer_of
from coursebot.web.instructor.sessions import COOKIE, HOURS, Sessions, key_in
from coursebot.web.instructor.shell import ROOT, Desk, Visitor, render, words_of
from coursebot.web.visiting import KEY, OPEN_KEY, person_of, serving

if TYPE_CHECKING:
    from collections.abc import Callable

LOGIN = f"{ROOT}/login"
LOGOUT = f"{ROOT}/logout"
SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
"""Of those who have a name."""
OPEN = frozenset({f"{ROOT}/files/instructor.css"})
"""What the login's own page is made of."""
LARGEST = 10_000_000
"""Bytes of a body: a golden set to import."""
LARGEST_LOGIN = 16_384
READING = ("GET", "HEAD", "OPTIONS")
AT_ONCE = 2
"""Passwords that are tried at the same time: guessing must not hold up learners' questions."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Door:
    """ASGI middleware in front of the whole application.

    Whatever a path below ``/instructor`` leads to, now or later, is behind it: pages, data, files,
    what is missing. With a password there is a login; a trusted proxy may name the instructor;
    who signed in by name as an instructor or admin comes in, too. With nothing of all that, only
    this machine's own browser is let in.
    """

    def __init__(
        self, app: ASGIApp, desk: Desk, clock: Callable[[], float] = time.monotonic
    ) -> None:
        chosen = desk.settings
        self._app = app
        self._desk = desk
        self._clock = clock
        self._trusted = networks(chosen.trusted_proxies)
        self._header = chosen.instructor_header.strip()
        password = chosen.instructor_password.get_secret_value()
        self._sessions = Sessions(password, key_in(chosen.data)) if password else None
        self._attempts = Attempts()
        self._limiter = CapacityLimiter(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not the workbench's, and what an instructor sends."""
        if scope["type"] not in ("http", "websocket") or not below(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        scope.setdefault("state", {})["desk"] = self._desk

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        visitor = self._visitor(request)
        try:
            if request.method not in READING:
                check_sender(request.headers)
            largest = LARGEST if visitor else LARGEST_LOGIN
            body = await read_body(request.headers, receive, largest)
        except ProblemError as error:
            refusal = self._refusal(request, error)
            await refusal(scope, receive, told)
            return
        request.state.visitor = visitor
        answer = await self._answer(request, body, visitor)
        person = scope[KEY] = visitor.person if visitor else person_of(request)
        with serving(person):
            await (answer or self._app)(scope, replay(body, receive), told)

    def _visitor(self, request: Request) -> Visitor | None:
        """Return who sent a request, or None when nobody may come in with it."""
        person = person_of(request)
        if person.teaches:
            return Visitor(person.name, leaves=True, person=person)
        peer = peer_of(request.scope, self._trusted)
        if self._header and peer.trusted:
            named = request.headers.getlist(self._header)
            # Twice: the proxy added its own and let the sender's through; neither is believed.
            if len(named) == 1 and named[0].strip():
                return Visitor(_name(named[0]))
        if self._sessions and self._sessions.holds(request.cookies.get(COOKIE, "")):
            return Visitor(leaves=True)
        alone = not self._sessions and not self._header and not request.scope.get(OPEN_KEY)
        if alone and peer.local:
            return Visitor()
        return None

    async def _answer(
        self, request: Request, body: bytes, visitor: Visitor | None
    ) -> Response | None:
        """Return what the door itself answers; None: the request goes on."""
        path = request.url.path
        if path == LOGOUT and request.method == "POST":
            return self._goodbye(request)
        if path == LOGIN and self._sessions:
            if request.method == "POST":
                return await self._try(request, body)
            if request.method in ("GET", "HEAD"):
                if visitor:
                    return RedirectResponse(way_on(request.query_params.get("next", "")), 303)
                return self._login(request)
        if visitor or (path in OPEN and request.method in ("GET", "HEAD")):
            return None
        return self._away(request)

    async def _try(self, request: Request, body: bytes) -> Response:
        peer = peer_of(request.scope, self._trusted)
        form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        password = form.get("password", [""])[0]
        way = form.get("next", [""])[0]
        now = self._clock()
        wait = self._attempts.take(peer.address, now)
        if wait > 0:
            return self._login(request, way=way, wait=math.ceil(wait))
        assert self._sessions
        right = bool(password) and len(password) <= LONGEST
        right = right and await to_thread.run_sync(
            self._sessions.right, password, limiter=self._limiter
        )
        if not right:
            return self._login(request, way=way, wrong=True)
        self._attempts.forgive(peer.address, now)
        response = RedirectResponse(way_on(way), HTTPStatus.SEE_OTHER)
        response.set_cookie(
            COOKIE,
            self._sessions.begin(),
            max_age=HOURS * 3600,
            path=ROOT,
            secure=peer.https,
            httponly=True,
            samesite="strict",
        )
        return response

    def _login(
        self, request: Request, *, way: str = "", wrong: bool = False, wait: int = 0
    ) -> Response:
        status, headers = HTTPStatus.OK, {}
        if wrong:
            status = HTTPStatus.UNAUTHORIZED
        if wait:
            status, headers = HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(wait)}
        w = words_of(request)
        return render(
            request,
            "instructor/login.html",
            w("login"),
            status=status,
            headers=headers,
            way=way or request.query_params.get("next", ""),
            named=SIGN_IN if request.scope.get(OPEN_KEY) else "",
            wrong=wrong,
            minutes=math.ceil(wait / 60),
        )

    def _goodbye(self, request: Request) -> Response:
        if person_of(request).name:  # signed in by name: that session is not this door's
            return RedirectResponse(SIGN_OUT, HTTPStatus.TEMPORARY_REDIRECT)
        response = RedirectResponse(ROOT if self._header else LOGIN, HTTPStatus.SEE_OTHER)
        secure = peer_of(request.scope, self._trusted).https
        response.delete_cookie(COOKIE, ROOT, secure=secure, httponly=True, samesite="strict")
        return response

    def _away(self, request: Request) -> Response:
        """Return what somebody gets who is not let in."""
        w = words_of(request)
        named = bool(request.scope.get(OPEN_KEY))
        known = person_of(request).name
        if self._sessions or (named and not known):
            if _wants_data(request):
                return JSONResponse({"error": w("ended")}, HTTPStatus.UNAUTHORIZED)
            if request.method in ("GET", "HEAD"):
                way = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                lang = request.query_params.get("lang", "")
                query = {"next": way, **({"lang": lang} if lang else {})}
                door = LOGIN if self._sessions else SIGN_IN
                return RedirectResponse(f"{door}?{urlencode(query)}", HTTPStatus.SEE_OTHER)
            return self._told(request, HTTPStatus.UNAUTHORIZED, w("ended"), w("ended.hint"))
        key = "closed.proxy" if self._header else "closed.local"
        key = "closed.role" if known else key
        if _wants_data(request):
            return JSONResponse({"error": w("closed")}, HTTPStatus.FORBIDDEN)
        return self._told(request, HTTPStatus.FORBIDDEN, w("closed"), w(key))

    def _refusal(self, request: Request, error: ProblemError) -> Response:
        request.state.visitor = None
        told = error.problem
        if _wants_data(request):
            return JSONResponse({"error": told.title}, told.status)
        return self._told(request, told.status, told.title, told.detail or "")

    def _told(self, request: Request, status: int, title: str, text: str) -> Response:
        return render(request, "instructor/told.html", title, status=status, text=text)


def below(path: str) -> bool:
    """Whether a path is the workbench's, in whatever way it is spelt."""
    first = path.replace("\\", "/").lstrip("/").split("/", 1)[0]
    return first.strip().casefold() == ROOT.strip("/")


def way_on(asked: str) -> str:
    """Return where to go after the login: a page of the workbench, whatever was asked for."""
    path = asked.partition("?")[0]
    inside = path == ROOT or path.startswith(f"{ROOT}/")
    plain = asked.isprintable() and "\\" not in asked
    return asked if inside and plain and path not in (LOGIN, LOGOUT) else ROOT


def _name(value: str) -> str:
    """Return a header's value as text: bytes come as Latin-1, proxies send UTF-8."""
    try:
        text = value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        text = value
    return "".join(c for c in text.strip() if c.isprintable())[:100]


def _wants_data(request: Request) -> bool:
    mode = request.headers.get("sec-fetch-mode")
    if mode is not None:
        return mode != "navigate"
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "html" not in accepted
