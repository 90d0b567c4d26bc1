"""Corpus folder ▶ courses and documents; what cannot be read is refused with one clear line."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from coursebot.course.golden import GOLDEN, read_questions
from coursebot.course.sections import read_document
from coursebot.errors import CorpusError
from coursebot.types import Corpus, Course, Document, Refusal

LARGEST = 10_000_000
"""Bytes of the largest file that is read."""
KEPT = 4_000_000
"""Characters of sources that a survey keeps, so that small corpora are read once."""

Many = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
"""As ``map``: a function and what it is to be called with ▶ what it returns, in order."""

_SUFFIXES = {".md", ".markdown"}
_DESCRIPTION = "course.toml"
_KEYS = ("title", "language", "description", "link", "examples", "groups")
_GROUP = re.compile(r"\*|[\w.@+-]{1,64}")


@dataclass(frozen=True, slots=True)
class Found:
    """The Markdown files below a folder, not read yet."""

    root: Path
    owners: Mapping[str, Course]
    """Course of each file, by its path below ``root``."""
    refusals: tuple[Refusal, ...]
    """What stood in the way of files."""
    unread: tuple[Refusal, ...]
    """Golden sets that cannot be read."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(_size(self.root / path) for path in self.owners)


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be indexed."""

    root: Path
    course: str
    path: str
    digest: str
    """SHA-256 of its bytes."""

    def read(self) -> Document:
        """Read it again; raises CorpusError when it is not what it was."""
        found = _read(self.root / self.path, self.course, self.path)
        if not isinstance(found, Document) or found.digest != self.digest:
            raise CorpusError(
                f"{self.path}: was changed while it was being indexed.",
                "Try again: coursebot index.",
            )
        return found


@dataclass(frozen=True, slots=True)
class Survey:
    """What a corpus holds, its texts left where they are."""

    courses: tuple[Course, ...]
    files: tuple[File, ...]
    """In document order."""
    refusals: tuple[Refusal, ...]
    digest: str
    """SHA-256 over courses and files."""
    kept: Mapping[str, Document]
    """Those that are small enough not to be read twice, by path."""


def read_corpus(folder: Path) -> Corpus:
    """Read every course below ``folder``; files that cannot be used become refusals.

    A first-level folder is a course, and Markdown directly in ``folder`` makes one more, named
    after it; a ``course.toml`` in ``folder`` makes one course of all. Reviewed questions of a
    course's ``golden.jsonl`` come with it. A document's source has line feeds as line ends and no
    byte order mark; its digest is that of the file's bytes. Raises CorpusError when there is
    nothing to read.
    """
    found = survey(find(folder), keep=None)
    documents = tuple(found.kept[file.path] for file in found.files)
    return Corpus(found.courses, documents, found.refusals, found.digest)


def find(folder: Path) -> Found:
    """Return the files below ``folder``; raises CorpusError when there are none."""
    if not folder.is_dir():
        raise CorpusError(
            f"{folder}: there is no such folder.",
            "Name the folder that holds your courses: coursebot index FOLDER.",
        )
    root = folder.resolve()
    files, refusals = _find(root)
    if not files and not refusals:
        raise CorpusError(
            f"{folder}: holds no Markdown file (*.md, *.markdown).",
            "Put each course into a folder of its own there, or name another folder.",
        )
    unread: list[Refusal] = []
    owners = _owners(root, files, unread)
    return Found(root, owners, tuple(refusals), tuple(unread))


def survey(found: Found, many: Many = map, *, keep: int | None = KEPT) -> Survey:
    """Read every file once and tell what is there; ``many`` may do so in several processes.

    Documents are kept until their sources have ``keep`` characters together (None: all of them).
    Raises CorpusError when no file can be used.
    """
    refusals = list(found.refusals)
    files: list[File] = []
    kept: dict[str, Document] = {}
    room = keep
    waiting = [(found.root, course.name, path) for path, course in found.owners.items()]
    look = _look_and_keep if many is map else _look
    for (_, course, path), read in zip(waiting, many(look, waiting), strict=True):
        if isinstance(read, Refusal):
            refusals.append(read)
            continue
        digest = read.digest if isinstance(read, Document) else read
        files.append(File(found.root, course, path, digest))
        if isinstance(read, Document) and (room is None or len(read.source) <= room):
            kept[path] = read
            room = None if room is None else room - len(read.source)
    if not files:
        first = min(refusals, key=lambda refusal: refusal.path)
        raise CorpusError(
            f"{found.root}: none of its {len(refusals)} Markdown files can be used.",
            f"The first: {first.path}: {first.reason}",
        )
    files.sort(key=lambda file: (file.course, file.path))
    refusals = sorted([*refusals, *found.unread], key=lambda refusal: refusal.path)
    used = {file.course for file in files}
    courses = {course.name: course for course in found.owners.values() if course.name in used}
    named = tuple(courses[name] for name in sorted(courses))
    return Survey(named, tuple(files), tuple(refusals), _digest(named, files), kept)


def _look_and_keep(place: tuple[Path, str, str]) -> Document | Refusal:
    root, course, relative = place
    return _read(root / relative, course, relative)


def _look(place: tuple[Path, str, str]) -> str | Refusal:
    """Return a file's digest alone: what a process hands back should be small."""
    read = _look_and_keep(place)
    return read.digest if isinstance(read, Document) else read


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # told when it is read


