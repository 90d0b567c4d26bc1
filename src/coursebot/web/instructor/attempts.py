"""Wrong passwords ▶ how long an address has to wait before it may try again."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address

WINDOW = 300.0
"""Seconds that a wrong password counts for."""
EACH = 5
"""Wrong passwords in that time after which an address has to wait."""
ALL = 60
"""Wrong passwords in that time, of all addresses, after which each address has one try."""
REMEMBERED = 10_000
"""Addresses that are remembered; the oldest are forgotten first."""


class Attempts:
    """A sliding window of failures, by address and over all; safe to use from many threads.

    An attempt counts as failed until it is forgiven, so that many at once are counted too. It is
    kept in memory: each process of a server counts its own.
    """

    def __init__(self, each: int = EACH, all: int = ALL) -> None:
        self._each = each
        self._most = all
        self._lock = threading.Lock()
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=all)

    def take(self, address: str, now: float) -> float:
        """Begin an attempt and return 0, or return the seconds to wait; ``now`` is monotonic."""
        key = neighbourhood(address)
        with self._lock:
            own = self._by_address.get(key, deque())
            _forget(own, now)
            _forget(self._all, now)
            allowed = 1 if len(self._all) >= self._most else self._each
            if len(own) >= allowed:
                return max(own[len(own) - allowed] + WINDOW - now, 0.001)
            own.append(now)
            self._by_address[key] = own
            self._by_address.move_to_end(key)
            while len(self._by_address) > REMEMBERED:
                self._by_address.popitem(last=False)
            self._all.append(now)
        return 0.0

    def forgive(self, address: str, now: float) -> None:
        """Take back the attempt that was begun at ``now``: its password was right."""
        key = neighbourhood(address)
        with self._lock:
            for times in (self._by_address.get(key, deque()), self._all):
                if now in times:
                    times.remove(now)


def neighbourhood(address: str) -> str:
    """Return what is counted together: an IPv4 address, or the /64 that a household is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)


def _forget(times: deque[float], now: float) -> None:
    while times and times[0] <= now - WINDOW:
        times.popleft()
