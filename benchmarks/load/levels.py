"""A level, so many learners on one corpus over one face ▶ its result, kept until it is outdated."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.load import learners, samples, served
from benchmarks.load.faces import FACES
from benchmarks.load.learners import Crowd, Watched
from benchmarks.load.questions import Deck
from benchmarks.load.samples import Summary, Times

LEARNERS = (1, 10, 50, 200)
THINK = (0.0, 10.0)
SECONDS = 120.0
CORPORA = ("course", "large")
SHARE, LAG = 0.2, 50.0
"""Share of the machine, and ms of the loop's lag (95th percentile), from which on the generator
is said to be busy itself."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is measured at one time."""

    corpus: str
    face: str
    reader: bool
    think: float
    learners: int

    @property
    def part(self) -> str:
        """Name of the part of the run that it belongs to."""
        return f"{self.corpus}-{self.face}"

    @property
    def name(self) -> str:
        """Name of its files."""
        reader = "reader" if self.reader else "plain"
        return f"{self.part}-{reader}-{self.think:g}s-{self.learners}"


PARTS = tuple(f"{corpus}-{face}" for corpus in CORPORA for face in FACES)


@dataclass(frozen=True, slots=True)
class Result:
    """What a level came to."""

    level: Level
    seconds: float
    seed: int
    commit: str
    machine: str
    summary: Summary
    memory: tuple[float, float, float]
    """MiB of the server when the clock started, at most, and at the end."""
    server: float
    """Processors that the server used, on average."""
    generator: float
    """Processors that asking used."""
    lag: tuple[float, float]
    """ms that the generator's event loop came late: 95th percentile and most."""
    alive: tuple[float, float]
    """ms that the server took to say that it is alive: 95th percentile and most."""
    settings: tuple[str, ...] = ()

    @property
    def strained(self) -> bool:
        """Whether the generator was so busy itself that the figures are not the server's alone."""
        return self.generator > SHARE * (os.cpu_count() or 1) or self.lag[0] > LAG


def of(
    parts: Iterable[str], counts: Sequence[int], think: Sequence[float], readers: Sequence[bool]
) -> list[Level]:
    """Return the levels of some parts, those of one part together."""
    return [
        Level(corpus, face, reader, pause, count)
        for corpus, _, face in (part.partition("-") for part in parts)
        for reader in readers
        for pause in think
        for count in counts
    ]


def measured(
    level: Level,
    index: Path,
    deck: Deck,
    folder: Path,
    *,
    seconds: float,
    seed: int,
    commit: str,
    machine: str,
    settings: Sequence[str] = (),
) -> Result:
    """Measure a level on a server of its own, and keep samples and result in ``folder``.

    Raises ServerError.
    """
    crowd = Crowd(level.learners, (level.face,), level.think, seconds, seed)
    file = folder / f"{level.name}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[samples.Sample] = []
    with (
        served.running(index, folder / "server", reader=level.reader, settings=settings) as server,
        file.open("w", encoding="utf-8") as stream,
    ):

        def note(sample: samples.Sample) -> None:
            taken.append(sample)
            samples.write(sample, stream)

        seen = asyncio.run(learners.asked(server, deck, crowd, note))
    found = result(level, crowd, taken, seen, commit, machine, tuple(settings))
    _keep(found, folder / f"{level.name}.json")
    return found


def result(
    level: Level,
    crowd: Crowd,
    taken: Iterable[samples.Sample],
    seen: Watched,
    commit: str,
    machine: str,
    settings: tuple[str, ...] = (),
) -> Result:
    """Put together what was noted of requests, the server and this process."""
    first, last = seen.uses[0], seen.uses[-1]
    return Result(
        level=level,
        seconds=crowd.seconds,
        seed=crowd.seed,
        commit=commit,
        machine=machine,
        summary=samples.summary(taken, crowd.seconds),
        memory=(first.mebibytes, max(use.mebibytes for use in seen.uses), last.mebibytes),
        server=(last.cpu - first.cpu) / (last.at - first.at),
        generator=seen.cpu / seen.lasted,
        lag=(learners.milliseconds(seen.lags, 95), learners.milliseconds(seen.lags, 100)),
        alive=(learners.milliseconds(seen.alive, 95), learners.milliseconds(seen.alive, 100)),
        settings=settings,
    )


def kept(
    level: Level, folder: Path, *, seconds: float, seed: int, settings: Sequence[str] = ()
) -> Result | None:
    """Return the level's result if it was measured so, and nothing that counts changed since."""
    try:
        text = (folder / f"{level.name}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = read(json.loads(text))
    same = (seconds, seed, tuple(settings)) == (found.seconds, found.seed, found.settings)
    return found if same and table.unchanged_since(found.commit) else None


def read(item: dict[str, Any]) -> Result:
    """Return a result from its JSON."""
    told = dict(item["summary"])
    told |= {name: Times(**told[name]) for name in ("times", "patience")}
    tuples = {name: tuple(item[name]) for name in ("memory", "lag", "alive", "settings")}
    return Result(**{**item, **tuples, "level": Level(**item["level"]), "summary": Summary(**told)})


def _keep(found: Result, file: Path) -> None:
    new = file.with_suffix(".json.new")
    new.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=2), encoding="utf-8")
    new.replace(file)
