"""What the page says, in both languages."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from coursebot.web.text import ENGLISH, JAPANESE

PAGE_FILES = Path(__file__).parents[2] / "src" / "coursebot" / "web" / "page_files"


def fields(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    """No string is missing in either, and none is empty."""
    assert ENGLISH.keys() == JAPANESE.keys()
    assert all(text.strip() for text in [*ENGLISH.values(), *JAPANESE.values()])


@pytest.mark.parametrize("key", ENGLISH)
def test_both_languages_fill_in_the_same_fields(key: str) -> None:
    """A sentence has its places for words in both."""
    assert fields(ENGLISH[key]) == fields(JAPANESE[key])


@pytest.mark.parametrize("key", [key for key in ENGLISH if not key.startswith("other_")])
def test_japanese_is_japanese(key: str) -> None:
    """No English text was left in its place."""
    assert ENGLISH[key] != JAPANESE[key]
    assert any(ord(character) > 0x2E80 for character in JAPANESE[key]) or "{" in JAPANESE[key]


def test_the_scripts_say_only_what_is_translated() -> None:
    """Every string that a script asks for is there."""
    asked = {
        name
        for file in PAGE_FILES.glob("*.js")
        for name in re.findall(r"words\(\)\.(\w+)", file.read_text(encoding="utf-8"))
    }
    assert asked
    assert asked <= {*ENGLISH, "ask_about_in"}


def test_no_string_is_left_over() -> None:
    """Each is used somewhere."""
    source = "".join(
        file.read_text(encoding="utf-8")
        for file in [*PAGE_FILES.parent.rglob("*.py"), *PAGE_FILES.glob("*.js")]
        if file.name != "text.py"
    )
    composed = ("reason_",)
    unused = {
        key
        for key in ENGLISH
        if not re.search(rf"[\"'.]{key.removeprefix('reader_')}\b", source)
        and not key.startswith(composed)
    }
    assert unused == set()
