"""A request ▶ who sent it: a session's cookie, or a name and a password that begin one."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from fastapi.responses import Response

from coursebot.config import Settings
from coursebot.errors import PeopleError
from coursebot.people import NOBODY, Entry, People, Person
from coursebot.people.file import plain
from coursebot.types import Course
from coursebot.web.instructor.attempts import Attempts
from coursebot.web.instructor.peers import Peer, networks, peer_of
from coursebot.web.instructor.sessions import key_in
from coursebot.web.signin.given import Given
from coursebot.web.signin.openid import OpenId
from coursebot.web.signin.sessions import COOKIE, HOST_COOKIE, WHOLE, Session, Sessions

AT_ONCE = 2
"""Passwords that are tried at the same time: guessing must not hold up learners' questions."""
PAIR, NAME, ADDRESS, ALL = 5, 50, 60, 2000
"""Wrong passwords in five minutes after which one name from one address, one name, one address
(a school has one for all of its learners), and everybody has to wait."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """Who sent a request, and by what."""

    person: Person = NOBODY
    session: Session | None = None
    """None also when a proxy named the person."""
    renew: bool = False
    """Whether the cookie is to be made anew."""
    stale: bool = False
    """Whether there is a cookie that opens nothing, to be taken away."""


class SignIn:
    """Knows people and their sessions; safe for many threads."""

    def __init__(self, chosen: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.people = People(chosen.data / chosen.people)
        self.sessions = Sessions(key_in(chosen.data), chosen.data)
        self._given = Given(chosen)
        self.openid = OpenId(chosen, key_in(chosen.data)) if chosen.openid_issuer else None
        """Signing in at a provider; None when there is none."""
        self._trusted = networks(chosen.trusted_proxies)
        self._clock = clock
        self._limiter = CapacityLimiter(AT_ONCE)
        self._tries = tuple(Attempts(each, ALL) for each in (PAIR, NAME, ADDRESS))

    @property
    def passwords(self) -> bool:
        """Whether anybody can sign in with a password."""
        try:
            return bool(self.people.all())
        except PeopleError as error:
            _log.error("Nobody can sign in: %s", error)
            # There are people: nobody is let in by name for now, and nobody without one either.
            return True

    @property
    def open(self) -> bool:
        """Whether anybody can be known by name."""
        return self._given.by_header or self.openid is not None or self.passwords

    def unreachable(self, courses: Iterable[Course]) -> str:
        """Return what to do about courses that nobody can come to; empty when there are none."""
        held = [course.name for course in courses if course.groups]
        if not held or self.open:
            return ""
        return (
            f"Restricted, while nobody can sign in: {', '.join(held[:5])}"
            f"{' and others' if len(held) > 5 else ''}. Add people: coursebot people add NAME."
        )

    def peer(self, request: Request) -> Peer:
        """Return where a request came from."""
        return peer_of(request.scope, self._trusted)

    def identify(self, request: Request) -> Known:
        """Return who sent a request."""
        peer = self.peer(request)
        if peer.trusted and self._given.by_header:
            named = self._given.in_headers(request.headers)
            if named.name:
                return Known(named)
        cookie = request.cookies.get(cookie_name(peer), "")
        if not cookie:
            return Known()
        read = self.sessions.read(cookie)
        person = self._holder(read[0]) if read else None
        if read is None or person is None:
            return Known(stale=True)
        return Known(person, *read)

    def _holder(self, session: Session) -> Person | None:
        """Return whose session it is now; None when they have no right to it any more."""
        if not session.version:
            return session.person
        try:
            entry = self.people.get(session.name)
        except PeopleError as error:
            _log.error("Nobody is signed in: %s", error)
            return None
        if entry is None or entry.version != session.version:
            return None
        # Role and groups are those of now, not those of when the session began.
        return entry.person

    async def check(self, name: str, password: str, address: str) -> Entry | float | None:
        """Return whose name and password these are, None, or the seconds to wait.

        Raises PeopleError.
        """
        now = self._clock()
        who = hashlib.sha256(plain(name).encode("utf-8", "replace")).hexdigest()[:20]
        keys = (hashlib.sha256(f"{who} {address}".encode()).hexdigest()[:20], who, address)
        taken: list[tuple[Attempts, str]] = []
        for tries, key in zip(self._tries, keys, strict=True):
            wait = tries.take(key, now)
            if wait > 0:
                # Nothing was tried: else one address could shut a name for all others.
                for before, its_key in taken:
                    before.forgive(its_key, now)
                return wait
            taken.append((tries, key))
        entry = await to_thread.run_sync(self.people.check, name, password, limiter=self._limiter)
        if entry is not None:
            for tries, key in zip(self._tries, keys, strict=True):
                tries.forgive(key, now)
        return entry

    def begin(self, request: Request, response: Response, session: Session) -> bool:
        """Give a session's cookie with a response; False when it does not fit into one."""
        made = self.sessions.cookie(session)
        if not made:
            return False
        peer = self.peer(request)
        left = max(int(session.began + WHOLE - time.time()), 1)
        response.set_cookie(
            cookie_name(peer),
            made,
            max_age=left,
            path="/",
            secure=peer.https,
            httponly=True,
            # Lax: a link from the school's own pages leads in; forms of theirs do not.
            samesite="lax",
        )
        return True

    def leave(self, request: Request, response: Response) -> None:
        """Take the cookie away with a response."""
        peer = self.peer(request)
        response.delete_cookie(
            cookie_name(peer), "/", secure=peer.https, httponly=True, samesite="lax"
        )


def cookie_name(peer: Peer) -> str:
    """Return what the cookie is called on a connection like this."""
    return HOST_COOKIE if peer.https else COOKIE
