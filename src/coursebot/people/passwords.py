"""Password ▶ argon2id hash, and whether one belongs to the other."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 1024
"""Characters of a password."""
HASHED = "$argon2"
"""How every hash begins."""


def hashed(password: str) -> str:
    """Return the hash of a password (argon2id, the library's defaults)."""
    return PasswordHasher().hash(password)


def is_hash(text: str) -> bool:
    """Whether a text is a whole hash."""
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


def right(kept: str, password: str) -> bool:
    """Whether a hash is that of a password; takes some 50 ms and 64 MB, on purpose."""
    try:
        return PasswordHasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def nobodys() -> str:
    """Return the hash that a password is tried on where there is nobody of that name.

    So that the time of an answer does not tell which names there are.
    """
    return hashed("nobody has this password")
