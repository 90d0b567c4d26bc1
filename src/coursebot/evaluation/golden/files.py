"""Golden set's file ▶ items, or everything that is wrong with it; and items ▶ file, atomically."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coursebot.errors import GoldenError
from coursebot.evaluation.golden import canonical, jsonl
from coursebot.evaluation.golden.entries import Entry
from coursebot.evaluation.golden.problems import InvalidGoldenError, Problem, problem
from coursebot.evaluation.golden.records import GoldenItem, Origin, Status
from coursebot.evaluation.golden.validation import quoted, validate
from coursebot.evaluation.replacing import replace_file
from coursebot.terms import normalise

LARGEST = 100_000_000
"""Bytes of the largest file that is read."""

YAML = (".yaml", ".yml")
SUFFIXES = (".jsonl", *YAML)


@dataclass(frozen=True, slots=True)
class GoldenSet:
    """A golden set without a fault."""

    path: Path
    items: tuple[GoldenItem, ...]
    digest: str
    """SHA-256 over the items that are not retired, in their order."""

    def item(self, id: str) -> GoldenItem | None:
        """Return the item with this id; None when there is none."""
        return next((item for item in self.items if item.id == id), None)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A golden set's file as it stands, faults included."""

    text: str
    """Decoded, line ends as they are, without a byte order mark."""
    mark: bool
    """Whether it begins with a byte order mark."""
    entries: tuple[Entry, ...]
    items: tuple[GoldenItem | None, ...]
    """One an entry; None where there is a problem."""
    problems: tuple[Problem, ...]


def read(path: Path) -> GoldenSet:
    """Return the golden set in a ``.jsonl``, ``.yaml`` or ``.yml`` file.

    Raises InvalidGoldenError, whose ``problems`` are all that are wrong with it.
    """
    return golden_set(path, parse(path))


def problems(path: Path) -> tuple[Problem, ...]:
    """Return everything that is wrong with a golden set's file, by line; empty when it is fine."""
    return parse(path).problems


def golden_set(path: Path, parsed: Parsed) -> GoldenSet:
    """Return the golden set that was parsed; raises InvalidGoldenError."""
    if parsed.problems:
        raise InvalidGoldenError(path, parsed.problems)
    items = tuple(item for item in parsed.items if item is not None)
    return GoldenSet(path, items, canonical.digest(items))


def parse(path: Path) -> Parsed:
    """Read a file as far as it can be read; never raises for what is in it."""
    data = _bytes(path)
    if isinstance(data, Problem):
        return Parsed("", False, (), (), (data,))
    return parse_bytes(data, path.suffix.lower())


def parse_bytes(data: bytes, suffix: str) -> Parsed:
    """Read the bytes of a file whose name ends in ``suffix``."""
    mark = data.startswith(b"\xef\xbb\xbf")
    try:
        text = data[3 * mark :].decode("utf-8")
    except UnicodeDecodeError as error:
        return Parsed("", mark, (), (), (_not_utf8(data[3 * mark :], error),))
    found: list[Problem] = []
    entries: tuple[Entry, ...] = ()
    if suffix in YAML:
        from coursebot.evaluation.golden import yamls

        try:
            entries = yamls.entries(text.replace("\r\n", "\n"))
        except yamls.FileProblemError as error:
            found.append(error.found)
    else:
        entries = tuple(jsonl.entries(text))
    items: list[GoldenItem | None] = []
    for entry in entries:
        item, wrong = _item(entry)
        items.append(item)
        found += wrong
    found += repeated(
        (
            entry.line_of(("id",)),
            entry.line_of(("question",)),
            item.id if item else _id(entry),
            item,
        )
        for entry, item in zip(entries, items, strict=True)
    )
    found.sort(key=lambda one: one.line)
    return Parsed(text, mark, entries, tuple(items), tuple(found))


def _bytes(path: Path) -> bytes | Problem:
    if path.suffix.lower() not in SUFFIXES:
        return problem("suffix")
    if path.is_symlink():
        return problem("symlink")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return problem("not_a_file")
        if status.st_size > LARGEST:
            return problem("too_large", size=status.st_size / 1e6, largest=LARGEST / 1e6)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return problem("no_file", path=path)
    except OSError as error:
        return problem("unreadable", reason=error.strerror or error)


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> Problem:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return problem("utf16", line=1)
    line = data.count(b"\n", 0, error.start) + 1
    return problem("not_utf8", line=line, byte=data[error.start])


