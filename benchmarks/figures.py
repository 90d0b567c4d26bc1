"""Rows of runs ▶ figures of quality with 95 % intervals, and their tables."""

from __future__ import annotations

import statistics as plain
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import resampled
from coursebot.evaluation import scoring, statistics
from coursebot.evaluation.report.summary import value_of
from coursebot.evaluation.run.records import Row
from coursebot.types import Language, State

Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Figure:
    """What a system reaches over some rows."""

    n: int
    """Rows that it is about."""
    value: float
    low: float | None = None
    high: float | None = None
    digits: int = 3

    def __str__(self) -> str:
        """Return the value and its interval, as they stand in a table."""
        value = short(self.value, self.digits)
        if self.low is None or self.high is None:
            return value
        return f"{value} [{short(self.low, self.digits)}, {short(self.high, self.digits)}]"


@dataclass(frozen=True, slots=True)
class Measure:
    """A line of a table."""

    title: str
    of: Callable[[Rows], Figure | None]
    """None: not defined for these rows."""
    peers: bool = True
    """Whether it is defined for what only ranks chunks."""


def mean(rows: Rows, value: Callable[[Row], float | bool | None], *, binary: bool) -> Figure | None:
    """Return the mean of a value over the rows that have it."""
    held = [(float(own), row.cluster) for row in rows if (own := value(row)) is not None]
    if not held:
        return None
    values, clusters = zip(*held, strict=True)
    return of(values, clusters, binary=binary)


def of(values: Sequence[float], clusters: Sequence[str], *, binary: bool) -> Figure:
    """Return the mean of values; those of one cluster are drawn together."""
    found = statistics.interval(values, clusters, binary=binary)
    low, high = (found.low, found.high) if found else (None, None)
    return Figure(len(values), plain.fmean(values), low, high)


def metric(title: str, name: str, *, peers: bool = True) -> Measure:
    """Return the mean of a metric of the scorer."""
    binary = scoring.METRICS[name].kind == "binary"
    return Measure(
        title, lambda rows: mean(rows, lambda r: value_of(r, name), binary=binary), peers
    )


def _first(row: Row) -> bool | None:
    """Tell whether the first citation overlaps a gold source."""
    if value_of(row, "cited") is None:
        return None
    cited = row.given.citations if row.given else ()
    return bool(cited) and value_of(row, "cited") == 1.0 and cited[0].gold


def _evidence(characters: int) -> Measure:
    return Measure(
        f"evidence within {characters:,} characters",
        lambda rows: mean(rows, lambda r: scoring.evidence_within(r, characters), binary=True),
    )


def _short_answer(rows: Rows) -> Figure | None:
    """Return how many answers to answerable questions have a short answer."""
    return mean(
        [row for row in rows if value_of(row, "f1") is not None],
        lambda row: bool(row.given and row.given.short),
        binary=True,
    )


def _characters(rows: Rows) -> Figure | None:
    """Return the median number of characters that are quoted, of what is not silent."""
    lengths = [
        len("\n".join(one.quote for one in row.given.citations))
        for row in rows
        if not row.unanswerable and row.given and row.given.state is not State.NOT_COVERED
    ]
    return Figure(len(lengths), plain.median(lengths), digits=0) if lengths else None


@dataclass(frozen=True, slots=True)
class _Known:
    """Rows that were answered, column by column."""

    rows: Rows
    confidences: Sequence[float]
    right: Sequence[bool]
    unanswerable: Sequence[bool]
    answered: Sequence[bool]
    clusters: Sequence[str]

    @classmethod
    def of(cls, rows: Rows) -> _Known:
        pairs = [(row, row.given) for row in rows if row.given is not None]
        return cls(
            rows=[row for row, _ in pairs],
            confidences=[given.confidence for _, given in pairs],
            right=[value_of(row, "right") == 1.0 for row, _ in pairs],
            unanswerable=[row.unanswerable for row, _ in pairs],
            answered=[given.state is State.ANSWERED for _, given in pairs],
            clusters=[row.cluster for row, _ in pairs],
        )

    def figure(self, value: float | None, statistic: resampled.Statistic) -> Figure | None:
        if value is None:
            return None
        found = resampled.interval(statistic, self.clusters)
        low, high = (found.low, found.high) if found else (None, None)
        return Figure(len(self.rows), value, low, high)


def _auroc(rows: Rows) -> Figure | None:
    known = _Known.of(rows)
    return known.figure(
        scoring.abstention(known.rows).auroc,
        resampled.auroc(known.confidences, known.unanswerable),
    )


def _aurc(rows: Rows) -> Figure | None:
    known = _Known.of(rows)
    return known.figure(
        scoring.abstention(known.rows).aurc, resampled.aurc(known.confidences, known.right)
    )


