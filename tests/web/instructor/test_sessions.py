"""The password and the cookies that stand for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.errors import SettingsError
from coursebot.people.passwords import hashed
from coursebot.web.instructor.sessions import KEY, Sessions, key_in


@pytest.mark.parametrize(
    "stored", ["correct horse", hashed("correct horse")], ids=["plain", "hash"]
)
def test_only_the_password_is_right(stored: str) -> None:
    """A plain password and its hash open for the same one."""
    sessions = Sessions(stored, b"k" * 32)
    assert sessions.right("correct horse")
    assert not sessions.right("correct horsf")
    assert not sessions.right(hashed("correct horse"))


def test_another_password_ends_every_login() -> None:
    """A cookie holds for its own password and key only."""
    cookie = Sessions("one", b"k" * 32).begin()
    assert Sessions("one", b"k" * 32).holds(cookie)
    assert not Sessions("two", b"k" * 32).holds(cookie)
    assert not Sessions("one", b"j" * 32).holds(cookie)


def test_a_damaged_hash_stops_the_start() -> None:
    """It is not taken for a password."""
    with pytest.raises(SettingsError, match="damaged"):
        Sessions("$argon2id$v=19", b"k" * 32)


def test_the_key_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    """The same key the next time, readable by nobody else."""
    data = tmp_path / "data"
    assert key_in(data) == key_in(data)
    assert (data / KEY).stat().st_mode & 0o777 == 0o600
    assert data.stat().st_mode & 0o777 == 0o700
