"""What is typed is shown as text."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coursebot.web.text import ENGLISH, JAPANESE, literal

ODDITIES = [
    "<script>alert(1)</script>",
    "**bold** _it_ `code` ~~s~~",
    "# heading",
    "    indented",
    "1. one\n2. two",
    "[a](javascript:alert(1)) ![b](http://x/y.png)",
    "$$x^2$$ https://example.org www.example.org a@b.c",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "SELECT * FROM users; -- '\"",
    "title\n===",
    "&lt;b&gt; &amp;",
]


def rendered(text: str) -> str:
    """Return what CommonMark with every extension makes of the literal text."""
    made: str = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(literal(text))
    return made


@pytest.mark.parametrize("text", ODDITIES)
def test_markup_is_shown_as_it_was_typed(text: str) -> None:
    """One paragraph comes out, holding exactly the characters that went in."""
    made = rendered(text)
    assert made.startswith("<p>")
    assert made.count("<p>") == 1
    inner = (
        made.removeprefix("<p>")
        .rstrip()
        .removesuffix("</p>")
        .replace("<br />", "")
        .replace("<br>", "")
    )
    assert "<" not in inner
    assert html.unescape(inner).replace("\u00a0", " ") == text


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1)
)
def test_no_text_becomes_markup(text: str) -> None:
    """Any visible text comes back character by character."""
    inner = rendered(text).strip().removeprefix("<p>").removesuffix("</p>")
    assert "<" not in inner
    assert html.unescape(inner) == text


def test_a_lone_surrogate_can_be_shown() -> None:
    """It becomes a question mark, as it cannot be sent."""
    assert literal("a\ud800b") == "a&#63;b"


def test_both_languages_say_the_same_things() -> None:
    """No string is missing in either."""
    assert ENGLISH.keys() == JAPANESE.keys()
