"""A setting's text ▶ the place of an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.config import Settings
from coursebot.errors import SettingsError
from coursebot.places import Address, place_of


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://u:quetzal@h:5433/d", "postgresql://h:5433/d"),
        ("postgres://u:se%40cret@h1:1,h2:2/d?sslmode=require", "postgresql://h1:1,h2:2/d"),
        ("postgresql:///d?host=/run/pg&password=quetzal", "postgresql:///run/pg/d"),
        ("postgresql://h/a%20b", "postgresql://h/a b"),
    ],
)
def test_an_address_shows_hosts_and_database_alone(given: str, shown: str) -> None:
    """Neither user nor password are in its text, its representation or a message that holds it."""
    place = place_of(given)
    assert isinstance(place, Address)
    assert (str(place), place.uri) == (shown, given)
    assert "cret" not in repr(place)
    assert place == place_of(given)
    assert len({place, place_of(given), place_of("postgresql://h/other")}) == 2


def test_no_message_holds_a_password() -> None:
    """As written in the address, decoded, or among its options."""
    place = place_of("postgresql://u:p%40ss@h/d?sslpassword=hidden")
    assert isinstance(place, Address)
    assert place.hidden("p%40ss or p@ss for u at h, hidden") == "*** or *** for u at h, ***"


def test_what_is_no_address_is_a_folder() -> None:
    """Also one of an odd name; a place stays as it is."""
    assert place_of("index") == Path("index")
    assert place_of("./postgresql") == Path("postgresql")
    assert place_of(Path("a")) == Path("a")


@pytest.mark.parametrize("bad", ["postgresql://u:a@b@h/d", "postgresql://[::1/d"])
def test_a_bad_address_is_refused_without_quoting_it(bad: str) -> None:
    """It may hold a password."""
    with pytest.raises(SettingsError, match="The index's address") as caught:
        place_of(bad)
    assert "h/d" not in str(caught.value)


def test_the_setting_takes_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment, from options, and taken over from other settings."""
    monkeypatch.setenv("COURSEBOT_INDEX", "postgresql://u:quetzal@h/d")
    chosen = Settings.load()
    assert str(chosen.index) == "postgresql://h/d"
    assert "quetzal" not in repr(chosen)
    assert Settings(**chosen.model_dump()).index == chosen.index
    assert Settings.load(index="elsewhere").index == Path("elsewhere")
