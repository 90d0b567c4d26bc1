"""Rows of feedback and unanswered questions ▶ groups of those that ask the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from coursebot.feedback import Row, Settled
from coursebot.inbox.likeness import ALIKE, Likeness, same_text
from coursebot.types import Floats

MOST = 2_000
"""Distinct questions that are compared, the newest ones."""


@dataclass(frozen=True)
class Group:
    """Rows whose questions are alike; all asked the same course, or all of them."""

    question: str
    """The one nearest to all of them."""
    rows: tuple[Row, ...]
    """Newest first."""
    settled: Mapping[str, Settled]
    """What was done about those of them that are settled, by id."""

    @cached_property
    def open(self) -> tuple[Row, ...]:
        """The rows that nothing was done about, newest first."""
        return tuple(row for row in self.rows if row.id not in self.settled)

    @property
    def closed(self) -> bool:
        """Whether something was done about every row."""
        return not self.open

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows that count: the open ones, or all of a closed group."""
        return self.open or self.rows

    @property
    def newest(self) -> datetime:
        """When the newest row came in, in UTC."""
        return self.rows[0].created_at

    @property
    def course(self) -> str | None:
        """The course that was asked; None for all."""
        return self.rows[0].course

    @property
    def languages(self) -> tuple[str, ...]:
        """Of the rows that count."""
        return tuple(sorted({row.language for row in self.shown}))

    @property
    def questions(self) -> tuple[tuple[str, int], ...]:
        """Each wording of the rows that count and how often it came, the most frequent first."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.shown:
            found[same_text(row.question)].append(row.question)
        counted = [(wordings[0], len(wordings)) for wordings in found.values()]
        return tuple(sorted(counted, key=lambda one: (-one[1], one[0])))

    @property
    def comments(self) -> tuple[str, ...]:
        """What learners wrote to the rows that count, newest first."""
        return tuple(row.comment for row in self.shown if row.comment)

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Return how many rows say what, as ``verdict.down``, ``reason.wrong``, ``state.unsure``.

        An unanswered question's verdict is ``verdict.unanswered``.
        """
        found: Counter[str] = Counter()
        for row in self.shown:
            found[f"verdict.{row.verdict or 'unanswered'}"] += 1
            found[f"state.{row.state}"] += 1
            if row.reason:
                found[f"reason.{row.reason}"] += 1
        order = ("verdict", "reason", "state")
        return tuple(
            sorted(found.items(), key=lambda one: (order.index(one[0].split(".")[0]), -one[1]))
        )


@dataclass(frozen=True, slots=True)
class Grouped:
    """All groups, and what was not looked at."""

    groups: tuple[Group, ...]
    """Those with the most open rows first, then the newest."""
    left_out: int = 0
    """Rows with older questions than the newest ``MOST``."""

    def holding(self, id: str) -> Group | None:
        """Return the group that a row is in."""
        return next((one for one in self.groups if any(row.id == id for row in one.rows)), None)


def group(
    rows: Iterable[Row],
    settled: Mapping[str, Settled],
    likeness: Likeness,
    usual: Mapping[str | None, Mapping[str, Sequence[str]]] | None = None,
) -> Grouped:
    """Return rows in groups; each row is in one, and the order of rows does not matter.

    ``usual`` holds other questions by course and language (see ``Likeness.matrix``). Complete
    linkage: each two questions of a group are alike.
    """
    newest = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)
    asked: dict[tuple[str | None, str], list[Row]] = {}
    left_out = 0
    for row in newest:
        key = (row.course, same_text(row.question))
        if key not in asked and len(asked) == MOST:
            left_out += 1
            continue
        asked.setdefault(key, []).append(row)
    by_course: dict[str | None, list[list[Row]]] = defaultdict(list)
    for key in sorted(asked, key=lambda one: (one[0] or "", one[1])):
        by_course[key[0]].append(asked[key])
    found = [
        made
        for course, same in by_course.items()
        for made in _of_course(same, settled, likeness, (usual or {}).get(course, {}))
    ]
    found.sort(key=lambda one: (len(one.open), one.newest, one.rows[0].id), reverse=True)
    return Grouped(tuple(found), left_out)


def _of_course(
    same: Sequence[Sequence[Row]],
    settled: Mapping[str, Settled],
    likeness: Likeness,
    usual: Mapping[str, Sequence[str]],
) -> Iterable[Group]:
    questions = [rows[0].question for rows in same]
    matrix = likeness.matrix(questions, [rows[0].language for rows in same], usual)
    members: dict[int, list[int]] = defaultdict(list)
    for position, label in enumerate(_labels(matrix)):
        members[label].append(position)
    for positions in members.values():
        inside = matrix[np.ix_(positions, positions)].sum(axis=1).round(4)
        middle = questions[positions[int(inside.argmax())]]
        rows = sorted(
            (row for position in positions for row in same[position]),
            key=lambda row: (row.created_at, row.id),
            reverse=True,
        )
        done = {row.id: settled[row.id] for row in rows if row.id in settled}
        yield Group(middle, tuple(rows), done)


def _labels(matrix: Floats) -> list[int]:
    if len(matrix) == 1:
        return [0]
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    # Rounded: the last digit of a cosine depends on what it is computed beside.
    far = np.round(np.clip(1 - (matrix + matrix.T) / 2, 0, None), 5)
    np.fill_diagonal(far, 0)
    tree = linkage(squareform(far, checks=False), "complete")
    return [int(label) for label in fcluster(tree, 1 - ALIKE, "distance")]
