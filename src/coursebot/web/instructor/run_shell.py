"""What the pages of runs need of the workbench's shell: rendering, languages, addresses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from coursebot.evaluation.report.render import TEMPLATES, equip
from coursebot.evaluation.report.words import Say
from coursebot.types import Language
from coursebot.web.instructor.run_texts import FILTERS, Speech

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.evaluation.run.records import Row, RunInfo

T = TypeVar("T")


class Pages:
    """Renders the pages of runs inside the workbench's shell."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self._env = equip(
            Environment(
                loader=FileSystemLoader([Path(__file__).with_name("templates"), TEMPLATES]),
                autoescape=True,
                undefined=StrictUndefined,
                trim_blocks=True,
            )
        )
        self._env.filters.update(FILTERS)
        self._env.globals["token"] = lambda: Markup("")

    def language(self, request: Request) -> Language:
        """Return the interface's language."""
        return Language.JA if request.query_params.get("lang") == "ja" else Language.EN

    def say(self, request: Request) -> Speech:
        """Return the texts of these pages in the request's language."""
        return Speech(self.language(request))

    def report_say(self, request: Request) -> Say:
        """Return the texts of a report in the request's language."""
        return Say(self.language(request))

    def render(
        self, request: Request, template: str, *, title: str, status: int = 200, **context: Any
    ) -> Response:
        """Return a page."""
        return HTMLResponse(self._text(request, template, title=title, **context), status)

    def fragment(self, request: Request, template: str, **context: Any) -> Response:
        """Return a part of a page."""
        return HTMLResponse(self._text(request, template, **context))

    def _text(self, request: Request, template: str, **context: Any) -> str:
        return self._env.get_template(template).render(
            **{"t": self.report_say(request), "s": self.say(request), "request": request, **context}
        )

    async def in_thread(self, act: Callable[[], T]) -> T:
        """Do something that takes its time, without holding up other requests."""
        return await run_in_threadpool(act)

    def golden_address(self, golden: str, item: str) -> str:
        """Return where a golden item is edited."""
        return f"/instructor/golden?{urlencode({'set': golden, 'item': item})}"

    def bench_address(self, row: Row, info: RunInfo) -> str:
        """Return the test bench with a row's question."""
        said = {"question": row.question, **({"course": info.course} if info.course else {})}
        return f"/instructor/bench?{urlencode(said)}"