def _find(root: Path) -> tuple[list[str], list[Refusal]]:
    """Return the Markdown files below ``root``, relative, and what stood in the way."""
    files: list[str] = []
    refusals: list[Refusal] = []
    waiting = [(root, frozenset({root}))]
    linked: set[Path] = set()
    while waiting:
        folder, above = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            refusals.append(Refusal(_relative(folder, root), _unreadable(error)))
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            relative = _shown(_relative(path, root))
            markdown = path.suffix.lower() in _SUFFIXES
            reason = _bad_link(path, root, above, linked) if entry.is_symlink() else ""
            if not reason and (markdown or entry.is_dir()):
                reason = _bad_name(entry.name)
            if reason:
                if markdown or not path.is_file():
                    refusals.append(Refusal(relative, reason))
            elif entry.is_dir():
                waiting.append((path, above | {path.resolve()}))
            elif markdown and not entry.is_file():
                refusals.append(Refusal(relative, "not a regular file; remove it."))
            elif markdown:
                files.append(relative)
    return sorted(files), refusals


def _bad_link(path: Path, root: Path, above: frozenset[Path], linked: set[Path]) -> str:
    """Return why a symbolic link is not followed; empty when it may be."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a symbolic link that leads nowhere or to itself; remove it."
    if not target.is_relative_to(root):
        return (
            "a symbolic link that leads out of the corpus folder; copy what it points to "
            "into the folder."
        )
    if target in above:
        return "a symbolic link to a folder that it stands in (a cycle); remove it."
    if target.is_dir():
        # Folders that link to each other would otherwise be read in every order there is.
        if target in linked:
            return "a second symbolic link to the same folder; keep one of them."
        linked.add(target)
    return ""


def _bad_name(name: str) -> str:
    """Return why a file or folder cannot be cited by its name; empty when it can."""
    if name.encode("utf-8", "replace").decode() != name:
        return "its name is not UTF-8; rename it."
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "its name has a control character in it, such as a line end; rename it."
    return ""


def _shown(name: str) -> str:
    """Return a path on one line that can be written everywhere."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(repr(c)[1:-1] if unicodedata.category(c) == "Cc" else c for c in text)


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _owners(root: Path, files: list[str], unread: list[Refusal]) -> dict[str, Course]:
    """Return the course of each file; golden sets that cannot be read are added to ``unread``."""
    if (root / _DESCRIPTION).exists():
        return dict.fromkeys(files, _with_questions(_describe(root), root, GOLDEN, unread))
    folders = sorted({file.split("/")[0] if "/" in file else "" for file in files})
    courses: dict[str, Course] = {}
    for name in folders:
        course = _describe(root / name) if name else Course(root.name, root.name, "")
        shown = f"{name}/{GOLDEN}" if name else GOLDEN
        courses[name] = _with_questions(course, root / name, shown, unread)
    return {file: courses[file.split("/")[0] if "/" in file else ""] for file in files}


def _with_questions(course: Course, folder: Path, shown: str, unread: list[Refusal]) -> Course:
    questions, refusal = read_questions(folder, shown, LARGEST)
    if refusal is not None:
        unread.append(refusal)
    return replace(course, questions=questions)


