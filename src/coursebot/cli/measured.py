"""Runs, gates and sweeps ▶ what a person reads in a terminal, JSON or CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coursebot.cli.records import Record, json_text
from coursebot.cli.show import printable
from coursebot.evaluation.scoring import CALIBRATION, HEADLINE
from coursebot.types import State

if TYPE_CHECKING:
    from coursebot.evaluation.gate import Judgement
    from coursebot.evaluation.report import Summary
    from coursebot.evaluation.run import Run
    from coursebot.evaluation.run.records import Row
    from coursebot.evaluation.sweep import Result, Sweep

SHOWN = 8
"""Failed items that a summary lists; the report has all of them."""

_STATES = {
    State.ANSWERED: "answered",
    State.UNSURE: "not sure",
    State.NOT_COVERED: "not in the material",
}


def print_json(record: object) -> None:
    """Print a record for programs."""
    typer.echo(json_text(record, indent=2))


def run_record(run: Run, summary: Summary, report: Path, judged: Judgement | None) -> Record:
    """Return what ``eval --json`` prints."""
    counts = summary.counts
    record: Record = {
        "run": run.info.name,
        "folder": str(run.folder),
        "report": str(report),
        "digest": run.info.digest,
        "seconds": run.info.seconds,
        "questions": counts.questions,
        "counted": counts.counted,
        "stale": counts.stale,
        "errors": counts.errors,
        "passed": counts.passed,
        "metrics": {
            name: {
                "mean": round(found.mean, 6),
                "low": _rounded(found.low),
                "high": _rounded(found.high),
                "n": found.n,
            }
            for name, found in summary.measured.items()
        },
        "calibration": {
            group.name: {
                name: {
                    "mean": round(found.mean, 6),
                    "low": _rounded(found.low),
                    "high": _rounded(found.high),
                    "n": found.n,
                }
                for name in CALIBRATION
                if (found := group.measured.get(name)) is not None
            }
            for group in summary.groups["language"]
        },
        "reasons": {reason.value: count for reason, count in counts.reasons.items()},
    }
    if judged is not None:
        record["gate"] = {
            "passed": judged.passed,
            "broken": [broken.now.id for broken in judged.broken],
            "worse": [
                {
                    "metric": worse.metric,
                    "before": round(worse.before, 6),
                    "now": round(worse.now, 6),
                    "low": round(worse.low, 6),
                    "high": round(worse.high, 6),
                }
                for worse in judged.worse
            ],
            "stale": [row.id for row in judged.unjudged],
        }
    return record


def run_tables(run: Run, summary: Summary, report: Path, to: Console) -> None:
    """Print a run's headline metrics, why items failed, and the worst of them."""
    counts = summary.counts
    said = [f"{counts.passed:,} of {counts.counted:,} passed"]
    if counts.stale:
        said.append(f"{counts.stale:,} stale and not counted")
    if counts.errors:
        said.append(f"{counts.errors:,} ended in an error")
    to.print(f"{printable(run.info.name)}: {', '.join(said)} ({run.info.seconds:.1f} s)")
    to.print()
    to.print(_metrics(summary))
    if counts.reasons:
        to.print()
        reasons = [f"{_words(why.value)} {count:,}" for why, count in counts.reasons.items()]
        to.print(f"Failed: {' · '.join(reasons)}")
        to.print(_failures([row for row in run.rows if row.verdict and not row.verdict.passed]))
    to.print()
    to.print(f"Report: {report}", soft_wrap=True)


def gate_lines(judged: Judgement, to: Console) -> None:
    """Print what shuts the gate, or that nothing does."""
    to.print()
    for broken in judged.broken:
        reason = broken.now.verdict.reason if broken.now.verdict else None
        why = _words(reason.value) if reason else "fails"
        to.print(
            Text.assemble(
                ("must pass  ", "bold red"), printable(f"{broken.now.id}: {broken.now.question}")
            )
        )
        to.print(f"           passed in the baseline, now: {why}; {printable(_given(broken.now))}")
    for worse in judged.worse:
        to.print(
            Text.assemble(
                ("worse      ", "bold red"),
                f"{worse.metric}: {worse.before:.3f} ▶ {worse.now:.3f}, "
                f"difference {worse.low:+.3f} to {worse.high:+.3f} (95 %)",
            )
        )
    for row in judged.unjudged:
        to.print(
            Text.assemble(
                ("stale      ", "yellow"),
                printable(f"{row.id}: its source no longer stands in the material"),
            )
        )
    if judged.passed:
        to.print(Text("Gate: passed.", style="green"))


def sweep_record(sweep: Sweep) -> Record:
    """Return what ``sweep --json`` prints."""
    return {
        "folder": str(sweep.folder),
        "best": {
            metric: best.combination.name
            for metric in HEADLINE
            if (best := sweep.best(metric)) is not None
        },
        "combinations": [_combination(result) for result in sweep.results],
    }


