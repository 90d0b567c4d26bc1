"""Rows of feedback ▶ a table, JSON lines or a spreadsheet's CSV."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from coursebot.cli.records import Record, json_text
from coursebot.cli.show import printable
from coursebot.feedback import Row
from coursebot.spreadsheet import shown

COLUMNS = (
    *("id", "created_at", "verdict", "reason", "comment", "question", "history", "course"),
    *("language", "state", "confidence", "answer", "index", "settings"),
)

_COLOURS = {"up": "green", "down": "red", "report": "yellow"}


def table(rows: Sequence[Row], to: Console) -> None:
    """Print rows, one below the other, with reason and comment under the question."""
    if not rows:
        to.print("Nothing is there.")
        return
    judged = any(row.verdict for row in rows)
    made = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("when", "verdict", "state") if judged else ("when", "state"):
        made.add_column(name, no_wrap=True)
    made.add_column("question", ratio=1, overflow="fold")
    for row in rows:
        when = Text(f"{row.created_at:%Y-%m-%d %H:%M}")
        verdict = [Text(row.verdict, style=_COLOURS[row.verdict])] if row.verdict else []
        made.add_row(when, *verdict, Text(_line(row.state)), _said(row))
    to.print(made)


def write_jsonl(rows: Iterable[Row], out: BinaryIO) -> int:
    """Write a JSON object a line, in UTF-8; return how many."""
    count = 0
    for row in rows:
        out.write(json_text(record(row)).encode() + b"\n")
        count += 1
    return count


def write_csv(rows: Iterable[Row], out: BinaryIO) -> int:
    """Write CSV for a spreadsheet: UTF-8 with its mark, a header; return how many rows.

    An answer is its text, not its JSON. A cell that would be computed begins with an apostrophe.
    """
    out.write(codecs.BOM_UTF8 + _csv_line(COLUMNS))
    count = 0
    for row in rows:
        values = {**record(row), "answer": row.answer.get("text", "")}
        out.write(_csv_line([_cell(values[name]) for name in COLUMNS]))
        count += 1
    return count


def record(row: Row) -> Record:
    """Return everything that is kept of a row; the keys are a published format."""
    return {
        "id": row.id,
        "created_at": row.created_at.isoformat(timespec="milliseconds"),
        "verdict": row.verdict.value if row.verdict else None,
        "reason": row.reason.value if row.reason else None,
        "comment": row.comment,
        "question": row.question,
        "history": list(row.history),
        "course": row.course,
        "language": row.language,
        "state": row.state,
        "confidence": round(row.confidence, 4),
        "answer": dict(row.answer),
        "index": row.index,
        "settings": dict(row.settings),
    }


def _csv_line(cells: Sequence[object]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue().encode("utf-8")


def _cell(value: object) -> object:
    if value is None or isinstance(value, float):
        return value
    return shown(printable(value if isinstance(value, str) else json_text(value)))


def _said(row: Row) -> Text:
    """Return the question, and below it why the answer was no good."""
    reason = row.reason.value.replace("_", " ") if row.reason else ""
    why = ": ".join(part for part in (reason, _line(row.comment)) if part)
    question = Text(_line(row.question))
    return Text.assemble(question, "\n", (why, "dim")) if why else question


def _line(text: str) -> str:
    return " ".join(printable(text).split())
