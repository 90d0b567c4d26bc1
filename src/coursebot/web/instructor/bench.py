"""Requests for ``/instructor/bench`` ▶ one question, asked with weights that can be moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from coursebot.errors import CoursebotError, GoldenError, QuestionError
from coursebot.retrieval import Weights
from coursebot.web.instructor import bench_view
from coursebot.web.instructor.bench_knobs import KNOBS, Chosen, choose
from coursebot.web.instructor.bench_words import Speech
from coursebot.web.instructor.run_texts import FILTERS
from coursebot.web.instructor.shell import (
    ENVIRONMENT,
    ROOT,
    Desk,
    address,
    language_of,
    render,
    words_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from coursebot.evaluation.golden import Placed
    from coursebot.evaluation.golden.records import GoldenItem

BENCH = f"{ROOT}/bench"
ENVIRONMENT.filters.update(FILTERS)


def router(desk: Desk) -> APIRouter:
    """Return the test bench's route."""
    routes = APIRouter(include_in_schema=False)
    bench = _Bench(desk)
    # A plain function: the engine works in a thread, and other requests are served meanwhile.
    routes.add_api_route(BENCH, bench.page, methods=["GET", "HEAD"])
    return routes


@dataclass(frozen=True, slots=True)
class Gold:
    """The golden question that is marked."""

    item: GoldenItem
    placed: tuple[Placed, ...]
    stale: int
    """How many of its sources stand nowhere."""


class _Bench:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._read: tuple[tuple[object, ...], tuple[GoldenItem, ...]] | None = None

    def page(self, request: Request) -> Response:
        s = Speech(language_of(request))
        chosen = choose(request.query_params, s)
        wrong, notes = list(chosen.wrong), []
        course = self._desk.course(request)
        named = request.query_params.get("course", "")
        if named and named not in self._desk.courses:
            known = ", ".join(self._desk.courses)
            wrong.append(s("wrong.course", name=named[:100], known=known))
        items: tuple[GoldenItem, ...] = ()
        try:
            items = self._items(course)
        except (GoldenError, OSError) as error:
            notes.append(s("golden.broken", why=str(error)[:500]))
        id = request.query_params.get("item", "")
        item = next((one for one in items if one.id == id), None)
        if id and not item and not notes:
            notes.append(s("wrong.item", id=id[:100]))
        question = _question(request, item)
        shown, gold = None, None
        if question.strip() and not wrong:
            gold = self._gold(item, course) if item else None
            try:
                self._check(question, s)
                shown = self._ask(question, course, chosen.weights, gold)
            except QuestionError as error:
                wrong.append(error.message)
            except CoursebotError as error:
                wrong.append(s("wrong.engine", why=str(error)))
        most = self._desk.settings.question_characters
        context: dict[str, Any] = {
            "s": s,
            "w": words_of(request),
            "wrong": wrong,
            "notes": notes,
            "shown": shown,
            "gold": gold,
            "command": _command(chosen, course if named else ""),
            "legs": bench_view.LEGS,
            "changed": chosen.weights != Weights(),
        }
        status = 400 if wrong else 200
        if request.query_params.get("part") == "results":
            html = ENVIRONMENT.get_template("bench/results.html").render(context)
            return HTMLResponse(html.encode("utf-8", "replace"), status)
        return render(
            request,
            "bench/page.html",
            s("title"),
            status=status,
            **context,
            knobs=KNOBS,
            chosen=chosen,
            items=items,
            item=item,
            question=question[: most + 1],
            most=most,
            named=named,
            reset=address(request, BENCH, q=question[:most], item=item.id if item else ""),
        )

    def _check(self, question: str, s: Speech) -> None:
        """Raise QuestionError in the interface's language."""
        most = self._desk.settings.question_characters
        if len(question) > most:
            raise QuestionError(s("wrong.long", n=f"{len(question):,}", most=f"{most:,}"))
        if not any(character.isalnum() for character in question):
            raise QuestionError(s("wrong.question"))

    def _ask(
        self, question: str, course: str, weights: Weights, gold: Gold | None
    ) -> bench_view.Shown:
        assistant = self._desk.assistant.pinned()
        fitted = assistant.weighted(Weights()).examine(question, course=course)
        tried = fitted
        if weights != Weights():
            tried = assistant.weighted(weights).examine(question, course=course)
        return bench_view.view(tried, fitted, gold.placed if gold else ())

    def _items(self, course: str) -> tuple[GoldenItem, ...]:
        """Return a course's golden questions; raises GoldenError or OSError."""
        from coursebot.evaluation.golden import read
        from coursebot.evaluation.golden.records import Status

        path: Path = self._desk.golden(course)
        if not path.is_file():
            return ()
        stat = path.stat()
        key = (path, stat.st_mtime_ns, stat.st_size)
        held = self._read
        if held is None or held[0] != key:
            items = tuple(one for one in read(path).items if one.status is not Status.RETIRED)
            self._read = held = (key, items)
        return held[1]

    def _gold(self, item: GoldenItem, course: str) -> Gold:
        from coursebot.evaluation.golden import place

        placed, stale = place(item, self._desk.material, course)
        return Gold(item, placed, len(stale))


def _question(request: Request, item: GoldenItem | None) -> str:
    """Return what is asked: what was written, or the golden question that was chosen instead."""
    query: Any = request.query_params
    written = query.get("q") or query.get("question") or ""
    if item and (query.get("take") or not written.strip()):
        return item.question
    return str(written)


def _command(chosen: Chosen, course: str) -> str:
    about = f" --course {course}" if course else ""
    return f'coursebot eval{about} --weights "{chosen.weights}"'
