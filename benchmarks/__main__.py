"""Every benchmark ▶ one table; run ``python -m benchmarks [--only retrieval,iot,notes,speed]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import (
    cross_language,
    data,
    notes_versus,
    ours,
    report,
    retrieval,
    speed,
    versus,
)
from benchmarks.report import Row
from coursebot.errors import CoursebotError

Benchmark = Callable[[], list[Row]]


def main() -> None:
    """Run what is asked for, print the table and, after a full run, write it into README.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    ours.add_arguments(parser)
    parser.add_argument("--only", default="", help="some of: retrieval,iot,notes,speed")
    parser.add_argument(
        "--peers", type=Path, default=Path(".venv-bench"), help="the peers' environment"
    )
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    chosen = parser.parse_args()
    folder, work = chosen.data, chosen.work
    where = versus.environment(chosen.peers, work)
    benchmarks: Mapping[str, Benchmark] = {
        "retrieval": lambda: retrieval.run(folder, work, where),
        "iot": lambda: cross_language.run(folder, work, where),
        "notes": lambda: notes_versus.run(folder, work, where),
        "speed": lambda: speed.run(folder, work),
    }
    names = chosen.only.split(",") if chosen.only else list(benchmarks)
    unknown = [name for name in names if name not in benchmarks]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(benchmarks)}")
    table = report.markdown(row for name in names for row in _attempt(name, benchmarks[name]))
    print(table)
    if chosen.write:
        report.write(table)


def _attempt(name: str, benchmark: Benchmark) -> list[Row]:
    try:
        return benchmark()
    except (data.MissingDataError, CoursebotError) as error:
        print(f"{name}: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"{name}: {' '.join(error.cmd)} failed: {error.stderr}", file=sys.stderr)
    return []


if __name__ == "__main__":
    main()
