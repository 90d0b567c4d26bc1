"""Containment: numbers and Latin words whole, Japanese anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.scoring.containing import contains


@pytest.mark.parametrize(
    ("text", "gold", "found"),
    [
        ("25", "2.5", False),
        ("12.5", "2.5", False),
        ("2.5個", "2.5", True),
        ("2.50", "2.5", False),
        ("20個", "2", False),
        ("v2.5", "2", False),
        ("1,5", "1", False),
        ("2個まで", "2", True),
        ("version 2. Next", "2", True),
        ("13時間", "3時間", False),
        ("十三時間", "三時間", False),
        ("2万人", "2", False),
        ("1,000人", "1000", True),
        ("1000人", "1,000", True),
        ("22,80,443", "443", True),
        ("10-20", "20", True),
        ("-5℃", "5", False),
        ("気温は-5℃", "-5℃", True),
        ("IPv4", "4", False),
        ("50個", "50%", False),
        ("３ＧＢ", "3 GB", True),
        ("3 GB", "3GB", True),
    ],
)
def test_numbers_are_whole(text: str, gold: str, found: bool) -> None:
    """A number does not stand inside a longer one, a version or a word."""
    assert contains(text, gold) is found


@pytest.mark.parametrize(
    ("text", "gold", "found"),
    [
        ("macro", "acr", False),
        ("ＡＣＲを使う", "acr", True),
        ("AZ-500", "az-500", True),
        ("C++ を", "C", False),
        ("C#を", "C", False),
        ("統一する", "統一", True),
        ("ｻｰﾊﾞｰを", "サーバー", True),
        ("サーバを再起動", "サーバー", True),
        ("サーバーを再起動", "サーバ", True),
        ("コピペする", "コピー", False),
        ("コンテナーイメージ", "コンテナー", True),
        ("`az acr login` を実行", "az acr login", True),
        ("「分離」（セキュリティ境界）", "**分離**(セキュリティ境界)", True),
        ("A → B", "→", True),
        ("A B", "→", False),
    ],
)
def test_words_are_whole_and_japanese_is_found_anywhere(text: str, gold: str, found: bool) -> None:
    """Width, case, long vowels at the end, quotes and Markdown aside."""
    assert contains(text, gold) is found


@given(st.text(max_size=20))
def test_a_text_contains_itself(text: str) -> None:
    """Whatever it is made of, unless it is blank."""
    assert contains(text, text) is bool(text.strip())


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_number_contains_only_itself(one: int, other: int) -> None:
    """With and without separators of thousands."""
    assert contains(f"{one:,}個", str(other)) is (one == other)
