"""Requests for ``/sign-in`` and ``/sign-out`` ▶ a session begun or ended."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from coursebot.errors import PeopleError
from coursebot.web.api.guard import check_sender
from coursebot.web.api.problems import ProblemError
from coursebot.web.signin import page
from coursebot.web.signin.desk import SignIn
from coursebot.web.signin.openid import BACK, WAY
from coursebot.web.signin.page import OUT, PATH
from coursebot.web.signin.sessions import Session
from coursebot.web.signin.words import TEXTS

_log = logging.getLogger(__name__)


def router(desk: SignIn) -> APIRouter:
    """Return the routes of signing in and out."""
    routes = APIRouter(include_in_schema=False)
    ways = _Ways(desk)
    routes.add_api_route(PATH, ways.shown, methods=["GET", "HEAD"])
    routes.add_api_route(PATH, ways.tried, methods=["POST"])
    routes.add_api_route(WAY, ways.sent, methods=["GET"])
    routes.add_api_route(BACK, ways.came, methods=["GET"])
    routes.add_api_route(OUT, ways.left, methods=["POST"])
    return routes


class _Ways:
    def __init__(self, desk: SignIn) -> None:
        self._desk = desk

    def shown(self, request: Request) -> Response:
        known = self._desk.identify(request)
        way = way_on(request.query_params.get("next", ""))
        if known.person.name:
            leaves = known.session is not None
            return page.known(request, known.person.name, way=way, leaves=leaves)
        return self._form(request, way)

    async def tried(self, request: Request) -> Response:
        words = TEXTS[page.language_of(request)]
        try:
            check_sender(request.headers)
        except ProblemError:
            return self._form(request, "/", notice=words["lost"], status=HTTPStatus.FORBIDDEN)
        sent = await request.form()
        name, password, asked = (str(sent.get(one) or "") for one in ("name", "password", "next"))
        way = way_on(asked)
        try:
            found = await self._desk.check(name, password, self._desk.peer(request).address)
        except PeopleError as error:
            _log.error("Nobody can sign in: %s", error)
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return self._form(request, way, notice=words["broken"], status=status)
        if isinstance(found, float):
            return self._form(
                request,
                way,
                name=name,
                notice=words["wait"].format(minutes=math.ceil(found / 60)),
                status=HTTPStatus.TOO_MANY_REQUESTS,
                headers={"Retry-After": str(math.ceil(found))},
            )
        if found is None:
            status = HTTPStatus.UNAUTHORIZED
            return self._form(request, way, name=name, notice=words["wrong"], status=status)
        self._end(request)
        response = RedirectResponse(way, HTTPStatus.SEE_OTHER)
        self._desk.begin(request, response, Session.of(found.person, found.version))
        return response

    async def sent(self, request: Request) -> Response:
        """Send somebody to the provider."""
        way = way_on(request.query_params.get("next", ""))
        openid = self._desk.openid
        answer = await openid.leave(request, way) if openid else None
        return answer or self._unknown(request, way)

    async def came(self, request: Request) -> Response:
        """Let in who comes back from the provider."""
        openid = self._desk.openid
        if openid is None:
            return self._unknown(request, "/")
        person, asked = await openid.back(request)
        response: Response = RedirectResponse(way_on(asked), HTTPStatus.SEE_OTHER)
        if not person.name or not self._desk.begin(request, response, Session.of(person)):
            if person.name:
                _log.warning("Somebody is in too many groups to be let in.")
            response = self._unknown(request, way_on(asked))
        else:
            self._end(request)
        openid.end(response)
        return response

    def _unknown(self, request: Request, way: str) -> Response:
        words = TEXTS[page.language_of(request)]
        offered = self._desk.openid is not None
        notice = words["openid_failed"] if offered else ""
        status = HTTPStatus.UNAUTHORIZED if offered else HTTPStatus.NOT_FOUND
        return self._form(request, way, notice=notice, status=status)

    def left(self, request: Request) -> Response:
        try:
            check_sender(request.headers)
        except ProblemError:
            words = TEXTS[page.language_of(request)]
            return self._form(request, "/", notice=words["lost"], status=HTTPStatus.FORBIDDEN)
        self._end(request)
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        # What the tab remembers of the conversation, and pages that the browser kept.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        self._desk.leave(request, response)
        return response

    def _end(self, request: Request) -> None:
        session = self._desk.identify(request).session
        if session is not None:
            self._desk.sessions.end(session)

    def _form(
        self,
        request: Request,
        way: str,
        *,
        name: str = "",
        notice: str = "",
        status: int = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
    ) -> Response:
        return page.form(
            request,
            way=way,
            name=name,
            notice=notice,
            passwords=self._desk.passwords,
            openid=self._desk.openid is not None,
            status=status,
            headers=headers,
        )


def way_on(asked: str) -> str:
    """Return where to go after signing in: a page of this host, whatever was asked for."""
    path = asked.partition("?")[0]
    inside = asked.startswith("/") and not asked.startswith("//")
    plain = asked.isprintable() and "\\" not in asked and len(asked) <= 2000
    # Not the forms themselves, nor what a browser would take for another host.
    return asked if inside and plain and not path.startswith((PATH, OUT)) else "/"
