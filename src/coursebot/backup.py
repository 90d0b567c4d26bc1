"""Feedback, golden sets and runs ▶ one file, and back; what is read is checked before it is used.

The file is a ZIP archive: ``feedback.sqlite3`` or ``feedback.jsonl``, ``golden/…`` with the paths
that golden sets have in the corpus, ``runs/…``, ``people/people.json`` if there is one, and
``manifest.json`` with the size and SHA-256 of each of them.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import secrets
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from filelock import FileLock, Timeout

from coursebot import feedback
from coursebot.config import Settings
from coursebot.errors import BackupError
from coursebot.evaluation.replacing import replace_file
from coursebot.evaluation.run.folder import LOCK
from coursebot.people import People

FORMAT = 1
MANIFEST = "manifest.json"
GOLDEN, RUNS = "golden", "runs"
PEOPLE = "people/people.json"
"""Of those who may sign in, whatever the settings call it."""
SUFFIXES = (".jsonl", ".yaml", ".yml")
"""Of golden sets."""
BLOCK = 1 << 20
PATIENCE = 10.0
"""Seconds to wait for somebody who saves a golden set."""
LARGEST = 100_000_000
"""Bytes of a manifest, whatever it would unpack to; one file takes about 150."""
_MALFORMED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
"""What an archive raises that somebody made up; zipfile trusts much of what it reads."""
_DAMAGED = "Take another backup; coursebot restore --check FILE looks at one."


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    made_at: str
    """ISO 8601 in UTC."""
    coursebot: str
    """The version that made it."""
    entries: dict[str, Entry]
    """By name."""

    @property
    def database(self) -> str:
        """Name of the entry that is the feedback; empty when there was none."""
        return next((name for name in self.entries if "/" not in name), "")

    @property
    def people(self) -> bool:
        """Whether the file of those who may sign in is among it."""
        return PEOPLE in self.entries

    @property
    def golden(self) -> list[str]:
        """Paths of the golden sets in the corpus."""
        return [name[len(GOLDEN) + 1 :] for name in self.entries if name.startswith(f"{GOLDEN}/")]

    @property
    def runs(self) -> list[str]:
        """Names of the runs."""
        found = (name.split("/")[1] for name in self.entries if name.startswith(f"{RUNS}/"))
        return list(dict.fromkeys(found))


def backup(chosen: Settings, file: Path) -> Contents:
    """Write a backup to ``file``, which must not be there yet, and read it again to be sure.

    It is written beside and moved there, readable by this user alone. Raises BackupError,
    PeopleError or StoreError.
    """
    if file.exists():
        raise BackupError(f"{file} is there already.", "Give another name.")
    if not file.parent.is_dir():
        raise BackupError(f"There is no folder {file.parent}.", "Make it first.")
    beside = file.with_name(f".{file.name}.{secrets.token_hex(6)}.tmp")
    try:
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                _fill(archive, chosen)
            out.flush()
            os.fsync(out.fileno())
        contents = check(beside)
        beside.replace(file)
    except OSError as error:
        raise BackupError(
            f"The backup {file} cannot be made: {_why(error, beside)}.",
            "Make room or correct permissions, or give another place; nothing was left behind.",
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink()
    return contents


def check(file: Path) -> Contents:
    """Return what a backup holds after reading all of it; raises BackupError."""
    with _opened(file) as archive:
        contents = _contents(archive, file)
        for name in contents.entries:
            for _block in _blocks(archive, contents, name, file):
                pass
    return contents


def restore(chosen: Settings, file: Path) -> Contents:
    """Put everything that a backup holds in the place of what is there; leave what it lacks.

    All of it is checked first, and laid beside its place; then the file of people is replaced, the
    database in one transaction, and each golden set and each run by a move. Broken off in between,
    the same command ends it. Raises BackupError, PeopleError or StoreError.
    """
    contents = check(file)
    try:
        _put_back(chosen, file, contents)
    except OSError as error:
        raise BackupError(
            f"{file} cannot be restored: {_why(error)}.",
            "Make room or correct permissions, then give the same command again.",
        ) from error
    return contents


def _put_back(chosen: Settings, file: Path, contents: Contents) -> None:
    chosen.runs.mkdir(parents=True, exist_ok=True)
    beside = chosen.runs / f".restoring-{secrets.token_hex(6)}"
    with (
        _opened(file) as archive,
        TemporaryDirectory(prefix="coursebot-restore-") as private,
    ):
        try:
            for name in contents.entries:
                folder = beside if name.startswith(f"{RUNS}/") else Path(private)
                _extract(archive, contents, name, file, folder)
            if contents.people:
                _people(chosen).put_back(Path(private) / PEOPLE)
            if contents.database:
                feedback.put_back(chosen, Path(private) / contents.database)
            for path in contents.golden:
                _place_golden(chosen.corpus / path, Path(private) / GOLDEN / path)
            for name in contents.runs:
                _place_run(chosen.runs / name, beside)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _why(error: OSError, known: Path | None = None) -> str:
    """Return what an error says, with the file that it names if that tells anything."""
    named = error.filename and error.filename != str(known)
    return f"{error.filename}: {error.strerror or error}" if named else error.strerror or str(error)


def replaced(chosen: Settings, contents: Contents) -> list[str]:
    """Return, for people, what is there now and would be replaced by a backup."""
    found = []
    if contents.database:
        place = feedback.Store.open(chosen).place
        found.append(f"all feedback in {place}")
    if contents.people and (people := _people(chosen).path).exists():
        found.append(f"who may sign in, in {people}")
    found += [str(path) for name in contents.golden if (path := chosen.corpus / name).exists()]
    found += [str(path) for name in contents.runs if (path := chosen.runs / name).exists()]
    return found


def _fill(archive: zipfile.ZipFile, chosen: Settings) -> None:
    entries: dict[str, Entry] = {}
    with TemporaryDirectory(prefix="coursebot-backup-") as private:
        saved = feedback.save(chosen, Path(private))
        if saved is not None:
            entries[saved.name] = _add(archive, saved.name, saved)
    people = _people(chosen)
    if people.path.is_file():
        people.all()  # what could not be put back is no backup
        entries[PEOPLE] = _add(archive, PEOPLE, people.path)
    for name, path in (*_golden_sets(chosen.corpus), *_run_files(chosen.runs)):
        if _is_ours(name):
            entries[name] = _add(archive, name, path)
    made = Contents(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        coursebot=version("coursebot"),
        entries=entries,
    )
    text = json.dumps({"format": FORMAT, **asdict(made)}, ensure_ascii=False, indent=1)
    archive.writestr(MANIFEST, text + "\n")


def _people(chosen: Settings) -> People:
    return People(chosen.data / chosen.people)


def _golden_sets(corpus: Path) -> Iterator[tuple[str, Path]]:
    for folder in (corpus, *sorted(path for path in corpus.glob("*") if path.is_dir())):
        for suffix in SUFFIXES:
            path = folder / f"{GOLDEN}{suffix}"
            if path.is_file() and not path.is_symlink():
                yield f"{GOLDEN}/{path.relative_to(corpus).as_posix()}", path


def _run_files(runs: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of the runs; one that is under way is taken up again after a restore."""
    for folder in sorted(path for path in runs.glob("*") if path.is_dir()):
        if folder.name.startswith(".") or folder.is_symlink():
            continue
        for path in sorted(folder.rglob("*")):
            within = path.relative_to(folder)
            if path.is_file() and not path.is_symlink() and not within.name.startswith("."):
                yield f"{RUNS}/{folder.name}/{within.as_posix()}", path


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> Entry:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as to:
        while block := source.read(BLOCK):
            digest.update(block)
            size += len(block)
            to.write(block)
    return Entry(size, digest.hexdigest())


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError:
        raise BackupError(f"There is no file {file}.") from None
    except PermissionError:
        raise BackupError(f"{file} cannot be read.", "Check its permissions.") from None
    except _MALFORMED:
        raise BackupError(f"{file} is no backup, or is cut short.", _DAMAGED) from None


