"""Golden sets and runs ▶ how each course stands: its latest run, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coursebot.errors import CoursebotError, GoldenError, RunError
from coursebot.web.instructor.run_files import RunFiles, Seen
from coursebot.web.instructor.run_start import sets_of

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.evaluation.report.summary import Measured
    from coursebot.evaluation.run import Run
    from coursebot.evaluation.run.records import RunInfo

CARDS = ("passed", "right", "score", "abstained_rightly")
"""Metrics of a course's cards."""


@dataclass(frozen=True, slots=True)
class Since:
    """How many questions changed since the baseline."""

    worse: int
    better: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How one course stands."""

    name: str
    """Of the course; empty for all of them."""
    title: str
    golden: str = ""
    """Name of its golden set; empty when it has none."""
    reviewed: int = 0
    draft: int = 0
    problems: int = 0
    """Errors of the golden set; the counts are 0 then."""
    latest: str = ""
    """Its last finished run; empty when there is none."""
    seen: Seen | None = None
    headline: tuple[Measured, ...] = ()
    baseline: str = ""
    since: Since | None = None
    """None when the golden sets of both runs differ."""
    error: str = ""


def standings(assistant: Assistant, files: RunFiles, everything: str) -> list[Standing]:
    """Return how each course stands, and what was run over all of them, called ``everything``."""
    from coursebot.evaluation.golden import course_of

    corpus = assistant.settings.corpus
    infos = {name: info for name, info in files.infos().items() if info.finished_at}
    sets = sets_of(assistant)
    owned = {name: course_of(path, corpus) for name, path in sets.items()}
    found = []
    for course in assistant.courses.values():
        own = next((name for name, owner in owned.items() if owner == course.name), "")
        found.append(_standing(course.title, own, sets.get(own), course.name, infos, files))
    if any(info.course is None for info in infos.values()):
        found.append(_standing(everything, "", None, None, infos, files))
    return found


def _standing(
    title: str,
    golden: str,
    path: Path | None,
    course: str | None,
    infos: dict[str, RunInfo],
    files: RunFiles,
) -> Standing:
    counts = _counts(path)
    latest = next((name for name, info in infos.items() if info.course == course), "")
    if not latest:
        return Standing(course or "", title, golden, *counts)
    baseline = files.baseline_of(infos[latest])
    try:
        seen = files.see(latest)
        since = _since(files, baseline, seen.run) if baseline and baseline != latest else None
    except RunError as error:
        return Standing(course or "", title, golden, *counts, error=str(error))
    measured = seen.summary.measured
    headline = tuple(measured[name] for name in CARDS if name in measured)
    return Standing(course or "", title, golden, *counts, latest, seen, headline, baseline, since)


def _counts(path: Path | None) -> tuple[int, int, int]:
    """Return the reviewed items and the drafts of a golden set, and its problems."""
    from coursebot.evaluation.golden import InvalidGoldenError, read
    from coursebot.evaluation.golden.records import Status

    if path is None:
        return 0, 0, 0
    try:
        items = read(path).items
    except InvalidGoldenError as error:
        return 0, 0, len(error.problems)
    except (GoldenError, CoursebotError):
        return 0, 0, 1
    held = [item.status for item in items]
    return held.count(Status.REVIEWED), held.count(Status.DRAFT), 0


def _since(files: RunFiles, baseline: str, after: Run) -> Since | None:
    from coursebot.evaluation.comparison.alignment import align

    before = files.see(baseline).run
    if before.info.golden_digest != after.info.golden_digest:
        return None
    turns: Sequence[str] = [pair.turn for pair in align(before.rows, after.rows).pairs]
    return Since(turns.count("worse"), turns.count("better"))
