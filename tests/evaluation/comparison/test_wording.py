"""Word-level differences: exact, and by words of both languages."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.comparison import Segment, differences
from coursebot.terms import tokens

TEXTS = st.text(st.sampled_from("acr 3時間有効ですトークン。\n\u3000Ａ👍é"), max_size=60) | st.text(
    max_size=40
)


def test_japanese_changes_by_words() -> None:
    """3時間 becomes 5時間: the number alone, not the sentence and not half a word."""
    assert differences("トークンは3時間有効。", "トークンは5時間有効。") == (
        Segment("same", "トークンは"),
        Segment("removed", "3"),
        Segment("added", "5"),
        Segment("same", "時間有効。"),
    )


def test_a_japanese_word_is_one_change() -> None:
    """コンテナー is no string of characters, some of which stayed."""
    found = differences("コンテナーを作成する", "コンピューターを作成する")
    assert [piece.text for piece in found] == ["コンテナー", "コンピューター", "を作成する"]


def test_english_changes_by_words() -> None:
    """White space stays where it was."""
    assert differences("It is valid\nfor hours.", "It was valid\nfor hours.") == (
        Segment("same", "It "),
        Segment("removed", "is"),
        Segment("added", "was"),
        Segment("same", " valid\nfor hours."),
    )


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [("", "", []), ("", "a", ["added"]), ("a", "", ["removed"]), ("a", "a", ["same"])],
)
def test_empty_texts(old: str, new: str, kinds: list[str]) -> None:
    """No segment is empty."""
    assert [piece.kind for piece in differences(old, new)] == kinds


def test_a_long_japanese_text_is_cut_in_pieces() -> None:
    """Longer than Sudachi takes at a time."""
    text = "機密情報" * 6000
    assert "".join(tokens(text)) == text


@given(TEXTS)
def test_tokens_join_to_the_text(text: str) -> None:
    """Nothing is lost, and nothing is empty."""
    found = tokens(text)
    assert "".join(found) == text
    assert all(found)


@given(TEXTS, TEXTS)
def test_segments_join_to_both_texts(old: str, new: str) -> None:
    """What is not added is the old text, what is not removed the new one."""
    found = differences(old, new)
    assert "".join(piece.text for piece in found if piece.kind != "added") == old
    assert "".join(piece.text for piece in found if piece.kind != "removed") == new
    assert all(piece.text for piece in found)
    assert all(one.kind != two.kind for one, two in itertools.pairwise(found))
