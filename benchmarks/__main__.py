"""Every benchmark ▶ one table, printed.

Run ``python -m benchmarks [--only PART,…] [--write]``. With ``--write`` each part's rows are put
into the table of README.md as soon as it is measured, beside the rows of other parts, so that a
long run can be done in pieces.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import (
    cross_language,
    data,
    large,
    notes_versus,
    ours,
    page,
    retrieval,
    speed,
    table,
    versus,
)
from benchmarks.report import Row
from coursebot.errors import CoursebotError

Benchmark = Callable[[], list[Row]]


def main() -> None:
    """Run what is asked for and print the table; exit 1 when a part failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ours.add_arguments(parser)
    parser.add_argument("--only", default="", help=f"some of: {','.join(PARTS)}")
    parser.add_argument(
        "--peers", type=Path, default=Path(".venv-bench"), help="the peers' environment"
    )
    parser.add_argument("--write", action="store_true", help="merge the rows into README.md")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    where = versus.environment(chosen.peers, chosen.work)
    benchmarks = _benchmarks(chosen.data, chosen.work, where)
    commit, machine = table.commit(), table.machine()
    measured: list[table.Measured] = []
    failed = False
    for name in names:
        rows = _attempt(name, benchmarks[name])
        failed |= rows is None
        found = [table.Measured(name, row, commit, machine) for row in rows or ()]
        measured += found
        if chosen.write and found:
            table.write(found, PARTS)
    print(table.markdown(measured))
    sys.exit(1 if failed else 0)


PARTS = ("retrieval", "iot", "notes", "notes-course", "throughput", "speed", "page", "large")


def _benchmarks(
    folder: Path, work: Path, where: versus.Environment | None
) -> Mapping[str, Benchmark]:
    return {
        "retrieval": lambda: retrieval.run(folder, work, where),
        "iot": lambda: cross_language.run(folder, work, where),
        "notes": lambda: notes_versus.run(folder, work, where),
        "notes-course": lambda: notes_versus.run(folder, work, where, course_only=True),
        "throughput": lambda: speed.embedding(folder),
        "speed": lambda: speed.run(work),
        "page": lambda: page.run(work),
        "large": lambda: large.run(folder, work),
    }


def _attempt(name: str, benchmark: Benchmark) -> list[Row] | None:
    """Return the rows, none when the data is missing; None, saying why, when it failed."""
    try:
        return benchmark()
    except data.MissingDataError as missing:
        print(f"{name}: {missing}", file=sys.stderr)
        return []
    except CoursebotError as error:
        print(f"{name}: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"{name}: {' '.join(error.cmd)} failed: {error.stderr}", file=sys.stderr)
    return None


if __name__ == "__main__":
    main()
