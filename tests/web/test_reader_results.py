"""Excerpts of search results, and the languages that a browser asks for."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.terms import without_function_words, words
from coursebot.types import Language
from coursebot.web.reader.languages import interface_language
from coursebot.web.reader.results import LONGEST, excerpt


def shown(text: str, query: str) -> str:
    """Return the excerpt with marked words in brackets."""
    html, _ = excerpt(text, query, without_function_words(words(query)))
    return html.replace('<mark class="word">', "[").replace("</mark>", "]")


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("The kite has a Line.", "how long is the line", "The kite has a [Line]."),
        ("Underline the line-up of lines", "line", "Underline the [line]-up of lines"),
        ("ＡＣＲのトークンは3時間有効。", "ACR token", "[ＡＣＲ]のトークンは3時間有効。"),
        ("サーバの引越しをする", "サーバーの引っ越し", "[サーバ]の[引越し]をする"),
        ("トークンの有効期限", "トークンは何時間有効ですか", "[トークン]の[有効]期限"),
        ("a <b> & c", "b", "a &lt;[b]&gt; &amp; c"),
        ("nothing here", "violin", "nothing here"),
        ("run az acr login now", "az acr login", "run [az] [acr] [login] now"),
    ],
)
def test_the_words_of_a_query_are_marked(text: str, query: str, expected: str) -> None:
    """Whole words of spaced languages, other spellings of Japanese ones, no function words."""
    assert shown(text, query) == expected


def test_a_long_text_is_cut_around_what_was_found() -> None:
    """It begins at a sentence, ends between words, and says that there is more."""
    text = f"{'Some words before. ' * 20}The kite flies. {'And words after it. ' * 30}"
    html = shown(text, "kite")
    assert html.startswith("…Some words before. ")
    assert "The [kite] flies." in html
    assert html.endswith("…")
    assert len(html) <= LONGEST + 4


@given(st.text(max_size=600), st.text(max_size=30))
def test_an_excerpt_is_a_part_of_its_text(text: str, query: str) -> None:
    """Whatever the query, no character is added, lost within, or left unescaped."""
    html, _ = excerpt(text, query, without_function_words(words(query)))
    plain = re.sub(r"</?mark[^>]*>", "", html)
    assert "<" not in plain
    assert unescape(plain).removeprefix("…").removesuffix("…").rstrip() in unescape(text)


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        ("ja", "en", Language.JA),
        ("en", "ja", Language.EN),
        ("fr", "ja", Language.JA),
        ("", "", Language.EN),
        ("", "ja-JP,ja;q=0.9,en-US;q=0.8", Language.JA),
        ("", "en;q=0.5, JA;q=0.7", Language.JA),
        ("", "fr, de;q=0.9, ja;q=0.1", Language.JA),
        ("", "ja;q=0, en;q=0.1", Language.EN),
        ("", "ja;q=0", Language.EN),
        ("", "en, ja", Language.EN),
        ("", "ja;q=x,en;q=0.1", Language.EN),
        ("", "ja; q=1.0.0, *", Language.EN),
        ("", ";;,;q,=,\x00", Language.EN),
    ],
)
def test_the_language_is_the_preferred_one(chosen: str, accepted: str, expected: Language) -> None:
    """The address decides, then the browser's weights; English otherwise."""
    assert interface_language(chosen, accepted) is expected
