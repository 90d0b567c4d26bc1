"""A row ▶ what its page shows beside the row itself: which parts were found, and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursebot.evaluation.golden.records import AnswerKind, Expected
from coursebot.web.instructor.run_rows import Filter, choose

if TYPE_CHECKING:
    from coursebot.evaluation.run import Run
    from coursebot.evaluation.run.records import Row


@dataclass(frozen=True, slots=True)
class Part:
    """One expected part of an answer."""

    expected: Expected
    found: bool | None
    """Whether it was given; None when it is not judged by its text."""


def parts(row: Row) -> tuple[Part, ...]:
    """Return the expected parts, each found or missed."""
    return tuple(Part(one, _found(one, row)) for one in row.answers)


def context(run: Run, row: Row, wanted: Filter) -> Mapping[str, Any]:
    """Return what the page of one question shows; ``wanted`` chooses its neighbours."""
    chosen = choose(run.rows, wanted)
    place = next((number for number, one in enumerate(chosen) if one.id == row.id), None)
    return {
        "run": run,
        "row": row,
        "filter": wanted,
        "parts": parts(row),
        "legs": legs(row),
        "position": None if place is None else place + 1,
        "total": len(chosen),
        "previous": chosen[place - 1] if place else None,
        "next": chosen[place + 1] if place is not None and place + 1 < len(chosen) else None,
    }


def legs(row: Row) -> Sequence[str]:
    """Return the names of the legs that ranked its passages."""
    return sorted({leg for one in row.passages for leg in one.legs})


def _found(expected: Expected, row: Row) -> bool | None:
    from coursebot.evaluation.scoring.content import recalled, satisfied

    if expected.kind is AnswerKind.FREEFORM or row.given is None:
        return None
    return satisfied(recalled(row.given), expected)
