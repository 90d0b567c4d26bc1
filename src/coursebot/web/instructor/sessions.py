"""The password ▶ a signed cookie that stands for it for half a day."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from coursebot.errors import SettingsError
from coursebot.people.passwords import HASHED, LONGEST, hashed, is_hash, right

COOKIE = "coursebot_instructor"
HOURS = 12
KEY = "instructor.key"


class Sessions:
    """Knows whether a password is right, and which cookies were given for it."""

    def __init__(self, password: str, key: bytes) -> None:
        if password.startswith(HASHED) and not is_hash(password):
            raise SettingsError(
                "COURSEBOT_INSTRUCTOR_PASSWORD: this hash is damaged.",
                "Make one with: coursebot password (and put it into single quotes in a shell).",
            )
        self._hash = password if password.startswith(HASHED) else hashed(password)
        # The password is part of the key: with another one no cookie is valid any more.
        signing = hmac.new(key, b"instructor session\0" + password.encode(), hashlib.sha256)
        self._signer = URLSafeTimedSerializer(signing.digest(), salt="coursebot.instructor")

    def right(self, password: str) -> bool:
        """Whether this is the password; takes some 50 ms and 64 MB, on purpose."""
        return right(self._hash, password[: LONGEST + 1])

    def begin(self) -> str:
        """Return a new cookie's value."""
        return str(self._signer.dumps(secrets.token_hex(8)))

    def holds(self, cookie: str) -> bool:
        """Whether a cookie was given for this password, and in the last hours."""
        try:
            self._signer.loads(cookie, max_age=HOURS * 3600)
        except BadData:
            return False
        return True


def key_in(folder: Path) -> bytes:
    """Return the key kept in a folder, made at the first time; in memory when it cannot be kept."""
    file = folder / KEY
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = secrets.token_hex(32).encode()
        beside = folder / f".{KEY}.{secrets.token_hex(4)}"
        kept = _known(file)
        if kept:
            return kept
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(made)
        try:
            # Unlike a rename this fails when another process was faster: its key holds.
            os.link(beside, file)
        except FileExistsError:
            return _known(file) or made
        finally:
            beside.unlink()
    except OSError:
        return secrets.token_hex(32).encode()
    return made


def _known(file: Path) -> bytes:
    try:
        key = file.read_bytes().strip()
    except FileNotFoundError:
        return b""
    return key if len(key) >= 32 else b""
