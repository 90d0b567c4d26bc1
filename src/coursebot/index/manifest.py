"""Index contents ▶ manifest: what a version holds, how it was made, and each file's digest."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from io import BufferedReader
from typing import Any, Self

from coursebot.errors import IndexDamagedError, IndexMismatchError
from coursebot.types import Encoder

FORMAT = 4
"""Raised when the folder's layout, the parsing of courses or what is embedded changes."""

KEY = 32
"""Bytes of what names a vector: a SHA-256 over fingerprint and embedded text."""

REBUILD = "Build it again: coursebot index."


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a version."""

    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index is, and what it was made from."""

    format: int
    model: str
    """The encoder's name, as it was asked for."""
    fingerprint: str
    """The encoder's fingerprint: vectors of another one cannot be compared with these."""
    dimension: int
    passage_tokens: int
    corpus_digest: str
    """Over courses, documents and refusals."""
    lexical: str
    """Name of the lexical scheme: BM25's parameters and the legs."""
    suggester: str
    """Version of what suggests questions; empty when none are suggested."""
    counts: Mapping[str, int]
    """``courses``, ``files``, ``sections``, ``statements``, ``passages``, ``refusals``,
    ``suggestions``."""
    files: Mapping[str, FileEntry]
    """By name, in alphabetical order."""
    built_at: str
    """ISO 8601 in UTC, from SOURCE_DATE_EPOCH when that is set; no digest covers it."""
    digest: str = ""
    """SHA-256 over all fields but this one and ``built_at``."""

    def sealed(self) -> Self:
        """Return the manifest with its digest."""
        return replace(self, digest=self._digest())

    def made_like(self, other: Self) -> bool:
        """Whether both describe the same corpus, model and settings."""
        return self._recipe() == other._recipe()

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise IndexMismatchError unless ``encoder`` made the vectors."""
        if encoder.fingerprint != self.fingerprint:
            raise IndexMismatchError(
                f"The index was made with the model {self.model!r}, not with {encoder.name!r}"
                + (" as it is now." if encoder.name == self.model else "."),
                f"Build it again, coursebot index --model {encoder.name}, "
                f"or use the other model: --model {self.model}.",
            )

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON for people to read."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        return text.encode("utf-8", "surrogatepass")

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Self:
        """Read a manifest; raises IndexMismatchError or IndexDamagedError, naming ``where``."""
        try:
            fields: dict[str, Any] = json.loads(data.decode("utf-8", "surrogatepass"))
            found = fields["format"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise IndexDamagedError(f"{where} is damaged ({error}).", REBUILD) from None
        if found != FORMAT:
            raise IndexMismatchError(
                f"{where} is of index format {found}; this coursebot reads format {FORMAT}.",
                REBUILD,
            )
        try:
            files = {name: FileEntry(**entry) for name, entry in fields.pop("files").items()}
            manifest = cls(files=files, **fields)
        except (KeyError, TypeError, AttributeError) as error:
            raise IndexDamagedError(f"{where} is damaged ({error}).", REBUILD) from None
        if manifest.digest != manifest._digest():
            raise IndexDamagedError(f"{where} was altered: its digest is not its own.", REBUILD)
        return manifest

    def _digest(self) -> str:
        return hashlib.sha256(replace(self, digest="", built_at="").to_bytes()).hexdigest()

    def _recipe(self) -> tuple[object, ...]:
        return (
            self.format,
            self.fingerprint,
            self.dimension,
            self.passage_tokens,
            self.corpus_digest,
            self.lexical,
            self.suggester,
        )


def entry_of(data: bytes) -> FileEntry:
    """Return the entry of a file with these bytes."""
    return FileEntry(len(data), hashlib.sha256(data).hexdigest())


def entry_in(stream: BufferedReader) -> FileEntry:
    """Return the entry of an open file, read a little at a time."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileEntry(stream.tell(), digest)


def now() -> str:
    """Return the time of the build, ISO 8601 in UTC; SOURCE_DATE_EPOCH wins over the clock."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(given) if given.isdecimal() else int(time.time())
    return datetime.fromtimestamp(seconds, UTC).isoformat()
