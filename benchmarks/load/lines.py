"""Results of levels ▶ the table of loads, where each line keeps its commit and machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import table
from benchmarks.load.levels import Level, Result
from benchmarks.report import Verdict

BEGIN, END = "<!-- load: begin -->", "<!-- load: end -->"
MOST, AT = 1.0, 50
"""Seconds that the 95th percentile may be with so many learners."""
NOTE = (
    "Times in seconds. Waited: 95th percentile from asking first, refusals and the wait that they"
    " ask for included. Errors and refusals (429; “!” where some did not say how long to wait) are"
    " numbers of requests. Alive: ms, 95th percentile, that `/healthz` took meanwhile, which waits"
    " for nothing but the event loop. MiB: the server's resident memory when the clock started, at"
    " most, at the end. CPUs: processors used, of those that the machine has, by the server and by"
    " what asks; a ⚠ where the latter was too busy for the times to be the server's alone. ✓ and ✗:"
    f" no error and p95 ≤ {MOST:g} s with {AT} learners."
)

_HEAD = (
    *("corpus", "over", "reader", "reading", "learners"),
    *("answers/s", "p50", "p95", "p99", "longest", "waited"),
    *("429", "errors", "alive", "MiB", "CPUs"),
    *("", "at commit", "machine"),
)
IMAGES = {True: "load.svg", False: "load-plain.svg"}
"""The plots below ``docs/images``, with and without the reader."""
_MACHINE = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_ORDER = (("course", "large"), ("http", "gradio"), ("on", "off"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what was measured as it is shown, and where it comes from."""

    cells: tuple[str, ...]
    commit: str
    machine: str

    @property
    def key(self) -> tuple[str, ...]:
        """What a newer line with the same takes the place of."""
        return self.cells[:5]

    @property
    def level(self) -> Level:
        """The level that it is about."""
        corpus, face, reader, think, count = self.key
        pause = float(think.removesuffix(" s"))
        return Level(corpus, face, reader == "on", pause, int(count))

    @property
    def rate(self) -> float:
        """Answers a second."""
        return float(self.cells[5])

    @property
    def p95(self) -> float:
        """Seconds."""
        return float(self.cells[7])


def line(found: Result) -> Line:
    """Return a result's line."""
    level, all_ = found.level, found.summary
    verdict = Verdict.OPEN
    if level.learners == AT:
        verdict = Verdict.of(not all_.failures and all_.times.p95 <= MOST)
    cells = (
        level.corpus,
        level.face,
        "on" if level.reader else "off",
        f"{level.think:g} s",
        str(level.learners),
        f"{all_.rate:.1f}",
        *(f"{value:.2f}" for value in (all_.times.p50, all_.times.p95, all_.times.p99)),
        f"{all_.times.most:.2f}",
        f"{all_.patience.p95:.2f}",
        f"{all_.refused}{'!' if all_.silent else ''}",
        str(all_.failures),
        f"{found.alive[0]:.0f}",
        " / ".join(f"{size:.0f}" for size in found.memory),
        f"{found.server:.2f} + {found.generator:.2f}{' ⚠' if found.strained else ''}",
        verdict.value,
    )
    return Line(cells, found.commit, found.machine)


def merged(old: Iterable[Line], new: Sequence[Line]) -> list[Line]:
    """Return all lines in order, a new one in the place of an old one about the same level."""
    found = {item.key: item for item in (*old, *new)}
    return sorted(found.values(), key=_rank)


def markdown(lines: Sequence[Line]) -> str:
    """Return the machines as a numbered list, the table, and how to read it."""
    machines = list(dict.fromkeys(item.machine for item in lines))
    text = [f"{number}. {name}" for number, name in enumerate(machines, 1)]
    marks = ["---"] * 4 + ["---:"] * 12 + ["---"] * 3
    text += ["", _row(_HEAD), _row(marks)]
    for item in lines:
        number = str(machines.index(item.machine) + 1)
        text.append(_row((*item.cells, item.commit, number)))
    text += ["", NOTE]
    for reader, image in IMAGES.items():
        if any(item.level.reader is reader for item in lines):
            said = f"p95 and answers a second by learners, reader {'on' if reader else 'off'}"
            text += ["", f"![{said}](../docs/images/{image})"]
    return "\n".join(text)


def parse(text: str) -> list[Line]:
    """Return the lines of what ``markdown`` wrote; raises ValueError for one that it did not."""
    machines = dict(_MACHINE.findall(text))
    found = []
    for row in [row for row in text.splitlines() if row.startswith("|")][2:]:
        cells = tuple(cell.strip() for cell in row.split("|")[1:-1])
        if len(cells) != len(_HEAD) or cells[-1] not in machines:
            raise ValueError(f"not a line of the table of loads: {row}")
        found.append(Line(cells[:-2], cells[-2], machines[cells[-1]]))
    return found


def write(new: Sequence[Line], readme: Path = table.README) -> list[Line]:
    """Merge ``new`` into the table between the markers of ``readme``, and return all of it."""
    held: list[Line] = []

    def put(before: str) -> str:
        held[:] = merged(parse(before), new)
        return markdown(held)

    table.replace(BEGIN, END, put, readme)
    return held


def _rank(item: Line) -> tuple[float, ...]:
    level = item.level
    named = zip(_ORDER, item.key, strict=False)
    return (*(known.index(name) for known, name in named), level.think, level.learners)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
