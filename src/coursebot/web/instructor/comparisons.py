"""Requests at ``/instructor/compare`` ▶ two runs side by side, or why they cannot be."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from coursebot.errors import RunError
from coursebot.types import Language
from coursebot.web.instructor.run_files import RunFiles
from coursebot.web.instructor.run_shell import Pages, files_in
from coursebot.web.instructor.run_texts import segment
from coursebot.web.instructor.runs import download
from coursebot.web.instructor.shell import Desk

if TYPE_CHECKING:
    from coursebot.evaluation.comparison import Comparison
    from coursebot.evaluation.run import Run
    from coursebot.evaluation.run.records import RunInfo

COMPARE = "/instructor/compare"

MOST = 50
"""Questions of one sort that are shown at first."""

HELD = 8
"""Comparisons that are kept in memory; one of 4,442 questions takes seconds to make."""


class Comparisons:
    """Comparisons, each made once; safe to use from many threads."""

    def __init__(self, files: RunFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[object, ...], Comparison] = OrderedDict()

    def of(self, a: str, b: str, *, aligned: bool = False) -> Comparison:
        """Return how the run ``b`` differs from ``a``; raises RunError."""
        from coursebot.evaluation.comparison import compare

        before, after = self._files.see(a).run, self._files.see(b).run
        key = (a, before.info.digest, b, after.info.digest, aligned)
        with self._lock:
            if before.finished and after.finished and key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            made = compare(before, after, aligned=aligned)
            self._held[key] = made
            while len(self._held) > HELD:
                self._held.popitem(last=False)
            return made


def router(desk: Desk) -> APIRouter:
    """Return the routes of comparisons."""
    files = files_in(desk.runs)
    files.shows = desk.shows
    pages, comparisons = Pages(desk), Comparisons(files)
    routes = APIRouter(include_in_schema=False)

    @routes.get(COMPARE)
    def compare(request: Request) -> Response:
        chosen = request.query_params.getlist("run")
        finished = {name: info for name, info in files.infos().items() if info.finished_at}
        if len(chosen) > 1:  # chosen in the list, newest first: the older one is before
            order = [name for name in finished if name in chosen]
            if len(order) > 1:
                return pages.see_other(
                    request, f"{COMPARE}?a={segment(order[-1])}&b={segment(order[0])}"
                )
        b = request.query_params.get("b", chosen[0] if chosen else "")
        a = request.query_params.get("a", "")
        asked = bool(a and b)
        a, b = preselected(a, b, finished, files.pinned())
        shown: dict[str, object] = {
            "error": "",
            "refused": None,
            "comparison": None,
            "aligned": False,
        }
        if a and a == b:
            shown["error"] = pages.say(request)("compare.same") if asked else ""
        elif a and b:
            aligned = request.query_params.get("aligned") == "1"
            shown |= told(comparisons, files, a, b, aligned=aligned)
        return pages.render(
            request,
            "runs/compare.html",
            title=pages.say(request)("compare"),
            status=409 if asked and (shown["error"] or shown["refused"]) else 200,
            a=a,
            b=b,
            finished=finished,
            pinned=files.pinned(),
            most=most_of(request),
            **shown,
        )

    @routes.get(COMPARE + ".html")
    def export(request: Request, a: str = "", b: str = "", aligned: str = "") -> Response:
        from coursebot.evaluation.report.render import comparison_html

        try:
            found = comparisons.of(a, b, aligned=aligned == "1")
        except RunError as error:
            title = pages.say(request)("compare")
            return pages.render(
                request,
                "runs/damaged.html",
                title=title,
                status=409,
                error=files.shown(error),
                name="",
            )
        html = comparison_html(found, language=Language(pages.language(request)))
        return download(iter([html.encode()]), f"{a}--{b}.html", "text/html; charset=utf-8")

    return routes


def told(
    comparisons: Comparisons, files: RunFiles, a: str, b: str, *, aligned: bool
) -> dict[str, object]:
    """Return the comparison, or the questions in which two golden sets differ, or an error."""
    try:
        before, after = files.see(a).run, files.see(b).run
        if before.info.golden_digest != after.info.golden_digest and not aligned:
            return {"refused": apart(before, after)}
        return {"comparison": comparisons.of(a, b, aligned=aligned), "aligned": aligned}
    except RunError as error:
        return {"error": files.shown(error)}


def apart(before: Run, after: Run) -> Mapping[str, Sequence[object]]:
    """Return the questions that two runs do not have in common."""
    from coursebot.evaluation.comparison.alignment import align

    found = align(before.rows, after.rows)
    return {
        "added": found.added,
        "removed": found.removed,
        "changed": [pair.after for pair in found.edited],
        "common": found.pairs,
    }


def preselected(
    a: str, b: str, finished: Mapping[str, RunInfo], pinned: Sequence[str]
) -> tuple[str, str]:
    """Return the runs to compare, before and after.

    What is not named is the last run, and the baseline of its golden set or the run of it before.
    """
    names = list(finished)
    if not b:
        b = next((name for name in names if name != a), "")
    if a or not b:
        return a, b
    if b not in finished:
        return next((name for name in names if name != b), ""), b
    info = finished[b]
    alike = [
        name
        for name in names
        if name != b
        and (finished[name].golden, finished[name].course) == (info.golden, info.course)
    ]
    best = [name for name in alike if name in pinned]
    same = [name for name in alike if finished[name].golden_digest == info.golden_digest]
    return next(iter([*best, *same, *alike, *(name for name in names if name != b)]), ""), b


def most_of(request: Request) -> int:
    """Return how many questions of one sort are shown."""
    said = request.query_params.get("most", "")
    return max(int(said), MOST) if said.isascii() and said.isdigit() and len(said) < 7 else MOST
