"""A steady load for half an hour ▶ whether memory grows, and what failed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from scipy import stats

from benchmarks import plot
from benchmarks.load import growth, learners, samples, served
from benchmarks.load.faces import FACES
from benchmarks.load.learners import Crowd
from benchmarks.load.questions import Deck
from benchmarks.load.samples import Sample
from benchmarks.load.served import Served, Use
from benchmarks.report import Row, Verdict

SHARE = 0.6
"""Of what the server can answer, that is asked of it."""
PROBE = 45.0
"""Seconds in which is measured what it can answer."""
SETTLED = 300.0
"""Seconds that are left out: caches fill, and libraries take what they keep."""
STEP = 10.0
FLAT = 10.0
"""MiB an hour of growth that counts as none, if the whole interval lies below."""
_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Slope:
    """MiB an hour, with a 95 % interval."""

    value: float
    low: float
    high: float


def slope(uses: Sequence[Use], settled: float = SETTLED) -> Slope | None:
    """Return how fast memory grew after it settled; None when less than five minutes are left.

    Sen's slope of the medians of each minute: a single jump, or what a collection of garbage
    takes back, does not tilt it.
    """
    minutes: dict[int, list[float]] = {}
    for use in uses:
        if use.at >= settled:
            minutes.setdefault(int(use.at / _MINUTE), []).append(use.mebibytes)
    if len(minutes) < 5:
        return None
    hours = [minute * _MINUTE / _HOUR for minute in minutes]
    found = stats.theilslopes([float(np.median(sizes)) for sizes in minutes.values()], hours)
    return Slope(float(found.slope), float(found.low_slope), float(found.high_slope))


def run(
    index: Path,
    deck: Deck,
    folder: Path,
    crowd: Crowd,
    *,
    reader: bool,
    settings: Sequence[str] = (),
    pace: bool = False,
) -> list[Row]:
    """Let ``crowd`` ask over both faces and return rows; samples and memory lie in ``folder``.

    With ``pace`` the reading time is chosen so that ``SHARE`` of what the server can answer, which
    is measured first, is asked of it. Raises ServerError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    crowd = replace(crowd, faces=tuple(FACES))
    taken: list[Sample] = []
    with ExitStack() as stack:
        server = stack.enter_context(
            served.running(index, folder / "server", reader=reader, settings=settings)
        )
        requests, memory = (
            stack.enter_context((folder / name).open("w", encoding="utf-8", buffering=1))
            for name in ("requests.jsonl", "memory.jsonl")
        )

        if pace:
            crowd = replace(crowd, think=paced(server, deck, crowd))

        def note(sample: Sample) -> None:
            taken.append(sample)
            samples.write(sample, requests)

        seen = asyncio.run(learners.asked(server, deck, crowd, note, _every(STEP, memory)))
    title = f"{crowd.seconds / _MINUTE:.0f} minutes, {crowd.learners} learners reading"
    title += f" {crowd.think:.1f} s over both, reader {'on' if reader else 'off'}"
    (folder / "memory.svg").write_text(drawn(seen.uses, title), encoding="utf-8")
    found = rows(seen.uses, samples.summary(taken, crowd.seconds), title)
    text = [asdict(row) for row in found]
    (folder / "rows.json").write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
    return found


def paced(server: Served, deck: Deck, crowd: Crowd) -> float:
    """Return the reading time with which ``crowd`` asks for ``SHARE`` of what can be answered."""
    taken: list[Sample] = []
    full = replace(crowd, think=0.0, seconds=PROBE, seed=crowd.seed + 1)
    asyncio.run(learners.asked(server, deck, full, taken.append))
    most = samples.summary(taken, PROBE).rate
    # At that share an answer takes about as long as it does alone.
    alone = 1 / most
    return max(0.0, crowd.learners / (SHARE * most) - alone) if most else 1.0


def rows(uses: Sequence[Use], found: samples.Summary, title: str) -> list[Row]:
    """Return what the table says of a soak."""
    grown, begun, ended = slope(uses), uses[0].mebibytes, uses[-1].mebibytes
    measured = f"{begun:.0f} → {ended:.0f} MiB"
    verdict = Verdict.OPEN
    if grown is not None:
        measured += f", {grown.value:+.1f} [{grown.low:+.1f}, {grown.high:+.1f}] MiB/h"
        verdict = Verdict.of(grown.high <= FLAT)
        if verdict is Verdict.MISSED and grown.low <= FLAT:
            verdict = Verdict.LEVEL
    errors = ", ".join(f"{count} {kind}" for kind, count in found.errors.items())
    return [
        Row(
            f"{title}: memory, growth after {SETTLED / _MINUTE:.0f} minutes",
            f"≤ {FLAT:.0f} MiB/h",
            measured,
            verdict=verdict,
        ),
        Row(
            f"{title}: requests that failed",
            "none",
            f"{found.failures} of {found.requests:,}{f' ({errors})' if errors else ''},"
            f" {found.refused} refused; {found.rate:.1f} answers/s,"
            f" p95 {found.times.p95:.2f} s",
            verdict=Verdict.of(not found.failures),
        ),
    ]


def drawn(uses: Sequence[Use], title: str) -> str:
    """Return memory over time as an SVG."""
    points = tuple((use.at / _MINUTE, use.mebibytes) for use in uses[:: int(STEP)])
    panel = plot.Panel(
        title="the server's resident memory, MiB",
        across="minutes",
        series=(plot.Series(title, points, growth.COLOUR),),
    )
    return plot.svg([panel], title="Memory of the server over time", columns=1)


def _every(step: float, stream: IO[str]) -> Callable[[Use], None]:
    """Return what writes a line of use each ``step`` seconds."""
    due = 0.0

    def see(use: Use) -> None:
        nonlocal due
        if use.at >= due:
            due += step
            stream.write(json.dumps(asdict(use)) + "\n")

    return see
