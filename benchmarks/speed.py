"""The shipped course ▶ how fast it is embedded and how long answers, processes, builds take."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import ours, retrieval, throughput
from benchmarks.report import Row, Verdict
from coursebot.assistant import Assistant

CORPUS = Path(__file__).parents[1] / "corpus"
QUESTIONS = Path(__file__).parent / "questions.txt"
"""Questions about the shipped course, one a line."""
EMBEDDED = 200
"""Passages embedded by both engines."""
WARM = 10
"""Questions asked before the clock starts."""

_MEBIBYTE = 2**20
# Linux counts the size of the process that starts another one as the new one's own, and this one
# holds a model; so a small process starts the command.
_LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - started
process.returncode = os.waitstatus_to_exitcode(status)
print(seconds, usage.ru_maxrss, process.returncode)
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took."""

    seconds: float
    mebibytes: float
    """Greatest resident size."""


def questions() -> list[str]:
    """Return the questions about the shipped course."""
    return QUESTIONS.read_text(encoding="utf-8").splitlines()


def run(work: Path) -> list[Row]:
    """Measure answers inside the server, the command as a process, and builds."""
    return [_server(questions(), work), *_processes()]


def embedding(folder: Path) -> list[Row]:
    """Measure passages a second beside sentence-transformers: JSQuAD's, or the shipped course's."""
    file = folder / retrieval.NAME / "valid.passages.jsonl"
    if file.exists():
        name, texts = "JSQuAD", throughput.read_passages(file, EMBEDDED)
    else:
        name, texts = "shipped-course", throughput.course_passages(EMBEDDED)
    rates = throughput.compare(texts)
    ours_, theirs = rates["served, passages/s"], rates["sentence-transformers, passages/s"]
    return [
        Row(
            f"embedding throughput, {len(texts)} {name} passages",
            "≥ 3× sentence-transformers fp32",
            f"{rates['ratio']:.2f}× ({ours_:.1f}/s; least cosine {rates['least cosine']:.5f})",
            f"sentence-transformers {theirs:.1f}/s",
            Verdict.of(rates["ratio"] >= 3),
        )
    ]


def latencies(assistant: Assistant, questions: Sequence[str]) -> tuple[float, float]:
    """Return the 50th and 95th percentile of an answer's time in ms, after a warm-up."""
    for question in questions[:WARM]:
        assistant.ask(question)
    times = [assistant.ask(question).timings_ms["total"] for question in questions]
    middle, high = np.percentile(times, [50, 95])
    return float(middle), float(high)


def spent(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run ``command`` to its end; raises CalledProcessError with what it wrote to stderr."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command],
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
        env={**os.environ, **(environment or {})},
    )
    seconds, size, code = done.stdout.split()
    if int(code):
        raise subprocess.CalledProcessError(int(code), list(command), stderr=done.stderr)
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Spent(float(seconds), int(size) * unit / _MEBIBYTE)


def _server(asked: Sequence[str], work: Path) -> Row:
    middle, high = latencies(ours.indexed(CORPUS, work), asked)
    return Row(
        f"question to answer inside the server, shipped course, {len(asked)} questions",
        "p50 ≤ 15 ms, p95 ≤ 40 ms",
        f"p50 {middle:.1f} ms, p95 {high:.1f} ms",
        verdict=Verdict.of(middle <= 15 and high <= 40),
    )


def _processes() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        index, fresh = Path(name) / "index", {"COURSEBOT_CACHE": str(Path(name) / "cache")}
        building = [sys.executable, "-m", "coursebot", "index", str(CORPUS), "--out", str(index)]
        first = spent(building, fresh)
        again = min((spent(building, fresh) for _ in range(3)), key=lambda run: run.seconds)
        question = "how long is an az acr login token valid?"
        asking = [sys.executable, "-m", "coursebot", "ask", question, "--index", str(index)]
        spent(asking, fresh)
        runs = [spent(asking, fresh) for _ in range(5)]
    seconds = float(np.median([run.seconds for run in runs]))
    memory = max(run.mebibytes for run in runs)
    return [
        Row(
            "`coursebot ask` as a fresh process",
            "≤ 2 s, ≤ 500 MB resident",
            f"{seconds:.2f} s, {memory:.0f} MiB",
            verdict=Verdict.of(seconds <= 2 and memory * _MEBIBYTE <= 500e6),
        ),
        Row(
            "index of the shipped course from nothing, model conversion included / unchanged",
            "≤ 30 s / ≤ 1.5 s",
            f"{first.seconds:.1f} s / {again.seconds:.2f} s",
            verdict=Verdict.of(first.seconds <= 30 and again.seconds <= 1.5),
        ),
    ]
