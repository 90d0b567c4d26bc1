"""Index contents ▶ folder, atomically, and back.

::

    index/
      CURRENT            name of the version that counts, replaced in one step
      .lock              held by the build under way
      00007/             a version; never changed once CURRENT names it
        manifest.json    what it is and the digest of each file below
        courses.json sources.json sections.json statements.json passages.json refusals.json
        suggestions.json                    questions that this version was seen to answer
        passages.faiss statements.faiss     vectors
        passages.keys statements.keys       what each vector was made from: 32 bytes each
        <leg>.terms.json  <leg>.<unit>.{scores,texts,starts}.npy     BM25
      .building-…/       a version that is being written, or what a killed build left
      .embedded          vectors of a build that is not done yet, for the next one

A reader reads CURRENT, then that version; when a build removed it in between, it reads again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from filelock import FileLock, Timeout

from coursebot.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexError_,
    IndexMissingError,
    IndexWriteError,
)
from coursebot.index import lexical, records
from coursebot.index.manifest import REBUILD, FileEntry, Manifest, entry_in, entry_of

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
EMBEDDED = ".embedded"
LAYOUT = (
    *records.FILES,
    "passages.faiss",
    "statements.faiss",
    "passages.keys",
    "statements.keys",
    *lexical.files(),
)
"""The files of a version, besides the manifest."""

_LOCK = ".lock"
_BUILDING = ".building-"
_VERSION = re.compile(r"\d{5,}")
_ATTEMPTS = 5


def current(folder: Path) -> str:
    """Return the name of the version that counts; raises IndexMissingError when there is none."""
    try:
        name = (folder / CURRENT).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissingError(
            f"There is no index in {folder}.", "Build one: coursebot index."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamagedError(f"{folder / CURRENT} cannot be read ({error}).", REBUILD) from None
    if not _VERSION.fullmatch(name):
        raise IndexDamagedError(f"{folder / CURRENT} does not name a version.", REBUILD)
    return name


def read(folder: Path) -> tuple[str, Manifest, dict[str, bytes]]:
    """Return the current version's name, manifest and files, all digests checked.

    Raises IndexMissingError, IndexDamagedError (naming the file) or IndexMismatchError.
    """
    name = current(folder)
    for _ in range(_ATTEMPTS):
        try:
            return name, *_read_version(folder / name)
        except IndexError_:
            # A build may have removed this version while it was being read.
            newer = current(folder)
            if newer == name:
                raise
            name = newer
    return name, *_read_version(folder / name)


def check(folder: Path) -> tuple[Path, Manifest]:
    """Return the current version's folder and manifest, all digests checked, nothing kept.

    Raises as ``read`` does.
    """
    name = current(folder)
    for _ in range(_ATTEMPTS):
        try:
            return folder / name, _check_version(folder / name)
        except IndexError_:
            newer = current(folder)
            if newer == name:
                raise
            name = newer
    return folder / name, _check_version(folder / name)


def read_manifest(folder: Path) -> Manifest:
    """Return the current version's manifest, its files unread; raises as ``read`` does."""
    name = current(folder)
    for _ in range(_ATTEMPTS):
        try:
            return _read_manifest(folder / name)
        except IndexError_:
            newer = current(folder)
            if newer == name:
                raise
            name = newer
    return _read_manifest(folder / name)


def _read_manifest(version: Path) -> Manifest:
    return Manifest.from_bytes(_bytes(version / MANIFEST), str(version / MANIFEST))


def _read_version(version: Path) -> tuple[Manifest, dict[str, bytes]]:
    manifest = _read_manifest(version)
    data: dict[str, bytes] = {}
    for name in LAYOUT:
        data[name] = _bytes(version / name)
        _check(version, manifest, name, entry_of(data[name]))
    return manifest, data


def _check_version(version: Path) -> Manifest:
    manifest = _read_manifest(version)
    for name in LAYOUT:
        with _opened(version / name) as stream:
            _check(version, manifest, name, entry_in(stream))
    return manifest


