"""Host and port ▶ a listening socket."""

from __future__ import annotations

import pytest

from coursebot.errors import SettingsError
from coursebot.web.listen import address_of, listen


def test_a_free_port_is_found() -> None:
    """Port 0 takes any, and the address names it."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert address_of(listener) == f"http://127.0.0.1:{port}"


def test_a_taken_port_is_said_in_one_line() -> None:
    """The message names the address, the reason and the option."""
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(SettingsError) as caught:
            listen("127.0.0.1", port)
    assert str(caught.value) == (
        f"coursebot cannot listen on 127.0.0.1:{port}: the port is taken. "
        "Choose another with --port; 0 takes a free one."
    )


def test_all_addresses_are_reached_at_loopback() -> None:
    """A browser cannot open 0.0.0.0 everywhere."""
    with listen("0.0.0.0", 0) as listener:
        assert address_of(listener).startswith("http://127.0.0.1:")


def test_a_host_that_is_none() -> None:
    """An impossible host is refused with a way out."""
    with pytest.raises(SettingsError) as caught:
        listen("..", 0)
    assert caught.value.message == "'..' is not an address of this machine."
