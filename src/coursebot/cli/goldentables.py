"""Golden sets, looked through ▶ tables for people and JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from coursebot.cli.records import Record
from coursebot.cli.show import printable
from coursebot.evaluation.golden.checking import Checked, Gone, Moved
from coursebot.evaluation.golden.placing import Match
from coursebot.evaluation.golden.problems import Problem
from coursebot.types import Lines

_LONGEST = 300  # characters of a quote that a table shows
_MATCHES = {
    Match.SPACING: "other spacing or width",
    Match.READING: "without Markdown's marks",
}


def show(checked: Checked, to: Console) -> None:
    """Print what was found in one golden set."""
    about = f"course {checked.course}" if checked.course else "several courses"
    to.print(Text.assemble((printable(str(checked.path)), "bold"), f"  {printable(about)}"))
    if checked.counts["status"]:
        _counts(checked, to)
    if checked.problems:
        to.print()
        problems(checked.problems, to)
    if checked.gone:
        to.print()
        _gone(checked.gone, to)
    if checked.moved:
        to.print()
        _moved(checked.moved, to)
    if not (checked.problems or checked.gone):
        to.print(Text("No problems; every quote stands in the material.", style="green"))


def problems(found: Sequence[Problem], to: Console) -> None:
    """Print what is wrong, by line and field."""
    table = _table("line", "item", "field", "problem")
    for one in found:
        table.add_row(str(one.line or ""), *map(_line, (one.item, one.where, one.message)))
    to.print(table)


def record(checked: Checked) -> Record:
    """Return what ``golden check --json`` prints of one set; the keys are a published format."""
    return {
        "path": str(checked.path),
        "course": checked.course,
        "items": len(checked.items),
        "questions": checked.questions,
        "counts": {group: dict(values) for group, values in checked.counts.items()},
        "problems": [
            {"line": one.line, "item": one.item, "field": one.where, "message": one.message}
            for one in checked.problems
        ],
        "stale": [_gone_record(one) for one in checked.gone],
        "moved": [_moved_record(one) for one in checked.moved],
    }


def _gone_record(one: Gone) -> Record:
    stale = one.stale
    return {
        "line": one.line,
        "item": one.row,
        "source": stale.source + 1,
        "path": stale.path,
        "quote": stale.quote,
        "why": stale.why,
        "nearest": stale.nearest or None,
        "nearest_path": stale.nearest_path or None,
        "nearest_lines": list(stale.nearest_lines) if stale.nearest_lines else None,
    }


def _moved_record(one: Moved) -> Record:
    placed = one.placed
    return {
        "line": one.line,
        "item": one.row,
        "source": placed.source + 1,
        "path": placed.path,
        "lines": list(placed.lines),
        "moved": placed.moved,
        "match": placed.match.value,
        "heading_path": list(placed.heading_path),
    }


def _counts(checked: Checked, to: Console) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_row("items", f"{len(checked.items):,} ({checked.questions:,} questions)")
    for group, values in checked.counts.items():
        if values:
            table.add_row(group, _line(" · ".join(f"{k} {n:,}" for k, n in values.items())))
    to.print(table)


def _gone(found: Sequence[Gone], to: Console) -> None:
    table = _table("line", "item", "stale, and the nearest text that stands there now")
    for one in found:
        stale = one.stale
        told = Text.assemble((stale.why, "yellow"), " ", (printable(stale.path), "dim"))
        if stale.quote:
            told.append("\n- ").append(_line(stale.quote))
        if stale.nearest:
            where = _place(stale.nearest_path, stale.nearest_lines)
            told.append("\n+ ").append(_line(stale.nearest)).append(f"  {where}", style="dim")
        table.add_row(str(one.line), _line(one.row), told)
    to.print(table)


def _moved(found: Sequence[Moved], to: Console) -> None:
    table = _table("line", "item", "found, but otherwise than the set says")
    for one in found:
        placed = one.placed
        now = "moved to " if placed.moved else ""
        now += printable(" › ".join(placed.heading_path))
        how = _MATCHES.get(placed.match, "")
        place = _place(placed.path, placed.lines)
        table.add_row(
            str(one.line),
            _line(one.row),
            Text.assemble(f"{how}: " if how else "", now, (f"  {place}", "dim")),
        )
    to.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns[:-1]:
        table.add_column(column, no_wrap=column != "field", overflow="fold")
    table.add_column(columns[-1], ratio=1, overflow="fold")
    return table


def _place(path: str, lines: Lines | None) -> str:
    first, last = lines or (0, 0)
    return printable(f"{path}:{first}" if first == last else f"{path}:{first}-{last}")


def _line(text: str) -> Text:
    """Return text on one line that styles and steers nothing."""
    line = " ".join(printable(text).split())
    return Text(line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…")
