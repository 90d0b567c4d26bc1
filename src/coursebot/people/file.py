"""The file of people: read by servers as it changes, written by ``coursebot people``."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from coursebot.errors import PeopleError
from coursebot.people.passwords import LONGEST, hashed, is_hash, nobodys, right
from coursebot.people.person import Person, Role

NAME = re.compile(r"[\w.@+-]{1,64}")
"""What a person or a group may be called."""
LARGEST = 20_000_000
"""Bytes of the file; one person takes about 200."""
PATIENCE = 10.0
"""Seconds to wait for another who writes the file."""

Stamp = tuple[int, int, int]


class Entry(BaseModel):
    """One person in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: Role = Role.LEARNER
    groups: tuple[str, ...] = ()
    password: str
    """Its argon2 hash."""

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not NAME.fullmatch(name) or plain(name) != name:
            raise ValueError("it must be of letters, digits and . _ @ + -, in small letters")
        return name

    @field_validator("groups")
    @classmethod
    def _named(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        if not all(NAME.fullmatch(group) for group in groups):
            raise ValueError("a group is named by letters, digits and . _ @ + -")
        return tuple(sorted(set(groups)))

    @field_validator("password")
    @classmethod
    def _hashed(cls, password: str) -> str:
        if not is_hash(password):
            raise ValueError("it is no argon2 hash; set one with: coursebot people passwd")
        return password

    @property
    def person(self) -> Person:
        """Who it is."""
        return Person(self.name, self.role, frozenset(self.groups))

    @property
    def version(self) -> str:
        """Changes with the password, and with it all sessions end."""
        return hashlib.sha256(self.password.encode()).hexdigest()[:16]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    people: tuple[Entry, ...]


class People:
    """The file of people; safe for many threads, and for several that write it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: Stamp | None = None
        self._entries: Mapping[str, Entry] = {}

    def all(self) -> Mapping[str, Entry]:
        """Return everybody by name, as the file is now; raises PeopleError."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._entries = {}  # nobody, should the new file be damaged
                self._seen = None
                self._entries = self._read() if stamp else {}
                self._seen = stamp
            return self._entries

    def get(self, name: str) -> Entry | None:
        """Return somebody; None when there is nobody of that name. Raises PeopleError."""
        return self.all().get(plain(name))

    def check(self, name: str, password: str) -> Entry | None:
        """Return whose name and password these are; takes as long when it is nobody's.

        Raises PeopleError.
        """
        entry = self.get(name)
        known = right(entry.password if entry else nobodys(), password[: LONGEST + 1])
        return entry if known and len(password) <= LONGEST else None

    def add(self, name: str, password: str, role: Role, groups: Iterable[str]) -> Entry:
        """Add somebody; raises PeopleError when the name is taken or nothing to be called by."""
        made = hashed(password)  # slow, and so before anybody else has to wait

        def added(there: dict[str, Entry]) -> Entry:
            if plain(name) in there:
                raise PeopleError(
                    f"There is a {plain(name)} already.",
                    "Change them with: coursebot people change, or passwd.",
                )
            entry = self._made(name=plain(name), role=role, groups=tuple(groups), password=made)
            there[entry.name] = entry
            return entry

        return self._edit(added)

    def change(
        self,
        name: str,
        *,
        password: str | None = None,
        role: Role | None = None,
        groups: Iterable[str] | None = None,
    ) -> Entry:
        """Change somebody's password, role or groups; raises PeopleError when there is nobody."""
        made = None if password is None else hashed(password)

        def changed(there: dict[str, Entry]) -> Entry:
            kept = self._known(there, name)
            there[kept.name] = self._made(
                name=kept.name,
                role=kept.role if role is None else role,
                groups=kept.groups if groups is None else tuple(groups),
                password=kept.password if made is None else made,
            )
            return there[kept.name]

        return self._edit(changed)

    def remove(self, name: str) -> None:
        """Remove somebody, whose sessions end; raises PeopleError when there is nobody."""

        def removed(there: dict[str, Entry]) -> Entry:
            return there.pop(self._known(there, name).name)

        self._edit(removed)

    def put_back(self, saved: Path) -> None:
        """Put a copy of such a file in the place of this one, which may be damaged.

        Raises PeopleError, and changes nothing, when the copy is.
        """
        kept = People(saved).all()
        with self._held():
            self._write(kept)

    def _known(self, there: Mapping[str, Entry], name: str) -> Entry:
        if plain(name) not in there:
            raise PeopleError(
                f"There is nobody called {plain(name)[:64]!r}.", "See: coursebot people list."
            )
        return there[plain(name)]

    def _made(self, **fields: object) -> Entry:
        try:
            return Entry.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            said = first["msg"].removeprefix("Value error, ")
            raise PeopleError(f"{first['loc'][0]}: {said}.") from None

    def _edit(self, change: Callable[[dict[str, Entry]], Entry]) -> Entry:
        with self._held():
            there = dict(self.all())
            made = change(there)
            self._write(there)
            return made

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the file for one change."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=PATIENCE):
                yield
        except Timeout:
            raise PeopleError(
                f"Somebody else is writing {self.path}.", "Try again in a moment."
            ) from None
        except OSError as error:
            raise PeopleError(
                f"{self.path} cannot be written ({error.strerror or error}).",
                "Check the folder's permissions and room; COURSEBOT_PEOPLE names another file.",
            ) from None

    def _write(self, there: Mapping[str, Entry]) -> None:
        listed = [there[name].model_dump(mode="json") for name in sorted(there)]
        text = json.dumps({"format": 1, "people": listed}, ensure_ascii=False, indent=1)
        beside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            # For its owner alone: hashes can be guessed at by whoever has them.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(beside, flags, 0o600), "wb") as out:
                out.write((text + "\n").encode())
                out.flush()
                os.fsync(out.fileno())
            beside.replace(self.path)
        finally:
            with suppress(OSError):
                beside.unlink()

    def _read(self) -> Mapping[str, Entry]:
        try:
            if self.path.stat().st_size > LARGEST:
                raise PeopleError(f"{self.path} is larger than {LARGEST / 1e6:.0f} MB.")
            found = _File.model_validate_json(self.path.read_bytes())
        except OSError as error:
            raise PeopleError(
                f"{self.path} cannot be read ({error.strerror or error}).", "Check its permissions."
            ) from None
        except ValidationError as error:
            # Never the value: it may be a hash.
            first = error.errors(include_input=False)[0]
            where = "/".join(str(part) for part in first["loc"])
            raise PeopleError(
                f"{self.path} is damaged ({where or 'JSON'}: {first['type']}).",
                "Restore it from a backup, or remove it and add everybody again.",
            ) from None
        return {entry.name: entry for entry in found.people}

    def _stamp(self) -> Stamp | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PeopleError(
                f"{self.path} cannot be read ({error.strerror or error}).", "Check its permissions."
            ) from None
        return found.st_mtime_ns, found.st_ino, found.st_size


def plain(name: str) -> str:
    """Return a name as it is kept: case and width of letters do not matter."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
