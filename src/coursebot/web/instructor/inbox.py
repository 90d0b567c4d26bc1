"""Requests below ``/instructor/inbox`` ▶ what learners were not content with, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from coursebot.errors import GoldenError, StoreError
from coursebot.evaluation.golden import GoldenFile, read
from coursebot.feedback import Row, Settled
from coursebot.inbox import NOTHING, Draft, Group, Inbox, draft_item
from coursebot.inbox.groups import MOST
from coursebot.inbox.likeness import same_text
from coursebot.types import Statement
from coursebot.web.instructor.inbox_form import LONGEST, Form, answer_then, candidates, statement_of
from coursebot.web.instructor.inbox_words import Speech
from coursebot.web.instructor.shell import (
    ENVIRONMENT,
    ROOT,
    Desk,
    address,
    language_of,
    render,
)

INBOX = f"{ROOT}/inbox"
KINDS = ("down", "report", "unanswered")
SHOWN = 100
"""Groups on a page."""

ENVIRONMENT.globals.update(same_text=same_text, answer_then=answer_then, NOTHING=NOTHING)


def router(desk: Desk) -> APIRouter:
    """Return the routes of the inbox; its pages are made in threads."""
    pages = _Pages(desk)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(INBOX, pages.page, methods=["GET", "HEAD"])
    routes.add_api_route(INBOX + "/{id}", pages.form, methods=["GET", "HEAD"])
    for path, do in (
        ("/dismiss", pages.dismiss),
        ("/reopen", pages.reopen),
        ("", pages.save),
    ):
        routes.add_api_route(INBOX + "/{id}" + path, _in_thread(do), methods=["POST"])
    return routes


def _in_thread(do: Callable[[Request, str, FormData], Response]) -> Callable[..., object]:
    async def route(request: Request, id: str) -> Response:
        return await run_in_threadpool(do, request, id, await request.form())

    return route


def _told(page: Callable[..., Response]) -> Callable[..., Response]:
    """Show a database that cannot be used in words."""

    @wraps(page)
    def told(self: _Pages, request: Request, *rest: object, **named: object) -> Response:
        try:
            return page(self, request, *rest, **named)
        except StoreError as error:
            s = _say(request)
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return render(
                request, "instructor/told.html", s("no_store"), status=status, text=str(error)
            )

    return told


class _Pages:
    """The pages of the inbox, one method a route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._inbox = Inbox(desk.store, desk.assistant)

    @_told
    def page(self, request: Request) -> Response:
        return self._listed(request)

    def _listed(self, request: Request, *, error: str = "", at: str = "") -> Response:
        said = request.query_params
        grouped = self._inbox.read()
        kind, of = said.get("kind", ""), said.get("of", "")
        closed = said.get("done") == "settled"
        found = [one for one in grouped.groups if _fits(one, kind, of, closed)]
        return self._render(
            request,
            "inbox/list.html",
            "inbox",
            status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
            groups=found[:SHOWN],
            total=len(found),
            rows=sum(len(one.shown) for one in found),
            left_out=grouped.left_out,
            most=MOST,
            kind=kind,
            of=of,
            closed=closed,
            kinds=KINDS,
            error=error,
            at=at,
            told=said.get("told", ""),
            item=said.get("item", ""),
            item_course=said.get("set", ""),
        )

    @_told
    def form(self, request: Request, id: str) -> Response:
        sent = request.query_params
        return self._form(request, id, dict(sent), sent.getlist("with"))

    def _form(
        self,
        request: Request,
        id: str,
        sent: dict[str, str],
        kept: list[str],
        problem: str = "",
    ) -> Response:
        group = self._inbox.read().holding(id)
        if group is None:
            return self._gone(request)
        row = _row(group, id)
        course = row.course if row.course in self._desk.courses else ""
        form = Form.read(sent, kept, group, course or self._desk.course(request))
        if form.course not in self._desk.courses:
            form = replace(form, course=course or self._desk.course(request))
        assistant = self._desk.assistant.pinned()
        folder = self._desk.folder(form.course)
        return self._render(
            request,
            "inbox/draft.html",
            "draft",
            status=HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
            group=group,
            row=row,
            form=form,
            candidates=candidates(assistant, form, row),
            problem=problem,
            folder="" if folder.is_dir() else str(folder),
            several=row.course is None and len(self._desk.courses) > 1,
        )

    @_told
    def save(self, request: Request, id: str, sent: FormData) -> Response:
        said = {name: value for name, value in sent.items() if isinstance(value, str)}
        kept = [value for value in sent.getlist("with") if isinstance(value, str)]
        group = self._inbox.read().holding(id)
        if group is None:
            return self._gone(request)
        s = _say(request)
        form = Form.read({"question": "", **said}, kept, group, self._course(request, group))
        rows = form.rows(group)
        statement = statement_of(self._desk.assistant, form.choice)
        problem = self._problem(s, form, statement, bool(rows))
        if problem:
            return self._form(request, id, {"question": "", **said}, kept, problem)
        listed = rows if form.history else tuple(replace(row, history=()) for row in rows)
        try:
            item = self._written(form, statement, listed)
        except (GoldenError, ValidationError, OSError) as error:
            problem = f"{s('not_saved')}: {error}"
            return self._form(request, id, said, kept, problem)
        try:
            self._settle([row.id for row in rows], request, item=item)
        except StoreError as error:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            why = s("not_settled", id=item, why=error)
            return render(request, "instructor/told.html", s("no_store"), status=status, text=why)
        return self._back(request, told="saved", item=item, set=form.course)

    def _course(self, request: Request, group: Group) -> str:
        asked = group.course or ""
        return asked if asked in self._desk.courses else self._desk.course(request)

    def _problem(self, s: Speech, form: Form, statement: Statement | None, some: bool) -> str:
        if not form.question:
            return s("wrong.question")
        if not some:
            return s("wrong.rows")
        if form.course not in self._desk.courses:
            return s("wrong.course")
        folder = self._desk.folder(form.course)
        if not folder.is_dir():
            return s("no_folder", folder=folder)
        if statement is None and form.choice != NOTHING:
            return s("wrong.gone" if form.choice else "wrong.choice")
        if statement is not None and statement.course != form.course:
            return s("wrong.course")
        return ""

    def _written(self, form: Form, statement: Statement | None, rows: tuple[Row, ...]) -> str:
        """Put the draft into the course's golden set; return its id."""
        index = self._desk.assistant.index
        path = self._desk.golden(form.course)
        item = draft_item(
            Draft(form.question, statement, form.answer),
            rows,
            self._desk.material,
            index.sections[statement.section] if statement else None,
            course=form.course,
            taken={one.id for one in read(path).items} if path.exists() else (),
        )
        GoldenFile(path).extend([item])
        return item.id

    @_told
    def dismiss(self, request: Request, id: str, sent: FormData) -> Response:
        note = " ".join(str(sent.get("note") or "").split())
        if not note:
            return self._listed(request, error=_say(request)("dismiss.empty"), at=id)
        ids = self._ids(sent)
        if not ids:
            return self._gone(request)
        self._settle(ids, request, note=note[:LONGEST])
        return self._back(request, told="dismissed")

    @_told
    def reopen(self, request: Request, id: str, sent: FormData) -> Response:
        self._desk.store.reopen(self._ids(sent))
        return self._back(request, told="reopened")

    def _settle(self, ids: list[str], request: Request, *, item: str = "", note: str = "") -> None:
        self._desk.store.settle(ids, Settled(item, note, request.state.visitor.name))

    def _ids(self, sent: FormData) -> list[str]:
        """Return the rows that a form names and that are still there."""
        named = set(str(sent.get("rows") or "").split(","))
        return [row.id for row in self._inbox.rows() if row.id in named]

    def _back(self, request: Request, **query: str) -> Response:
        kept = {
            name: request.query_params[name]
            for name in ("kind", "of", "done")
            if name in request.query_params
        }
        return RedirectResponse(address(request, INBOX, **{**kept, **query}), HTTPStatus.SEE_OTHER)

    def _gone(self, request: Request) -> Response:
        s = _say(request)
        return render(
            request,
            "instructor/told.html",
            s("gone"),
            status=HTTPStatus.NOT_FOUND,
            text=s("gone.hint"),
        )

    def _render(self, request: Request, template: str, title: str, **context: object) -> Response:
        s = _say(request)
        status = context.pop("status")
        return render(request, template, s(title), status=status, s=s, **context)  # type: ignore[arg-type]


def _say(request: Request) -> Speech:
    return Speech(language_of(request))


def _row(group: Group, id: str) -> Row:
    return next(row for row in group.rows if row.id == id)


def _fits(group: Group, kind: str, of: str, closed: bool) -> bool:
    """Whether a group is among those that are asked for."""
    if group.closed != closed:
        return False
    if of and (group.course or "*") != of:
        return False
    return not kind or any((row.verdict or "unanswered") == kind for row in group.shown)