def _item(entry: Entry) -> tuple[GoldenItem | None, list[Problem]]:
    id = entry.value.get("id") if isinstance(entry.value, dict) else None
    name = id if isinstance(id, str) else ""
    written = [replace(found, item=name) for found in entry.problems]
    if entry.value is None and written:
        return None, written
    item, wrong = validate(entry.value)
    told = {found.field for found in written}
    for found in wrong:
        if found.field not in told:
            written.append(_spelt(found, entry).at(entry.line_of(found.field), name))
    return (None, written) if written else (item, written)


_TAKEN = {True: "true", False: "false", None: "a number"}
_TAKEN_JA = {True: "true", False: "false", None: "数値"}
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


def _spelt(found: Problem, entry: Entry) -> Problem:
    """Return a problem as it is best told to somebody who writes YAML."""
    spelling = entry.spellings.get(found.field)
    if spelling is None:
        return found
    value = entry.value
    for part in found.field:
        value = value[part]  # type: ignore[index]
    if not found.message.startswith(("must be text", "must be one word")):
        given = quoted(value)
        return replace(
            found,
            message=found.message.replace(f"not {given}", f"not {spelling}"),
            message_ja=found.message_ja.replace(f"（{given} ", f"（{spelling} "),
        )
    truth = value if isinstance(value, bool) else None
    what, what_ja = _TAKEN[truth], _TAKEN_JA[truth]
    if _DATE.match(spelling):
        what, what_ja = "a date", "日付"
    return problem("text_yaml", found.field, given=spelling, what=what, what_ja=what_ja)


def repeated(items: Iterable[tuple[int, int, str, GoldenItem | None]]) -> list[Problem]:
    """Return ids and questions that stand in a set twice.

    Of each item: the lines of its id and its question, its id, and itself unless it is invalid.
    """
    found: list[Problem] = []
    ids: dict[str, int] = {}
    asked: dict[tuple[str, ...], list[tuple[int, GoldenItem]]] = {}
    for id_line, line, id, item in items:
        if id in ids:
            same = problem("same_id", ("id",), line=id_line, given=id, first=ids[id])
            found.append(replace(same, item=id))
        elif id:
            ids[id] = id_line
        if item is None or item.status is Status.RETIRED:
            continue
        before = asked.setdefault(conversation(item), [])
        for first, other in before:
            if same_question(item, other):
                same = problem("same_question", ("question",), line=line, first=first, id=other.id)
                found.append(replace(same, item=item.id))
                break
        before.append((line, item))
    return found


def same_question(one: GoldenItem, other: GoldenItem) -> bool:
    """Whether two items ask the same, follow-ups included, which no set should do twice.

    Retired items ask nothing, and published sets do ask the same of several texts, or of one text
    twice. Items of one cluster may differ by spelling alone: full-width forms, capitals.
    """
    if Status.RETIRED in (one.status, other.status):
        return False
    if one.origin is other.origin is Origin.IMPORT:
        return False
    if one.cluster is not None and one.cluster == other.cluster:
        return _questions(one) == _questions(other)
    return conversation(one) == conversation(other)


def _id(entry: Entry) -> str:
    value = entry.value.get("id") if isinstance(entry.value, dict) else None
    return value.strip() if isinstance(value, str) else ""


def conversation(item: GoldenItem) -> tuple[str, ...]:
    """Return an item's questions, follow-ups included, in the form in which they are compared."""
    return tuple(
        " ".join(normalise(question).split()).rstrip("?。. ") for question in _questions(item)
    )


def _questions(item: GoldenItem) -> tuple[str, ...]:
    return (item.question, *(followup.question for followup in item.followups))


def text_of(items: Iterable[GoldenItem], suffix: str) -> str:
    """Return items as the text of a file whose name ends in ``suffix``."""
    if suffix in YAML:
        from coursebot.evaluation.golden import yamls

        return yamls.text_of(iter(items))
    return "".join(canonical.line(item) + "\n" for item in items)


def write(path: Path, items: Sequence[GoldenItem]) -> None:
    """Write a golden set, replacing the file in one step; its mode is kept.

    ``.jsonl`` gets one item a line, ``.yaml`` and ``.yml`` a list in blocks. Raises GoldenError
    when the name ends otherwise or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise GoldenError(f"{path}: {problem('suffix').message}")
    write_bytes(path, text_of(items, suffix).encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Put ``data`` into a file: written beside it, flushed to the disk, moved over it.

    Raises GoldenError; the file is then as it was.
    """
    if path.is_symlink():
        raise GoldenError(f"{path}: {problem('symlink').message}")
    try:
        replace_file(path, data)
    except OSError as error:
        raise GoldenError(
            f"{path}: cannot be written ({error.strerror or error}).",
            "Check the folder, its permissions and the space on the disk.",
        ) from None
