"""The rooms of the workbench ▶ all its routes, and an answer where there is none."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from coursebot.web.instructor import bench, comparisons, golden, inbox, runs
from coursebot.web.instructor.shell import FILES, ROOT, Desk, render, words_of

KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def router(desk: Desk) -> APIRouter:
    """Return every route below ``/instructor``."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route(f"{ROOT}/files/{{name}}", methods=["GET", "HEAD"])
    def file(request: Request, name: str) -> Response:
        kept = next((path for path in FILES.iterdir() if path.name == name), None)
        if kept is None or kept.suffix not in KINDS:
            return missing(request)
        return FileResponse(
            kept, media_type=KINDS[kept.suffix], headers={"Cache-Control": "no-cache"}
        )

    for room in (golden, runs, comparisons, inbox, bench):
        routes.include_router(room.router(desk))

    # Last: what is no page is answered here, and not by the learners' page below.
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    routes.add_api_route(f"{ROOT}/{{rest:path}}", missing, methods=methods)
    return routes


def missing(request: Request) -> Response:
    """Return the page that says that there is none."""
    w = words_of(request)
    return render(
        request,
        "instructor/told.html",
        w("missing"),
        status=HTTPStatus.NOT_FOUND,
        text=w("missing.hint"),
    )
