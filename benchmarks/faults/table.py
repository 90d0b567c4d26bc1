"""Outcomes ▶ the table in FAULTS.md, where each row keeps the commit and machine it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import table
from benchmarks.faults.fault import Fault, Held, Outcome

PAGE = Path(__file__).parents[1] / "FAULTS.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
NOTE = "✓ the promise held, ✗ it did not, – it could not be tried on that machine."
LONGEST = 400
"""Characters of what happened; the rest of a longer text is left out."""

_HEAD = ("group", "fault", "promised", "happened", "held", "at commit", "machine")
_MACHINE = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Line:
    """A fault as the table has it."""

    group: str
    fault: str
    promised: str
    """The words, and the file that says them."""
    happened: str
    held: Held
    commit: str
    machine: str


def line_of(outcome: Outcome, commit: str, machine: str) -> Line:
    """Return the table's line of an outcome."""
    fault = outcome.fault
    happened = " ".join(outcome.happened.split())
    if len(happened) > LONGEST:
        happened = f"{happened[: LONGEST - 1]}…"
    promised = f"{fault.promised} ([{fault.said_in}](../{fault.said_in}))"
    return Line(fault.group, fault.name, promised, happened, outcome.held, commit, machine)


def merged(old: Iterable[Line], new: Iterable[Line], order: Sequence[Fault]) -> list[Line]:
    """Return ``old`` with the lines that are new in their place, in the order of ``order``.

    Lines of faults that are not in ``order`` are left out.
    """
    lines = {(line.group, line.fault): line for line in (*old, *new)}
    places = [(fault.group, fault.name) for fault in order]
    return [lines[place] for place in places if place in lines]


def markdown(lines: Sequence[Line]) -> str:
    """Return the machines as a numbered list, the lines as a table and what the marks mean."""
    machines = list(dict.fromkeys(line.machine for line in lines))
    told = [f"{number}. {name}" for number, name in enumerate(machines, 1)]
    told += ["", _row(_HEAD), _row(["---"] * len(_HEAD)).replace(" ", "")]
    for line in lines:
        cells = (line.group, line.fault, line.promised, line.happened, line.held, line.commit)
        told.append(_row((*cells, str(machines.index(line.machine) + 1))))
    held = sum(line.held is Held.YES for line in lines)
    return "\n".join([*told, "", f"{held} of {len(lines)} held. {NOTE}"])


def parse(text: str) -> list[Line]:
    """Return the lines of what ``markdown`` wrote; raises ValueError for one that it did not."""
    machines = dict(_MACHINE.findall(text))
    found = []
    for row in [row for row in text.splitlines() if row.startswith("|")][2:]:
        cells = [cell.strip().replace("\\|", "|") for cell in _BAR.split(row)[1:-1]]
        if len(cells) != len(_HEAD) or cells[-1] not in machines:
            raise ValueError(f"not a line of the faults' table: {row}")
        group, fault, promised, happened, held, commit, number = cells
        found.append(Line(group, fault, promised, happened, Held(held), commit, machines[number]))
    return found


def write(new: Sequence[Line], order: Sequence[Fault], page: Path = PAGE) -> None:
    """Merge ``new`` into the table between the markers of ``page``, which must have both."""
    table.replace(BEGIN, END, lambda old: markdown(merged(parse(old), new, order)), page)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
