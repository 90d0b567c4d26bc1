"""The place of an index ▶ where its versions are kept, read and replaced."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coursebot.errors import IndexError_, SettingsError
from coursebot.index import lexical, store
from coursebot.index.dense import Dense
from coursebot.index.interface import Searchable
from coursebot.index.loaded import Index
from coursebot.index.manifest import KEY, Manifest
from coursebot.places import Address, Place
from coursebot.types import Floats

Stamp = object
"""Changes when another version takes its place."""


class Before(Protocol):
    """The version that a build finds."""

    @property
    def manifest(self) -> Manifest:
        """What it was made from."""

    def vectors(self) -> dict[bytes, Floats]:
        """Read all of its vectors, by key."""


class Shelf(Protocol):
    """Where the versions of one index are kept, of which one counts."""

    def load(self) -> Searchable:
        """Return the version that counts; raises an IndexError_."""

    def stamp(self) -> Stamp | None:
        """Return what changes when a build replaces the version; None when there is none."""

    def unchanged(self, since: Stamp | None) -> bool:
        """Whether the stamp is ``since`` still; False where to know it takes time."""

    def manifest(self) -> Manifest:
        """Return the manifest of the version that counts; raises an IndexError_."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold it for one build; raises IndexBusyError or IndexWriteError."""

    def before(self) -> Before | None:
        """Return the version that counts, if it is whole and of this format."""

    def write(self, manifest: Manifest, data: Mapping[str, bytes]) -> None:
        """Make a version of the files of ``store.LAYOUT`` the one that counts, in one step."""


@dataclass(frozen=True, slots=True)
class FolderBefore:
    """The version that a build finds in the folder."""

    manifest: Manifest
    data: Mapping[str, bytes]

    def vectors(self) -> dict[bytes, Floats]:
        """Return all of its vectors, by key."""
        known: dict[bytes, Floats] = {}
        for unit in lexical.UNITS:
            keys = self.data[f"{unit}.keys"]
            vectors = Dense.from_bytes(self.data[f"{unit}.faiss"]).vectors.copy()
            for at, vector in enumerate(vectors):
                known.setdefault(keys[at * KEY : (at + 1) * KEY], vector)
        return known


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """A folder, which ``store`` describes."""

    folder: Path

    def load(self) -> Index:
        """Return the version that counts, read into memory and every digest checked."""
        return Index.load(self.folder)

    def stamp(self) -> Stamp | None:
        """Return what changes when a build replaces CURRENT; None when there is none."""
        try:
            found = (self.folder / store.CURRENT).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def unchanged(self, since: Stamp | None) -> bool:
        """Whether CURRENT is as it was."""
        return self.stamp() == since

    def manifest(self) -> Manifest:
        """Return the manifest, every file's digest checked."""
        return store.read(self.folder)[1]

    def writing(self) -> AbstractContextManager[None]:
        """Hold the folder's lock."""
        return store.writing(self.folder)

    def before(self) -> Before | None:
        """Return the version that counts, if it is whole."""
        try:
            _, manifest, data = store.read(self.folder)
        except IndexError_:
            return None
        return FolderBefore(manifest, data)

    def write(self, manifest: Manifest, data: Mapping[str, bytes]) -> None:
        """Write the files beside the version before, and swap CURRENT."""
        store.write(self.folder, manifest, data)


def shelf_of(place: Place) -> Shelf:
    """Return the shelf at ``place``, which need not exist yet.

    Raises SettingsError for a database when what it takes is not installed.
    """
    if not isinstance(place, Address):
        return FolderShelf(place)
    # Only who keeps an index in a database has the client installed.
    try:
        from coursebot.index.postgres import PostgresShelf
    except ImportError as error:
        raise SettingsError(
            f"The index is in a database, but its client cannot be imported ({error}).",
            "Install it: pip install 'coursebot[postgres]'",
        ) from None
    return PostgresShelf(place)
