"""Who sent a request, as far as that can be believed."""

from __future__ import annotations

import pytest

from coursebot.errors import SettingsError
from coursebot.web.instructor.door import below, way_on
from coursebot.web.instructor.peers import Peer, networks, peer_of

TRUSTED = networks("10.0.0.0/8, ::1")


def peer(near: str, **headers: str) -> Peer:
    """Return the peer of a request from an address."""
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return peer_of({"type": "http", "client": (near, 1), "headers": raw}, TRUSTED)


def test_a_stranger_cannot_choose_its_address() -> None:
    """Forwarding is believed of trusted proxies only, and there only the last untrusted hop."""
    assert peer("192.0.2.1", x_forwarded_for="127.0.0.1").address == "192.0.2.1"
    assert peer("10.0.0.1", x_forwarded_for="127.0.0.1, 192.0.2.9").address == "192.0.2.9"
    assert not peer("192.0.2.1", x_forwarded_proto="https").https


@pytest.mark.parametrize(
    ("near", "headers", "local"),
    [
        ("127.0.0.1", {"host": "localhost:7860"}, True),
        ("::1", {"host": "[::1]:7860"}, True),
        ("127.0.0.1", {"host": "evil.example"}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"host": "localhost", "x_forwarded_for": "127.0.0.1"}, False),
        ("192.0.2.1", {"host": "localhost"}, False),
    ],
)
def test_local_is_only_this_machines_browser(
    near: str, headers: dict[str, str], local: bool
) -> None:
    """A loopback connection, by a loopback name, through no proxy."""
    assert peer(near, **headers).local is local


def test_what_speaks_an_old_http_is_a_proxy() -> None:
    """No browser does; nginx did unless it was told otherwise, and adds no header by itself."""
    scope = {"client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost")]}
    trusted = networks("127.0.0.1")
    assert peer_of({**scope, "type": "http", "http_version": "1.1"}, trusted).local
    assert not peer_of({**scope, "type": "http", "http_version": "1.0"}, trusted).local


def test_a_bad_network_is_named() -> None:
    """What is no network stops the start."""
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        networks("10.0.0.0/8, proxy")


@pytest.mark.parametrize("path", ["/instructor", "//instructor/x", "/Instructor", "\\instructor"])
def test_other_spellings_are_behind_the_door(path: str) -> None:
    """Case, double slashes and backslashes do not lead around it."""
    assert below(path)


@pytest.mark.parametrize(
    "asked", ["//evil.example", "/instructor\\x", "https://e/", "/instructorx"]
)
def test_the_login_leads_nowhere_else(asked: str) -> None:
    """``next`` is a page of the workbench or the workbench."""
    assert way_on(asked) == "/instructor"
