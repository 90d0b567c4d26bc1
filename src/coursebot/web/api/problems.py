"""Failures ▶ problem details (RFC 9457), one form for every error below ``/api/v1``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from coursebot.errors import (
    BusyError,
    CoursebotError,
    IndexError_,
    ModelError,
    QuestionError,
    StoreError,
    UnknownCourseError,
)
from coursebot.web.admission import LeftError
from coursebot.web.wire import Record

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
SCHEMA = "#/components/schemas/Problem"

_STATUSES: tuple[tuple[type[CoursebotError], HTTPStatus], ...] = (
    (UnknownCourseError, HTTPStatus.NOT_FOUND),
    (QuestionError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (IndexError_, HTTPStatus.SERVICE_UNAVAILABLE),
    (ModelError, HTTPStatus.SERVICE_UNAVAILABLE),
    (BusyError, HTTPStatus.TOO_MANY_REQUESTS),
)
"""The first class that fits decides; any other failure is the server's own, 500."""
_MEANINGS = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read as JSON.",
    HTTPStatus.FORBIDDEN: "The request was sent by a page of another site.",
    HTTPStatus.NOT_FOUND: "What the address or the body names does not exist.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is missing, unknown or out of bounds, "
    "or the question cannot be asked.",
    HTTPStatus.TOO_MANY_REQUESTS: "More is asked than can be answered now, or by one client than "
    "is its share; `Retry-After` has the seconds after which it is worth trying again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The index or the store of feedback cannot be used now.",
}


class FieldProblem(Record):
    """What is wrong with one field."""

    where: str = Field(examples=["body"])
    """``body``, ``query`` or ``path``."""
    field: str = Field(examples=["after/0"])
    """The field's name; parts of it are joined by ``/``. Empty for the whole."""
    detail: str = Field(examples=["Input should be a valid string"])


class Problem(Record):
    """Why a request was not answered (RFC 9457)."""

    type: str = "about:blank"
    """Always ``about:blank``: the status says what kind of problem it is."""
    title: str = Field(examples=["Not Found"])
    """The status in words."""
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no course 'az-900'."])
    """What happened, and where."""
    hint: str = Field(default="", examples=["Courses: az-500."])
    """What to do about it; empty when nothing can be advised."""
    errors: tuple[FieldProblem, ...] = ()
    """With status 422: the fields that are wrong."""


class ProblemError(Exception):
    """A refusal of the API itself, with its status and what to do."""

    def __init__(self, status: HTTPStatus, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.problem = problem(status, detail, hint)


def problem(
    status: HTTPStatus, detail: str, hint: str = "", errors: tuple[FieldProblem, ...] = ()
) -> Problem:
    """Return the problem; characters that cannot be sent become question marks."""
    return Problem(
        title=status.phrase,
        status=status,
        detail=_sendable(detail),
        hint=_sendable(hint),
        errors=errors,
    )


def for_learners(error: CoursebotError) -> CoursebotError:
    """Return what whoever asks is told of a failure: hosts and folders are for the log alone."""
    if not isinstance(error, IndexError_ | ModelError):
        return error
    _log.error("A question could not be answered: %s", error)
    return IndexError_(
        "The courses cannot be read now.", "Try again later; the server's log has the reason."
    )


def problem_of(error: Exception) -> Problem:
    """Return what a client is told of ``error``; a failure nobody foresaw is logged, not told."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, StoreError):
        # Where the store is, is nothing for those who rate an answer.
        _log.error("The feedback store failed: %s", error)
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "The feedback store cannot be used now.",
            "Try again later; the server's log has the reason.",
        )
    if isinstance(error, CoursebotError):
        error = for_learners(error)
        status = next(
            (found for kind, found in _STATUSES if isinstance(error, kind)),
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )
        return problem(status, error.message, error.hint)
    _log.error("A request failed.", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The server failed on this request.",
        "Try again; the server's log has the reason.",
    )


def response(told: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the HTTP response that tells a problem."""
    return Response(told.model_dump_json(), told.status, headers, media_type=MEDIA_TYPE)


def install(application: FastAPI, routes: Iterable[BaseRoute]) -> None:
    """Have every failure of ``application``, which has these routes, told as a problem."""
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(HTTPException, _refusal(tuple(routes)))
    application.add_exception_handler(CoursebotError, _failed)
    application.add_exception_handler(ProblemError, _failed)
    # Nobody hears of it.
    application.add_exception_handler(LeftError, lambda *_: Response(status_code=408))


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's ``responses`` for these statuses, and for a failure nobody foresaw."""
    content = {MEDIA_TYPE: {"schema": {"$ref": SCHEMA}}}
    known: dict[int | str, dict[str, Any]] = {
        int(status): {"description": _MEANINGS[status], "content": content} for status in statuses
    }
    known["default"] = {"description": "Any other failure.", "content": content}
    return known


def _failed(_request: Request, error: Exception) -> Response:
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, BusyError) else None
    return response(problem_of(error), headers)


def _refusal(routes: tuple[BaseRoute, ...]) -> Callable[[Request, Exception], Response]:
    details = {
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method.",
        HTTPStatus.BAD_REQUEST: "The body cannot be read.",
    }
    hints = {
        HTTPStatus.NOT_FOUND: "/api/v1/openapi.json lists the addresses.",
        HTTPStatus.METHOD_NOT_ALLOWED: "/api/v1/openapi.json lists the methods.",
        HTTPStatus.BAD_REQUEST: "Send it as JSON in UTF-8.",
    }

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        headers = dict(error.headers or {})
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            # Starlette names the methods of one route; GET and POST of an address are two.
            path = request.scope["path"].removeprefix(request.scope["root_path"])
            own = headers.get("Allow", "").split(", ")
            headers["Allow"] = ", ".join(_methods(routes, path) or sorted(own))
        told = problem(status, details.get(status, status.description), hints.get(status, ""))
        return response(told, headers)

    return refused


def _methods(routes: Iterable[BaseRoute], path: str) -> list[str]:
    return sorted(
        {
            method
            for route in routes
            if isinstance(route, APIRoute) and route.path_regex.match(path)
            for method in route.methods or ()
        }
    )


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Pydantic's own report repeats the input, which may be anything, secrets included.
    found = tuple(
        FieldProblem(
            where=_sendable(str(each["loc"][0])),
            field=_sendable("/".join(str(part) for part in each["loc"][1:]))[:200],
            detail=_sendable(str(each["msg"]))[:500],
        )
        for each in error.errors()[:20]
    )
    if any(each["type"] == "json_invalid" for each in error.errors()):
        told = problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.", "Send it as JSON in UTF-8.")
        return response(told)
    names = ", ".join(dict.fromkeys(each.field or each.where for each in found))
    return response(
        problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"The request cannot be used; see {names}.",
            "/api/v1/openapi.json describes every field.",
            found,
        )
    )


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
