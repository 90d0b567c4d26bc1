"""Questions, by whichever way they come ▶ so many at work at once, a bounded queue, or a refusal.

All of it happens on the event loop: who waits holds no thread. What is worked on in a place runs
in threads of its own, so that probes and files never stand behind questions.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from coursebot.errors import BusyError

if TYPE_CHECKING:
    from coursebot.config import Settings
    from coursebot.web.watch import Face

T = TypeVar("T")

A_CORE, MOST = 4, 16
"""Places for each core, and in all: more threads would only wait for one another."""
LISTENING = 64
"""Threads that listen to a language model, which is not this machine's work."""
FIRST = 0.1
"""Seconds that a question is thought to take before any was answered."""
NEWEST = 0.1
"""What the newest question counts for in the mean."""

Gone = Callable[[], Awaitable[bool]]
"""Says whether nobody waits for an answer any more."""


class LeftError(Exception):
    """Whoever asked went away while waiting."""


class Ticket:
    """A place that is taken; ``leave`` gives it back, once, on the event loop."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._since = admission.clock()
        self.taken = True

    def leave(self) -> None:
        """Let the next one in."""
        if self.taken:
            self.taken = False
            self._admission.left(self._admission.clock() - self._since)


@dataclass(slots=True)
class Seat:
    """Yielded among other things, first by whoever needs a place, then by whoever is through."""

    face: Face
    refusal: BusyError | None = field(default=None)
    """Set when there is none."""


class Admission:
    """The places of one server, and who waits for them."""

    def __init__(
        self, places: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Have so many places, and let nobody in who would wait longer than ``seconds``."""
        self.places = places
        self.clock = clock
        self._seconds = seconds
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._mean = FIRST
        self._refused: Counter[str] = Counter()
        self._working = CapacityLimiter(places)
        self._listening = CapacityLimiter(LISTENING)
        self._ending: set[asyncio.Future[Any]] = set()

    @classmethod
    def of(cls, chosen: Settings) -> Admission:
        """Return what the settings say."""
        cores = chosen.threads or os.cpu_count() or 1
        return cls(chosen.places or min(A_CORE * cores, MOST), chosen.queue_seconds)

    @property
    def taken(self) -> int:
        """Places at which somebody is."""
        return self._taken

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    @property
    def refused(self) -> Mapping[str, int]:
        """How many were refused, by the way they came."""
        return dict(self._refused)

    @property
    def expected(self) -> float:
        """Seconds after which whoever comes now would have a place."""
        if self._taken < self.places and not self._queue:
            return 0.0
        return self._mean * (len(self._queue) + 1) / self.places

    async def enter(self, face: Face, gone: Gone | None = None) -> Ticket:
        """Return a place as soon as there is one.

        Raises BusyError where that would take too long, or did, and LeftError where ``gone`` says
        so at the end of the wait.
        """
        if self._taken < self.places and not self._queue:
            self._taken += 1
            return Ticket(self)
        if self.expected > self._seconds:
            raise self._refusal(face)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            # Whoever comes before may take longer than those before them did.
            async with asyncio.timeout(2 * self._seconds):
                await turn
        except TimeoutError:
            self._forget(turn)
            raise self._refusal(face) from None
        except BaseException:
            self._forget(turn)
            raise
        ticket = Ticket(self)
        try:
            if gone is not None and await gone():
                raise LeftError
        except BaseException:
            ticket.leave()
            raise
        return ticket

    def left(self, seconds: float) -> None:
        """Pass a place on that was used for so long; called by its ticket."""
        self._mean += NEWEST * (seconds - self._mean)
        self._pass_on()

    async def run(self, work: Callable[[], T]) -> T:
        """Return what is worked out in a thread; for who has a place."""
        return await to_thread.run_sync(work, limiter=self._working)

    async def within(self, face: Face, work: Callable[[], T], gone: Gone | None = None) -> T:
        """Return what is worked out in a thread and in a place of its own; raises as ``enter``."""
        ticket = await self.enter(face, gone)
        running = asyncio.ensure_future(self.run(work))

        # Whoever stops waiting does not stop the thread, which holds the place.
        def over(finished: asyncio.Future[T]) -> None:
            ticket.leave()
            if not finished.cancelled():
                finished.exception()  # looked at, so that nothing of it is logged

        running.add_done_callback(over)
        return await asyncio.shield(running)

    async def drive(
        self,
        steps: Generator[T | Seat, None, None],
        *,
        ticket: Ticket | None = None,
        gone: Gone | None = None,
    ) -> AsyncGenerator[T, None]:
        """Yield what ``steps`` yields, each made in a thread; in a place from one Seat to the next.

        ``ticket`` is a place that was entered before, and is left at the end. Whenever nobody
        listens any more, the step under way is finished, and then the place is free.
        """
        running: asyncio.Future[T | Seat | None] | None = None
        try:
            while True:
                limiter = self._working if ticket and ticket.taken else self._listening
                # Not stopped with this task: the thread goes on working, and so holds the place.
                running = asyncio.ensure_future(
                    to_thread.run_sync(partial(next, steps, None), limiter=limiter)
                )
                item = await asyncio.shield(running)
                if item is None:
                    return
                if not isinstance(item, Seat):
                    yield item
                elif ticket is not None:
                    ticket.leave()
                else:
                    try:
                        ticket = await self.enter(item.face, gone)
                    except BusyError as error:
                        item.refusal = error
        except LeftError:
            return
        finally:
            if running is None or running.done():
                self._end(steps, ticket, running)
            else:
                running.add_done_callback(lambda done: self._end(steps, ticket, done))

    def _end(
        self,
        steps: Generator[Any, None, None],
        ticket: Ticket | None,
        last: asyncio.Future[Any] | None,
    ) -> None:
        """Free the place, and close what is not at its end."""
        if ticket is not None:
            ticket.leave()
        ended = last is not None and not last.cancelled()
        if last is not None and ended and (last.exception() is not None or last.result() is None):
            return
        closing = asyncio.ensure_future(to_thread.run_sync(steps.close, limiter=self._listening))
        self._ending.add(closing)
        closing.add_done_callback(self._ending.discard)

    def _refusal(self, face: Face) -> BusyError:
        self._refused[face.value] += 1
        # By then those who wait now have been served.
        return BusyError(max(math.ceil(self.expected), 1))

    def _forget(self, turn: asyncio.Future[None]) -> None:
        if turn in self._queue:
            self._queue.remove(turn)
        elif not turn.cancelled():  # it came at the same moment
            self._pass_on()

    def _pass_on(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken -= 1


def closed(request: Request) -> Gone:
    """Return what says whether the connection that a request came over is closed."""

    async def gone() -> bool:
        # Of a request whose body nobody read, that comes first.
        return await request.is_disconnected() or await request.is_disconnected()

    return gone


def placed(
    face: Face, make: Callable[[], Generator[T, None, None]]
) -> Generator[T | Seat, None, None]:
    """Yield what is made, in a place until its first empty part: then a language model speaks.

    Raises BusyError when there is no place.
    """
    seat = Seat(face)
    yield seat
    if seat.refusal is not None:
        raise seat.refusal
    yield from leaving(face, make())


def leaving(face: Face, items: Generator[T, None, None]) -> Generator[T | Seat, None, None]:
    """Yield the items, and instead of the first, if that is empty, that the place is left."""
    try:
        for item in items:
            yield Seat(face) if item == "" else item
    finally:
        items.close()