def sweep_csv(sweep: Sweep) -> None:
    """Print a sweep as CSV: a row a combination, three columns of difference a metric."""
    columns = ["model", "passage_tokens", "weights", "run"]
    for metric in (*HEADLINE, *CALIBRATION):
        columns += [metric, f"{metric} difference", f"{metric} low", f"{metric} high"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, "error"])
    for result in sweep.results:
        made = result.combination
        run = result.run.info.name if result.run else ""
        row: list[object] = [made.model, made.passage_tokens, str(made.weights), run]
        for metric in (*HEADLINE, *CALIBRATION):
            value = (result.values or {}).get(metric)
            found = (result.differences or {}).get(metric)
            row.append("" if value is None else round(value, 6))
            ends = (found.value, found.low, found.high) if found else ("", "", "")
            row += [round(end, 6) if isinstance(end, float) else end for end in ends]
        writer.writerow([*row, result.error])
    typer.echo(text.getvalue(), nl=False)


def sweep_table(sweep: Sweep, to: Console) -> None:
    """Print a sweep: a row a combination, and below each metric its difference to the first."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("setting", overflow="fold", min_width=16)
    for metric in HEADLINE:
        table.add_column(metric.replace("_", " "), justify="right", min_width=11)
    best = {metric: sweep.best(metric) for metric in HEADLINE}
    for result in sweep.results:
        if result.run is None:
            table.add_row(
                Text.assemble(
                    printable(result.combination.name),
                    "\n",
                    (printable(f"failed: {result.error}"), "red"),
                )
            )
            continue
        cells = [_cell(result, metric, best[metric] is result) for metric in HEADLINE]
        table.add_row(printable(result.combination.name), *cells)
    to.print(table)
    to.print()
    to.print(
        "Below each value: its difference to the first setting, and the 95 % interval of that. "
        "*: the best, where the interval lies above 0.",
        style="dim",
    )
    to.print(f"Runs: {sweep.folder}", soft_wrap=True)


def _metrics(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("metric")
    for name in ("mean", "95 % interval", "questions"):
        table.add_column(name, justify="right", no_wrap=True)
    parts = [(name, summary.measured.get(name)) for name in (*HEADLINE, *CALIBRATION)]
    groups = summary.groups["language"]
    if len(groups) > 1:
        parts += [(f"{n} {g.name}", g.measured.get(n)) for n in CALIBRATION for g in groups]
    for name, found in parts:
        if found is None:
            continue
        ends = "too few" if found.low is None else f"{found.low:.3f} to {found.high:.3f}"
        table.add_row(name, Text(f"{found.mean:.3f}", style="bold"), ends, f"{found.n:,}")
    return table


def _failures(rows: list[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("item", no_wrap=True)
    table.add_column("why", no_wrap=True)
    table.add_column("question", ratio=1, overflow="ellipsis", no_wrap=True)
    table.add_column("given", ratio=1, overflow="ellipsis", no_wrap=True)
    # What was given as an answer and is wrong does the most harm, the surest first.
    worst = sorted(rows, key=_harm)
    for row in worst[:SHOWN]:
        reason = row.verdict.reason if row.verdict else None
        table.add_row(
            printable(row.id),
            _words(reason.value) if reason else "",
            printable(row.question),
            printable(_given(row)),
        )
    if len(worst) > SHOWN:
        table.add_row(Text(f"and {len(worst) - SHOWN:,} more", style="dim"))
    return table


def _harm(row: Row) -> tuple[float, float]:
    score = row.verdict.values.get("score", 0.0) if row.verdict else 0.0
    return score, -(row.given.confidence if row.given else 1.0)


def _given(row: Row) -> str:
    if row.given is None:
        return row.error
    quote = row.given.citations[0].quote if row.given.citations else ""
    said = " ".join((row.given.short or quote).split())
    state = f"{_STATES[row.given.state]} {row.given.confidence:.0%}"
    return f"{state}: {said}" if said else state


def _cell(result: Result, metric: str, marked: bool) -> Text:
    value = (result.values or {}).get(metric)
    if value is None:
        return Text("–", style="dim")
    text = Text(f"{value:.3f}{'*' if marked else ''}", style="bold green" if marked else "bold")
    found = (result.differences or {}).get(metric)
    if found is None:
        return text
    return text.append(
        f"\n{found.value:+.3f}\n{found.low:+.2f} {found.high:+.2f}", style="not bold dim"
    )


def _combination(result: Result) -> Record:
    made = result.combination
    return {
        "model": made.model,
        "passage_tokens": made.passage_tokens,
        "weights": str(made.weights),
        "run": result.run.info.name if result.run else None,
        "metrics": {name: round(value, 6) for name, value in (result.values or {}).items()},
        "differences": {
            name: {
                "value": round(found.value, 6),
                "low": round(found.low, 6),
                "high": round(found.high, 6),
            }
            for name, found in (result.differences or {}).items()
        },
        "error": result.error or None,
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
