"""Places, and who waits for them: on a loop of its own, with a clock that only the test moves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator

import pytest

from coursebot.errors import BusyError
from coursebot.web.admission import FIRST, Admission, LeftError, Seat, leaving, placed
from coursebot.web.watch import Face
from tests.loops import run_apart as run


async def settle() -> None:
    """Let all others on the loop come to where they wait."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_places_are_passed_on_in_order() -> None:
    """Those that wait have them first, also before one who comes later."""

    async def scene() -> None:
        admission = Admission(1, 60)
        first = await admission.enter(Face.API)
        second = asyncio.create_task(admission.enter(Face.PAGE))
        third = asyncio.create_task(admission.enter(Face.TOOL))
        await settle()
        assert (admission.taken, admission.waiting) == (1, 2)
        first.leave()
        first.leave()  # once is enough
        late = asyncio.create_task(admission.enter(Face.API))
        await settle()
        assert (second.done(), third.done(), late.done()) == (True, False, False)
        for each in (second, third, late):
            (await each).leave()
        assert (admission.taken, admission.waiting) == (0, 0)

    run(scene())


def test_the_queue_is_bounded_by_how_long_it_takes() -> None:
    """Longer questions, fewer that wait; whoever is refused hears when those were served."""

    async def scene() -> None:
        now = [0.0]
        admission = Admission(2, 1.0, clock=lambda: now[0])
        held = [await admission.enter(Face.API) for _ in range(2)]
        assert admission.expected == FIRST / 2
        now[0] = 40.0
        for ticket in held:
            ticket.leave()  # 40 seconds each: the mean grows
        assert admission.expected == 0.0
        held = [await admission.enter(Face.API) for _ in range(2)]
        assert 3 < admission.expected < 4
        with pytest.raises(BusyError) as told:
            await admission.enter(Face.PAGE)
        assert told.value.seconds == 4
        assert admission.refused == {"page": 1}
        assert (admission.taken, admission.waiting) == (2, 0)

    run(scene())


def test_who_waited_too_long_is_told() -> None:
    """However short the queue seemed."""

    async def scene() -> None:
        admission = Admission(1, 0.06)
        ticket = await admission.enter(Face.API)
        admission._mean = 0.0
        with pytest.raises(BusyError):
            await admission.enter(Face.API)
        assert admission.waiting == 0
        ticket.leave()
        assert admission.taken == 0

    run(scene())


def test_who_goes_away_frees_the_place() -> None:
    """While waiting, at the moment of the turn, and when nobody is there any more."""

    async def scene() -> None:
        admission = Admission(1, 60)

        async def gone() -> bool:
            return True

        first = await admission.enter(Face.API)
        waits, comes, away, last = (
            asyncio.create_task(admission.enter(Face.API, each))
            for each in (None, None, gone, None)
        )
        await settle()
        waits.cancel()
        await settle()
        assert admission.waiting == 3
        first.leave()
        comes.cancel()  # has the place, and does not know yet
        (await last).leave()
        with pytest.raises(LeftError):
            await away
        assert (admission.taken, admission.waiting) == (0, 0)

    run(scene())


def test_a_language_model_holds_no_place() -> None:
    """From its first words on others may be worked on; the rest is made all the same."""

    def words() -> Generator[str, None, None]:
        assert admission.taken == 1
        yield ""
        assert admission.taken == 0
        yield "three "
        yield "hours"

    admission = Admission(1, 60)

    async def scene() -> None:
        steps = admission.drive(placed(Face.PAGE, words))
        assert [each async for each in steps] == ["three ", "hours"]
        assert admission.taken == 0

    run(scene())


def test_the_place_is_held_until_the_thread_is_through() -> None:
    """A cancelled event stops no thread; its generator is closed when that is done."""
    go, working, closed = threading.Event(), threading.Event(), threading.Event()

    def slow() -> Iterator[str]:
        try:
            working.set()
            go.wait()
            yield "done"
        finally:
            closed.set()

    async def scene() -> None:
        admission = Admission(1, 60)

        async def listen() -> None:
            async for _ in admission.drive(placed(Face.PAGE, slow)):  # type: ignore[arg-type]
                pass

        event = asyncio.create_task(listen())
        await asyncio.to_thread(working.wait)
        event.cancel()
        await settle()
        assert event.done()
        assert admission.taken == 1
        go.set()
        (await admission.enter(Face.PAGE)).leave()
        await asyncio.to_thread(closed.wait)
        assert admission.taken == 0

    run(scene())


def test_a_refusal_is_raised_where_the_place_was_wanted() -> None:
    """So that whoever asks can say it in its own words."""

    async def scene() -> None:
        admission = Admission(1, 0.001)
        ticket = await admission.enter(Face.API)

        def asks() -> Generator[str | Seat, None, None]:
            try:
                yield from placed(Face.PAGE, lambda: iter(()))  # type: ignore[arg-type,return-value]
            except BusyError as error:
                yield f"in {error.seconds} s"

        assert [each async for each in admission.drive(asks())] == ["in 1 s"]
        ticket.leave()

    run(scene())


def test_errors_free_the_place() -> None:
    """Of a generator, and of a function."""

    def fails() -> str:
        raise ValueError("no")

    def failing() -> Generator[str, None, None]:
        yield fails()

    async def scene() -> None:
        admission = Admission(1, 60)
        with pytest.raises(ValueError, match="no"):
            await admission.within(Face.TOOL, fails)
        with pytest.raises(ValueError, match="no"):
            [each async for each in admission.drive(placed(Face.API, failing))]
        ticket = await admission.enter(Face.API)
        with pytest.raises(ValueError, match="no"):
            [each async for each in admission.drive(leaving(Face.API, failing()), ticket=ticket)]
        assert admission.taken == 0

    run(scene())
