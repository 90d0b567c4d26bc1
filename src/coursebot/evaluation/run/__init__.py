"""Golden set ▶ run: each question asked once, judged, and kept in a folder that can be read."""

from coursebot.evaluation.run.folder import Listed, Run, find, list_runs, read_info, read_run
from coursebot.evaluation.run.runner import Progress, Tally, describe, evaluate

__all__ = [
    "Listed",
    "Progress",
    "Run",
    "Tally",
    "describe",
    "evaluate",
    "find",
    "list_runs",
    "read_info",
    "read_run",
]
