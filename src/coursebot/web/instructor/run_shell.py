"""What the pages of runs need of the workbench's frame: rendering, languages, addresses."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from coursebot.errors import StoreError
from coursebot.evaluation.report.words import Say
from coursebot.inbox import Inbox
from coursebot.types import Language
from coursebot.web.instructor.run_files import RunFiles
from coursebot.web.instructor.run_texts import FILTERS, Speech, segment
from coursebot.web.instructor.shell import ENVIRONMENT, ROOT, Desk, language_of, render

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.evaluation.run.records import Row, RunInfo

ENVIRONMENT.filters.update(FILTERS)

_LINK = re.compile(r'((?:href|action|data-jobs|data-try)=")(/instructor[^"#]*)')


@cache
def files_in(folder: Path) -> RunFiles:
    """Return the runs of a folder, the same for all pages, which share what was read."""
    return RunFiles(folder)


class Pages:
    """Renders the pages of runs inside the workbench's frame."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def assistant(self) -> Assistant:
        """The assistant that is evaluated."""
        return self._desk.assistant

    def waiting(self) -> int | None:
        """Return how many rows of the inbox are open; None when the store cannot say."""
        try:
            return Inbox(self._desk.store, self._desk.assistant).waiting()
        except StoreError:
            return None

    def language(self, request: Request) -> Language:
        """Return the interface's language."""
        return language_of(request)

    def say(self, request: Request) -> Speech:
        """Return the texts of these pages in the request's language."""
        return Speech(self.language(request))

    def report_say(self, request: Request) -> Say:
        """Return the texts of a report in the request's language."""
        return Say(self.language(request))

    def render(
        self,
        request: Request,
        template: str,
        *,
        title: str,
        status: int = 200,
        **context: Any,  # noqa: ANN401 - whatever the template shows
    ) -> Response:
        """Return a page."""
        known = self._known(request)
        page = render(request, template, title, status=status, **{**known, **context})
        return HTMLResponse(_kept(bytes(page.body).decode(), request), status)

    def fragment(
        self,
        request: Request,
        template: str,
        **context: Any,  # noqa: ANN401 - whatever the template shows
    ) -> Response:
        """Return a part of a page."""
        html = ENVIRONMENT.get_template(template).render({**self._known(request), **context})
        headers = {"Cache-Control": "no-store"}
        return HTMLResponse(_kept(html, request).encode("utf-8", "replace"), headers=headers)

    def see_other(self, request: Request, address: str) -> Response:
        """Return the answer to a form that was sent."""
        path, mark, anchor = address.partition("#")
        lang = request.query_params.get("lang", "")
        if lang:
            path += ("&" if "?" in path else "?") + urlencode({"lang": lang})
        return RedirectResponse(path + mark + anchor, status_code=303)

    def golden_address(self, golden: str, item: str) -> str:
        """Return where a golden item is edited; empty when no course owns the golden set."""
        from coursebot.web.instructor.run_start import name_of

        for course in self._desk.courses:
            if name_of(self._desk.golden(course), self._desk.corpus) == golden:
                return f"{ROOT}/golden/{segment(item)}?{urlencode({'course': course})}"
        return ""

    def bench_address(self, row: Row, info: RunInfo) -> str:
        """Return the test bench with a row's question, and its gold marked."""
        said = {"q": row.question, "item": row.item}
        if info.course:
            said["course"] = info.course
        return f"{ROOT}/bench?{urlencode(said, errors='replace')}"

    def _known(self, request: Request) -> dict[str, Any]:
        lang = request.query_params.get("lang", "")
        field = f'<input type="hidden" name="lang" value="{escape(lang)}">' if lang else ""
        return {
            "t": self.report_say(request),
            "s": self.say(request),
            "lang_field": Markup(field),
        }


def _kept(html: str, request: Request) -> str:
    """Return a page whose links keep the language that was chosen in its address."""
    lang = request.query_params.get("lang", "")
    if lang not in tuple(Language):
        return html

    def keep(found: re.Match[str]) -> str:
        begin, address = found.groups()
        if "lang=" in address or "/files/" in address or address.endswith(".css"):
            return found[0]
        return f"{begin}{address}{'&amp;' if '?' in address else '?'}lang={lang}"

    return _LINK.sub(keep, html)
