"""A setting's text ▶ the place of an index: a folder, or a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from coursebot.errors import SettingsError

SCHEMES = ("postgresql://", "postgres://")
"""What the address of a database begins with."""

_HINT = "It should read postgresql://user:password@host:5432/database."


class Address:
    """A PostgreSQL database, on one server or on several that stand in for each other.

    Its text names hosts and database alone: user, password and options are in ``uri``.
    """

    def __init__(self, uri: str) -> None:
        """Raise SettingsError, which quotes none of it, when ``uri`` cannot be an address."""
        self.uri = uri
        try:
            parts = urlsplit(uri)
            options = parse_qsl(parts.query)
        except ValueError:
            raise SettingsError("The index's address is not a database's.", _HINT) from None
        login, _, hosts = parts.netloc.rpartition("@")
        if "@" in login + parts.path:
            # What stands before it is the rest of a password.
            raise SettingsError(
                "The index's address has more than one @.", "In a password, write it %40."
            )
        password = login.partition(":")[2]
        self._secrets = {password, unquote(password), *(v for k, v in options if "password" in k)}
        given = dict(options)
        self.options = frozenset(given)
        """Names of the options behind the question mark."""
        self._hosts = hosts or given.get("host", "")
        self._database = unquote(parts.path.lstrip("/")) or given.get("dbname", "")

    def __str__(self) -> str:
        return f"postgresql://{self._hosts}/{self._database}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.uri == other.uri

    def __hash__(self) -> int:
        return hash(self.uri)

    def hidden(self, text: str) -> str:
        """Return ``text`` without any password of the address."""
        for secret in filter(None, self._secrets):
            text = text.replace(secret, "***")
        return text


Place = Path | Address
"""Where an index is kept."""


def place_of(given: str | Place) -> Place:
    """Return the place that ``given`` names: what does not begin as an address is a folder.

    Raises SettingsError.
    """
    if isinstance(given, str) and given.strip().lower().startswith(SCHEMES):
        return Address(given.strip())
    return Path(given) if isinstance(given, str) else given
