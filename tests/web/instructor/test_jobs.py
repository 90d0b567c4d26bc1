"""Orders ▶ runs in the background: one at a time, seen by all, cancelled, failed, shut down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coursebot.errors import RunError
from coursebot.retrieval import Weights
from coursebot.web.instructor.jobs import KEPT, WAITING, Job, Jobs, Order, Phase

GOLDEN = '{"id":"a","lang":"en","question":"Why?","unanswerable":true,"status":"reviewed"}\n'


class Engine:
    """Stands in for ``evaluate``: asks when it is allowed to, and can be made to fail."""

    def __init__(self, runs: Path, total: int = 3) -> None:
        self.runs = runs
        self.total = total
        self.allowed = threading.Semaphore(0)
        self.error: BaseException | None = None
        self.calls: list[dict[str, Any]] = []
        self.at_once = self.most_at_once = 0

    def __call__(self, assistant: Any, golden: Any, **options: Any) -> Any:  # noqa: ANN401
        """Run as ``evaluate`` does, noting what was asked for."""
        self.calls.append({**options, "weights": assistant, "items": len(golden.items)})
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self._run(**options)
        finally:
            self.at_once -= 1

    def _run(self, **options: Any) -> Any:  # noqa: ANN401
        folder = self.runs / (options["name"] or f"run-{len(self.calls)}")
        for done in range(self.total + 1):
            options["progress"](
                SimpleNamespace(
                    folder=folder,
                    done=done,
                    total=self.total,
                    counted=done,
                    passed=done // 2,
                    seconds=0.1 * done,
                    row=object() if done else None,
                )
            )
            if done == self.total:
                break
            while not self.allowed.acquire(timeout=0.01):
                if options["cancelled"]():
                    return SimpleNamespace(folder=folder, finished=False)
            if self.error is not None:
                raise self.error
        return SimpleNamespace(folder=folder, finished=True)


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """Return a golden set of one question."""
    path = tmp_path / "golden.jsonl"
    path.write_text(GOLDEN, encoding="utf-8")
    return path


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return an engine that waits to be allowed each question."""
    return Engine(tmp_path / "runs")


@pytest.fixture
def reported() -> list[Path]:
    """Return the folders that a report was written into."""
    return []


@pytest.fixture
def jobs(tmp_path: Path, engine: Engine, reported: list[Path]) -> Iterator[Jobs]:
    """Return jobs with this engine; no thread may be left."""
    assistant: Any = SimpleNamespace(weighted=lambda weights: weights)
    made = Jobs(assistant, tmp_path / "runs", evaluate=engine, report=reported.append)
    yield made
    assert made.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "runs"]


def until(jobs: Jobs, id: int, true_of: Callable[[Job], bool]) -> Job:
    """Wait until a job is as told, and return it."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        job = jobs.get(id)
        if job is not None and true_of(job):
            return job
        time.sleep(0.005)
    raise AssertionError(f"it stays {jobs.get(id)}")


def in_phase(jobs: Jobs, id: int, phase: Phase) -> Job:
    """Wait until a job is in a phase."""
    return until(jobs, id, lambda job: job.phase is phase)


def test_a_job_tells_how_far_it_is(
    jobs: Jobs, engine: Engine, golden: Path, reported: list[Path]
) -> None:
    """What is done, right so far, the rate and the time left are told; then the report is made."""
    job = jobs.start(Order(golden, "set", "c", ("must",), Weights.parse("lexical=0")))
    engine.allowed.release()
    engine.allowed.release()
    seen = until(jobs, job.id, lambda job: job.done == 2)
    assert (seen.phase, seen.total, seen.passed, seen.run) == (Phase.RUNNING, 3, 1, "run-1")
    assert seen.rate > 0
    assert seen.left == pytest.approx(1 / seen.rate)
    engine.allowed.release()
    assert in_phase(jobs, job.id, Phase.FINISHED).done == 3
    assert reported == [jobs.runs / "run-1"]
    call = engine.calls[0]
    assert (call["course"], call["tags"], call["golden_name"]) == ("c", ("must",), "set")
    assert (call["weights"], call["new"], call["items"]) == (Weights.parse("lexical=0"), True, 1)


def test_one_job_runs_and_the_others_wait(jobs: Jobs, engine: Engine, golden: Path) -> None:
    """Jobs run in their order, never two at once, and each knows how many are before it."""
    first, second, third = (jobs.start(Order(golden)) for _ in range(3))
    in_phase(jobs, first.id, Phase.RUNNING)
    assert [job.ahead for job in jobs.all()] == [0, 1, 2]
    engine.allowed.release(9)
    in_phase(jobs, third.id, Phase.FINISHED)
    assert engine.most_at_once == 1
    assert [job.phase for job in jobs.all()] == [Phase.FINISHED] * 3
    assert [job.run for job in jobs.all()] == ["run-1", "run-2", "run-3"]
    assert second.id < third.id


def test_a_running_job_is_cancelled(
    jobs: Jobs, engine: Engine, golden: Path, reported: list[Path]
) -> None:
    """It stops after its question, keeps what is done, and gets no report; the next one begins."""
    first, second = jobs.start(Order(golden)), jobs.start(Order(golden))
    engine.allowed.release()
    until(jobs, first.id, lambda job: job.done == 1)
    jobs.cancel(first.id)
    cancelled = in_phase(jobs, first.id, Phase.CANCELLED)
    assert (cancelled.done, cancelled.run, reported) == (1, "run-1", [])
    in_phase(jobs, second.id, Phase.RUNNING)


def test_a_waiting_job_is_cancelled(jobs: Jobs, engine: Engine, golden: Path) -> None:
    """It never begins."""
    first, second = jobs.start(Order(golden)), jobs.start(Order(golden))
    in_phase(jobs, first.id, Phase.RUNNING)
    jobs.cancel(second.id)
    assert in_phase(jobs, second.id, Phase.CANCELLED).run == ""
    engine.allowed.release(3)
    in_phase(jobs, first.id, Phase.FINISHED)
    assert len(engine.calls) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RunError("The disk is full.", "Make room."), "The disk is full. Make room."),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
        (KeyError(), "KeyError"),
    ],
)
def test_an_error_is_told(
    jobs: Jobs, engine: Engine, golden: Path, error: Exception, said: str
) -> None:
    """Whatever the engine raises is shown, and the next job is run all the same."""
    engine.error = error
    first = jobs.start(Order(golden))
    engine.allowed.release()
    assert in_phase(jobs, first.id, Phase.FAILED).error == said
    engine.error = None
    second = jobs.start(Order(golden))
    engine.allowed.release(3)
    in_phase(jobs, second.id, Phase.FINISHED)


def test_a_bad_golden_set_fails_the_job(jobs: Jobs, tmp_path: Path) -> None:
    """Its error names the file."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": 3}\n', encoding="utf-8")
    job = jobs.start(Order(bad))
    assert "bad.jsonl" in in_phase(jobs, job.id, Phase.FAILED).error


