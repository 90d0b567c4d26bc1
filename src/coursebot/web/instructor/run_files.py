"""Names in addresses ▶ run folders, and what is told of each: list, baselines, removal.

A name is one path segment, and its folder lies in the runs' folder itself: nothing that an address
says leads out of it, and symbolic links are not followed.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from coursebot.errors import RunError
from coursebot.evaluation.replacing import replace_file
from coursebot.evaluation.run.records import RunInfo, Verdict
from coursebot.types import Language

if TYPE_CHECKING:
    from coursebot.evaluation.report.summary import Summary
    from coursebot.evaluation.run import Run

PINS = ".pinned"
"""File in the runs' folder: the names of the baselines, one a line."""

HEADLINE = ("passed", "right", "score", "abstained_rightly")
"""What the list tells of each run."""

HELD = 3
"""Runs that are kept in memory; one of 4,442 questions takes some hundred megabytes."""

_NAME = re.compile(r"[\w][\w.+=-]{0,199}")
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder in the list of runs."""

    name: str
    info: RunInfo | None
    """None when it cannot be read."""
    damage: str = ""
    """Why it cannot be read."""
    state: str = "damaged"
    """``finished``, ``running`` (somebody writes it), ``broken`` (it can be gone on with) or
    ``damaged``."""
    done: int = 0
    """Rows that are finished."""
    headline: Mapping[str, float] | None = None
    """Means by metric; those that apply to no question are left out."""
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A run and what its report says of it."""

    run: Run
    summary: Summary


