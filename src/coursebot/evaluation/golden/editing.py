"""One item of a golden set ▶ its file, without losing what others write there meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from filelock import FileLock, Timeout

from coursebot.errors import ConflictError, GoldenError
from coursebot.evaluation.golden import canonical
from coursebot.evaluation.golden.files import (
    YAML,
    GoldenSet,
    Parsed,
    golden_set,
    parse,
    parse_bytes,
    repeated,
    same_question,
    text_of,
    write_bytes,
)
from coursebot.evaluation.golden.records import GoldenItem

NEW = "new"
"""The revision of an item that is not there yet."""

_SECONDS = 10.0
"""How long a save waits for another one to end."""


class ItemConflictError(ConflictError):
    """Somebody else changed the item since it was read."""

    def __init__(self, id: str, current: GoldenItem | None) -> None:
        what = "changed" if current else "deleted"
        super().__init__(
            f"Somebody else has {what} the item {id!r} meanwhile.",
            "Look at it as it is now, then save again.",
        )
        self.current = current
        """The item as it is now; None when it was deleted."""
        self.revision = canonical.revision(current) if current else NEW
        """What to give as ``expected`` to overwrite it after all."""


class GoldenFile:
    """A golden set that several people edit, in one process or many.

    An item is saved with the revision that it was read with; whoever changes another item is not
    in the way. Only the item's own lines are written anew: the rest of the file, comments of a
    YAML file included, stays as it is, byte for byte. A file with problems is not saved to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[GoldenSet, str]:
        """Return the set and its revision; raises InvalidGoldenError.

        The set's revision may be given for any item as long as nothing at all was changed;
        ``revision(item)`` holds until that item is.
        """
        parsed = parse(self.path)
        return golden_set(self.path, parsed), _revision(parsed)

    def save(self, item: GoldenItem, expected: str, *, replaces: str = "") -> str:
        """Put ``item`` in the place of the one with its id, or at the end; return its revision.

        ``expected`` is the revision that the item was read with, ``NEW`` or the set's when it is
        new. ``replaces`` is the item's id before it was renamed. Saving again what is there
        already is no conflict. Raises ItemConflictError with the item as it is now, GoldenError
        when the item would make the set invalid or the file cannot be written, and
        InvalidGoldenError when the file has problems.
        """
        with self._locked() as (parsed, items):
            position = _position(items, replaces or item.id)
            current = items[position] if position is not None else None
            if current == item:
                return canonical.revision(item)
            _check(replaces or item.id, current, expected, parsed)
            others = [one for n, one in enumerate(items) if n != position]
            _check_alone(item, others)
            self._put(parsed, items, position, item)
        return canonical.revision(item)

    def delete(self, id: str, expected: str) -> None:
        """Take an item out; raises as ``save`` does."""
        with self._locked() as (parsed, items):
            position = _position(items, id)
            if position is None:
                raise ItemConflictError(id, None)
            _check(id, items[position], expected, parsed)
            self._put(parsed, items, position, None)

    def extend(self, items: Sequence[GoldenItem]) -> None:
        """Put items at the end, all or none; the file is made if there is none.

        Raises GoldenError when an id or a question is in the set already.
        """
        with self._locked(create=True) as (parsed, present):
            wanted = [*present, *items]
            _check_together(wanted, self.path)
            self._write(parsed, _appended(parsed, self.path.suffix.lower(), items), wanted)

    @contextmanager
    def _locked(self, create: bool = False) -> Iterator[tuple[Parsed, list[GoldenItem]]]:
        if not self.path.parent.is_dir():  # the lock would make it
            raise GoldenError(f"{self.path}: there is no such folder.", "Make it first.")
        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_SECONDS)
        try:
            with lock:
                self._sweep()
                if create and not self.path.exists() and not self.path.is_symlink():
                    parsed = parse_bytes(b"", self.path.suffix.lower())
                else:
                    parsed = parse(self.path)
                yield parsed, list(golden_set(self.path, parsed).items)
        except Timeout:
            raise GoldenError(
                f"{self.path}: another save has not ended for {_SECONDS:.0f} seconds.",
                "Try again.",
            ) from None
        except OSError as error:
            raise GoldenError(
                f"{self.path}: cannot be saved ({error.strerror or error}).",
                "Check the folder, its permissions and the space on the disk.",
            ) from None

    def _sweep(self) -> None:
        """Remove what a killed save left: nobody else writes while the lock is held."""
        for left in self.path.parent.glob(f".{escape(self.path.name)}.*.tmp"):
            with suppress(OSError):
                left.unlink()

    def _put(
        self, parsed: Parsed, items: list[GoldenItem], position: int | None, item: GoldenItem | None
    ) -> None:
        """Write the file with ``item`` at ``position``: None deletes, no position appends."""
        suffix = self.path.suffix.lower()
        new = [item] if item else []
        if position is None:
            self._write(parsed, _appended(parsed, suffix, new), [*items, *new])
            return
        wanted = [*items[:position], *new, *items[position + 1 :]]
        self._write(parsed, _spliced(parsed, position, suffix, item), wanted)

    def _write(self, parsed: Parsed, text: str | None, wanted: list[GoldenItem]) -> None:
        suffix = self.path.suffix.lower()
        mark = b"\xef\xbb\xbf" if parsed.mark else b""
        # Whatever way a file is laid out in, it must say what is meant, and nothing else; when
        # that cannot be done by its lines, all of it is written anew.
        for candidate in (text, text_of(wanted, suffix)):
            if candidate is not None:
                data = mark + candidate.encode("utf-8", "surrogatepass")
                if list(parse_bytes(data, suffix).items) == wanted:
                    write_bytes(self.path, data)
                    return
        raise GoldenError(
            f"{self.path}: the item holds what cannot be written.", "Nothing was saved."
        )