def _contents(archive: zipfile.ZipFile, file: Path) -> Contents:
    try:
        with archive.open(MANIFEST) as source:
            text = source.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise BackupError(f"{file} is damaged: its manifest is too large.", _DAMAGED)
        told = json.loads(text)
        form = told.pop("format")
        if form != FORMAT:
            raise BackupError(
                f"{file} is a backup of format {form}; this coursebot reads format {FORMAT}.",
                "Restore it with the coursebot that made it.",
            )
        entries = {
            name: Entry(int(entry["size"]), str(entry["sha256"]))
            for name, entry in told.pop("entries").items()
        }
        contents = Contents(entries=entries, **told)
    except _MALFORMED:
        raise BackupError(f"{file} is damaged: its manifest cannot be read.", _DAMAGED) from None
    held = sorted(name for name in archive.namelist() if name != MANIFEST)
    if held != sorted(entries) or not all(map(_is_ours, entries)):
        raise BackupError(f"{file} does not hold what its manifest lists.", _DAMAGED)
    return contents


def _is_ours(name: str) -> bool:
    """Whether an entry may be written below its folder: a backup may have been made by anybody."""
    path = PurePosixPath(name)
    if path.as_posix() != name or "\\" in name or (os.name == "nt" and ":" in name):
        return False
    if path.is_absolute() or any(part.startswith(".") for part in path.parts):
        return False
    if len(path.parts) < 2:
        return name in ("feedback.sqlite3", "feedback.jsonl")
    if name == PEOPLE:
        return True
    if path.parts[0] == GOLDEN:
        return len(path.parts) <= 3 and path.stem == GOLDEN and path.suffix in SUFFIXES
    return path.parts[0] == RUNS and len(path.parts) >= 3


