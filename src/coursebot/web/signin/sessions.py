"""A person ▶ a signed cookie that stands for them for a while, and can be ended."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from itsdangerous import BadData, URLSafeTimedSerializer

from coursebot.people import Person, Role

COOKIE, HOST_COOKIE = "coursebot", "__Host-coursebot"
"""Names of the cookie, and of the one over HTTPS, which no other host can set."""
WHOLE = 12 * 3600
"""Seconds after which a session ends, whatever happens."""
IDLE = 2 * 3600
"""Seconds without a request after which it ends."""
FRESH = 600
"""Seconds after which the cookie is made anew."""
ENDED = "ended-sessions"
"""Folder below the data, with a file for each session that was ended before its time."""
LONGEST = 3500
"""Characters of a cookie's value; browsers keep 4096 with its name and attributes."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's stay."""

    id: str
    name: str
    began: int
    """Seconds since 1970."""
    version: str = ""
    """Of the password that opened it; empty when another host vouched for the person."""
    role: str = ""
    """As another host said."""
    groups: tuple[str, ...] = ()
    """As another host said."""

    @classmethod
    def of(cls, person: Person, version: str = "") -> Self:
        """Begin a session; its id is new, so none that somebody else knows is gone on with."""
        own = () if version else tuple(sorted(person.groups))
        role = "" if version else str(person.role)
        return cls(secrets.token_hex(16), person.name, int(time.time()), version, role, own)

    @property
    def person(self) -> Person:
        """Who it is, as another host said."""
        return Person(self.name, Role(self.role), frozenset(self.groups))


class Sessions:
    """Signs cookies, reads them, and remembers which sessions were ended."""

    def __init__(self, key: bytes, folder: Path, clock: Callable[[], float] = time.time) -> None:
        signing = hmac.new(key, b"visitor session\0", hashlib.sha256).digest()
        self._signer = URLSafeTimedSerializer(signing, salt="coursebot.visitor")
        self._folder = folder / ENDED
        self._clock = clock
        self._ended: set[str] = set()

    def cookie(self, session: Session) -> str:
        """Return a new cookie's value; empty when the person is in too many groups for one."""
        made = str(
            self._signer.dumps(
                [
                    *(session.id, session.name, session.began, session.version),
                    *(session.role, list(session.groups)),
                ]
            )
        )
        return made if len(made) <= LONGEST else ""

    def read(self, cookie: str) -> tuple[Session, bool] | None:
        """Return the session of a cookie, and whether the cookie is to be made anew.

        None when it is not ours, too old, or of a session that was ended.
        """
        try:
            fields, signed = self._signer.loads(cookie, max_age=IDLE, return_timestamp=True)
            session = _session(fields)
        except (BadData, TypeError, ValueError, OverflowError):
            return None
        now = self._clock()
        if now - session.began > WHOLE or now - signed.timestamp() > IDLE:
            return None
        if self._is_ended(session):
            return None
        return session, now - signed.timestamp() > FRESH

    def end(self, session: Session) -> None:
        """End a session: no cookie of it opens anything any more, wherever it was copied to."""
        name = _file_name(session)
        self._ended.add(name)
        # A folder that cannot be written costs other processes the news, not this one.
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).touch(mode=0o600)
            self._forget()

    def _is_ended(self, session: Session) -> bool:
        name = _file_name(session)
        if name in self._ended:
            return True
        try:
            return (self._folder / name).exists()
        except OSError:
            return False

    def _forget(self) -> None:
        """Remove what would be over by now anyway."""
        limit = self._clock() - WHOLE - IDLE
        for file in self._folder.iterdir():
            if file.stat().st_mtime < limit:
                file.unlink()


def _session(fields: Any) -> Session:  # noqa: ANN401 — what was signed
    id, name, began, version, role, groups = fields
    known = "" if version else str(Role(role))
    return Session(str(id), str(name), int(began), str(version), known, tuple(groups))


def _file_name(session: Session) -> str:
    return hashlib.sha256(session.id.encode()).hexdigest()[:32]
