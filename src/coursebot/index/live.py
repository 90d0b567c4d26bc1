"""Index folder ▶ the newest usable index, for a process that goes on answering."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coursebot.errors import CoursebotError
from coursebot.index import store
from coursebot.index.loaded import Index
from coursebot.types import Course, Encoder

Stamp = tuple[int, int, int]


class LiveIndex:
    """Holds an index, and moves to a newer one in the folder without keeping anyone waiting.

    A question keeps the ``Index`` that ``get`` gave it; the newer one is loaded beside it, in a
    thread of its own. One that cannot be used is reported by ``problem`` and changes nothing.
    """

    def __init__(self, folder: Path, *, interval: float = 1.0) -> None:
        """Load the index in ``folder``; raises as ``Index.load`` does.

        ``interval`` is how many seconds may pass between two looks at the folder.
        """
        self._folder = folder
        self._interval = interval
        self._encoder: Encoder | None = None
        self._problem = ""
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._looked = time.monotonic()
        self._index = Index.load(folder)

    @property
    def problem(self) -> str:
        """Why a newer index in the folder is not used; empty when there is none."""
        return self._problem

    def get(self) -> Index:
        """Return the index to answer the next question from; never waits for a newer one."""
        if time.monotonic() - self._looked >= self._interval:
            self._looked = time.monotonic()
            if self._stamp() != self._seen and not self._lock.locked():
                threading.Thread(target=self.refresh, name="index", daemon=True).start()
        return self._index

    def refresh(self) -> Index:
        """Move to the newest usable index now, and return it."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                try:
                    index = Index.load(self._folder)
                    if self._encoder is not None:
                        index.check_encoder(self._encoder)
                except CoursebotError as error:
                    self._problem = str(error)
                else:
                    self._index, self._problem = index, ""
                self._seen = stamp
            return self._index

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise IndexMismatchError unless ``encoder`` made the vectors; hold newer ones to it."""
        self._index.check_encoder(encoder)
        self._encoder = encoder

    def _stamp(self) -> Stamp | None:
        """Return what changes when a build replaces CURRENT; None when there is none."""
        try:
            found = (self._folder / store.CURRENT).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size


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

    def get(self) -> Index:
        """Return the newest index, of the courses alone that may be seen."""
        index = self._whole.get()
        return index.only([name for name, one in index.courses.items() if self._sees(one)])


@dataclass(frozen=True, slots=True)
class FixedIndex:
    """An index that stays as it is, where a live one is looked for."""

    index: Index
    problem: str = ""

    def get(self) -> Index:
        """Return it."""
        return self.index
