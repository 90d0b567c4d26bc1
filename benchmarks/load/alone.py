"""The same engine asked one question after another ▶ how much more the server answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from benchmarks.load import learners, samples, served
from benchmarks.load.learners import Crowd
from benchmarks.load.questions import Deck
from benchmarks.load.samples import Sample
from benchmarks.report import Row, Verdict
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.load import reference
from coursebot.index import LiveIndex
from coursebot.types import Encoder

TIMES = 5.0
"""How much more than alone the server must answer."""
LEARNERS = 50
"""That ask the server without reading."""
THREADS = 16
ROUNDS = 2
"""Turns that each takes, so that a busy machine slows both."""
WARM = 8
"""Questions before the clock starts."""


@dataclass(slots=True)
class Rate:
    """Questions, and the seconds that they took."""

    questions: int = 0
    seconds: float = 0.0
    failed: int = field(default=0)

    @property
    def value(self) -> float:
        """Questions a second."""
        return self.questions / self.seconds if self.seconds else 0.0

    def add(self, questions: int, seconds: float) -> None:
        """Count one turn more."""
        self.questions += questions
        self.seconds += seconds


def run(
    index: Path, deck: Deck, folder: Path, *, seconds: float, settings: Sequence[str] = ()
) -> list[Row]:
    """Measure encoding alone, then questions without and with the reader.

    Raises ServerError.
    """
    chosen = Settings.load()
    original = reference(cache=chosen.cache, threads=chosen.threads)
    rows = [encoding(Assistant.open(index, settings=chosen).encoder, original, deck, seconds / 4)]
    for reader in (False, True):
        rows.append(_compared(index, deck, folder, original, reader, seconds, settings))
    return rows


def encoding(ours: Encoder, original: Encoder, deck: Deck, seconds: float) -> Row:
    """Measure queries encoded a second, one at a time by both engines, and from many threads."""

    def single(encoder: Encoder) -> Callable[[str], object]:
        return lambda text: encoder.encode_queries([text])

    theirs, mine, many = Rate(), Rate(), Rate()
    asked = deck.drawn(0)
    for encoder in (ours, original):
        spent(single(encoder), islice(asked, WARM), 60)
    for _ in range(ROUNDS):
        theirs.add(*spent(single(original), asked, seconds / ROUNDS))
        mine.add(*spent(single(ours), asked, seconds / ROUNDS))
        many.add(*spent_together(single(ours), deck, THREADS, seconds / ROUNDS))
    ratio = many.value / theirs.value
    return Row(
        f"questions encoded, from {THREADS} threads against one at a time through"
        " sentence-transformers",
        "",
        f"{ratio:.2f}× ({many.value:.1f}/s; one at a time {mine.value:.1f}/s)",
        f"sentence-transformers {theirs.value:.1f}/s",
    )


def spent(ask: Callable[[str], object], asked: Iterator[str], seconds: float) -> tuple[int, float]:
    """Ask one question after another; return how many, and how long they took."""
    count, started = 0, time.perf_counter()
    for question in asked:
        ask(question)
        count += 1
        if time.perf_counter() - started >= seconds:
            break
    return count, time.perf_counter() - started


def spent_together(
    ask: Callable[[str], object], deck: Deck, threads: int, seconds: float
) -> tuple[int, float]:
    """Ask from many threads at once; return how many in all, and how long they took."""
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        turns = [
            pool.submit(spent, ask, deck.drawn(number + 1), seconds) for number in range(threads)
        ]
        count = sum(turn.result()[0] for turn in turns)
    return count, time.perf_counter() - started


def _compared(
    index: Path,
    deck: Deck,
    folder: Path,
    original: Encoder,
    reader: bool,
    seconds: float,
    settings: Sequence[str],
) -> Row:
    from coursebot.assistant import reader_for

    chosen = Settings.load(reader=reader)
    engine = Assistant(LiveIndex(index), original, chosen, reader_for(original, chosen))
    asked = deck.drawn(0)
    one, many = Rate(), Rate()
    spent(engine.ask, islice(asked, WARM), 60)
    with served.running(index, folder / "server", reader=reader, settings=settings) as server:
        for turn in range(ROUNDS):
            one.add(*spent(engine.ask, asked, seconds / ROUNDS))
            crowd = Crowd(LEARNERS, ("http",), 0.0, seconds / ROUNDS, seed=turn + 1)
            taken: list[Sample] = []
            asyncio.run(learners.asked(server, deck, crowd, taken.append))
            found = samples.summary(taken, crowd.seconds)
            many.add(found.answers, crowd.seconds)
            many.failed += found.failures
    ratio = many.value / one.value
    return Row(
        f"answers a second, {LEARNERS} learners over HTTP without reading time, against the same"
        f" engine asked one question after another, encoder served by sentence-transformers;"
        f" reader {'on' if reader else 'off'}",
        f"≥ {TIMES:.0f}×",
        f"{ratio:.2f}× ({many.value:.1f}/s, {many.failed} failed)",
        f"one at a time {one.value:.1f}/s",
        Verdict.of(ratio >= TIMES),
    )