def _risk(rows: Rows) -> Figure | None:
    known = _Known.of(rows)
    right = [ok for ok, given in zip(known.right, known.answered, strict=True) if given]
    value = 1 - plain.fmean(right) if right else None
    return known.figure(value, resampled.risk(known.answered, known.right))


def _coverage(rows: Rows) -> Figure | None:
    known = _Known.of(rows)
    answered = {row.id for row, given in zip(known.rows, known.answered, strict=True) if given}
    return mean(known.rows, lambda row: row.id in answered, binary=True)


def _calibration(rows: Rows) -> Figure | None:
    known = _Known.of(rows)
    return known.figure(
        scoring.calibration_error(known.rows),
        resampled.calibration_error(known.confidences, known.right),
    )


RIGHT = metric("right and rightly cited", "right")
PRECISION = metric("citation precision; recall is the same", "citation_precision")
EVIDENCE = _evidence(300)
EXACT = metric("short answer, exact match", "exact_match", peers=False)
F1 = metric("short answer, F1", "f1", peers=False)
SCORE = metric("score (+1 right, 0 silent or not sure, −1 wrong)", "score")
MEASURES = (
    RIGHT,
    metric("cites a gold source", "cited"),
    Measure("the first citation is gold", lambda rows: mean(rows, _first, binary=True)),
    PRECISION,
    EVIDENCE,
    _evidence(1000),
    Measure("has a short answer", _short_answer, peers=False),
    EXACT,
    F1,
    Measure("characters quoted, median", _characters),
    metric("unanswerable questions not given as answered", "abstained_rightly"),
    Measure("answerable against not, AUROC", _auroc),
    Measure("risk-coverage, area (AURC)", _aurc),
    Measure("risk: of what is asserted, not right", _risk),
    Measure("coverage: asserted, of all questions", _coverage),
    SCORE,
    Measure("expected calibration error", _calibration, peers=False),
)
"""What is said of all questions and of each language."""
BY_KIND = (RIGHT, PRECISION, EVIDENCE, EXACT, F1, SCORE)
"""What is said of each kind of question that the material answers."""


def tables(runs: Mapping[str, Rows], peers: Mapping[str, Rows]) -> str:
    """Return the rows of a set by system as Markdown: all, each language, and each kind.

    ``peers`` only rank chunks, so that some measures are not theirs.
    """
    parts = []
    for name, language in (("all", None), *((one.value, one) for one in Language)):
        every = [row for row in next(iter(runs.values())) if language in (None, row.lang)]
        if every:
            no = sum(row.unanswerable for row in every)
            title = f"{name}: {len(every):,} questions, {no:,} of them unanswerable"
            ours, theirs = (_only(of, language) for of in (runs, peers))
            lines = [_line(m.title, m, ours, theirs) for m in MEASURES]
            parts.append(_table(title, (*runs, *peers), lines))
    lines = []
    answerable = [row for row in next(iter(runs.values())) if not row.unanswerable]
    for language in Language:
        for kind in sorted({row.kind for row in answerable if row.lang is language}):
            ours, theirs = (_only(of, language, kind) for of in (runs, peers))
            head = f"{language.value}, {kind}: "
            lines += [_line(head + m.title, m, ours, theirs) for m in BY_KIND]
    parts.append(_table("by kind of answer", (*runs, *peers), lines))
    return "\n\n".join(parts)


def _only(
    runs: Mapping[str, Rows], language: Language | None, kind: str | None = None
) -> dict[str, Rows]:
    return {
        name: [row for row in rows if language in (None, row.lang) and kind in (None, row.kind)]
        for name, rows in runs.items()
    }


def _line(
    title: str, measure: Measure, runs: Mapping[str, Rows], peers: Mapping[str, Rows]
) -> tuple[str, list[Figure | None]]:
    theirs = [measure.of(rows) if measure.peers else None for rows in peers.values()]
    return title, [*(measure.of(rows) for rows in runs.values()), *theirs]


def _table(
    title: str, systems: Iterable[str], lines: Iterable[tuple[str, Sequence[Figure | None]]]
) -> str:
    """Return a table without the lines that no system has a figure for."""
    cells = [
        (name, f"{known[0].n:,}", *("–" if figure is None else str(figure) for figure in figures))
        for name, figures in lines
        if (known := [figure for figure in figures if figure is not None])
    ]
    return markdown((title, "n", *systems), cells)


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; all columns but the first are numbers."""
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def short(value: float, digits: int = 3) -> str:
    """Return a number without its leading zero, with a true minus."""
    text = f"{abs(value):.{digits}f}"
    sign = "−" if value < 0 and float(text) else ""
    return sign + (text.removeprefix("0") if digits else text)
