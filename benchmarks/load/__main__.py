"""Many learners at once on the real server ▶ the table and plots of loads.

Run ``python -m benchmarks.load [--only PART,…] [--write]``. A level is not measured again as long
as nothing that counts has changed since, so that a run that was broken off goes on where it was;
``--again`` measures it anyway. With ``--write`` each level is put into README.md and the plots as
soon as it is measured. ``--soak MINUTES`` asks steadily over both faces instead, and looks at
memory.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import data, ours, table
from benchmarks.load import alone, corpora, growth, levels, lines, served, soak
from benchmarks.load.learners import Crowd
from benchmarks.report import Row
from coursebot.errors import CoursebotError

ALONE, SOAK = "alone", "soak"
ROWS = (ALONE, SOAK)
PARTS = (*levels.PARTS, ALONE)
BEGIN, END = "<!-- load-rows: begin -->", "<!-- load-rows: end -->"
NOTE = "✓ met, ✗ missed, level: the interval holds the bound, empty: no bound."
LEARNERS = 20
"""Of a soak."""


def main() -> None:
    """Run what is asked for and print it; exit 1 when a part failed."""
    chosen = parsed()
    where: Path = chosen.work / "load"
    index: dict[str, Path] = {}
    failed = False
    if chosen.soak:
        return _soak(chosen, where / SOAK)
    names = chosen.only.split(",") if chosen.only else list(PARTS)
    found: list[lines.Line] = []
    rows: list[table.Measured] = []
    for name in names:
        corpus = "course" if name == ALONE else name.split("-")[0]
        try:
            if corpus not in index:
                index[corpus] = corpora.indexed(corpus, chosen.data, chosen.work)
            if name == ALONE:
                rows = _alone(chosen, index[corpus], where)
            else:
                found += _levels(chosen, name, index[corpus], where)
        except data.MissingDataError as missing:
            print(f"{name}: {missing}", file=sys.stderr)
        except (CoursebotError, served.ServerError, subprocess.CalledProcessError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
    if found:
        print(lines.markdown(lines.merged([], found)))
    if rows:
        print(table.markdown(rows, NOTE))
    sys.exit(1 if failed else 0)


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command's options; ends the process with 2 at one that cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ours.add_arguments(parser)
    add = parser.add_argument
    add("--only", default="", help=f"some of: {','.join(PARTS)}")
    add("--learners", type=_numbers, default=None, help="of each level, by default 1,10,50,200")
    add("--think", type=_seconds, default=None, help="mean reading times in seconds: 0,10")
    add("--reader", type=_readers, default=(True,), help="on, off or on,off; by default on")
    add("--seconds", type=float, default=levels.SECONDS, help="of each level, by default 120")
    add("--seed", type=int, default=0, help="of questions and pauses")
    add("--soak", type=float, default=0.0, metavar="MINUTES", help="ask steadily for so long")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the server")
    add("--again", action="store_true", help="measure also what is known")
    add("--write", action="store_true", help="merge into README.md and the plots")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.only.split(",") if name and name not in PARTS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return chosen


def _levels(chosen: argparse.Namespace, part: str, index: Path, folder: Path) -> list[lines.Line]:
    """Measure a part's levels, but for those that are known."""
    deck = corpora.deck(part.split("-")[0], chosen.data)
    commit, machine = table.commit(), table.machine()
    known = {"seconds": chosen.seconds, "seed": chosen.seed, "settings": chosen.set}
    found = []
    counts, think = chosen.learners or levels.LEARNERS, chosen.think or levels.THINK
    for level in levels.of([part], counts, think, chosen.reader):
        result = None
        if not chosen.again:
            result = levels.kept(level, folder, **known)
        if result is None:
            result = levels.measured(
                level, index, deck, folder, commit=commit, machine=machine, **known
            )
        line = lines.line(result)
        print(f"{level.name}: {' | '.join(line.cells[5:])}", file=sys.stderr)
        if result.summary.errors:
            print(f"{level.name}: {dict(result.summary.errors)}", file=sys.stderr)
        if result.strained:
            print(f"{level.name}: {_strain(result)}", file=sys.stderr)
        found.append(line)
        if chosen.write:
            growth.written(lines.write([line]))
    return found


def _strain(result: levels.Result) -> str:
    return (
        f"the generator used {result.generator:.2f} processors and came up to"
        f" {result.lag[1]:.0f} ms late (95th percentile {result.lag[0]:.0f} ms): the times are not"
        " the server's alone"
    )


def _alone(chosen: argparse.Namespace, index: Path, folder: Path) -> list[table.Measured]:
    deck = corpora.deck("course", chosen.data)
    rows = alone.run(index, deck, folder, seconds=chosen.seconds, settings=chosen.set)
    return _told(chosen, ALONE, rows)


def _soak(chosen: argparse.Namespace, folder: Path) -> None:
    """Measure a soak; where no reading time is given it is chosen by what can be answered."""
    index = corpora.indexed("course", chosen.data, chosen.work)
    crowd = Crowd(
        learners=(chosen.learners or (LEARNERS,))[0],
        faces=(),
        think=(chosen.think or (0.0,))[0],
        seconds=chosen.soak * 60,
        seed=chosen.seed,
    )
    deck = corpora.deck("course", chosen.data)
    rows = soak.run(
        index,
        deck,
        folder,
        crowd,
        reader=chosen.reader[0],
        settings=chosen.set,
        pace=chosen.think is None,
    )
    print(table.markdown(_told(chosen, SOAK, rows), NOTE))
    if chosen.write:
        shutil.copyfile(folder / "memory.svg", growth.FOLDER / "soak.svg")


def _told(chosen: argparse.Namespace, part: str, rows: Sequence[Row]) -> list[table.Measured]:
    commit, machine = table.commit(), table.machine()
    found = [table.Measured(part, row, commit, machine) for row in rows]
    if chosen.write:
        table.replace(BEGIN, END, lambda before: _rows(table.parse(before), found), table.README)
    return found


def _rows(old: Sequence[table.Measured], new: Sequence[table.Measured]) -> str:
    """Return the table of parts that are no levels, and below it the plot of a soak."""
    items = table.merged(old, new, ROWS)
    soaked = any(item.part == SOAK for item in items)
    image = "\n\n![The server's memory over a soak](../docs/images/soak.svg)"
    return table.markdown(items, NOTE + image if soaked else NOTE)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _seconds(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _readers(text: str) -> tuple[bool, ...]:
    return tuple({"on": True, "off": False}[part] for part in text.split(","))


if __name__ == "__main__":
    main()
