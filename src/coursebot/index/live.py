"""A place ▶ the newest usable index there, for a process that goes on answering."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from coursebot.errors import CoursebotError
from coursebot.index.interface import Searchable
from coursebot.index.shelf import shelf_of
from coursebot.places import Place
from coursebot.types import Course, Encoder


class LiveIndex:
    """Holds an index, and moves to a newer one in its place without keeping anyone waiting.

    A question keeps the index that ``get`` gave it; the newer one is loaded beside it, in a
    thread of its own. One that cannot be used is reported by ``problem`` and changes nothing.
    """

    def __init__(self, place: Place, *, interval: float = 1.0) -> None:
        """Load the index at ``place``; raises as ``Shelf.load`` does.

        ``interval`` is how many seconds may pass between two looks at it.
        """
        self._shelf = shelf_of(place)
        self._interval = interval
        self._encoder: Encoder | None = None
        self._problem = ""
        self._taken = self._refused = 0
        self._lock = threading.Lock()
        self._seen = self._shelf.stamp()
        self._looked = time.monotonic()
        self._index = self._shelf.load()

    @property
    def problem(self) -> str:
        """Why a newer index is not used; empty when there is none."""
        return self._problem

    @property
    def reloads(self) -> tuple[int, int]:
        """How many newer indexes were taken up, and how many could not be used."""
        return self._taken, self._refused

    def get(self) -> Searchable:
        """Return the index to answer the next question from; never waits for a newer one."""
        if time.monotonic() - self._looked >= self._interval:
            self._looked = time.monotonic()
            if not self._shelf.unchanged(self._seen) and not self._lock.locked():
                threading.Thread(target=self.refresh, name="index", daemon=True).start()
        return self._index

    def refresh(self) -> Searchable:
        """Move to the newest usable index now, and return it."""
        with self._lock:
            stamp = self._shelf.stamp()
            if stamp != self._seen:
                try:
                    index = self._shelf.load()
                    if self._encoder is not None:
                        index.check_encoder(self._encoder)
                except CoursebotError as error:
                    self._problem = str(error)
                    self._refused += 1
                else:
                    self._index, self._problem = index, ""
                    self._taken += 1
                self._seen = stamp
            return self._index

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise IndexMismatchError unless ``encoder`` made the vectors; hold newer ones to it."""
        self._index.check_encoder(encoder)
        self._encoder = encoder


class SeenIndex:
    """A live index as whoever asks may see it: the one place where courses are held back."""

    def __init__(self, whole: LiveIndex | FixedIndex, sees: Callable[[Course], bool]) -> None:
        """``sees`` says whether who is served now may see a course; it is asked each time."""
        self._whole = whole
        self._sees = sees

    @property
    def problem(self) -> str:
        """Why a newer index in the folder is not used; empty when there is none."""
        return self._whole.problem

    @property
    def reloads(self) -> tuple[int, int]:
        """How many newer indexes were taken up, and how many could not be used."""
        return self._whole.reloads

    def get(self) -> Searchable:
        """Return the newest index, of the courses alone that may be seen."""
        return self._of(self._whole.get())

    def refresh(self) -> Searchable:
        """Move to the newest usable index now, and return what may be seen of it."""
        return self._of(self._whole.refresh())

    def _of(self, index: Searchable) -> Searchable:
        return index.only([name for name, one in index.courses.items() if self._sees(one)])


@dataclass(frozen=True, slots=True)
class FixedIndex:
    """An index that stays as it is, where a live one is looked for."""

    index: Searchable
    problem: str = ""
    reloads: tuple[int, int] = (0, 0)

    def get(self) -> Searchable:
        """Return it."""
        return self.index

    def refresh(self) -> Searchable:
        """Return it: there is no newer one."""
        return self.index
