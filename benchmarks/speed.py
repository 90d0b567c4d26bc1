"""The shipped course and a large one ▶ how long answers, processes and builds take."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import data, ours
from benchmarks.report import Row
from coursebot.assistant import Assistant

CORPUS = Path(__file__).parents[1] / "corpus"
QUESTIONS = Path(__file__).parent / "questions.txt"
"""Questions about the shipped course, one a line."""
LARGE = 15_000
"""Passages of the large corpus, each a file."""
WARM = 10
"""Questions asked before the clock starts."""

_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took."""

    seconds: float
    mebibytes: float
    """Greatest resident size."""


def run(folder: Path, work: Path) -> list[Row]:
    """Measure everything but embedding throughput; raises MissingDataError for the large corpus."""
    questions = QUESTIONS.read_text(encoding="utf-8").splitlines()
    rows = [*_server(questions, work), *_processes()]
    try:
        rows.append(_large(folder, questions, work))
    except data.MissingDataError as missing:
        print(f"speed, large corpus: {missing}", file=sys.stderr)
    return rows


def latencies(assistant: Assistant, questions: Sequence[str]) -> tuple[float, float]:
    """Return the 50th and 95th percentile of an answer's time in ms, after a warm-up."""
    for question in questions[:WARM]:
        assistant.ask(question)
    times = [assistant.ask(question).timings_ms["total"] for question in questions]
    middle, high = np.percentile(times, [50, 95])
    return float(middle), float(high)


def spent(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run ``command`` to its end; raises CalledProcessError with what it wrote to stderr."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise subprocess.CalledProcessError(
                process.returncode, list(command), stderr=errors.read().decode(errors="replace")
            )
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Spent(seconds, usage.ru_maxrss * unit / _MEBIBYTE)


def _server(questions: Sequence[str], work: Path) -> list[Row]:
    middle, high = latencies(ours.indexed(CORPUS, work), questions)
    return [
        Row(
            f"question to answer inside the server, shipped course, {len(questions)} questions",
            "p50 ≤ 15 ms, p95 ≤ 40 ms",
            f"p50 {middle:.1f} ms, p95 {high:.1f} ms",
            "",
            middle <= 15 and high <= 40,
        )
    ]


def _large(folder: Path, questions: Sequence[str], work: Path) -> Row:
    assistant = ours.indexed(large_corpus(folder, work), work)
    asked = data.squad_questions(_jsquad(folder) / "valid.questions.jsonl")
    middle, high = latencies(assistant, [*questions, *(q.text for q in asked[:200])])
    index = assistant.index
    return Row(
        f"the same with {len(index.passages):,} passages and {len(index.statements):,} statements",
        "p50 ≤ 30 ms",
        f"p50 {middle:.1f} ms, p95 {high:.1f} ms",
        "",
        middle <= 30,
    )


def large_corpus(folder: Path, work: Path) -> Path:
    """Write encyclopedia passages as files, some twice under another title; return the folder."""
    source = data.folder(folder, "jaquad-train", "https://github.com/SkelterLabsInc/JaQuAD")
    sources = [
        *data.passages(_jsquad(folder) / "valid.passages.jsonl"),
        *data.passages(source / "train.passages.jsonl"),
    ]
    again = [
        replace(item, id=f"{item.id}-2", title=f"{item.title} (2)")
        for item in sources[: max(0, LARGE - len(sources))]
    ]
    return data.write_passages([*sources, *again][:LARGE], work / "large", "encyclopedia")


def _jsquad(folder: Path) -> Path:
    return data.folder(folder, "jsquad-valid", "https://github.com/yahoojapan/JGLUE")


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
            "",
            seconds <= 2 and memory * _MEBIBYTE <= 500e6,
        ),
        Row(
            "index of the shipped course from nothing, model conversion included / unchanged",
            "≤ 30 s / ≤ 1.5 s",
            f"{first.seconds:.1f} s / {again.seconds:.2f} s",
            "",
            first.seconds <= 30 and again.seconds <= 1.5,
        ),
    ]
