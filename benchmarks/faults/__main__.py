"""Every fault ▶ one table, printed; 1 when a promise did not hold.

Run ``python -m benchmarks.faults [--only WORD,…] [--write]``: words are groups, or parts of a
fault's name. With ``--write`` the lines are put into the table of FAULTS.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from benchmarks import table as machines
from benchmarks.faults import table, trying
from benchmarks.faults.fault import Fault, Held, Outcome, chosen, exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Inject what is asked for and print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", help="groups, or parts of faults' names")
    parser.add_argument("--write", action="store_true", help="merge the lines into FAULTS.md")
    parser.add_argument("--list", action="store_true", help="print their names and stop")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="faults at once; as many as cores"
    )
    asked = parser.parse_args(arguments)
    groups = trying.groups()
    try:
        faults = chosen(groups, asked.only)
    except ValueError as error:
        parser.error(str(error))
    if asked.list:
        print("\n".join(f"{fault.group}: {fault.name}" for fault in faults))
        return 0
    trying.end_in_order()
    started = time.monotonic()
    outcomes = [_told(outcome) for outcome in trying.outcomes(faults, asked.jobs)]
    print(f"{len(outcomes)} faults in {time.monotonic() - started:.0f} s", file=sys.stderr)
    commit, machine = machines.commit(), machines.machine()
    lines = [table.line_of(outcome, commit, machine) for outcome in outcomes]
    if asked.write:
        table.write(lines, chosen(groups, ""))
    else:
        print(table.markdown(lines))
    return exit_code(outcomes)


def _told(outcome: Outcome) -> Outcome:
    fault: Fault = outcome.fault
    more = "" if outcome.held is Held.YES else f": {outcome.happened}"
    print(
        f"{outcome.held} {fault.group}: {fault.name} ({outcome.seconds:.1f} s){more}",
        file=sys.stderr,
        flush=True,
    )
    return outcome


if __name__ == "__main__":
    sys.exit(main())
