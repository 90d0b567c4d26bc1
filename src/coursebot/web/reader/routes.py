"""Requests below ``/read/`` ▶ responses."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from urllib.parse import unquote, urlencode, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from coursebot.assistant import Assistant
from coursebot.course import render
from coursebot.errors import QuestionError, UnknownCourseError
from coursebot.index import Searchable
from coursebot.types import Span
from coursebot.web import visiting
from coursebot.web.reader import fragments, marks
from coursebot.web.reader.catalog import File, files
from coursebot.web.reader.fragments import Fragment, View
from coursebot.web.reader.languages import interface_language
from coursebot.web.reader.results import FOUND, results
from coursebot.web.reader.shell import HEADERS, response

SHOWN = 200
"""Characters of a path or query that are shown when they lead nowhere."""


def router(assistant: Assistant) -> APIRouter:
    """Return the reader's routes: all courses and search at ``/read/``, files at ``/read/{path}``.

    ``lang`` chooses the interface's language; with ``pane=1`` only the fragment is returned.
    """
    routes = APIRouter(default_response_class=HTMLResponse)

    def look(request: Request, lang: str, pane: str) -> View:
        language = interface_language(lang, request.headers.get("accept-language", ""))
        chosen = str(language) if lang == language else ""
        return View(assistant.index, language, pane == "1", chosen)

    @routes.api_route("/read", methods=["GET", "HEAD"])
    @routes.api_route("/read/", methods=["GET", "HEAD"])
    def courses(
        request: Request,
        q: str | None = None,
        course: str = "",
        lang: str = "",
        pane: str = "",
    ) -> Response:
        view = look(request, lang, pane)
        here = _address(view, q=q or "", course=course)
        tag = _tag(view, request)
        if _is_known(request, tag):
            return _unchanged(tag)
        if course and course not in view.index.courses:
            said = view.say("no_course", name=course[:SHOWN])
            fragment = fragments.refused(view, said)
            return response(view, fragment, status=404, here=_address(view))
        if q is None:
            return response(view, fragments.overview(view, course or None), tag=tag, here=here)
        fragment, status = _search(assistant, view, q, course or None)
        if status != 200:
            return response(view, fragment, status=status, here=_address(view, course=course))
        return response(view, fragment, tag=tag, here=here)

    @routes.api_route("/read/{path:path}", methods=["GET", "HEAD"])
    def read(
        request: Request,
        path: str,
        marked: str = Query("", alias="marks"),
        lines: str = "",
        lang: str = "",
        pane: str = "",
    ) -> Response:
        view = look(request, lang, pane)
        file = files(view.index).get(path)
        if file is None:
            said = view.say("missing", path=path[:SHOWN])
            fragment = fragments.refused(view, said)
            # It may be there for who signs in, and is then where they come back to.
            here = _address(view, path if len(path) <= SHOWN else "")
            return response(view, fragment, status=404, here=here)
        tag = _tag(view, request)
        if _is_known(request, tag):
            return _unchanged(tag)
        fragment = _file(view, file, marked, lines)
        here = _address(view, path, marks=marked, lines=lines)
        return response(view, fragment, tag=tag, here=here)

    return routes


def _search(
    assistant: Assistant, view: View, query: str, course: str | None
) -> tuple[Fragment, int]:
    try:
        hits = assistant.search(query, course=course, top_k=FOUND)
    except UnknownCourseError:  # the index was swapped since
        said = view.say("no_course", name=course)
        return fragments.refused(view, said), 404
    except QuestionError:
        limit = assistant.settings.question_characters
        if len(query) > limit:
            said = view.say("too_long", limit=f"{limit:,}")
        else:
            said = view.say("no_words" if query.strip() else "empty")
        notice = f'<p class="notice">{said}</p>\n'
        return fragments.overview(view, course, notice), 400
    given = tuple(results(view.index, query, hits))
    return fragments.found(view, query, course, given), 200


def _file(view: View, file: File, marked: str, lines: str) -> Fragment:
    index = view.index
    source = index.source(file.path)
    statements = [s for section in file.sections for s in index.statements_of(section.id)]
    placed = marks.place(marks.read(marked), source, statements)
    spans: tuple[tuple[Span, int], ...] = placed.spans
    by_lines = not spans and (span := marks.span_of_lines(source, lines)) is not None
    if by_lines and span is not None:
        spans = ((span, 1),)
    article = render.html(
        source, marks=spans, language=file.course.language, resolve=_resolver(view, file)
    )
    return fragments.file_page(view, file, article, lost=placed.lost, lines=by_lines)


def _resolver(view: View, file: File) -> Callable[[str], str]:
    """Return what leads a relative link of ``file`` to another file of the index."""
    folder = posixpath.dirname(file.path)
    known = files(view.index)

    def resolve(url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
            return ""
        path = posixpath.normpath(posixpath.join(folder, unquote(parts.path)))
        return view.address(path, anchor=unquote(parts.fragment)) if path in known else ""

    return resolve


def _address(view: View, path: str = "", **query: str) -> str:
    """Return an address without the language."""
    page = View(view.index, view.language, view.pane).address(path)
    said = urlencode({name: value for name, value in query.items() if value}, errors="replace")
    return f"{page}?{said}" if said else page


def _tag(view: View, request: Request) -> str:
    """Return the ETag: the index, this version of coursebot, the address and the language."""
    index: Searchable = view.index
    parts = (
        version("coursebot"),
        index.version,
        index.manifest.digest,  # of the courses that may be seen
        request.url.path,
        request.url.query,
        view.language,
        visiting.current().name,
        visiting.offered(),
    )
    return f'"{sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]}"'


def _is_known(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in known.split(","))


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers={**HEADERS, "ETag": tag})
