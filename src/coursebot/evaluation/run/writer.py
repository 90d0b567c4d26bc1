"""Rows ▶ run folder, one by one, so that nothing finished is lost; and a broken-off run taken up.

A process that is killed leaves at most one line that is cut short, and a machine that stops leaves
at most what the last seconds wrote; both are cut off when the run is taken up.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from coursebot.errors import RunError
from coursebot.evaluation.run.fingerprints import INPUTS, same_inputs
from coursebot.evaluation.run.folder import (
    INFO,
    LATEST,
    LOCK,
    ROWS,
    Run,
    digest_of,
    list_runs,
    read_info,
)
from coursebot.evaluation.run.records import Row, RunInfo

STAGED = f"{INFO}.new"
EVERY = 2.0
"""Seconds of work that a power cut may cost."""

_NAME = re.compile(r"[\w][\w.+=-]{0,99}")
_BYTES = 240
"""Of a name: file systems take 255, and what is staged beside a run needs some."""


class Writer:
    """A run folder that is held for writing."""

    def __init__(self, folder: Path, info: RunInfo, rows: list[Row], lock: FileLock) -> None:
        self.folder = folder
        self.info = info
        self.rows = rows
        """The rows that are finished, in order."""
        self._lock = lock
        self._rows = (folder / ROWS).open("ab", buffering=0)
        self._before = info.seconds
        self._started = self._saved = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time spent, all sittings together."""
        return self._before + time.monotonic() - self._started

    def append(self, row: Row, line: str) -> None:
        """Keep a row; ``line`` is the row as JSON. Raises OSError."""
        data = line.encode() + b"\n"
        # One write, so that Ctrl-C falls before it or after it.
        if self._rows.write(data) != len(data):
            raise OSError(0, "the disk is full", str(self.folder / ROWS))
        self.rows.append(row)
        if time.monotonic() - self._saved >= EVERY:
            self.save()

    def save(self) -> None:
        """Bring what was written onto the disk, and note the time spent."""
        os.fsync(self._rows.fileno())
        self.info = self.info.model_copy(update={"seconds": round(self.seconds, 3)})
        write_info(self.folder, self.info)
        self._saved = time.monotonic()

    def finish(self) -> Run:
        """Seal the run with its digest, and return it."""
        digest = digest_of(self.rows)
        self.info = self.info.model_copy(update={"finished_at": now(), "digest": digest})
        self.save()
        return Run(self.folder, self.info, tuple(self.rows))

    def close(self) -> None:
        """Let go of the folder."""
        self._rows.close()
        self._lock.release()


