"""Chunks, questions and their vectors ▶ rankings, through one peer's own interface.

Runs in the peers' environment, where coursebot is not installed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

for name in ("HF_HUB_OFFLINE", "ANONYMIZED_TELEMETRY_DISABLED", "DO_NOT_TRACK"):
    os.environ[name] = "1"
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["LANGSMITH_TRACING"] = "false"

import numpy as np  # noqa: E402 — the switches above must be set before any library is imported


@dataclass(frozen=True)
class Task:
    """What a peer has to rank; chunk ``i`` is known by its number."""

    chunks: Sequence[str]
    questions: Sequence[str]
    depth: int
    vectors: dict[str, np.ndarray]
    """Unit vector of every chunk as a passage and of every question as a query."""

    def passage(self, text: str) -> list[float]:
        """Return the vector of a chunk."""
        return [float(value) for value in self.vectors["passage: " + text]]

    def query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return [float(value) for value in self.vectors["query: " + text]]


Ranking = list[tuple[int, float]]
"""Chunk numbers with the peer's own scores, best first; a higher score is a better chunk."""
Ranker = Callable[[Task], list[Ranking]]


def main(rank: Ranker) -> None:
    """Rank the task in each folder named on the command line and write the rankings there."""
    for folder in map(Path, sys.argv[1:]):
        target = folder / f"{Path(sys.argv[0]).stem}.json"
        target.write_text(json.dumps(rank(_read(folder))), encoding="utf-8")


def _read(folder: Path) -> Task:
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / "vectors.npz")
    known = {}
    for prefix, unit in (("passage: ", "chunks"), ("query: ", "questions")):
        for text, row in zip(task[unit], vectors[unit], strict=True):
            known[prefix + text] = row
    return Task(task["chunks"], task["questions"], task["depth"], known)
