"""A comparison ▶ what a person reads in a terminal, or a record for programs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from coursebot.cli.records import Record
from coursebot.cli.show import printable
from coursebot.evaluation.comparison import Change, Compared, Comparison, Differing, Segment
from coursebot.evaluation.comparison.comparison import VERDICTS
from coursebot.evaluation.run.records import Row
from coursebot.types import Language

SHOWN = 5
"""Regressions that are shown without ``--all``."""
LISTED = 12
"""Ids of a list that are named without ``--all``."""

_COLOURS = {"better": "green", "worse": "bold red", "unclear": "yellow", "same": "dim"}
_DIGEST = 12
_FIELDS = {
    "golden": "golden set",
    "tags": "tags asked",
    "course": "course asked",
    "corpus": "material",
    "index": "index",
    "code": "version of coursebot",
}


def tables(found: Comparison, to: Console, *, everything: bool = False) -> None:
    """Print the comparison: what differs in the inputs, the headline, then questions."""
    names = f"{found.before.name} → {found.after.name}"
    left_out = f", {found.left_out:,} left out" if found.left_out else ""
    to.print(Text(printable(f"{names}: {_questions(found.aligned)} compared{left_out}")))
    for one in found.differing:
        to.print(Text(f"Warning: {_differs(one)}", style="yellow"), soft_wrap=True)
    to.print()
    to.print(_headline(found.headline))
    to.print("Differences are after minus before, with 95 % intervals; p is corrected (Holm).")
    if found.headline and all(one.verdict in ("unclear", "same") for one in found.headline):
        to.print(Text("No headline metric tells the runs apart.", style="yellow"))
    if found.calibration:
        to.print()
        to.print(_headline(found.calibration))
        to.print("Confidence: lower is better; p is not corrected, and no gate looks at it.")
    if everything:
        _groups(found, to)
    _regressions(found.regressions, to, everything=everything)
    _listed("Fixed", found.fixed, to, everything=everything)
    _listed("Another answer, same verdict", found.changed, to, everything=everything)
    _listed("Stale in one of the runs", found.unjudged, to, everything=everything)
    _listed("Edited in the golden set, not compared", found.edited, to, everything=everything)
    _listed(f"Only in {found.after.name}", found.added, to, everything=everything)
    _listed(f"Only in {found.before.name}", found.removed, to, everything=everything)


def record(found: Comparison) -> Record:
    """Return what ``compare --json`` prints."""
    return {
        "before": found.before.name,
        "after": found.after.name,
        "aligned": found.aligned,
        "left_out": found.left_out,
        "differing": [
            {"what": one.what, "name": one.name, "before": one.before, "after": one.after}
            for one in found.differing
        ],
        "headline": [_metric(one) for one in found.headline],
        "calibration": [_metric(one) for one in found.calibration],
        "groups": [
            {
                "by": one.by,
                "name": one.name,
                "metric": one.metric,
                "n": one.n,
                "before": round(one.before, 6),
                "after": round(one.after, 6),
                "difference": round(one.difference, 6),
            }
            for one in found.groups
        ],
        **{
            name: [_change(one) for one in getattr(found, name)]
            for name in ("regressions", "fixed", "changed", "unjudged", "edited")
        },
        "added": [row.id for row in found.added],
        "removed": [row.id for row in found.removed],
    }


def _metric(one: Compared) -> Record:
    return {
        "metric": one.metric,
        "n": one.n,
        "before": round(one.before, 6),
        "after": round(one.after, 6),
        "difference": round(one.difference, 6),
        "low": None if one.low is None else round(one.low, 6),
        "high": None if one.high is None else round(one.high, 6),
        "p": round(one.p, 6),
        "corrected_p": round(one.corrected_p, 6),
        "test": one.method,
        "wins": one.wins,
        "ties": one.ties,
        "losses": one.losses,
        "verdict": one.verdict,
        "says": {language.value: text for language, text in VERDICTS[one.verdict].items()},
    }


def _headline(found: Sequence[Compared]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("metric", no_wrap=True)
    for name in ("n", "before", "after", "difference", "95 % interval", "p", "better/same/worse"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for one in found:
        ends = "–" if one.low is None or one.high is None else f"{one.low:+.3f} to {one.high:+.3f}"
        table.add_row(
            one.metric,
            f"{one.n:,}",
            f"{one.before:.3f}",
            f"{one.after:.3f}",
            f"{one.difference:+.3f}",
            ends,
            "< 0.001" if one.corrected_p < 0.001 else f"{one.corrected_p:.3f}",
            f"{one.wins:,}/{one.ties:,}/{one.losses:,}",
            Text(VERDICTS[one.verdict][Language.EN], style=_COLOURS[one.verdict]),
        )
    return table


def _groups(found: Comparison, to: Console) -> None:
    metrics = [one.metric for one in found.headline]
    to.print()
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("group", overflow="fold")
    for name in metrics:
        table.add_column(name, justify="right")
    for (by, name), held in groupby(found.groups, lambda one: (one.by, one.name)):
        cells = {one.metric: f"{one.difference:+.3f} ({one.n:,})" for one in held}
        table.add_row(printable(f"{by} {name}"), *(cells.get(metric, "–") for metric in metrics))
    to.print(table)
    to.print("By group, with the number of questions: exploratory, so without p-values.")


def _regressions(found: Sequence[Change], to: Console, *, everything: bool) -> None:
    to.print()
    if not found:
        to.print("Nothing got worse.")
        return
    to.print(Text(f"Got worse: {_questions(len(found))}", style="bold red"))
    shown = found if everything else found[:SHOWN]
    for change in shown:
        must = Text("must pass  ", style="bold red") if change.must else Text()
        to.print()
        to.print(Text.assemble(must, printable(f"{change.after.id}: {change.after.question}")))
        wanted = " / ".join(answer.text for answer in change.after.answers)
        if wanted or change.after.unanswerable:
            said = wanted or "nothing: the material does not answer it"
            to.print(Text(printable(f"expected: {said}"), style="dim"))
        _sides(change, to)
    if len(found) > len(shown):
        to.print()
        to.print(f"{len(found) - len(shown):,} more: --all shows them.")


def _sides(change: Change, to: Console) -> None:
    before = _side(change.before, change.words, "removed")
    after = _side(change.after, change.words, "added")
    if not to.is_terminal:
        # Marks say what colours would: [-gone-] and {+come+}, as in a word diff of git.
        for name, text in (("before", before), ("after", after)):
            for place, line in enumerate(text.plain.splitlines()):
                label = f"  {name}: " if place == 0 else "    "
                to.out(label + line, highlight=False)
        return
    pair = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    pair.add_column("before", ratio=1, overflow="fold")
    pair.add_column("after", ratio=1, overflow="fold")
    pair.add_row(before, after)
    to.print(pair)


def _side(row: Row, words: Sequence[Segment], own: str) -> Text:
    text = Text(f"({_outcome(row)}) ", style="")
    if row.error:
        text.append(printable(row.error), style="red")
    opened, closed, style = ("[-", "-]", "red") if own == "removed" else ("{+", "+}", "green")
    for piece in words:
        if piece.kind == "same":
            text.append(printable(piece.text))
        elif piece.kind == own:
            text.append(f"{opened}{printable(piece.text)}{closed}", style=style)
    return text


def _outcome(row: Row) -> str:
    if row.verdict is None:
        return "stale"
    if row.verdict.passed:
        return "passed"
    why = row.verdict.reason
    return why.value.replace("_", " ") if why else "failed"


def _listed(title: str, found: Sequence[Change | Row], to: Console, *, everything: bool) -> None:
    if not found:
        return
    ids = [one.after.id if isinstance(one, Change) else one.id for one in found]
    shown = ids if everything else ids[:LISTED]
    more = f" and {len(ids) - len(shown):,} more" if len(ids) > len(shown) else ""
    to.print()
    to.print(Text(printable(f"{title}: {len(ids):,} ({', '.join(shown)}{more})")), soft_wrap=True)


def _change(one: Change) -> Record:
    return {
        "id": one.after.id,
        "question": one.after.question,
        "must": one.must,
        "before": _given(one.before),
        "after": _given(one.after),
        "words": [{"kind": piece.kind, "text": piece.text} for piece in one.words],
    }


def _given(row: Row) -> Record:
    verdict = row.verdict
    return {
        "passed": verdict.passed if verdict else None,
        "outcome": verdict.outcome.value if verdict else None,
        "reason": verdict.reason.value if verdict and verdict.reason else None,
        "state": row.given.state.value if row.given else None,
        "answer": row.given.text if row.given else None,
        "error": row.error or None,
    }


def _differs(one: Differing) -> str:
    name = f"setting {one.name}" if one.what == "settings" else _FIELDS.get(one.what, one.name)
    old, new = one.before, one.after
    if one.name.endswith(("digest", "fingerprint")):
        old, new = old[:_DIGEST], new[:_DIGEST]
    return printable(f"{name.replace('_', ' ')} differs: {old} → {new}")


def _questions(count: int) -> str:
    return f"{count:,} question" if count == 1 else f"{count:,} questions"