def _revision(parsed: Parsed) -> str:
    """Return the revision of all items, retired ones and their order included."""
    made = hashlib.sha256()
    for item in parsed.items:
        if item is not None:
            made.update(canonical.line(item).encode() + b"\n")
    return f"set-{made.hexdigest()}"


def _position(items: Sequence[GoldenItem], id: str) -> int | None:
    return next((n for n, item in enumerate(items) if item.id == id), None)


def _check(id: str, current: GoldenItem | None, expected: str, parsed: Parsed) -> None:
    if current is None:
        # With an item's own revision there was one; it was deleted since.
        if expected != NEW and not expected.startswith("set-"):
            raise ItemConflictError(id, None)
    elif expected not in (canonical.revision(current), _revision(parsed)):
        raise ItemConflictError(id, current)


def _check_alone(item: GoldenItem, others: Sequence[GoldenItem]) -> None:
    """Raise GoldenError when ``item`` cannot stand beside ``others``."""
    for other in others:
        if other.id == item.id:
            raise GoldenError(f"There is an item {item.id!r} already.", "Choose another id.")
        if same_question(item, other):
            raise GoldenError(
                f"The item {other.id!r} asks the same question.", "Change or retire one of them."
            )


def _check_together(items: Sequence[GoldenItem], path: Path) -> None:
    found = repeated([(n, n, item.id, item) for n, item in enumerate(items, 1)])
    if found:
        raise GoldenError(f"{path}: not added.", "\n".join(str(one) for one in found))


def _appended(parsed: Parsed, suffix: str, items: Sequence[GoldenItem]) -> str:
    """Return the file's text with items at its end."""
    text = parsed.text
    end = "\r\n" if text.endswith("\r\n") else "\n"
    if text and not text.endswith("\n"):
        text += end
    indent = _indent(parsed, -1) if suffix in YAML and parsed.entries else ""
    gap = end if suffix in YAML and text.strip() else ""
    return text + gap + _laid_out(text_of(items, suffix), indent, end)


def _spliced(parsed: Parsed, position: int, suffix: str, item: GoldenItem | None) -> str | None:
    """Return the file's text with one entry's lines replaced; None when it shares its lines."""
    entry = parsed.entries[position]
    place = entry.lines if suffix in YAML else (entry.line, entry.line)
    if place is None:
        return None
    lines = parsed.text.split("\n")
    end = "\r\n" if lines[place[1] - 1].endswith("\r") else "\n"
    new = ""
    if item is not None:
        indent = _indent(parsed, position) if suffix in YAML else ""
        new = _laid_out(text_of([item], suffix), indent, end)
        if place[1] == len(lines):  # the last line of a file that does not end with a line end
            new = new.removesuffix(end)
    before = "".join(f"{line}\n" for line in lines[: place[0] - 1])
    return before + new + "\n".join(lines[place[1] :])


def _indent(parsed: Parsed, position: int) -> str:
    """Return what stands before the dash of a YAML list's entry."""
    line = parsed.text.split("\n")[parsed.entries[position].line - 1]
    return line[: len(line) - len(line.lstrip())]


def _laid_out(text: str, indent: str, end: str) -> str:
    lines = text.split("\n")
    return end.join(f"{indent}{line}" if line else line for line in lines)
