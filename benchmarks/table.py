"""Rows ▶ the table in README.md, where each row keeps the commit and machine it came from."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.report import Row, Verdict

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
NOTE = (
    "✓ met, ✗ missed, level: the interval includes 0, empty: no bound, or not judged because a"
    " peer is missing. The best peer is chosen for each row, on the row's own questions: the one"
    " with the highest mean. Differences carry a 95 % interval from a paired bootstrap over"
    " questions."
)

_HEAD = ("part", "what", "must reach", "measured", "", "peers", "at commit", "machine")
_PACKAGES = ("coursebot", "openvino", "faiss-cpu", "sentence-transformers", "torch", "numpy")
_MACHINE = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_BAR = re.compile(r"(?<!\\)\|")
# What a measurement depends on; the tables are left out, or writing them would change it.
_MEASURED = ("src", "corpus", "benchmarks", "constraints.txt", ":!benchmarks/*.md")


@dataclass(frozen=True, slots=True)
class Measured:
    """A row and where it comes from."""

    part: str
    row: Row
    commit: str
    machine: str


def machine() -> str:
    """Return processor, cores, memory and versions in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()},"
        f" Python {platform.python_version()}; {versions}."
    )


def commit() -> str:
    """Return the short commit, with ``-dirty`` when what is measured differs from it."""
    name = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", *_MEASURED)
    return f"{name}-dirty" if changed else name or "unknown"


def unchanged_since(name: str) -> bool:
    """Whether what is measured is the same as at a commit; never so for a dirty one."""
    done = subprocess.run(
        ["git", "diff", "--quiet", name, "--", *_MEASURED],
        capture_output=True,
        check=False,
        cwd=README.parents[1],
    )
    return done.returncode == 0 and not commit().endswith("-dirty")


def merged(
    old: Iterable[Measured], new: Sequence[Measured], parts: Sequence[str]
) -> list[Measured]:
    """Return ``old`` with the parts that ``new`` has replaced whole, in the order of ``parts``.

    Rows of a part that is not in ``parts`` are left out.
    """
    replaced = {item.part for item in new}
    kept = [item for item in old if item.part not in replaced]
    return [item for part in parts for item in (*kept, *new) if item.part == part]


def markdown(items: Sequence[Measured], note: str = NOTE) -> str:
    """Return the machines as a numbered list, the rows as a table and what the marks mean."""
    machines = list(dict.fromkeys(item.machine for item in items))
    lines = [f"{number}. {name}" for number, name in enumerate(machines, 1)]
    lines += ["", _line(_HEAD), _line(["---"] * len(_HEAD)).replace(" ", "")]
    for item in items:
        row = item.row
        cells = (item.part, row.what, row.bound, row.measured, row.verdict, row.peers)
        lines.append(_line((*cells, item.commit, str(machines.index(item.machine) + 1))))
    return "\n".join([*lines, "", note])


def parse(text: str) -> list[Measured]:
    """Return the rows of what ``markdown`` wrote; raises ValueError for a line it did not."""
    machines = dict(_MACHINE.findall(text))
    found = []
    for line in [line for line in text.splitlines() if line.startswith("|")][2:]:
        cells = [cell.strip().replace("\\|", "|") for cell in _BAR.split(line)[1:-1]]
        if len(cells) != len(_HEAD) or cells[-1] not in machines:
            raise ValueError(f"not a line of the benchmarks' table: {line}")
        part, what, bound, measured, verdict, peers, at, number = cells
        row = Row(what, bound, measured, peers, Verdict(verdict))
        found.append(Measured(part, row, at, machines[number]))
    return found


def write(new: Sequence[Measured], parts: Sequence[str], readme: Path = README) -> None:
    """Merge ``new`` into the table between the markers of ``readme``, which must have both."""
    replace(BEGIN, END, lambda before: markdown(merged(parse(before), new, parts)), readme)


def replace(begin: str, end: str, of: Callable[[str], str], readme: Path = README) -> None:
    """Put what ``of`` makes of the text between two lines of ``readme`` in its place.

    Raises ValueError when one of the lines is not there.
    """
    text = readme.read_text(encoding="utf-8")
    head, _, rest = text.partition(begin)
    before, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"{readme} lacks {begin} or {end}")
    readme.write_text(f"{head}{begin}\n{of(before)}\n{end}{tail}", encoding="utf-8")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=README.parents[1],
    )
    return done.stdout.strip()
