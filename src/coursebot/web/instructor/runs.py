"""Requests below ``/instructor/runs`` ▶ the list of runs, one run, one question, exports."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from coursebot.errors import CoursebotError, RunError
from coursebot.web.instructor import run_csv, run_item, run_start
from coursebot.web.instructor.jobs import Job, Jobs
from coursebot.web.instructor.overview import standings
from coursebot.web.instructor.run_files import HEADLINE, RunFiles, Seen
from coursebot.web.instructor.run_rows import SORTS, Filter, choose, page_of, try_threshold
from coursebot.web.instructor.run_shell import Pages, files_in
from coursebot.web.instructor.run_texts import segment
from coursebot.web.instructor.shell import ROOT, Desk

if TYPE_CHECKING:
    from coursebot.evaluation.run.records import RunInfo

RUNS = f"{ROOT}/runs"
JOBS = f"{ROOT}/jobs"
ONE = RUNS + "/{name}"

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def router(desk: Desk) -> APIRouter:
    """Return the routes of runs and of the overview; jobs end with the application."""
    files = files_in(desk.runs)
    files.shows = desk.shows
    jobs = Jobs(desk.assistant, desk.runs, report=lambda folder: files.write_report(folder.name))

    @asynccontextmanager
    async def while_up(_application: object) -> AsyncIterator[None]:
        jobs.open()
        yield
        await run_in_threadpool(jobs.close)

    routes = APIRouter(include_in_schema=False, lifespan=while_up)
    runs = _Runs(Pages(desk), files, jobs)
    shown: tuple[tuple[str, Callable[..., Response]], ...] = (
        (ROOT, runs.overview),
        (f"{ROOT}/report.css", runs.style),
        (RUNS, runs.list),
        (JOBS, runs.in_hand),
        (ONE, runs.run),
        (ONE + "/delete", runs.confirm),
        (ONE + "/threshold", runs.threshold),
        (ONE + "/items/{id}", runs.item),
        (ONE + "/export.csv", runs.csv),
        (ONE + "/items.jsonl", runs.jsonl),
        (ONE + "/report.html", runs.html),
    )
    done: tuple[tuple[str, Callable[..., Response | Awaitable[Response]]], ...] = (
        (RUNS, runs.start),
        (JOBS + "/{id}/cancel", runs.cancel),
        (JOBS + "/{id}/dismiss", runs.dismiss),
        (ONE + "/resume", runs.resume),
        (ONE + "/delete", runs.delete),
        (ONE + "/pin", runs.pin),
        (ONE + "/unpin", runs.unpin),
    )
    for path, act in shown:
        routes.add_api_route(path, act, methods=["GET", "HEAD"])
    for path, do in done:
        routes.add_api_route(path, do, methods=["POST"])
    return routes


class _Runs:
    """The pages of runs, one method a route."""

    def __init__(self, pages: Pages, files: RunFiles, jobs: Jobs) -> None:
        self._pages = pages
        self._files = files
        self._jobs = jobs

    def overview(self, request: Request) -> Response:
        say = self._pages.say(request)
        found = standings(self._pages.assistant, self._files, say("overview.all"))
        return self._pages.render(
            request,
            "runs/overview.html",
            title=say("overview"),
            standings=found,
            waiting=self._pages.waiting(),
        )

    def style(self) -> Response:
        from coursebot.evaluation.report.render import FILES

        return FileResponse(
            FILES / "report.css", media_type="text/css", headers={"Cache-Control": "no-cache"}
        )

    def list(self, request: Request) -> Response:
        return self._listed(request)

    def _listed(
        self, request: Request, *, form: run_start.Form | None = None, error: str = ""
    ) -> Response:
        assistant = self._pages.assistant
        return self._pages.render(
            request,
            "runs/list.html",
            title=self._pages.say(request)("runs"),
            status=400 if error else 200,
            error=error,
            form=form or run_start.Form(),
            golden_sets=tuple(run_start.sets_of(assistant)),
            courses=assistant.courses,
            presets=run_start.PRESETS,
            jobs=self._in_hand(),
            entries=self._files.entries(),
            headline=HEADLINE,
        )

    async def start(self, request: Request) -> Response:
        form = run_start.Form.read(await request.form())
        return await run_in_threadpool(self._begin, request, form)

    def _begin(self, request: Request, form: run_start.Form) -> Response:
        try:
            self._jobs.start(run_start.order(form, self._pages.assistant, self._files.folder))
        except CoursebotError as error:
            return self._listed(request, form=form, error=str(error))
        return self._pages.see_other(request, f"{RUNS}#jobs")

    def in_hand(self, request: Request) -> Response:
        return self._pages.fragment(request, "runs/jobs_list.html", jobs=self._in_hand())

    def _in_hand(self) -> tuple[Job, ...]:
        return tuple(job for job in self._jobs.all() if self._files.shows(job.order.course))

    def cancel(self, request: Request, id: int) -> Response:
        if any(job.id == id for job in self._in_hand()):
            self._jobs.cancel(id)
        return self._pages.see_other(request, f"{RUNS}#jobs")

    def dismiss(self, request: Request, id: int) -> Response:
        if any(job.id == id for job in self._in_hand()):
            self._jobs.dismiss(id)
        return self._pages.see_other(request, f"{RUNS}#jobs")

    def _told(self, request: Request, name: str, act: Callable[[], Response]) -> Response:
        """Do something with a run; what is wrong with it is shown."""
        try:
            self._files.find(name)
        except RunError:
            return self._missing(request, self._pages.say(request)("no_run", name=name[:100]))
        try:
            return act()
        except RunError as error:
            return self._pages.render(
                request,
                "runs/damaged.html",
                title=self._pages.say(request)("damaged"),
                status=409,
                error=self._files.shown(error),
                name=name,
            )

    def _missing(self, request: Request, title: str) -> Response:
        return self._pages.render(
            request, "runs/damaged.html", title=title, status=404, error=title, name=""
        )

    def resume(self, request: Request, name: str) -> Response:
        def act() -> Response:
            from coursebot.evaluation.run import read_info

            info = read_info(self._files.find(name))
            try:
                self._jobs.start(run_start.again(info, name, self._pages.assistant))
            except CoursebotError as error:
                return self._listed(request, error=str(error))
            return self._pages.see_other(request, f"{RUNS}#jobs")

        return self._told(request, name, act)

    def confirm(self, request: Request, name: str) -> Response:
        def act() -> Response:
            title = self._pages.say(request)("delete.sure")
            entry = self._files.entry(name)
            return self._pages.render(request, "runs/delete.html", title=title, entry=entry)

        return self._told(request, name, act)

    def delete(self, request: Request, name: str) -> Response:
        def act() -> Response:
            self._files.delete(name)
            return self._pages.see_other(request, RUNS)

        return self._told(request, name, act)

    def pin(self, request: Request, name: str) -> Response:
        return self._told(request, name, lambda: self._pinned(request, name, on=True))

    def unpin(self, request: Request, name: str) -> Response:
        return self._told(request, name, lambda: self._pinned(request, name, on=False))

    def _pinned(self, request: Request, name: str, *, on: bool) -> Response:
        self._files.pin(name, on=on)
        return self._pages.see_other(request, f"{RUNS}/{segment(name)}")

    def run(self, request: Request, name: str) -> Response:
        return self._told(request, name, lambda: self._shown(request, self._files.see(name)))

    def _shown(self, request: Request, seen: Seen) -> Response:
        from coursebot.evaluation.report.render import run_context

        name = seen.run.folder.name
        wanted = Filter.read(request.query_params)
        context = run_context(seen.run, seen.summary, self._pages.report_say(request))
        del context["words_json"], context["first"]
        baseline = self._files.baseline_of(seen.run.info)
        return self._pages.render(
            request,
            "runs/run.html",
            title=name,
            **context,
            entry=self._files.entry(name),
            filter=wanted,
            sorts=SORTS,
            page=page_of(choose(seen.run.rows, wanted), wanted.page),
            tried=try_threshold(seen.run.rows, threshold_of(request, seen)),
            baseline="" if baseline == name else baseline,
            before=run_before(seen.run.info, name, self._files),
        )

    def threshold(self, request: Request, name: str) -> Response:
        def act() -> Response:
            seen = self._files.see(name)
            return self._pages.fragment(
                request,
                "runs/tried.html",
                here=f"{RUNS}/{segment(name)}",
                tried=try_threshold(seen.run.rows, threshold_of(request, seen)),
            )

        return self._told(request, name, act)

    def item(self, request: Request, name: str, id: str) -> Response:
        def act() -> Response:
            seen = self._files.see(name)
            row = next((one for one in seen.run.rows if one.id == id), None)
            if row is None:
                return self._missing(request, self._pages.say(request)("no_item", id=id[:100]))
            return self._pages.render(
                request,
                "runs/item.html",
                title=row.question,
                **run_item.context(seen.run, row, Filter.read(request.query_params)),
                edit=self._pages.golden_address(seen.run.info.golden, row.item),
                bench=self._pages.bench_address(row, seen.run.info),
            )

        return self._told(request, name, act)

    def csv(self, request: Request, name: str) -> Response:
        def act() -> Response:
            return download(run_csv.lines(self._files.see(name).run), f"{name}.csv", CSV)

        return self._told(request, name, act)

    def jsonl(self, request: Request, name: str) -> Response:
        def act() -> Response:
            file = self._files.find(name) / "items.jsonl"
            if not file.is_file():
                raise RunError(f"The run {name} has no questions yet.")
            return FileResponse(file, media_type=JSONL, filename=f"{name}.jsonl", headers=PRIVATE)

        return self._told(request, name, act)

    def html(self, request: Request, name: str) -> Response:
        def act() -> Response:
            return download(iter([self._report(request, name)]), f"{name}.html", HTML)

        return self._told(request, name, act)

    def _report(self, request: Request, name: str) -> bytes:
        """Return a run's report: the file of a finished run, made again when it is missing."""
        from coursebot.evaluation.report.render import NAME, run_html

        folder = self._files.find(name)
        language = self._pages.language(request)
        if self._files.entry(name).state == "finished":
            try:
                if not (folder / NAME).is_file():
                    return self._files.write_report(name, language)
                return (folder / NAME).read_bytes()
            except OSError:  # a folder that cannot be written is read all the same
                pass
        # Of a run that is not finished it would be out of date with the next question.
        seen = self._files.see(name)
        return run_html(seen.run, seen.summary, language=language).encode()


CSV = "text/csv; charset=utf-8"
JSONL = "application/jsonl"
HTML = "text/html; charset=utf-8"


def download(pieces: Iterator[bytes], name: str, media_type: str) -> Response:
    """Return a file to be kept."""
    said = f"attachment; filename*=UTF-8''{segment(name)}"
    return StreamingResponse(
        pieces, media_type=media_type, headers={**PRIVATE, "Content-Disposition": said}
    )


def threshold_of(request: Request, seen: Seen) -> float:
    """Return the threshold in an address, 0 to 1; without one the run's own."""
    current = seen.summary.abstention.current.get("answered_above", 0.5)
    try:
        value = float(request.query_params.get("threshold", current))
    except ValueError:
        return current
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else current


def run_before(info: RunInfo, name: str, files: RunFiles) -> str:
    """Return the finished run of the same questions before this one; empty when there is none."""
    for other, held in files.infos().items():
        if (
            other != name
            and held.finished_at
            and held.golden_digest == info.golden_digest
            and (held.started_at, other) < (info.started_at, name)
        ):
            return other
    return ""
