"""Fault, promise ▶ what happened, and whether the promise held."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import FrameType

from benchmarks.faults.sandbox import Sandbox

LIMIT = 240
"""Seconds after which a fault counts as one that made something hang."""
ARCHITECTURE, OPERATIONS = "docs/architecture.md", "docs/operations.md"
SECURITY, EVALUATION = "SECURITY.md", "docs/evaluation.md"
"""Where promises are written."""

Inject = Callable[[Sandbox], str]


class Held(StrEnum):
    """What became of a promise, as the table shows it."""

    YES = "✓"
    NO = "✗"
    SKIPPED = "–"
    """It could not be tried here; the table says what it needs."""


class BrokenError(Exception):
    """A promise did not hold; its text is what happened instead."""


class CannotTryError(Exception):
    """This machine lacks what a fault needs; the text says what."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    group: str
    name: str
    promised: str
    """Word by word what ``said_in`` says."""
    said_in: str
    """A file of this repository."""
    inject: Inject
    """Does it, and returns what happened; raises BrokenError when that is not what was promised."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault."""

    fault: Fault
    happened: str
    held: Held
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """The faults of one module, in its order."""

    name: str
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str, promised: str, said_in: str) -> Callable[[Inject], Inject]:
        """Put the function below among the faults."""

        def added(inject: Inject) -> Inject:
            self.faults.append(Fault(self.name, name, promised, said_in, inject))
            return inject

        return added


def expect(true: object, otherwise: str) -> None:
    """Raise BrokenError with what happened ``otherwise``, unless it is ``true``."""
    if not true:
        raise BrokenError(otherwise)


def chosen(groups: Iterable[Group], only: str) -> list[Fault]:
    """Return the faults of the groups that ``only`` lists, or all; raises ValueError.

    A word in it that names no group chooses the faults whose names hold it.
    """
    every = [fault for group in groups for fault in group.faults]
    names = {fault.group for fault in every}
    words = [word.strip() for word in only.split(",") if word.strip()]
    for word in words:
        if word not in names and not any(word in fault.name for fault in every):
            raise ValueError(f"There is no fault {word!r}; groups: {', '.join(sorted(names))}.")
    return [
        fault
        for fault in every
        if not words
        or any(word == fault.group or (word not in names and word in fault.name) for word in words)
    ]


def tried(fault: Fault, limit: int = LIMIT) -> Outcome:
    """Inject a fault in a sandbox of its own and return what came of it, whatever it is."""
    started = time.monotonic()
    shown: Callable[[str], str] = str
    try:
        with Sandbox() as sandbox, _limited(limit):
            shown = sandbox.shown
            happened, held = fault.inject(sandbox), Held.YES
    except CannotTryError as error:
        happened, held = f"not tried: {error}", Held.SKIPPED
    except BrokenError as error:
        happened, held = str(error), Held.NO
    except Exception as error:  # whatever it is, the promise was not seen to hold
        happened, held = f"{type(error).__name__}: {error}", Held.NO
    return Outcome(fault, shown(happened), held, time.monotonic() - started)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 1 when a promise did not hold, or when none was tried at all."""
    broken = any(outcome.held is Held.NO for outcome in outcomes)
    return int(broken or not any(outcome.held is Held.YES for outcome in outcomes))


class _limited:
    """Raises BrokenError in this thread when what is done within takes longer."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGALRM, self._late)
        signal.alarm(self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, self._before)

    def _late(self, _number: int, _frame: FrameType | None) -> None:
        raise BrokenError(f"it was not over after {self._seconds} s")