def _blocks(archive: zipfile.ZipFile, contents: Contents, name: str, file: Path) -> Iterator[bytes]:
    """Yield an entry's bytes; raises BackupError at the end when they are not what they should be.

    No more is read than the manifest lists, whatever it would unpack to.
    """
    entry = contents.entries[name]
    digest, left = hashlib.sha256(), entry.size
    wrong = BackupError(f"{file} is damaged: {name} is not what was backed up.", _DAMAGED)
    try:
        with archive.open(name) as source:
            while block := source.read(min(BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    raise wrong
                digest.update(block)
                yield block
    except _MALFORMED:
        raise wrong from None
    if left or digest.hexdigest() != entry.sha256:
        raise wrong


def _extract(
    archive: zipfile.ZipFile, contents: Contents, name: str, file: Path, folder: Path
) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        for block in _blocks(archive, contents, name, file):
            out.write(block)
        _sync(out)


def _sync(out: IO[bytes]) -> None:
    out.flush()
    os.fsync(out.fileno())


def _place_golden(path: Path, staged: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The lock of whoever edits it on the page or the command line.
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=PATIENCE)
    try:
        with lock:
            replace_file(path, staged.read_bytes())
    except Timeout:
        raise BackupError(
            f"{path} is being saved by somebody else.", "Restore again; what is done is kept."
        ) from None


def _place_run(folder: Path, beside: Path) -> None:
    """Move a run to its place, and away what is there."""
    staged = beside / RUNS / folder.name
    if not folder.exists():
        staged.replace(folder)
        return
    try:
        with FileLock(folder / LOCK, timeout=0):
            old = beside / "old" / folder.name
            old.parent.mkdir(exist_ok=True)
            folder.replace(old)
            staged.replace(folder)
    except Timeout:
        raise BackupError(
            f"The run {folder.name} is being made.", "Stop it, then restore again."
        ) from None
