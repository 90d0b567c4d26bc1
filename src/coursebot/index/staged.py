"""Files cut up ▶ rows, keys and texts of a version, written to a folder as they come."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from coursebot.index import records
from coursebot.index.cutting import Cut
from coursebot.index.lexical import LEGS, UNITS
from coursebot.index.postings import Postings
from coursebot.index.records import Records
from coursebot.types import Suggestion

Range = tuple[int, int]

_BY_FILE = ("sources.json", "sections.json", "statements.json", "passages.json")
"""The files of a version whose rows come from the files of the corpus."""
_OWNER = {
    "sections.json": "sources.json",
    "statements.json": "sections.json",
    "passages.json": "sections.json",
}
"""What the first number of each row counts."""


@dataclass(slots=True)
class Share:
    """Where one course stands in the files of a version."""

    bytes: dict[str, Range] = field(default_factory=dict)
    """Of its rows, by file."""
    rows: dict[str, Range] = field(default_factory=dict)
    """First row and the one after the last, by file."""


class Staged:
    """A version that is being written: nothing of it but numbers is in memory."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self._model = hashlib.sha256(fingerprint.encode("utf-8", "surrogatepass"))
        self._rows = {name: _Rows(folder / name) for name in _BY_FILE}
        self._keys = {unit: (folder / f"{unit}.keys").open("wb") for unit in UNITS}
        self._texts = {unit: _Texts(folder / f".{unit}.texts") for unit in UNITS}
        self._legs = {leg: Postings(folder, leg) for leg in LEGS}
        self.shares: dict[str, Share] = {}
        """By course, in document order."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for leg in self._legs.values():
            leg.close()
        for keys in self._keys.values():
            keys.close()
        for rows in self._rows.values():
            rows.close()
        for texts in self._texts.values():
            texts.close()

    def add(self, course: str, cut: Cut) -> None:
        """Take in the next file; those of a course come together. Raises OSError."""
        share = self.shares.get(course)
        if share is None:
            share = self.shares[course] = Share(
                {name: (rows.begin, 0) for name, rows in self._rows.items()},
                {name: (rows.count, 0) for name, rows in self._rows.items()},
            )
        before = {name: rows.count for name, rows in self._rows.items()}
        for name in _BY_FILE:
            owner = _OWNER.get(name)
            first = before[owner] if owner else 0
            made = cut.rows[name]
            shifted = [(row[0] + first, *row[1:]) for row in made] if owner else made
            written = self._rows[name]
            written.add(shifted)
            share.bytes[name] = share.bytes[name][0], written.end
            share.rows[name] = share.rows[name][0], written.count
        for unit in UNITS:
            texts = [text.encode("utf-8", "surrogatepass") for text in cut.texts[unit]]
            self._texts[unit].add(texts)
            self._keys[unit].write(b"".join(map(self._key, texts)))
            for leg, postings in self._legs.items():
                postings.add(unit, cut.terms[leg][unit])

    def end(self, contents: Records) -> None:
        """Write what does not come from files one by one: the rest of ``contents``."""
        rows = records.rows_of(contents)
        for name in records.FILES:
            if name in _BY_FILE:
                self._rows[name].end_file()
            else:
                (self.folder / name).write_bytes(records.encode(rows[name]))
        for keys in self._keys.values():
            keys.close()

    def write_leg(self, leg: str) -> None:
        """Write the scores of one leg, when all files are taken in."""
        self._legs[leg].write()

    def suggest(self, found: Sequence[Suggestion]) -> None:
        """Write the suggestions."""
        rows = records.rows_of(Records((), (), (), (), (), (), tuple(found)))
        file = self.folder / "suggestions.json"
        file.write_bytes(records.encode(rows["suggestions.json"]))

    def count(self, name: str) -> int:
        """Return how many rows a file has."""
        return self._rows[name].count

    def keys(self, unit: str) -> bytes:
        """Return the keys of all passages or statements (``unit``), one behind the other."""
        return (self.folder / f"{unit}.keys").read_bytes()

    def text(self, unit: str, position: int) -> str:
        """Return what is embedded for a passage or statement (``unit``)."""
        return self._texts[unit].read(position)

    def rows_of(self, course: str) -> dict[str, bytes]:
        """Return the rows of one course as the files of ``records.FILES`` that come from files.

        Their numbers are still those of the whole version.
        """
        found = {}
        for name, (first, last) in self.shares[course].bytes.items():
            with (self.folder / name).open("rb") as stream:
                stream.seek(first)
                found[name] = records.OPEN + stream.read(last - first) + records.CLOSE
        return found

    def _key(self, text: bytes) -> bytes:
        digest = self._model.copy()
        digest.update(b"\0" + text)
        return digest.digest()


class _Rows:
    """A file of rows that is being written."""

    def __init__(self, file: Path) -> None:
        self._stream = file.open("wb")
        self._stream.write(records.OPEN)
        self.count = 0
        self.end = len(records.OPEN)
        """Bytes so far."""

    @property
    def begin(self) -> int:
        """Where the next row will begin."""
        return self.end + (len(records.BETWEEN) if self.count else 0)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            line = records.encoded(row)
            if self.count:
                line = records.BETWEEN + line
            self._stream.write(line)
            self.count += 1
            self.end += len(line)

    def end_file(self) -> None:
        self._stream.write(records.CLOSE)
        self._stream.close()

    def close(self) -> None:
        self._stream.close()


class _Texts:
    """Texts that wait in a file until they are embedded."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stream = file.open("w+b")
        self._starts = array("q", [0])

    def add(self, texts: Iterable[bytes]) -> None:
        for text in texts:
            self._stream.write(text)
            self._starts.append(self._starts[-1] + len(text))

    def read(self, position: int) -> str:
        first, last = self._starts[position : position + 2]
        self._stream.seek(first)
        return self._stream.read(last - first).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        self._stream.close()
        self._file.unlink(missing_ok=True)


def course_of(staged: Staged, name: str, whole: Mapping[str, Any]) -> Records:
    """Return the records of one course, numbered from 0; ``whole`` has its description."""
    share = staged.shares[name]
    empty = records.encode([])
    data = dict.fromkeys(records.FILES, empty) | staged.rows_of(name)
    alone = records.load(
        data,
        first_source=share.rows["sources.json"][0],
        first_section=share.rows["sections.json"][0],
    )
    return Records(
        (whole[name],), alone.sources, alone.sections, alone.statements, alone.passages, (), ()
    )
