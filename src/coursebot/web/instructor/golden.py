"""Requests below ``/instructor/golden`` ▶ the golden set of a course, and its items saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from coursebot.errors import CoursebotError, GoldenError
from coursebot.evaluation.golden import (
    GoldenFile,
    GoldenSet,
    InvalidGoldenError,
    ItemConflictError,
    read,
    revision,
    validate,
)
from coursebot.evaluation.golden.editing import NEW
from coursebot.evaluation.golden.importing import add, written
from coursebot.evaluation.golden.records import GoldenItem, Status, kind_of
from coursebot.evaluation.golden.spreadsheet import parse as parse_csv
from coursebot.inbox.drafts import propose_id
from coursebot.web.instructor import golden_form
from coursebot.web.instructor.golden_form import Fields
from coursebot.web.instructor.golden_material import Place, Shelf
from coursebot.web.instructor.golden_words import Speech
from coursebot.web.instructor.shell import ROOT, Desk, address, language_of, render

GOLDEN = f"{ROOT}/golden"
SHOWN = 300
"""Items on a page."""
FORMATS = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "yaml": "application/yaml",
}


def router(desk: Desk) -> APIRouter:
    """Return the routes of the golden editor; its pages are made in threads."""
    pages = _Pages(desk)
    routes = APIRouter(include_in_schema=False)
    for path, page in (
        ("", pages.listed),
        ("/new", pages.new),
        ("/export", pages.export),
        ("/{id}", pages.item),
    ):
        routes.add_api_route(GOLDEN + path, page, methods=["GET", "HEAD"])
    for path, do in (
        ("", pages.edit),
        ("/check", pages.check),
        ("/take", pages.take),
        ("/import", pages.bring),
    ):
        routes.add_api_route(GOLDEN + path, _in_thread(do), methods=["POST"])
    return routes


def _in_thread(do: Callable[[Request, FormData], Response]) -> Callable[..., object]:
    async def route(request: Request) -> Response:
        async with request.form(max_fields=5000) as form:
            sent = form
            files = [one for one in form.values() if isinstance(one, UploadFile)]
            for one in files:
                request.state.uploaded = await one.read()
            return await run_in_threadpool(do, request, sent)

    return route


class _Pages:
    """The pages of the golden editor, one method a route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shelf = Shelf(desk)

    def listed(self, request: Request) -> Response:
        """Show the set as a table, what is wrong with it first."""
        return self._listed(request)

    def _listed(self, request: Request, *, error: str = "", status: int = 200) -> Response:
        course = self._desk.course(request)
        said = request.query_params
        asked = {name: said.get(name, "") for name in ("text", "in", "kind", "tag", "status")}
        golden, problems = self._set(course)
        items = golden.items if golden else ()
        found = [item for item in items if _fits(item, asked)]
        counts = {
            one: sum(item.status.value == one for item in items) for one in golden_form.STATUSES
        }
        return self._render(
            request,
            "golden/list.html",
            "title",
            status=status,
            items=found[:SHOWN],
            shown=len(found),
            total=len(items),
            counts=counts,
            problems=problems,
            stale=self._shelf.stale(items, course) if items else (),
            asked=asked,
            kinds=sorted({kind_of(item) for item in items}),
            tags=sorted({tag for item in items for tag in item.tags}),
            statuses=golden_form.STATUSES,
            formats=FORMATS,
            error=error,
            told=said.get("told", ""),
            n=said.get("n", ""),
            kind_of=kind_of,
        )

    def new(self, request: Request) -> Response:
        """Show the form of a question that is not there yet."""
        said = request.query_params
        lang = said.get("in", "") or language_of(request).value
        return self._form(request, golden_form.blank(said.get("question", ""), lang), "", NEW)

    def item(self, request: Request, id: str) -> Response:
        """Show the form of a question."""
        golden, problems = self._set(self._desk.course(request))
        if problems:
            return self._listed(request)
        found = golden.item(id.partition("#")[0]) if golden else None
        if found is None:
            s = _say(request)
            return render(
                request,
                "instructor/told.html",
                s("gone"),
                status=HTTPStatus.NOT_FOUND,
                text=s("gone.hint"),
            )
        told = request.query_params.get("told", "")
        return self._form(
            request, golden_form.fields_of(found), found.id, revision(found), told=told
        )

    def edit(self, request: Request, form: FormData) -> Response:
        """Do what a button of the form says; whatever was typed stays in it."""
        typed = golden_form.read((k, v) for k, v in form.multi_items() if isinstance(v, str))
        was, held = _text(form, "was"), _text(form, "revision")
        do = _text(form, "do")
        if do in ("save", "keep"):
            held = _text(form, "theirs") if do == "keep" else held
            return self._save(request, typed, was, held)
        if do == "delete":
            return self._form(request, typed, was, held, sure=True)
        if do == "really-delete":
            return self._delete(request, typed, was, held)
        if do == "duplicate":
            golden, _ = self._set(self._desk.course(request))
            taken = {item.id for item in golden.items} if golden else set()
            typed |= {"id": propose_id(typed["question"], taken), "status": Status.DRAFT.value}
            return self._form(request, typed, "", NEW)
        if do == "try":
            return self._form(request, typed, was, held, tried=self._tried(request, typed))
        what, _, where = do.partition(":")
        if what == "find":
            return self._form(
                request, typed, was, held, looked=(where, _text(form, f"find.{where}"))
            )
        if what == "pick":
            return self._picked(request, typed, was, held, where)
        return self._form(request, golden_form.changed(typed, do), was, held)

    def check(self, request: Request, form: FormData) -> Response:
        """Return what is wrong with what was typed so far, and where each quote stands."""
        typed = golden_form.read((k, v) for k, v in form.multi_items() if isinstance(v, str))
        problems, places = self._checked(request, typed)
        language = language_of(request)
        s = _say(request)
        return JSONResponse(
            {
                "problems": {
                    name: " ".join(one.text(language) for one in found)
                    for name, found in problems.items()
                },
                "places": {
                    name: {"text": place.text(s), "bad": place.bad}
                    for name, place in places.items()
                },
            }
        )

    def take(self, request: Request, form: FormData) -> Response:
        """Put the nearest text that stands in the material in the place of a stale quote."""
        course = self._desk.course(request)
        path = self._desk.golden(course)
        id, number, position = (_text(form, name) for name in ("id", "turn", "source"))
        try:
            golden = read(path)
            item = golden.item(id)
            taken = self._shelf.retaken(item, course, number, position) if item else None
            if item is not None and taken is not None:
                GoldenFile(path).save(taken, _text(form, "revision"))
        except GoldenError as error:
            return self._listed(request, error=_worded(error), status=HTTPStatus.CONFLICT)
        return RedirectResponse(address(request, GOLDEN, told="taken"), HTTPStatus.SEE_OTHER)

    def export(self, request: Request) -> Response:
        """Return the set as a file."""
        course = self._desk.course(request)
        kind = request.query_params.get("format", "csv")
        if kind not in FORMATS:
            return self._listed(request, status=HTTPStatus.BAD_REQUEST)
        try:
            golden = read(self._desk.golden(course))
            made = written(golden, kind, lambda: self._desk.material, course)
        except GoldenError as error:
            return self._listed(request, error=_worded(error), status=HTTPStatus.CONFLICT)
        name = quote(f"{course}-golden.{kind}", safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(made.data, media_type=f"{FORMATS[kind]}; charset=utf-8", headers=headers)

    def bring(self, request: Request, _form: FormData) -> Response:
        """Add the questions of a CSV file that was sent, all of them or none."""
        s = _say(request)
        path = self._desk.golden(self._desk.course(request))
        try:
            found = parse_csv(getattr(request.state, "uploaded", b""), name="import")
            if found.problems:
                listed = "\n".join(
                    f"{s('line', n=one.line)}: {one.where} {one.text(language_of(request))}"
                    for one in found.problems[:SHOWN]
                )
                error = f"{s('import.bad')}\n{listed}"
                return self._listed(request, error=error, status=HTTPStatus.BAD_REQUEST)
            add(path, found)
        except GoldenError as error:
            return self._listed(request, error=_worded(error), status=HTTPStatus.BAD_REQUEST)
        way = address(request, GOLDEN, told="imported", n=str(len(found.items)))
        return RedirectResponse(way, HTTPStatus.SEE_OTHER)

    def _set(self, course: str) -> tuple[GoldenSet | None, tuple[Any, ...]]:
        """Return the set of a course, or what is wrong with its file; neither: there is none."""
        path = self._desk.golden(course)
        if not path.exists() and not path.is_symlink():
            return None, ()
        try:
            return read(path), ()
        except InvalidGoldenError as error:
            return None, error.problems

    def _save(self, request: Request, typed: Fields, was: str, held: str) -> Response:
        course = self._desk.course(request)
        path = self._desk.golden(course)
        golden, _ = self._set(course)
        if not typed["id"].strip():
            taken = {item.id for item in golden.items} if golden else set()
            typed["id"] = was or propose_id(typed["question"], taken)
        item, found = validate(golden_form.value_of(typed))
        if item is None:
            problems = golden_form.placed_problems(found, typed)
            return self._form(request, typed, was, held, problems=problems)
        try:
            if golden is None and not path.exists():
                GoldenFile(path).extend([item])
            else:
                GoldenFile(path).save(item, held or NEW, replaces=was)
        except ItemConflictError as error:
            return self._form(request, typed, was, held, conflict=(item, error))
        except GoldenError as error:
            return self._form(request, typed, was, held, error=_worded(error))
        way = address(request, f"{GOLDEN}/{quote(item.id, safe='')}", told="saved")
        return RedirectResponse(way, HTTPStatus.SEE_OTHER)

    def _delete(self, request: Request, typed: Fields, was: str, held: str) -> Response:
        try:
            GoldenFile(self._desk.golden(self._desk.course(request))).delete(was, held)
        except ItemConflictError as error:
            item, _ = validate(golden_form.value_of(typed))
            return self._form(request, typed, was, held, conflict=(item, error))
        except GoldenError as error:
            return self._form(request, typed, was, held, error=_worded(error))
        return RedirectResponse(address(request, GOLDEN, told="deleted"), HTTPStatus.SEE_OTHER)

    def _picked(self, request: Request, typed: Fields, was: str, held: str, where: str) -> Response:
        place, _, id = where.partition(":")
        source = golden_form.source_at(typed, place)
        chosen = self._shelf.source(id, self._desk.course(request))
        if source is not None and chosen is not None:
            source.update(
                path=chosen.path, heading_path="\n".join(chosen.heading_path), quote=chosen.quote
            )
        return self._form(request, typed, was, held)

    def _checked(
        self, request: Request, typed: Fields
    ) -> tuple[dict[str, list[Any]], dict[str, Place]]:
        value = golden_form.value_of(typed)
        if not value["id"]:  # it is made when the form is saved
            value["id"] = "new"
        item, found = validate(value)
        places = self._shelf.places(item, typed, self._desk.course(request)) if item else {}
        return golden_form.placed_problems(found, typed), places

    def _tried(self, request: Request, typed: Fields) -> dict[str, Any]:
        """Return the answer that the question gets now, judged."""
        value = golden_form.value_of(typed)
        value["id"] = value["id"] or "new"
        item, _ = validate(value)
        course = self._desk.course(request)
        try:
            return self._shelf.tried(typed["question"], item, course)
        except CoursebotError as error:
            return {"error": str(error), "answer": None, "verdict": None}

    def _form(
        self,
        request: Request,
        typed: Fields,
        was: str,
        held: str,
        *,
        problems: dict[str, list[Any]] | None = None,
        conflict: tuple[GoldenItem | None, ItemConflictError] | None = None,
        looked: tuple[str, str] = ("", ""),
        **more: Any,  # noqa: ANN401 — whatever the template shows
    ) -> Response:
        course = self._desk.course(request)
        checked, places = self._checked(request, typed)
        status = HTTPStatus.OK
        if problems:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif conflict:
            status = HTTPStatus.CONFLICT
        mine, theirs = conflict if conflict else (None, None)
        shown = {"error": "", "sure": False, "tried": None, "told": "", **more}
        return self._render(
            request,
            "golden/form.html",
            "edit" if was else "new",
            status=status,
            f=typed,
            was=was,
            held=held,
            problems=problems or {},
            count=sum(len(found) for found in (problems or {}).values()),
            checked=checked,
            places=places,
            mine=mine,
            theirs=theirs,
            sides=golden_form.sides(mine, theirs.current) if mine and theirs else (),
            looked=looked[0],
            words=looked[1],
            results=self._shelf.search(looked[1], course) if looked[1] else (),
            kinds=golden_form.KINDS,
            difficulties=golden_form.DIFFICULTIES,
            statuses=golden_form.STATUSES,
            **shown,
        )

    def _render(
        self,
        request: Request,
        template: str,
        title: str,
        *,
        status: int,
        **more: Any,  # noqa: ANN401
    ) -> Response:
        s = _say(request)
        folder = self._desk.folder(self._desk.course(request))
        return render(
            request,
            template,
            s(title),
            status=status,
            s=s,
            folder="" if folder.is_dir() else str(folder),
            read_only=folder.is_dir() and not _writable(folder),
            folder_name=str(folder),
            **more,
        )


def _say(request: Request) -> Speech:
    return Speech(language_of(request))


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _worded(error: GoldenError) -> str:
    return f"{error.message}\n{error.hint}".strip()


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _fits(item: GoldenItem, asked: dict[str, str]) -> bool:
    text = asked["text"].casefold()
    said = " ".join([item.id, item.question, *(one.text for one in item.answers)]).casefold()
    return (
        text in said
        and asked["in"] in ("", item.lang.value)
        and asked["kind"] in ("", kind_of(item))
        and (not asked["tag"] or asked["tag"] in item.tags)
        and asked["status"] in ("", item.status.value)
    )
