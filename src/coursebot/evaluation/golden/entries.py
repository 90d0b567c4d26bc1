"""What stands in a golden set's file before it is known to be an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coursebot.evaluation.golden.problems import Field, Problem
from coursebot.types import Lines


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a file as it was read."""

    line: int
    """Where it begins, from 1."""
    value: object
    """What JSON can hold; None when it could not be read."""
    problems: tuple[Problem, ...] = ()
    """What was wrong with its writing."""
    field_lines: Mapping[Field, int] = field(default_factory=dict)
    """Where its fields stand, when they have lines of their own."""
    spellings: Mapping[Field, str] = field(default_factory=dict)
    """How a value that is not text was written: ``yes`` is true in YAML."""
    lines: Lines | None = None
    """The whole lines that it alone takes up; None when it shares them."""

    def line_of(self, place: Field) -> int:
        """Return the line of a field, or of the nearest one around it that has a line."""
        while place and place not in self.field_lines:
            place = place[:-1]
        return self.field_lines.get(place, self.line)
