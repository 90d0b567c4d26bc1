"""Orders ▶ runs, one after the other in a thread of their own, watched by whoever opens the page.

The engine is ``evaluation.run.evaluate``: what is finished is on the disk, so a job that is
cancelled, or a server that is killed, leaves a run that the same order goes on with.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from coursebot.errors import CoursebotError, RunError
from coursebot.retrieval import Weights

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.evaluation.golden import GoldenSet
    from coursebot.evaluation.run import Run, Tally

WAITING = 20
"""Jobs that may wait."""

KEPT = 20
"""Jobs that are over and still told of."""

SHARE = 0.15
"""Of a question's time, what is left to learners after it; without it, threads that only compute
would take turns with theirs at the interpreter's whim."""

PATIENCE = 10.0
"""Seconds that ``close`` waits for the question that is being asked, or the report."""

_log = logging.getLogger(__name__)


class Phase(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    """Told to stop; the question that is being asked is still finished."""
    REPORTING = "reporting"
    """All questions are asked; the report is being written."""
    FINISHED = "finished"
    CANCELLED = "cancelled"
    """What is finished is kept, and can be gone on with."""
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self in (Phase.FINISHED, Phase.CANCELLED, Phase.FAILED)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run."""

    golden: Path
    golden_name: str = ""
    """How the run names the golden set; empty: its path from the working folder."""
    course: str | None = None
    tags: tuple[str, ...] = ()
    weights: Weights = field(default_factory=Weights)
    name: str | None = None
    """Of a run that is to be gone on with, or chosen by an instructor."""
    new: bool = True
    """Do not take up a broken-off run of the same inputs (one that ``name`` names is taken up)."""


@dataclass(frozen=True, slots=True)
class Job:
    """An order and what has come of it so far; one moment's copy."""

    id: int
    order: Order
    phase: Phase = Phase.WAITING
    run: str = ""
    """Name of the run's folder, once it has one."""
    done: int = 0
    total: int = 0
    counted: int = 0
    passed: int = 0
    rate: float = 0.0
    """Questions a second in this sitting; 0 before there is a second one."""
    left: float | None = None
    """Seconds until the last question, at this rate."""
    seconds: float = 0.0
    """Spent on the run, all sittings together."""
    error: str = ""
    """Why it failed, or why the report of a finished run could not be written."""
    ahead: int = 0
    """Jobs that come before it."""


class Evaluate(Protocol):
    """The engine, as ``evaluation.run.evaluate`` is called here."""

    def __call__(
        self,
        assistant: Assistant,
        golden: GoldenSet,
        *,
        course: str | None,
        tags: tuple[str, ...],
        out: Path,
        name: str | None,
        golden_name: str,
        new: bool,
        progress: Callable[[Tally], None],
        cancelled: Callable[[], bool],
    ) -> Run:
        """Ask, judge and keep every question."""


class Jobs:
    """The jobs of one process; safe to use from many threads."""

    def __init__(
        self,
        assistant: Assistant,
        runs: Path,
        *,
        evaluate: Evaluate | None = None,
        report: Callable[[Path], object] | None = None,
    ) -> None:
        self._assistant = assistant
        self.runs = runs
        """Folder that the runs are written into."""
        self._evaluate = evaluate
        self._report = report
        self._lock = threading.Lock()
        self._jobs: dict[int, Job] = {}
        self._queue: deque[int] = deque()
        self._stop: dict[int, threading.Event] = {}
        self._contexts: dict[int, Context] = {}
        """Whom each job serves: who ordered it, and sees no more in its run than elsewhere."""
        self._ids = itertools.count(1)
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, order: Order) -> Job:
        """Queue an order; raises RunError when too many wait, or the run is already in hand."""
        with self._lock:
            if self._closed:
                raise RunError("The server is stopping.", "Start the run when it is up again.")
            if len(self._queue) >= WAITING:
                raise RunError(f"{WAITING} runs are waiting.", "Cancel one, or wait.")
            if order.name and self._writing(order.name):
                raise RunError(
                    f"The run {order.name} is already in hand.", "Wait until it is done."
                )
            job = Job(next(self._ids), order)
            self._jobs[job.id] = job
            self._stop[job.id] = threading.Event()
            self._contexts[job.id] = copy_context()
            self._queue.append(job.id)
            self._forget()
            if self._thread is None:
                # A daemon: a process that ends without ``close`` must not hang on a long run, and
                # rows are kept one write each, so that being cut off costs none.
                self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
                self._thread.start()
            return self._shown(job)

    def cancel(self, id: int) -> None:
        """Stop a job after the question that is being asked; one that waits never begins."""
        with self._lock:
            job = self._jobs.get(id)
            if job is None or job.phase.over:
                return
            self._stop[id].set()
            if job.phase is Phase.WAITING:
                self._queue.remove(id)
                self._jobs[id] = replace(job, phase=Phase.CANCELLED)
            elif job.phase is Phase.RUNNING:
                self._jobs[id] = replace(job, phase=Phase.CANCELLING)

    def dismiss(self, id: int) -> None:
        """Tell no more of a job that is over."""
        with self._lock:
            if id in self._jobs and self._jobs[id].phase.over:
                del self._jobs[id], self._stop[id], self._contexts[id]

    def get(self, id: int) -> Job | None:
        """Return a job as it is now; None when it is not told of any more."""
        with self._lock:
            job = self._jobs.get(id)
            return None if job is None else self._shown(job)

    def all(self) -> tuple[Job, ...]:
        """Return every job, the oldest first."""
        with self._lock:
            return tuple(self._shown(job) for job in self._jobs.values())

    def writing(self, run: str) -> Job | None:
        """Return the job that has the run of this name in hand."""
        with self._lock:
            job = self._writing(run)
            return None if job is None else self._shown(job)

    def _writing(self, run: str) -> Job | None:
        for job in self._jobs.values():
            if not job.phase.over and run in (job.run, job.order.name):
                return job
        return None

    def open(self) -> None:
        """Take orders, also after ``close``."""
        with self._lock:
            self._closed = False

    def close(self, patience: float = PATIENCE) -> bool:
        """Cancel everything and wait for the thread; return whether it has ended."""
        with self._lock:
            self._closed = True
            for id in self._queue:
                self._jobs[id] = replace(self._jobs[id], phase=Phase.CANCELLED)
            self._queue.clear()
            for stop in self._stop.values():
                stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(patience)
            return not thread.is_alive()
        return True

    def _shown(self, job: Job) -> Job:
        if job.phase is not Phase.WAITING:
            return job
        before = list(self._queue).index(job.id)
        now = any(
            not other.phase.over and other.phase is not Phase.WAITING
            for other in self._jobs.values()
        )
        return replace(job, ahead=before + now)

    def _forget(self) -> None:
        over = [job.id for job in self._jobs.values() if job.phase.over]
        for id in over[: max(len(over) - KEPT, 0)]:
            del self._jobs[id], self._stop[id], self._contexts[id]

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = None
                    return
                id = self._queue.popleft()
                self._jobs[id] = replace(self._jobs[id], phase=Phase.RUNNING)
                order, stop = self._jobs[id].order, self._stop[id]
                context = self._contexts[id]
            try:
                context.run(self._run, id, order, stop)
            except CoursebotError as error:
                self._note(id, phase=Phase.FAILED, error=str(error))
            except BaseException as error:
                _log.exception("The run of %s failed", order.golden.name)
                said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                self._note(id, phase=Phase.FAILED, error=said)

    def _run(self, id: int, order: Order, stop: threading.Event) -> None:
        from coursebot.evaluation import golden
        from coursebot.evaluation.run import evaluate

        counting = _Counting(lambda **said: self._note(id, **said), stop)
        run = (self._evaluate or evaluate)(
            self._assistant.weighted(order.weights),
            golden.read(order.golden),
            course=order.course,
            tags=order.tags,
            out=self.runs,
            name=order.name,
            golden_name=order.golden_name,
            new=order.new and order.name is None,
            progress=counting,
            cancelled=stop.is_set,
        )
        if not run.finished:
            self._note(id, phase=Phase.CANCELLED, run=run.folder.name)
            return
        self._note(id, phase=Phase.REPORTING, run=run.folder.name)
        error = ""
        try:
            self._write_report(run.folder)
        except CoursebotError as failed:
            error = str(failed)
        except Exception as failed:  # the run is whole, and its report can be made again
            _log.exception("The report of %s could not be written", run.folder.name)
            error = f"{type(failed).__name__}: {failed}"
        self._note(id, phase=Phase.FINISHED, error=error)

    def _write_report(self, folder: Path) -> None:
        if self._report is not None:
            self._report(folder)
            return
        from coursebot.evaluation.report.render import write_report

        write_report(folder)

    def _note(self, id: int, **said: object) -> None:
        with self._lock:
            job = self._jobs[id]
            if job.phase is Phase.CANCELLING and said.get("phase") is Phase.RUNNING:
                said.pop("phase")
            self._jobs[id] = replace(job, **said)  # type: ignore[arg-type]


class _Counting:
    """Notes how far a run has come, and leaves learners a part of the time."""

    def __init__(self, note: Callable[..., None], stop: threading.Event) -> None:
        self._note = note
        self._stop = stop
        self._first: tuple[int, float] | None = None
        self._last = time.monotonic()

    def __call__(self, tally: Tally) -> None:
        now = time.monotonic()
        rate, left = 0.0, None
        if self._first is None:
            self._first = (tally.done, now)
        else:
            done, began = self._first
            rate = (tally.done - done) / max(now - began, 1e-6)
            left = (tally.total - tally.done) / rate if rate else None
        self._note(
            run=tally.folder.name,
            done=tally.done,
            total=tally.total,
            counted=tally.counted,
            passed=tally.passed,
            rate=rate,
            left=left,
            seconds=tally.seconds,
        )
        if tally.row is not None:
            # Ends at once when the job is cancelled.
            self._stop.wait(min((now - self._last) * SHARE, 0.1))
        self._last = time.monotonic()