def _describe(folder: Path) -> Course:
    """Read a folder's ``course.toml``, if it has one."""
    path = folder / _DESCRIPTION
    if not path.exists():
        return Course(folder.name, folder.name, "")
    where = f"{folder.name}/{_DESCRIPTION}"
    described = _toml(path, where)
    for key, value in described.items():
        if key not in _KEYS:
            raise CorpusError(f"{where}: unknown key {key!r}.", f"Known: {', '.join(_KEYS)}.")
        if key == "groups":
            _check_groups(value, where)
        elif key == "examples":
            _check_examples(value, where)
        elif not isinstance(value, str):
            raise CorpusError(f"{where}: {key!r} must be a text in quotes.", "Correct it.")
    link = described.get("link", "")
    if link and ("{path}" not in link or not link.startswith(("https://", "http://"))):
        raise CorpusError(
            f"{where}: 'link' must be an http(s) address that contains {{path}}.",
            'Such as link = "https://example.org/notes/{path}#{anchor}".',
        )
    return Course(
        name=folder.name,
        title=described.get("title", "") or folder.name,
        language=described.get("language", ""),
        description=described.get("description", ""),
        link_template=link,
        examples=tuple(described.get("examples", ())),
        groups=tuple(described.get("groups", ())),
    )


def _toml(path: Path, where: str) -> dict[str, Any]:
    if path.is_symlink():
        raise CorpusError(f"{where}: a symbolic link.", "Copy the file into the folder.")
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise CorpusError(f"{where}: not a file of less than {LARGEST / 1e6:.0f} MB.", "Remove it.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{where}: not valid TOML: {error}.", "Correct that line.") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{where}: not UTF-8.", "Save it as UTF-8.") from None
    except (ValueError, RecursionError):  # thousands of digits, or of brackets in brackets
        raise CorpusError(f"{where}: too deep, or a number too long.", "Correct it.") from None
    except OSError as error:
        raise CorpusError(f"{where}: {_unreadable(error)}") from None


def _check_examples(value: object, where: str) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CorpusError(f"{where}: 'examples' must be a list of questions.", "Correct it.")


def _check_groups(value: object, where: str) -> None:
    """Raise CorpusError unless it is clear who may see the course."""
    named = isinstance(value, list) and all(
        isinstance(item, str) and _GROUP.fullmatch(item) for item in value
    )
    if not named:
        raise CorpusError(
            f"{where}: 'groups' must be a list of names of letters, digits and . _ @ + -.",
            'Such as groups = ["year-2"], or groups = ["*"] for everyone who is signed in.',
        )
    if not value:
        raise CorpusError(
            f"{where}: 'groups' is empty.",
            "Leave it out for an open course, or name the groups that may see it.",
        )


def _read(path: Path, course: str, relative: str) -> Document | Refusal:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            return Refusal(
                relative,
                f"{size / 1e6:.0f} MB; files above {LARGEST / 1e6:.0f} MB are not read. "
                "Split it into one file a lesson.",
            )
        data = path.read_bytes()
    except OSError as error:
        return Refusal(relative, _unreadable(error))
    if (nul := data.find(0)) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        return Refusal(
            relative,
            f"binary, not text: a zero byte in line {line}. Save it as UTF-8 text or remove it.",
            line,
        )
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        return Refusal(
            relative, f"not UTF-8: byte 0x{byte:02X} in line {line}. Save it as UTF-8.", line
        )
    source = decoded.replace("\r\n", "\n").replace("\r", "\n")
    if not source.strip():
        return Refusal(relative, "empty. Write something into it or remove it.")
    sections, statements = read_document(source, course=course, path=relative)
    if not statements:
        return Refusal(relative, "has no text that could be cited. Add some or remove it.")
    digest = hashlib.sha256(data).hexdigest()
    return Document(course, relative, source, digest, sections, statements)


def _unreadable(error: OSError) -> str:
    return f"cannot be read ({error.strerror or error}). Check its permissions."


def _digest(courses: tuple[Course, ...], files: list[File]) -> str:
    described = {
        "courses": [asdict(course) for course in courses],
        "documents": [(file.course, file.path, file.digest) for file in files],
    }
    text = json.dumps(described, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
