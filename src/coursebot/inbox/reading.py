"""The store and the assistant ▶ the inbox as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from coursebot import encoder
from coursebot.assistant import Assistant
from coursebot.feedback import Row, Store, Verdict
from coursebot.inbox.groups import Grouped, group
from coursebot.inbox.likeness import OWN_SAME, SAME, Likeness
from coursebot.types import Suggestion


class Inbox:
    """What learners were not content with; remembers vectors, safe for many threads."""

    def __init__(self, store: Store, assistant: Assistant) -> None:
        self._store = store
        self._assistant = assistant
        self._likeness = Likeness(
            lambda texts: assistant.encoder.encode_queries(texts),
            same=OWN_SAME if assistant.settings.model == encoder.BUNDLED else SAME,
        )

    def rows(self) -> Iterator[Row]:
        """Yield what an instructor should see, as it comes. Raises StoreError.

        Where there is one course, who asked all of them asked that.
        """
        index = self._assistant.index
        courses = tuple(index.courses)
        for row in chain(self._store.feedback(), self._store.unanswered()):
            if row.verdict is Verdict.UP:
                continue
            if index.hidden and not _of(row) <= index.courses.keys():
                continue
            one = row.course is None and len(courses) == 1 and not index.hidden
            yield replace(row, course=courses[0]) if one else row

    def read(self) -> Grouped:
        """Return all groups, settled ones too; takes a while with many new questions.

        Raises StoreError.
        """
        usual = usual_of(self._assistant.index.suggestions)
        return group(self.rows(), self._store.settled(), self._likeness, usual)

    def waiting(self) -> int:
        """Return how many rows nothing was done about; no model is needed. Raises StoreError."""
        settled = self._store.settled()
        return sum(row.id not in settled for row in self.rows())


def _of(row: Row) -> set[str]:
    """Return the courses that a row is about: the one asked, and those that the answer quotes."""
    found = {row.course} if row.course else set()
    for part in ("citations", "closest"):
        told = (row.answer or {}).get(part)
        for one in told if isinstance(told, list | tuple) else ():
            found.add(str(one.get("course", "")) if isinstance(one, Mapping) else "")
    return found


def usual_of(suggestions: Iterable[Suggestion]) -> Mapping[str | None, Mapping[str, list[str]]]:
    """Return the questions that an index came with, by course (None: of all) and language."""
    found: dict[str | None, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in suggestions:
        found[one.course][one.language].append(one.question)
        found[None][one.language].append(one.question)
    return found
