"""Rows of a run ▶ those that a filter in the address chooses, a page of them, and neighbours."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from coursebot.evaluation.report.thresholds import At, Confidence, at
from coursebot.types import State

if TYPE_CHECKING:
    from coursebot.evaluation.run.records import Row

PAGE = 25
"""Rows on a page."""

CHANGED = 50
"""Questions that are listed when a threshold changes what they get."""

SORTS = ("failed", "golden", "unsure", "sure", "slow")
FIELDS = ("text", "language", "kind", "tag", "outcome", "reason")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are shown, in which order, and the page; all of it stands in the address."""

    text: str = ""
    language: str = ""
    kind: str = ""
    tag: str = ""
    outcome: str = ""
    reason: str = ""
    sort: str = "failed"
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """Return the filter in an address; what it cannot mean is left out."""
        chosen = {name: query.get(name, "").strip()[:200] for name in FIELDS}
        sort = query.get("sort", "")
        page = query.get("page", "1")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1
        return cls(**chosen, sort=sort if sort in SORTS else "failed", page=max(number, 1))

    @property
    def narrows(self) -> bool:
        """Whether it leaves rows out."""
        return any(getattr(self, name) for name in FIELDS)

    def query(self, **changes: object) -> str:
        """Return the filter as a query, without ``?``; ``changes`` win, and lead to page 1."""
        other = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        said = {name: getattr(other, name) for name in FIELDS if getattr(other, name)}
        if other.sort != "failed":
            said["sort"] = other.sort
        if other.page > 1:
            said["page"] = str(other.page)
        return urlencode(said, errors="replace")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the rows that a filter chooses."""

    rows: tuple[Row, ...]
    total: int
    """Rows on all pages."""
    number: int
    pages: int

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1; 0 when there is none."""
        return (self.number - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.first + len(self.rows) - 1 if self.total else 0


def choose(rows: Sequence[Row], wanted: Filter) -> list[Row]:
    """Return the rows that ``wanted`` chooses, in its order."""
    text = _folded(wanted.text)
    found = [row for row in rows if _matches(row, wanted, text)]
    if wanted.sort == "failed":
        found.sort(key=lambda row: 1 if row.verdict is None else 2 * row.verdict.passed)
    elif wanted.sort in ("unsure", "sure"):
        found.sort(key=confidence_of, reverse=wanted.sort == "sure")
    elif wanted.sort == "slow":
        found.sort(key=lambda row: -row.timings_ms.get("total", 0.0))
    return found


def page_of(rows: Sequence[Row], number: int) -> Page:
    """Return a page of ``rows``; the last one for a number beyond it."""
    pages = max(-(-len(rows) // PAGE), 1)
    number = min(number, pages)
    start = (number - 1) * PAGE
    return Page(tuple(rows[start : start + PAGE]), len(rows), number, pages)


def confidence_of(row: Row) -> float:
    """Return how sure the assistant was; 0 when it failed."""
    return row.given.confidence if row.given is not None else 0.0


def outcome_of(row: Row) -> str:
    """Return a row's outcome, or ``stale``."""
    return row.verdict.outcome.value if row.verdict else "stale"


def _matches(row: Row, wanted: Filter, text: str) -> bool:
    reason = row.verdict.reason if row.verdict else None
    return (
        (not wanted.language or row.lang == wanted.language)
        and (not wanted.kind or row.kind == wanted.kind)
        and (not wanted.tag or wanted.tag in row.tags)
        and (not wanted.outcome or outcome_of(row) == wanted.outcome)
        and (not wanted.reason or reason == wanted.reason)
        and (not text or text in _words(row))
    )


def _words(row: Row) -> str:
    parts = [row.id, row.question, *(one.text for one in row.answers), row.note]
    if row.given is not None:
        parts.append(row.given.text)
    return _folded("\n".join(parts))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().strip()


@dataclass(frozen=True, slots=True)
class Tried:
    """What another threshold would bring."""

    at: At
    shown: tuple[Row, ...]
    """Questions that would be answered and now are not, the surest first; the first ``CHANGED``."""
    hidden: tuple[Row, ...]
    """Questions that are answered and then would not be, the least sure first."""
    shown_total: int
    hidden_total: int
    shown_right: int
    """Of those that would be answered, the right ones."""
    hidden_right: int

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall of holding back; None without one of them."""
        precision, recall = self.at.precision, self.at.recall
        if precision is None or recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def try_threshold(rows: Sequence[Row], threshold: float) -> Tried:
    """Return what comes of answering from ``threshold`` on, and which questions it changes.

    Only the confidence is looked at, as in the curve.
    """
    counted = [row for row in rows if row.verdict is not None]
    judged = [
        Confidence(confidence_of(row), right=is_right(row), answerable=not row.unanswerable)
        for row in counted
    ]
    shown = [r for r in counted if not _answered(r) and confidence_of(r) >= threshold]
    hidden = [r for r in counted if _answered(r) and confidence_of(r) < threshold]
    shown.sort(key=confidence_of, reverse=True)
    hidden.sort(key=confidence_of)
    return Tried(
        at=at(judged, threshold),
        shown=tuple(shown[:CHANGED]),
        hidden=tuple(hidden[:CHANGED]),
        shown_total=len(shown),
        hidden_total=len(hidden),
        shown_right=sum(map(is_right, shown)),
        hidden_right=sum(map(is_right, hidden)),
    )


def is_right(row: Row) -> bool:
    """Whether what is shown is right; an unanswerable question never is."""
    return row.verdict is not None and bool(row.verdict.values.get("right"))


def _answered(row: Row) -> bool:
    return row.given is not None and row.given.state is State.ANSWERED
