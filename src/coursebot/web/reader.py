"""A course's file ▶ a plain, safe HTML page with the cited lines marked."""

from __future__ import annotations

import re
from html import escape

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from coursebot.assistant import Assistant
from coursebot.course import render
from coursebot.errors import QuestionError
from coursebot.types import Span

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
"""No script, nothing from elsewhere: a course is data."""

_LINES = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/reader.css">
</head>
<body>
<header><a href="/">coursebot</a> <span>{title}</span></header>
<main>
{body}
</main>
</body>
</html>
"""


def router(assistant: Assistant) -> APIRouter:
    """Return the reader's routes: ``/read/{path}?lines=a-b``."""
    routes = APIRouter()

    @routes.api_route("/read/{path:path}", methods=["GET", "HEAD"], response_class=HTMLResponse)
    def read(path: str, lines: str = Query("", max_length=20)) -> HTMLResponse:
        try:
            source = assistant.source(path)
        except QuestionError as error:
            body = f"<p>{escape(str(error))}</p>"
            return _page(body, path, "en", status=404)
        span = span_of_lines(source, lines)
        marks = [(span, 1)] if span else []
        course = assistant.courses.get(path.split("/")[0])
        language = course.language if course else ""
        body = render.html(source, marks=marks, language=language)
        # What takes the focus is scrolled to, without a script.
        body = body.replace('<mark id="c1">', '<mark id="c1" tabindex="-1" autofocus>', 1)
        return _page(body, path, language)

    return routes


def span_of_lines(source: str, lines: str) -> Span | None:
    """Return the characters of lines ``"a-b"`` or ``"a"``; None when there are no such lines."""
    asked = _LINES.fullmatch(lines)
    if asked is None:
        return None
    first = int(asked[1])
    last = int(asked[2] or first)
    starts = [0, *(match.end() for match in re.finditer("\n", source))]
    if not 1 <= first <= last or first > len(starts):
        return None
    end = starts[last] - 1 if last < len(starts) else len(source)
    return (starts[first - 1], end) if end > starts[first - 1] else None


def _page(body: str, title: str, language: str, status: int = 200) -> HTMLResponse:
    html = _PAGE.format(title=escape(title), body=body, language=escape(language or "und"))
    return HTMLResponse(html.encode("utf-8", "replace"), status_code=status, headers=_HEADERS)
