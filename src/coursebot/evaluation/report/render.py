"""Summaries and comparisons ▶ HTML: files of their own, and the parts that the workbench shows."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from coursebot.evaluation import scoring
from coursebot.evaluation.replacing import replace_file
from coursebot.evaluation.report.data import embedded, in_script, writable
from coursebot.evaluation.report.figures import FILTERS
from coursebot.evaluation.report.summary import FEWEST, Summary, summarise
from coursebot.evaluation.report.words import Say
from coursebot.evaluation.run.records import Outcome, Reason, Row
from coursebot.types import Language

if TYPE_CHECKING:
    from coursebot.evaluation.comparison import Comparison
    from coursebot.evaluation.run import Run

TEMPLATES = Path(__file__).parent / "templates"
"""Folder whose templates are named ``report/…``; the workbench loads them beside its own."""

FILES = Path(__file__).parent / "files"
"""``report.css`` and ``report.js``: inlined in a report, served as files by the workbench."""

NAME = "report.html"
PLAIN = 100
"""Rows that can be read without a script."""

CHANGES = 500
"""Questions of one sort that a comparison shows side by side."""

GROUPED = ("score", "cited", "RR@10", "abstained_rightly")
"""What the tables of groups show beside the bar."""


def equip(environment: Environment) -> Environment:
    """Give an environment what the templates need: the filters; they need ``TEMPLATES`` too."""
    environment.filters.update(FILTERS)
    return environment


@cache
def _environment() -> Environment:
    return equip(
        Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
    )


def run_context(run: Run, summary: Summary, t: Say) -> dict[str, Any]:
    """Return what ``report/run.html`` shows of a run, in the language of ``t``."""
    names = ("passed", *scoring.HEADLINE)
    return {
        "t": t,
        "run": run,
        "summary": summary,
        "headline": [summary.measured[name] for name in names if name in summary.measured],
        "grouped": GROUPED,
        "fewest": FEWEST,
        "first": failed_first(run.rows)[:PLAIN],
        "choices": choices(run.rows, t),
        "words_json": in_script(t.table()),
    }


def failed_first(rows: Sequence[Row]) -> list[Row]:
    """Return rows as the table shows them first: failed, stale, passed; each in its old order."""
    return sorted(rows, key=lambda row: 1 if row.verdict is None else 2 * row.verdict.passed)


def choices(rows: Sequence[Row], t: Say) -> dict[str, list[tuple[str, str]]]:
    """Return what rows can be filtered by: pairs of value and text that occur among them."""
    found = {
        "language": {row.lang.value for row in rows},
        "kind": {row.kind for row in rows},
        "tag": {tag for row in rows for tag in row.tags},
        "outcome": {row.verdict.outcome.value if row.verdict else "stale" for row in rows},
        "reason": {row.verdict.reason.value for row in rows if row.verdict and row.verdict.reason},
    }
    order = [*(one.value for one in Outcome), *(one.value for one in Reason), "stale"]
    rank = {name: place for place, name in enumerate(order)}
    return {
        name: [
            (value, t.named(name, value))
            for value in sorted(values, key=lambda value: (rank.get(value, -1), value))
        ]
        for name, values in found.items()
    }


def run_html(run: Run, summary: Summary, *, language: Language = Language.EN) -> str:
    """Return a run's report as one file that needs nothing else; the other language is in it.

    About 0.7 MB for 150 questions and 8 to 15 MB for 4,442, by how long the passages are.
    """
    template = _environment().get_template("report/run.html")
    shown, hidden = (
        Markup(template.render(run_context(run, summary, Say(one)))) for one in _both(language)
    )
    json = in_script(embedded(run.rows))
    return _page(run.info.name, language, shown, hidden, json)


def comparison_html(comparison: Comparison, *, language: Language = Language.EN) -> str:
    """Return a comparison as one file that needs nothing else; the other language is in it."""
    template = _environment().get_template("report/comparison.html")
    shown, hidden = (
        Markup(template.render(comparison_context(comparison, t)))
        for t in map(Say, _both(language))
    )
    return _page(Say(language)("comparison"), language, shown, hidden, "")


def comparison_context(comparison: Comparison, t: Say) -> dict[str, Any]:
    """Return what ``report/comparison.html`` shows, in the language of ``t``."""
    words = in_script(t.table())
    return {"t": t, "comparison": comparison, "most": CHANGES, "words_json": words}


def write_report(folder: Path, *, language: Language = Language.EN) -> Path:
    """Write ``report.html`` into a run's folder and return its path; it is whole or not there.

    Raises RunError when the folder holds no run that can be read.
    """
    from coursebot.evaluation.run import read_run

    run = read_run(folder)
    path = folder / NAME
    replace_file(path, run_html(run, summarise(run), language=language).encode())
    return path


def _both(language: Language) -> tuple[Language, Language]:
    return language, Language.EN if language is Language.JA else Language.JA


def _page(title: str, language: Language, shown: Markup, hidden: Markup, json: str) -> str:
    script = (FILES / "report.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return writable(
        _environment()
        .get_template("report/page.html")
        .render(
            title=title,
            language=language,
            shown=shown,
            hidden=hidden,
            json=json,
            style=(FILES / "report.css").read_text(encoding="utf-8"),
            script=script,
            script_hash=f"sha256-{digest}",
        )
    )
