"""The place of an index ▶ where its versions are kept, read and replaced."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coursebot.errors import IndexError_, SettingsError, extra
from coursebot.index import lexical, store
from coursebot.index.dense import stored_at
from coursebot.index.interface import Searchable
from coursebot.index.kept import Kept, keys_of
from coursebot.index.loaded import Index
from coursebot.index.manifest import Manifest
from coursebot.places import Address, Place

Stamp = object
"""Changes when another version takes its place."""


class Before(Protocol):
    """The version that a build finds."""

    @property
    def manifest(self) -> Manifest:
        """What it was made from."""

    def vectors(self, staged: Path) -> Sequence[Kept]:
        """Return its vectors; what is not in files is written to the folder ``staged``."""


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

    def staging(self) -> AbstractContextManager[Path]:
        """Hold a folder for the files of a version while it is built."""

    def log(self, staged: Path) -> Path:
        """Return the file that keeps vectors until the version is there, also when it is not."""

    def forget(self) -> None:
        """Remove that file: the version is there."""

    def write(self, manifest: Manifest, staged: Path) -> None:
        """Make the files of ``store.LAYOUT`` in ``staged`` the version that counts, in one step."""


@dataclass(frozen=True, slots=True)
class FolderBefore:
    """The version that a build finds in the folder."""

    manifest: Manifest
    folder: Path

    def vectors(self, staged: Path) -> list[Kept]:
        """Return its vectors, where they are."""
        found = []
        dimension = self.manifest.dimension
        for unit in lexical.UNITS:
            file = self.folder / f"{unit}.faiss"
            keys = keys_of((self.folder / f"{unit}.keys").read_bytes())
            offsets = stored_at(file.stat().st_size, len(keys), dimension)
            found.append(Kept(file, keys, offsets, dimension))
        return found


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
        return store.check(self.folder)[1]

    def writing(self) -> AbstractContextManager[None]:
        """Hold the folder's lock."""
        return store.writing(self.folder)

    def before(self) -> Before | None:
        """Return the version that counts, if it is whole."""
        try:
            version, manifest = store.check(self.folder)
        except IndexError_:
            return None
        return FolderBefore(manifest, version)

    def staging(self) -> AbstractContextManager[Path]:
        """Hold a folder beside the version before."""
        return store.staging(self.folder)

    def log(self, staged: Path) -> Path:
        """Return a file that the next build finds again."""
        return self.folder / store.EMBEDDED

    def forget(self) -> None:
        """Remove that file."""
        self.log(self.folder).unlink(missing_ok=True)

    def write(self, manifest: Manifest, staged: Path) -> None:
        """Name ``staged`` as a version, and swap CURRENT."""
        store.write(self.folder, manifest, staged)


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
            extra("postgres"),
        ) from None
    return PostgresShelf(place)
