"""What a proxy or an identity provider says of somebody ▶ a person."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers

from coursebot.config import Settings
from coursebot.people import NOBODY, Person, Role
from coursebot.people.file import NAME

LONGEST = 100
"""Characters of a name."""


class Given:
    """Knows which groups make somebody an instructor or an admin."""

    def __init__(self, chosen: Settings) -> None:
        self._header = chosen.person_header.strip()
        self._groups = chosen.groups_header.strip()
        self._teach = frozenset(split(chosen.instructor_groups))
        self._run = frozenset(split(chosen.admin_groups))

    @property
    def by_header(self) -> bool:
        """Whether a proxy names people."""
        return bool(self._header)

    def person(self, name: str, groups: Iterable[str]) -> Person:
        """Return the person of that name in those groups; nobody without a name."""
        shown = "".join(c for c in name.strip() if c.isprintable())[:LONGEST]
        if not shown:
            return NOBODY
        held = frozenset(group for group in groups if NAME.fullmatch(group))
        role = Role.LEARNER
        if held & self._run:
            role = Role.ADMIN
        elif held & self._teach:
            role = Role.INSTRUCTOR
        return Person(shown, role, held)

    def in_headers(self, headers: Headers) -> Person:
        """Return whom a trusted proxy's headers name; nobody when they are not clear."""
        if not self._header:
            return NOBODY
        named = headers.getlist(self._header)
        told = headers.getlist(self._groups) if self._groups else []
        # Twice: the proxy added its own and let the sender's through; neither is believed.
        if len(named) != 1 or len(told) > 1:
            return NOBODY
        return self.person(text_of(named[0]), split(text_of(told[0])) if told else ())


def split(listed: str) -> list[str]:
    """Return names that stand one after the other, with commas, semicolons or spaces between."""
    return listed.replace(",", " ").replace(";", " ").split()


def text_of(value: str) -> str:
    """Return a header's value as text: bytes come as Latin-1, proxies send UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
