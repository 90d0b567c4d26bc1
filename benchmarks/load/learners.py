"""Learners ▶ requests: each asks, waits for the answer, reads, and asks the next question."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from benchmarks.load import faces
from benchmarks.load.faces import Face, Outcome, Reply
from benchmarks.load.questions import Deck
from benchmarks.load.samples import UNFINISHED, Sample
from benchmarks.load.served import Served, Strain, Use

LIMIT = 60.0
"""Seconds after which a learner gives a question up."""
DRAIN = 30.0
"""Seconds that open questions are waited for when a level ends."""
AFTER = 1.0
"""Seconds that a learner waits after an error."""
PROBED = 0.5
"""Seconds between two looks at whether the server is alive."""
WARM = 10.0
"""Least seconds of warm-up: learners come one by one, and nothing counts yet."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who asks, and for how long."""

    learners: int
    faces: tuple[str, ...]
    """Learners take turns among these."""
    think: float
    """Mean of the seconds that a learner reads an answer, exponentially distributed; 0: none."""
    seconds: float
    seed: int = 0

    @property
    def warm(self) -> float:
        """Seconds of warm-up: once around, so that learners are not in step."""
        return max(WARM, self.think)


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen while a crowd asked."""

    uses: tuple[Use, ...]
    """Of the server, about once a second; the first and the last at the ends of the window."""
    cpu: float
    """Processor seconds of this process, warm-up included."""
    lasted: float
    """Seconds that it is about."""
    lags: tuple[float, ...]
    alive: tuple[float, ...] = ()
    """Seconds that ``/healthz`` took, asked twice a second: it waits for the event loop alone."""


class Clock:
    """Seconds, of which the warm-up is below 0."""

    def __init__(self, warm: float) -> None:
        self._zero = time.perf_counter() + warm

    def now(self) -> float:
        """Return the seconds since the warm-up ended."""
        return time.perf_counter() - self._zero

    async def sleep_until(self, at: float) -> None:
        """Sleep until a moment of this clock."""
        await asyncio.sleep(max(0.0, at - self.now()))


async def asked(
    served: Served,
    deck: Deck,
    crowd: Crowd,
    note: Callable[[Sample], None],
    see: Callable[[Use], None] = lambda _: None,
) -> Watched:
    """Let a crowd ask until its time is up.

    ``note`` is told each request, ``see`` once a second what the server takes.
    """
    clock, strain = Clock(crowd.warm), Strain()
    uses: list[Use] = []
    alive: list[float] = []
    async with strain.measured():
        watching = asyncio.gather(
            _watch(served, clock, crowd.seconds, uses, see),
            _probe(served, clock, crowd.seconds, alive),
        )
        learners = [
            Learner(number, crowd, deck, clock, note).study(served.url)
            for number in range(crowd.learners)
        ]
        await asyncio.gather(*learners)
        await watching
        lasted = crowd.warm + clock.now()
    return Watched(tuple(uses), strain.cpu, lasted, tuple(strain.lags), tuple(alive))


class Learner:
    """One learner."""

    def __init__(
        self, number: int, crowd: Crowd, deck: Deck, clock: Clock, note: Callable[[Sample], None]
    ) -> None:
        self._number = number
        self._crowd = crowd
        self._questions = deck.drawn(number, crowd.seed)
        self._clock = clock
        self._note = note
        self._chance = random.Random(f"{crowd.seed}-{number}-pauses")

    async def study(self, url: str) -> None:
        """Ask until the time is up."""
        names = self._crowd.faces
        face = faces.made(names[self._number % len(names)], url, self._number)
        try:
            await self._clock.sleep_until(self._chance.uniform(0, 0.8) * self._crowd.warm
                                          - self._crowd.warm)  # fmt: skip
            await self._open(face)
            for number, question in enumerate(self._questions):
                if not await self._answered(face, number, question):
                    return
                if self._crowd.think:
                    pause = self._chance.expovariate(1 / self._crowd.think)
                    await self._clock.sleep_until(
                        min(self._clock.now() + pause, self._crowd.seconds)
                    )
        finally:
            await face.close()

    async def _open(self, face: Face) -> None:
        """Open the page; a failure shows itself at the first question."""
        try:
            async with asyncio.timeout(LIMIT):
                await face.open()
        except (TimeoutError, httpx.HTTPError):
            return

    async def _answered(self, face: Face, number: int, question: str) -> bool:
        """Ask, and again after each refusal; return False when the time is up."""
        first: float | None = None
        while (now := self._clock.now()) < self._crowd.seconds:
            first = now if first is None else first
            reply = await self._asked(face, question, now)
            spent = self._clock.now() - now
            self._note(
                Sample(face.name, self._number, number, question, first, now, spent,
                       reply.outcome, reply.kind, reply.wait)
            )  # fmt: skip
            if reply.outcome is Outcome.ANSWERED:
                return True
            pause = AFTER
            if reply.outcome is Outcome.REFUSED:
                pause = faces.WITHOUT if reply.wait is None else reply.wait
            await self._clock.sleep_until(min(self._clock.now() + pause, self._crowd.seconds))
            if reply.outcome is Outcome.FAILED:
                return True  # on to the next question
        return False

    async def _asked(self, face: Face, question: str, now: float) -> Reply:
        left = min(LIMIT, self._crowd.seconds + DRAIN - now)
        try:
            async with asyncio.timeout(left):
                return await face.ask(question)
        except TimeoutError:
            return Reply(Outcome.FAILED, UNFINISHED)
        except httpx.HTTPError as error:
            return Reply(Outcome.FAILED, type(error).__name__)


async def _watch(
    served: Served, clock: Clock, seconds: float, uses: list[Use], see: Callable[[Use], None]
) -> None:
    for moment in ticks(seconds):
        await clock.sleep_until(moment)
        uses.append(served.use(clock.now()))
        see(uses[-1])


async def _probe(served: Served, clock: Clock, seconds: float, alive: list[float]) -> None:
    client = faces.client(served.url)
    try:
        await clock.sleep_until(0)
        while (now := clock.now()) < seconds:
            try:
                async with asyncio.timeout(LIMIT):
                    (await client.get("/healthz")).raise_for_status()
            except (TimeoutError, httpx.HTTPError):
                alive.append(LIMIT)
            else:
                alive.append(clock.now() - now)
            await clock.sleep_until(now + PROBED)
    finally:
        await client.aclose()


def ticks(seconds: float) -> Iterator[float]:
    """Yield the moments at which the server is looked at: each second, and the end."""
    yield from (float(second) for second in range(math.ceil(seconds)))
    yield seconds


def milliseconds(seconds: Sequence[float], percent: float) -> float:
    """Return a percentile of some seconds, in ms."""
    ordered = sorted(seconds) or [0.0]
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000
