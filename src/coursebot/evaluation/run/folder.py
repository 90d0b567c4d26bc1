"""Run folder ▶ run, and the runs that lie in a folder.

::

    runs/
      az-500-20261128-090000/
        run.json       how it was made (``RunInfo``); replaced in one step, never half written
        items.jsonl    one ``Row`` a line, in the order of the golden set; only ever added to
        report.html    for people; made when the run is finished
        .lock          held by the process that writes the run
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from coursebot.errors import RunError
from coursebot.evaluation.run.records import FORMAT, Row, RunInfo

INFO = "run.json"
ROWS = "items.jsonl"
LOCK = ".lock"
LATEST = "latest"
"""Names the newest run wherever a run is named."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was read: how it was made, and its rows."""

    folder: Path
    info: RunInfo
    rows: tuple[Row, ...]
    """In the order of the golden set; fewer than ``info.questions`` while it is not finished."""

    @property
    def finished(self) -> bool:
        """Whether every question was asked."""
        return bool(self.info.finished_at)


@dataclass(frozen=True, slots=True)
class Listed:
    """A run of which only ``run.json`` was read."""

    folder: Path
    info: RunInfo

    @property
    def finished(self) -> bool:
        """Whether every question was asked."""
        return bool(self.info.finished_at)


def read_info(folder: Path) -> RunInfo:
    """Return how the run in ``folder`` was made, by the folder's present name; raises RunError."""
    file = folder / INFO
    try:
        data = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(
            f"There is no run in {folder}.", "Make one: coursebot eval. A run holds run.json."
        ) from None
    except OSError as error:
        raise RunError(f"{file} cannot be read ({error.strerror}).", _AGAIN) from None
    try:
        version = json.loads(data)["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RunError(f"{file} is damaged: it is no JSON of a run.", _AGAIN) from None
    if version != FORMAT:
        raise RunError(
            f"{file} is of run format {version}; this coursebot reads format {FORMAT}.", _AGAIN
        )
    try:
        info = RunInfo.model_validate_json(data)
    except ValidationError as error:
        raise RunError(f"{file} is damaged: {_first(error)}.", _AGAIN) from None
    return info.model_copy(update={"name": folder.absolute().name or info.name})


def read_run(folder: Path) -> Run:
    """Return the run in ``folder``, every field checked.

    A run that is being written or was broken off has the rows that are finished. Raises RunError,
    naming the line, when a row cannot be read, or when a finished run lacks rows.
    """
    info = read_info(folder)
    file = folder / ROWS
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise RunError(f"{file} cannot be read ({error.strerror}).", _AGAIN) from None
    *lines, torn = data.split(b"\n")
    if torn and info.finished_at:
        raise RunError(f"{file}, line {len(lines) + 1}: the line is cut short.", _AGAIN)
    rows: list[Row] = []
    with _not_collecting():
        for number, line in enumerate(lines, 1):
            try:
                rows.append(Row.model_validate_json(line))
            except ValidationError as error:
                raise RunError(f"{file}, line {number}: {_first(error)}.", _AGAIN) from None
    if info.finished_at and len(rows) != info.questions:
        raise RunError(f"{file} has {len(rows):,} rows instead of {info.questions:,}.", _AGAIN)
    return Run(folder, info, tuple(rows))


def list_runs(runs: Path) -> list[Listed]:
    """Return the runs in the folder ``runs``, newest first; of each only ``run.json`` is read.

    Folders that hold no run that can be read are left out.
    """
    found = []
    for folder in runs.iterdir() if runs.is_dir() else ():
        try:
            found.append(Listed(folder, read_info(folder)))
        except RunError:
            continue
    return sorted(found, key=lambda run: (run.info.started_at, run.info.name), reverse=True)


def find(name_or_path: str, runs: Path) -> Path:
    """Return the folder of a run: its path, its name in ``runs``, or ``latest``.

    Raises RunError, naming the runs that there are.
    """
    if name_or_path == LATEST:
        for run in list_runs(runs):
            if run.finished:
                return run.folder
        raise RunError(f"There is no finished run in {runs}.", "Make one: coursebot eval.")
    for folder in (Path(name_or_path), runs / name_or_path):
        if (folder / INFO).is_file():
            return folder
    known = [run.info.name for run in list_runs(runs)[:5]]
    raise RunError(
        f"There is no run {name_or_path!r}.",
        f"The newest in {runs}: {', '.join(known)}." if known else "Make one: coursebot eval.",
    )


def digest_of(rows: Iterable[Row]) -> str:
    """Return the SHA-256 over rows without their timings."""
    made = hashlib.sha256()
    for row in rows:
        made.update(row.model_dump_json(exclude={"timings_ms"}).encode() + b"\n")
    return made.hexdigest()


_AGAIN = "Make the run again: coursebot eval --new."


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in found["loc"])
    said = found["msg"].rstrip(".")
    return f"{where}: {said}" if where else said


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Let the collector rest: a hundred thousand records are made that all live on."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