def test_a_report_that_fails_does_not_fail_the_run(
    jobs: Jobs, engine: Engine, golden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is finished, and says what is wrong with its report."""

    def fail(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "_report", fail)
    job = jobs.start(Order(golden))
    engine.allowed.release(3)
    assert "No space left" in in_phase(jobs, job.id, Phase.FINISHED).error


def test_a_run_in_hand_is_not_started_twice(jobs: Jobs, golden: Path) -> None:
    """Two instructors who press "go on" start one job."""
    jobs.start(Order(golden, name="mine"))
    with pytest.raises(RunError, match="already in hand"):
        jobs.start(Order(golden, name="mine"))
    assert jobs.writing("mine") is not None
    assert jobs.writing("other") is None


def test_a_named_run_is_gone_on_with(jobs: Jobs, engine: Engine, golden: Path) -> None:
    """A name is handed on, and a broken-off run of that name is not refused."""
    job = jobs.start(Order(golden, name="mine"))
    engine.allowed.release(3)
    in_phase(jobs, job.id, Phase.FINISHED)
    assert (engine.calls[0]["name"], engine.calls[0]["new"]) == ("mine", False)


def test_too_many_jobs_are_refused(jobs: Jobs, golden: Path) -> None:
    """The queue has an end."""
    first = jobs.start(Order(golden))
    in_phase(jobs, first.id, Phase.RUNNING)
    for _ in range(WAITING):
        jobs.start(Order(golden))
    with pytest.raises(RunError, match="are waiting"):
        jobs.start(Order(golden))


def test_old_jobs_are_forgotten(jobs: Jobs, engine: Engine, golden: Path) -> None:
    """Only the last ones that are over are told of, and one can be dismissed."""
    engine.total = 0
    ids = []
    for _ in range(KEPT + 3):
        ids.append(jobs.start(Order(golden)).id)
        until(jobs, ids[-1], lambda job: job.phase.over)
    assert [job.id for job in jobs.all()] == ids[2:]
    jobs.dismiss(ids[-1])
    assert jobs.get(ids[-1]) is None


def test_closing_stops_everything(jobs: Jobs, golden: Path) -> None:
    """What runs and what waits is cancelled, the thread ends, and nothing new is begun."""
    first, second = jobs.start(Order(golden)), jobs.start(Order(golden))
    in_phase(jobs, first.id, Phase.RUNNING)
    assert jobs.close()
    assert [job.phase for job in jobs.all()] == [Phase.CANCELLED] * 2
    assert second.id in [job.id for job in jobs.all()]
    with pytest.raises(RunError, match="is stopping"):
        jobs.start(Order(golden))


def test_the_thread_ends_when_nothing_waits(jobs: Jobs, engine: Engine, golden: Path) -> None:
    """An idle server has no thread of ours, and the next job starts another."""
    engine.allowed.release(6)
    for _ in range(2):
        job = jobs.start(Order(golden))
        in_phase(jobs, job.id, Phase.FINISHED)
        end = time.monotonic() + 5
        while any(thread.name == "runs" for thread in threading.enumerate()):
            assert time.monotonic() < end
            time.sleep(0.005)
