"""Requests as they went ▶ percentiles, throughput, refusals and errors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import numpy as np

from benchmarks.load.faces import Outcome

PERCENTS = (50, 95, 99, 100)
UNFINISHED = "no answer in time"
"""Kind of a request that was given up, or was open when the level ended."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request."""

    face: str
    learner: int
    question: int
    """Counts the learner's questions; a refused one is asked again under its number."""
    text: str
    first: float
    """When the question was asked first, in seconds since the clock started; warm-up is below 0."""
    asked: float
    """When this request was sent."""
    seconds: float
    outcome: Outcome
    kind: str = ""
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Percentiles in seconds; the 100th is the longest."""

    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """Return them over all that is given; of nothing they are not numbers."""
        if not seconds:
            return cls(*[float("nan")] * 4)
        return cls(*(float(value) for value in np.percentile(seconds, PERCENTS)))


@dataclass(frozen=True, slots=True)
class Summary:
    """What a level came to."""

    requests: int
    """That began while the clock ran."""
    answers: int
    """That came while the clock ran."""
    rate: float
    """Answers a second."""
    times: Times
    """From sending a request to the end of its answer; refused ones are left out."""
    patience: Times
    """From asking a question first to the end of its answer, refusals and waiting included."""
    refused: int
    silent: int
    """Refusals that did not say how long to wait."""
    errors: Mapping[str, int]
    """By kind."""
    states: Mapping[str, int]
    """Of the answers."""
    repeated: float
    """Share of the questions that somebody had asked before."""

    @property
    def failures(self) -> int:
        """How many requests failed."""
        return sum(self.errors.values())


def summary(samples: Iterable[Sample], window: float) -> Summary:
    """Count what began, or came, within ``window`` seconds; what was before is warm-up.

    An answer that never came counts with the time that was waited for it: it lasted no less.
    """
    every = list(samples)
    begun = [one for one in every if 0 <= one.asked < window]
    answered = [one for one in begun if one.outcome is Outcome.ANSWERED]
    came = [
        one
        for one in every
        if one.outcome is Outcome.ANSWERED and 0 <= one.asked + one.seconds < window
    ]
    refused = [one for one in begun if one.outcome is Outcome.REFUSED]
    texts = [one.text for one in begun if one.first == one.asked]
    return Summary(
        requests=len(begun),
        answers=len(came),
        rate=len(came) / window,
        times=Times.of([one.seconds for one in begun if _timed(one)]),
        patience=Times.of(_patience(every, window)),
        refused=len(refused),
        silent=sum(one.wait is None for one in refused),
        errors=_counted(one.kind for one in begun if one.outcome is Outcome.FAILED),
        states=_counted(one.kind for one in answered),
        repeated=1 - len(set(texts)) / len(texts) if texts else 0.0,
    )


def _timed(one: Sample) -> bool:
    """Whether a request's time is one of an answer; an error that comes at once is no fast one."""
    return one.outcome is Outcome.ANSWERED or one.kind == UNFINISHED


def _patience(samples: Iterable[Sample], window: float) -> list[float]:
    """Return how long each question took that was asked first while the clock ran."""
    last: dict[tuple[str, int, int], Sample] = {}
    for one in samples:
        if 0 <= one.first < window:
            last[one.face, one.learner, one.question] = one
    return [
        min(one.asked + one.seconds, window) - one.first
        if one.outcome is Outcome.REFUSED
        else one.asked + one.seconds - one.first
        for one in last.values()
        if one.outcome is Outcome.REFUSED or _timed(one)
    ]


def _counted(kinds: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(kinds).items()))


def write(sample: Sample, stream: IO[str]) -> None:
    """Add a line to a ``.jsonl`` file."""
    stream.write(json.dumps(asdict(sample), ensure_ascii=False) + "\n")


def read(path: Path) -> list[Sample]:
    """Return the samples of a ``.jsonl`` file."""
    with path.open(encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [Sample(**{**item, "outcome": Outcome(item["outcome"])}) for item in found]