@contextmanager
def writing(
    out: Path, info: RunInfo, ids: Sequence[str], *, name: str | None, stem: str, new: bool
) -> Iterator[Writer]:
    """Hold a folder in ``out`` for the run that ``info`` describes, taking up a broken-off one.

    ``ids`` are the ids of its rows, in order. Without a ``name`` the newest broken-off run of the
    same inputs is taken up unless ``new``, and a new one is called ``<stem>-<date>-<time>``.
    Raises RunError when a run of that name is there that is finished, made from something else or
    being written, or when the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        writer = _opened(out, info, ids, name, stem, new)
        try:
            yield writer
        except BaseException:
            writer.save()
            raise
        finally:
            writer.close()
    except BrokenPipeError:  # no file is a pipe: whoever read the progress has gone
        raise
    except OSError as error:
        where = error.filename or out
        raise RunError(
            f"{where} cannot be written: {error.strerror or error}.",
            "Make room or correct its permissions; the same command then goes on.",
        ) from error


def _opened(
    out: Path, info: RunInfo, ids: Sequence[str], name: str | None, stem: str, new: bool
) -> Writer:
    if name is not None:
        return _named(out, info, ids, name, new)
    if not new:
        for run in list_runs(out):
            if not run.finished and same_inputs(run.info, info):
                writer = _taken_up(run.folder, ids)
                if writer:
                    return writer
    stamp = f"{stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    number = 1
    while True:
        made = _made(out / (stamp if number == 1 else f"{stamp}-{number}"), info)
        if made:
            return made
        number += 1


def _named(out: Path, info: RunInfo, ids: Sequence[str], name: str, new: bool) -> Writer:
    _check_name(name)
    folder = out / name
    made = _made(folder, info, unbegun=True)
    if made:
        return made
    other = "Give another --name, or remove the folder."
    if not (folder / INFO).exists():
        raise RunError(f"{folder} is there already, and is no run.", other)
    there = read_info(folder)
    if there.finished_at or new:
        raise RunError(f"There is a run called {name} already.", other)
    if not same_inputs(there, info):
        differing = [field for field in INPUTS if getattr(there, field) != getattr(info, field)]
        raise RunError(
            f"The broken-off run {name} was made from something else ({', '.join(differing)}).",
            other,
        )
    writer = _taken_up(folder, ids)
    if writer is None:
        raise RunError(f"Another process is writing the run {name}.", "Wait until it is done.")
    return writer


def _check_name(name: str) -> None:
    if name == LATEST:
        raise RunError(f"{name!r} cannot be the name of a run.", "It means the newest one.")
    if not _NAME.fullmatch(name) or len(name.encode()) > _BYTES:
        shown = name if len(name) <= 100 else f"{name[:99]}…"
        raise RunError(
            f"{shown!r} cannot be the name of a run.",
            "Use letters, digits and . _ + = -, with a letter or digit first, 100 at most "
            f"({_BYTES} bytes).",
        )


def _made(folder: Path, info: RunInfo, *, unbegun: bool = False) -> Writer | None:
    """Return a writer of a new run; None when there is such a folder already.

    With ``unbegun``, a folder is taken that was left before a run began in it.
    """
    try:
        folder.mkdir()
    except FileExistsError:
        if not (unbegun and _is_unbegun(folder)):
            return None
    lock = _locked(folder)
    if lock is None:  # somebody took it for broken off, which it cannot be yet
        return None
    if (folder / INFO).exists():  # begun between our look at it and our lock
        lock.release()
        return None
    begun = info.model_copy(update={"name": folder.name, "started_at": now()})
    write_info(folder, begun)
    return Writer(folder, begun, [], lock)


def _is_unbegun(folder: Path) -> bool:
    """Whether a process was killed, or the disk was full, right after it made the folder."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    return LOCK in names and names <= {LOCK, STAGED}


def _taken_up(folder: Path, ids: Sequence[str]) -> Writer | None:
    """Return a writer that goes on where a run was broken off; None while another one writes."""
    lock = _locked(folder)
    if lock is None:
        return None
    info = read_info(folder)
    if info.finished_at:  # finished between our look at it and its lock
        lock.release()
        return None
    rows, length = _whole_rows(folder / ROWS, ids)
    with (folder / ROWS).open("ab") as file:
        file.truncate(length)
    return Writer(folder, info, rows, lock)


def _whole_rows(file: Path, ids: Sequence[str]) -> tuple[list[Row], int]:
    """Return the rows up to the first that is damaged or not the expected one, and their bytes."""
    rows: list[Row] = []
    length = 0
    data = file.read_bytes() if file.exists() else b""
    for line, id in zip(data.split(b"\n")[:-1], ids, strict=False):
        try:
            row = Row.model_validate_json(line)
        except ValidationError:
            break
        if row.id != id:
            break
        rows.append(row)
        length += len(line) + 1
    return rows, length


def _locked(folder: Path) -> FileLock | None:
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def write_info(folder: Path, info: RunInfo) -> None:
    """Replace ``run.json`` in one step."""
    staged = folder / STAGED
    with staged.open("wb") as file:
        file.write(info.model_dump_json(indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    staged.replace(folder / INFO)


def now() -> str:
    """Return the time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
