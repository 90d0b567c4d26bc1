"""How long an address has to wait after wrong passwords."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coursebot.web.instructor.attempts import ALL, EACH, WINDOW, Attempts, neighbourhood


@given(st.lists(st.floats(0, 900), max_size=60).map(sorted))
def test_no_window_holds_more_than_allowed(times: list[float]) -> None:
    """However attempts are spread, no window has more of one address than it may have."""
    attempts = Attempts()
    let = [now for now in times if attempts.take("192.0.2.1", now) == 0]
    assert all(sum(t - WINDOW < s <= t for s in let) <= EACH for t in let)


def test_twenty_wrong_ones_shut_one_address_until_the_window_is_over() -> None:
    """The sixth is refused with the time to wait; another address is not; then it is open."""
    attempts = Attempts()
    waits = [attempts.take("192.0.2.1", 0.0) for _ in range(20)]
    assert waits == [0.0] * EACH + [WINDOW] * (20 - EACH)
    assert attempts.take("192.0.2.2", 0.0) == 0
    assert attempts.take("192.0.2.1", WINDOW) == 0


def test_many_addresses_leave_each_one_try() -> None:
    """A crowd that guesses narrows everybody to one try and shuts nobody out."""
    attempts = Attempts()
    for number in range(ALL):
        attempts.take(f"192.0.2.{number}", 0.0)
    assert attempts.take("198.51.100.1", 1.0) == 0
    assert attempts.take("198.51.100.1", 1.0) > 0


def test_a_household_counts_as_one() -> None:
    """IPv6 is counted by /64, and an IPv4 address written as IPv6 as itself."""
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff")
    assert neighbourhood("::ffff:192.0.2.1") == "192.0.2.1"