class RunFiles:
    """The folder that runs are kept in; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shows: Callable[[str | None], bool] = lambda _course: True
        """Whether a run of a course (None: of all) is there for who is served."""
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._writing = threading.Lock()
        self._seen: OrderedDict[tuple[object, ...], Seen] = OrderedDict()
        self._headlines: dict[str, tuple[tuple[object, ...], int, Mapping[str, float]]] = {}

    def find(self, name: str) -> Path:
        """Return the folder of the run called ``name``; raises RunError when there is none."""
        folder = self.folder / name
        if (
            not _NAME.fullmatch(name)
            or os.sep in name
            or folder.is_symlink()
            or not folder.is_dir()
        ):
            raise RunError(f"There is no run {name[:100]!r}.")
        if not self._may(folder):
            raise RunError(f"There is no run {name[:100]!r}.")
        for file in ("run.json", "items.jsonl", "report.html"):
            if (folder / file).is_symlink():
                raise RunError(f"{file} of the run {name} is a symbolic link; it is not followed.")
        return folder

    def shown(self, error: RunError) -> str:
        """Return what is wrong, without the place of the folder on this machine."""
        return str(error).replace(f"{self.folder}{os.sep}", "")

    def names(self) -> list[str]:
        """Return the names of all folders that may hold a run."""
        try:
            found = [path for path in self.folder.iterdir() if path.is_dir()]
        except OSError:
            return []
        return [path.name for path in found if path.name[0] != "." and self._may(path)]

    def _may(self, folder: Path) -> bool:
        """Whether a run may be shown; one that cannot be read is for those who see everything."""
        from coursebot.evaluation.run import read_info

        if self.shows(None):
            return True
        try:
            return self.shows(read_info(folder).course)
        except RunError:
            return False

    def infos(self) -> dict[str, RunInfo]:
        """Return how each run that can be read was made, newest first."""
        from coursebot.evaluation.run import read_info

        found = {}
        for name in self.names():
            try:
                found[name] = read_info(self.find(name))
            except RunError:
                continue
        return dict(
            sorted(found.items(), key=lambda pair: (pair[1].started_at, pair[0]), reverse=True)
        )

    def entries(self) -> list[Entry]:
        """Return everything in the folder, newest first, what cannot be read at the end."""
        infos = self.infos()
        pinned = self.pinned()
        readable = [self._entry(name, info, name in pinned) for name, info in infos.items()]
        damaged = [self._damaged(name) for name in sorted(self.names()) if name not in infos]
        return readable + damaged

    def entry(self, name: str) -> Entry:
        """Return one run as the list tells of it; raises RunError when there is none."""
        from coursebot.evaluation.run import read_info

        folder = self.find(name)
        try:
            info = read_info(folder)
        except RunError as error:
            return Entry(name, None, self.shown(error))
        return self._entry(name, info, name in self.pinned())

    def _damaged(self, name: str) -> Entry:
        from coursebot.evaluation.run import read_info

        try:
            read_info(self.find(name))
        except RunError as error:
            return Entry(name, None, self.shown(error))
        return Entry(name, None, "")  # it was whole again a moment later

    def _entry(self, name: str, info: RunInfo, pinned: bool) -> Entry:
        try:
            done, headline = self._headline(name)
        except (OSError, ValidationError) as error:
            said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            return Entry(name, info, f"items.jsonl: {said}", pinned=pinned)
        if info.finished_at:
            if done != info.questions:
                said = f"items.jsonl has {done:,} rows instead of {info.questions:,}."
                return Entry(name, info, said, done=done, pinned=pinned)
            return Entry(name, info, "", "finished", done, headline, pinned)
        state = "running" if self.is_held(name) else "broken"
        return Entry(name, info, "", state, done, headline, pinned)

    def _headline(self, name: str) -> tuple[int, Mapping[str, float]]:
        """Return the rows that are finished and their means, from the verdicts alone."""
        file = self.folder / name / "items.jsonl"
        try:
            stamp = _stamp(file)
        except FileNotFoundError:
            return 0, {}
        known = self._headlines.get(name)
        if known is not None and known[0] == stamp:
            return known[1], known[2]
        values: dict[str, list[float]] = {}
        done = 0
        with file.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                done += 1
                verdict = _Judged.model_validate_json(line).verdict
                if verdict is None:
                    continue
                values.setdefault("passed", []).append(float(verdict.passed))
                for metric in HEADLINE:
                    if metric in verdict.values:
                        values.setdefault(metric, []).append(verdict.values[metric])
        means = {metric: fmean(held) for metric, held in values.items()}
        self._headlines[name] = (stamp, done, means)
        return done, means

    def is_held(self, name: str) -> bool:
        """Whether a process, this one or another, is writing the run."""
        file = self.folder / name / _LOCK
        if not file.exists():
            return False
        lock = FileLock(file, timeout=0)
        try:
            with lock:
                return False
        except (Timeout, OSError):
            return True

    def see(self, name: str) -> Seen:
        """Return a run, read and summed up; raises RunError when it is not there or damaged."""
        from coursebot.evaluation.report.summary import summarise
        from coursebot.evaluation.run import read_run

        folder = self.find(name)
        key = (name, _stamp(folder / "run.json"), _stamp(folder / "items.jsonl"))
        with self._loading:  # two who open the same large run wait for one reading
            with self._lock:
                if key in self._seen:
                    self._seen.move_to_end(key)
                    return self._seen[key]
            run = read_run(folder)
            seen = Seen(run, summarise(run))
            with self._lock:
                for other in [other for other in self._seen if other[0] == name]:
                    del self._seen[other]
                self._seen[key] = seen
                while len(self._seen) > HELD:
                    self._seen.popitem(last=False)
            return seen

    def write_report(self, name: str, language: Language = Language.EN) -> bytes:
        """Write the report of a run, from what was summed up for its page; return the file."""
        from coursebot.evaluation.report.render import NAME, run_html

        seen = self.see(name)
        html = run_html(seen.run, seen.summary, language=language)
        with self._writing:
            replace_file(seen.run.folder / NAME, html.encode())
        return html.encode()

    def pinned(self) -> tuple[str, ...]:
        """Return the names of the baselines."""
        try:
            return tuple((self.folder / PINS).read_text(encoding="utf-8").split())
        except (OSError, UnicodeDecodeError):
            return ()

    def pin(self, name: str, *, on: bool = True) -> None:
        """Make a run the baseline of its golden set and course, or no baseline any more."""
        from coursebot.evaluation.run import read_info

        info = read_info(self.find(name))
        with self._lock:
            infos = self.infos()
            kept = [
                other
                for other in self.pinned()
                if other != name and self._stays_pinned(other, infos, info, on=on)
            ]
            lines = "".join(f"{one}\n" for one in [*kept, *[name] * on])
            replace_file(self.folder / PINS, lines.encode())

    def _stays_pinned(
        self, name: str, infos: Mapping[str, RunInfo], info: RunInfo, *, on: bool
    ) -> bool:
        """Whether a baseline is one still when the run of ``info`` becomes one (``on``) or not."""
        if name in infos:
            return not (on and _alike(infos[name], info))
        # One that somebody else sees is theirs; one that was removed is nobody's.
        return (self.folder / name).is_dir()

    def baseline_of(self, info: RunInfo) -> str:
        """Return the baseline of a run's golden set and course; empty when there is none."""
        infos = self.infos()
        for name in self.pinned():
            if name in infos and infos[name].finished_at and _alike(infos[name], info):
                return name
        return ""

    def delete(self, name: str) -> None:
        """Remove a run for good; raises RunError while it is being written."""
        folder = self.find(name)
        if self.is_held(name):
            raise RunError(f"The run {name} is being written.", "Cancel it first.")
        # Out of the list in one step; a run that is half removed would look damaged.
        beside = Path(tempfile.mkdtemp(prefix=".deleted-", dir=self.folder))
        try:
            folder.replace(beside / name)
            shutil.rmtree(beside)
        except OSError as error:
            raise RunError(
                f"The run {name} cannot be removed ({error.strerror}).", "Check its permissions."
            ) from None
        self._headlines.pop(name, None)


class _Judged(BaseModel):
    """The part of a row that the list needs."""

    verdict: Verdict | None


def _alike(a: RunInfo, b: RunInfo) -> bool:
    return (a.golden, a.course, a.tags) == (b.golden, b.course, b.tags)


def _stamp(file: Path) -> tuple[object, ...]:
    try:
        held = file.stat()
    except OSError:
        return ()
    return (held.st_mtime_ns, held.st_size, held.st_ino)
