"""People whom a proxy names: only one that is trusted, and only clearly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import Request

from coursebot.config import Settings
from coursebot.people import Person, Role
from coursebot.web.signin.desk import SignIn

Sent = list[tuple[str, str]]
Identify = Callable[..., Person]


@pytest.fixture
def identify(tmp_path: Path) -> Identify:
    """Return a function from headers and the address that is connected to a person."""
    desk = SignIn(
        Settings.load(
            data=tmp_path,
            person_header="X-User",
            groups_header="X-Groups",
            trusted_proxies="10.0.0.0/8",
            instructor_groups="staff, tutors",
            admin_groups="root",
        )
    )

    def identified(*headers: tuple[str, str], near: str = "10.1.2.3") -> Person:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "scheme": "http",
            "client": (near, 1),
            "headers": [(b"host", b"school.example"), *raw],
        }
        return desk.identify(Request(scope)).person

    return identified


def test_a_trusted_proxy_names_somebody(identify: Identify) -> None:
    """With the groups that it says, which may make them an instructor or an admin."""
    found = identify(("X-User", "佐藤"), ("X-Groups", "year-2, year-1;x"))
    assert found == Person("佐藤", Role.LEARNER, frozenset({"year-2", "year-1", "x"}))
    assert identify(("X-User", "a"), ("X-Groups", "tutors")).role is Role.INSTRUCTOR
    assert identify(("X-User", "a"), ("X-Groups", "tutors root")).role is Role.ADMIN
    assert identify(("X-User", "a")).groups == frozenset()
    # As a socket for both kinds of addresses shows it.
    assert identify(("X-User", "a"), near="::ffff:10.1.2.3").name == "a"


@pytest.mark.parametrize(
    ("headers", "near"),
    [
        ([("X-User", "a"), ("X-Groups", "root")], "192.0.2.1"),
        ([("X-User", "a"), ("X-Groups", "root")], "127.0.0.1"),
        ([("X-User", "a"), ("X-Groups", "root"), ("X-Forwarded-For", "10.0.0.1")], "192.0.2.1"),
        ([("X-User", "a"), ("X-Groups", "root"), ("X-Forwarded-For", "10.0.0.1")], "::1"),
        ([("X-User", "a"), ("X-Groups", "root")], "::ffff:192.0.2.1"),
        ([("X-User", "a"), ("X-Groups", "root")], "10.1.2.3.example"),
        ([("X_User", "a"), ("X_Groups", "root")], "10.1.2.3"),
        ([("X-User", "a"), ("X-User", "b")], "10.1.2.3"),
        ([("X-User", "a"), ("X-Groups", "x"), ("X-Groups", "root")], "10.1.2.3"),
        ([("X-User", " ")], "10.1.2.3"),
        ([("X-Groups", "root")], "10.1.2.3"),
    ],
)
def test_nobody_else_is_believed(identify: Identify, headers: Sent, near: str) -> None:
    """Not another address, and not what is said twice, since one of the two is the sender's."""
    assert identify(*headers, near=near).name == ""


def test_a_group_that_is_no_name_is_none(identify: Identify) -> None:
    """The sign for everyone does not get in by a header."""
    assert identify(("X-User", "a"), ("X-Groups", "*, <b>, ok")).groups == {"ok"}