def _check(version: Path, manifest: Manifest, name: str, found: FileEntry) -> None:
    """Raise IndexDamagedError unless a file is what the manifest says."""
    file = version / name
    entry = manifest.files.get(name)
    if entry is None:
        raise IndexDamagedError(f"{version / MANIFEST} does not list {name}.", REBUILD)
    if found.size != entry.size:
        raise IndexDamagedError(
            f"{file} is damaged: {found.size} bytes instead of {entry.size}.", REBUILD
        )
    if found != entry:
        raise IndexDamagedError(f"{file} was altered: its digest is not the built one.", REBUILD)


@contextmanager
def _opened(file: Path) -> Iterator[BufferedReader]:
    try:
        with file.open("rb") as stream:
            yield stream
    except FileNotFoundError:
        raise IndexDamagedError(f"{file} is missing.", REBUILD) from None
    except OSError as error:
        raise IndexDamagedError(f"{file} cannot be read ({error.strerror}).", REBUILD) from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise IndexDamagedError(f"{file} is missing.", REBUILD) from None
    except OSError as error:
        raise IndexDamagedError(f"{file} cannot be read ({error.strerror}).", REBUILD) from None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder for one build, and clean up after dead ones.

    Raises IndexBusyError at once when another build holds it, IndexWriteError when the folder
    cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise IndexBusyError(
            f"Another build is writing {folder}.", "Wait until it is done, then try again."
        ) from None
    except OSError as error:
        raise _write_error(folder, error) from error
    try:
        _remove(folder, keep=None)
        yield
    except OSError as error:
        raise _write_error(folder, error) from error
    finally:
        lock.release()


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Yield a folder for the files of a version; removed unless ``write`` makes it one."""
    staged = folder / f"{_BUILDING}{os.getpid()}"
    staged.mkdir()
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def write(folder: Path, manifest: Manifest, staged: Path) -> None:
    """Make the files in ``staged`` the current version; the caller holds the folder (``writing``).

    Until the last step the version before counts. Raises OSError when the folder cannot be
    written; nothing is left behind then.
    """
    for name in LAYOUT:
        _sync(staged / name)
    _write_file(staged / MANIFEST, manifest.to_bytes())
    _sync(staged)
    name = _next(folder)
    staged.rename(folder / name)
    try:
        _sync(folder)
        pointer = folder / f"{_BUILDING}{CURRENT}"
        _write_file(pointer, f"{name}\n".encode("ascii"))
        pointer.replace(folder / CURRENT)
    except BaseException:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / f"{_BUILDING}{CURRENT}").unlink(missing_ok=True)
        raise
    _sync(folder)
    _remove(folder, keep=name)


class Files(Mapping[str, bytes]):
    """The files of a version in a folder, each read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> bytes:
        if name not in LAYOUT:
            raise KeyError(name)
        return _bytes(self._folder / name)

    def __iter__(self) -> Iterator[str]:
        return iter(LAYOUT)

    def __len__(self) -> int:
        return len(LAYOUT)

    def entries(self) -> dict[str, FileEntry]:
        """Return size and digest of each, in alphabetical order."""
        found = {}
        for name in sorted(LAYOUT):
            with _opened(self._folder / name) as stream:
                found[name] = entry_in(stream)
        return found


def _write_file(file: Path, data: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(path: Path) -> None:
    if os.name == "nt":  # Windows does not open folders
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _versions(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if _VERSION.fullmatch(entry.name)]


def _next(folder: Path) -> str:
    return f"{max(map(int, _versions(folder)), default=0) + 1:05}"


def _remove(folder: Path, keep: str | None) -> None:
    """Remove what dead builds left, and all versions but the current one."""
    if keep is None:
        try:
            keep = current(folder)
        except IndexError_:
            keep = ""
    for entry in sorted(folder.iterdir()):
        old = _VERSION.fullmatch(entry.name) and entry.name != keep
        if entry.name.startswith(_BUILDING) or old:
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def _write_error(folder: Path, error: OSError) -> IndexWriteError:
    return IndexWriteError(
        f"The index folder {folder} cannot be written: {error.strerror or error}.",
        "Make room or correct its permissions, or name another one: coursebot index --out DIR.",
    )
