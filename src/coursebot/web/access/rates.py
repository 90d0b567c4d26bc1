"""Who asks, and from where ▶ how long they have to wait before the next question."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import parse_qsl

from coursebot.people import Person
from coursebot.web.instructor.attempts import neighbourhood
from coursebot.web.instructor.peers import Peer

REMEMBERED = 20_000
"""People and addresses that are remembered; those that were still longest are forgotten."""
_WORK = re.compile(
    r"/api/v1/(ask|search|feedback)|/gradio_api/(queue/join|run/|call/|mcp)"
    r"|/instructor/(bench|inbox)|/sign-in/openid"
)
"""What costs the engine, the database or the provider of identities something."""


def is_work(path: str, query: bytes) -> bool:
    """Whether a request counts: one that asks, searches or writes."""
    if path.startswith("/read"):
        # However the name is spelt: ``%71`` is a q, too.
        names = {name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)}
        return path.rstrip("/") == "/read" and "q" in names
    return _WORK.match(path) is not None


class Bucket:
    """Holds as much as a minute's share, and fills evenly; by name, safe for many threads."""

    def __init__(self, a_minute: int) -> None:
        self._most = float(a_minute)
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, now: float) -> float:
        """Take one and return 0, or return the seconds until there is one."""
        if not self._most:
            return 0.0
        with self._lock:
            left, at = self._held.pop(name, (self._most, now))
            left = min(self._most, left + (now - at) * self._most / 60)
            enough = left >= 1
            self._held[name] = (left - 1 if enough else left, now)
            while len(self._held) > REMEMBERED:
                self._held.popitem(last=False)
        return 0.0 if enough else (1 - left) * 60 / self._most


class Rates:
    """The limits of one process: by person for those who signed in, by address for everybody."""

    def __init__(
        self, person: int, address: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Count so many requests a minute; 0 is no limit."""
        self._person = Bucket(person)
        self._address = Bucket(address)
        self._clock = clock

    def take(self, person: Person, peer: Peer) -> float:
        """Return 0, or the seconds to wait."""
        now = self._clock()
        if person.name:
            wait = self._person.take(person.name, now)
            if wait:
                return wait
        # This machine's own programs are nobody's attack on it.
        return 0.0 if peer.local else self._address.take(neighbourhood(peer.address), now)
