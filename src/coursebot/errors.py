"""Every error that coursebot raises on purpose.

::

    CoursebotError
    ├── SettingsError          a setting is unknown or cannot be used
    ├── CorpusError            no course can be read from this folder
    ├── ModelError             an embedding model cannot be loaded or converted
    ├── ClusterError           a Dask cluster cannot embed
    ├── IndexError_            an index cannot be used
    │   ├── IndexMissingError      there is none
    │   ├── IndexDamagedError      a file is missing, truncated or altered
    │   ├── IndexMismatchError     made by another model or format
    │   ├── IndexBusyError         another build holds the folder
    │   ├── IndexWriteError        the folder or database cannot be written
    │   ├── IndexUnreachableError  its database does not answer
    │   └── IndexReplacedError     its database holds another version by now
    ├── QuestionError          a question that cannot be asked
    │   └── UnknownCourseError     it names a course that is not there
    ├── BusyError              more is asked than can be answered now
    ├── LanguageModelError     the language model gave no usable answer
    ├── StoreError             the feedback store cannot be used
    ├── PeopleError            the file of people cannot be used
    ├── GoldenError            a golden set cannot be used
    │   └── ConflictError          somebody else changed it meanwhile
    ├── RunError               a run cannot be made, read or compared
    └── BackupError            a backup cannot be made, or not be restored
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self


class CoursebotError(Exception):
    """A failure with a message for people: what, where, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """What to do; names a command where one helps."""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


def extra(name: str) -> str:
    """Return the hint that says how what an optional part needs is installed."""
    return f"Install it, in a checkout of coursebot: pip install -c constraints.txt '.[{name}]'"


class SettingsError(CoursebotError):
    """A setting is unknown or cannot be used."""


class CorpusError(CoursebotError):
    """No course can be read from this folder."""


class ModelError(CoursebotError):
    """An embedding model cannot be loaded or converted."""


class ClusterError(CoursebotError):
    """A Dask cluster cannot embed."""


class IndexError_(CoursebotError):
    """An index cannot be used."""


class IndexMissingError(IndexError_):
    """There is no index in this folder."""


class IndexDamagedError(IndexError_):
    """A file of the index is missing, truncated or altered."""


class IndexMismatchError(IndexError_):
    """The index was made by another model, or in another format."""


class IndexBusyError(IndexError_):
    """Another build holds the index folder."""


class IndexWriteError(IndexError_):
    """The index folder or database cannot be written."""


class IndexUnreachableError(IndexError_):
    """The database that holds the index does not answer."""


class IndexReplacedError(IndexError_):
    """The database does not hold this version of the index any more."""


class QuestionError(CoursebotError):
    """A question that cannot be asked."""


class UnknownCourseError(QuestionError):
    """The question names a course that is not in the index."""

    @classmethod
    def among(cls, course: str, known: Iterable[str]) -> Self:
        """Return the error for ``course``, naming those that there are."""
        listed = ", ".join(sorted(known)) or "none"
        return cls(f"There is no course {course!r}.", f"Courses: {listed}.")


class BusyError(CoursebotError):
    """More is asked than can be answered now."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "More questions are being asked than can be answered now.",
            f"Ask again in {seconds} s.",
        )
        self.seconds = seconds
        """After which it is worth trying again."""


class LanguageModelError(CoursebotError):
    """The language model gave no usable answer."""


class StoreError(CoursebotError):
    """The feedback store cannot be used."""


class PeopleError(CoursebotError):
    """The file of people cannot be used."""


class GoldenError(CoursebotError):
    """A golden set cannot be used."""


class ConflictError(GoldenError):
    """Somebody else changed the golden set meanwhile."""


class RunError(CoursebotError):
    """A run cannot be made, read or compared."""


class BackupError(CoursebotError):
    """A backup cannot be made, or not be restored."""
