"""A run ▶ CSV for a spreadsheet: one line a question, and a column a metric."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from coursebot.evaluation.run.records import Row
from coursebot.spreadsheet import shown

if TYPE_CHECKING:
    from coursebot.evaluation.run import Run

COLUMNS = (
    *("id", "item", "language", "kind", "tags", "difficulty", "history", "question"),
    *("expected", "sources", "outcome", "passed", "reason", "state", "confidence"),
    *("answer", "short_answer", "citations", "note", "error", "stale", "total_ms"),
)
"""Before the metrics, which follow by name; the names are a published format."""

_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def lines(run: Run) -> Iterator[bytes]:
    """Yield the CSV in pieces: UTF-8 with its mark, a header, the rows as in the golden set.

    A cell that would be computed begins with an apostrophe.
    """
    metrics = sorted({name for row in run.rows if row.verdict for name in row.verdict.values})
    yield codecs.BOM_UTF8 + _line((*COLUMNS, *metrics))
    for row in run.rows:
        yield _line([cell(value) for value in (*_described(row), *_measured(row, metrics))])


def cell(value: object) -> object:
    """Return what is written for a value; text that would be computed is made text."""
    if value is None or isinstance(value, int | float):
        return value
    return shown(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value)))


def _described(row: Row) -> tuple[object, ...]:
    given, verdict = row.given, row.verdict
    return (
        row.id,
        row.item,
        row.lang.value,
        row.kind,
        " ".join(row.tags),
        row.difficulty.value,
        "\n".join(row.history),
        row.question,
        "\n".join(" / ".join((one.text, *one.aliases)) for one in row.answers),
        "\n".join(" › ".join((one.path, *one.heading_path)) for one in row.sources),
        verdict.outcome.value if verdict else "",
        int(verdict.passed) if verdict else None,
        verdict.reason.value if verdict and verdict.reason else "",
        given.state.value if given else "",
        round(given.confidence, 4) if given else None,
        given.text if given else "",
        given.short if given else "",
        "\n".join(f"{one.path}:{one.lines[0]}-{one.lines[1]}" for one in given.citations)
        if given
        else "",
        row.note,
        row.error,
        " ".join(str(number + 1) for number in row.stale),
        round(row.timings_ms["total"], 2) if "total" in row.timings_ms else None,
    )


def _measured(row: Row, metrics: Sequence[str]) -> list[object]:
    values = row.verdict.values if row.verdict else {}
    return [round(values[name], 4) if name in values else None for name in metrics]


def _line(cells: Sequence[object]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue().encode("utf-8")
