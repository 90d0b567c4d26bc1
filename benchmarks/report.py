"""Measured rows ▶ one table with the machine, printed and written into README.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks import measures

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
_PACKAGES = ("coursebot", "openvino", "faiss-cpu", "sentence-transformers", "torch", "numpy")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    bound: str
    """What must be reached, in words; empty when only reported."""
    measured: str
    peers: str = ""
    met: bool | None = None
    """None when there is no bound."""


def with_interval(
    values: Sequence[float], peers: Mapping[str, Sequence[float]]
) -> tuple[str, float]:
    """Return the mean with the difference to the best peer and its 95 % interval, as text.

    The second value is that difference; nan without peers.
    """
    mean = f"{np.mean(values):.3f}"
    if not peers:
        return mean, float("nan")
    name = max(peers, key=lambda peer: float(np.mean(peers[peer])))
    difference, low, high = measures.paired_interval(values, peers[name])
    return f"{mean} ({difference:+.3f} [{low:+.3f}, {high:+.3f}] to {name})", difference


def machine() -> str:
    """Return processor, cores, memory, versions and commit in one paragraph."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()},"
        f" Python {platform.python_version()}; {versions}; commit {_commit()}."
    )


def markdown(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table under a line naming the machine."""
    marks = {None: "", True: "✓", False: "✗"}
    lines = [
        machine(),
        "",
        "| what | must reach | measured | | peers |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.what} | {row.bound} | {row.measured} | {marks[row.met]} | {row.peers} |"
        for row in rows
    ]
    return "\n".join(lines)


def write(table: str, readme: Path = README) -> None:
    """Put ``table`` between the markers of ``readme``, which must have both."""
    text = readme.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{readme} lacks {BEGIN} or {END}")
    readme.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=README.parent,
    )
    return done.stdout.strip() or "unknown"
