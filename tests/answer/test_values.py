"""Quantities and their conversions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.answer.conversion import convert
from coursebot.answer.units import UNIT_OF_FORM
from coursebot.answer.values import Dimension, quantities
from coursebot.types import Language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3時間", "3 hours"),
        ("1分", "1 minute"),
        ("14日", "14 days"),
        ("21日間", "21 days"),
        ("半年", "half a year"),
        ("1か月", "1 month"),
        ("1ヶ月", "1 month"),
        ("1カ月", "1 month"),
        ("2万", "20,000"),
        ("月額1,480円", "¥1,480 per month"),
        ("5〜40文字", "5–40 characters"),
        ("最大40分", "up to 40 minutes"),
        ("2分以内", "within 2 minutes"),
        ("毎秒200回", "200 times per second"),
        ("七つ", "7"),
        ("1億2千万円", "¥120,000,000"),
        ("1時間30分", "1 hour 30 minutes"),
        ("８文字以上", "at least 8 characters"),
        ("2026年4月1日", "April 1, 2026"),
        ("5 GB", ""),
        ("45°", ""),
    ],
)
def test_japanese_becomes_english(text: str, expected: str) -> None:
    """A Japanese quantity is put into English, and one that reads alike is left."""
    (quantity,) = quantities(text)
    assert convert(quantity, Language.EN) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 hours", "3時間"),
        ("three months", "3か月"),
        ("within 24 hours", "24時間以内"),
        ("at least 12 characters", "12文字以上"),
        ("up to 5 people", "最大5人"),
        ("2 to 5 ms", ""),
        ("6Gbps", ""),
        ("¥1,000", ""),
    ],
)
def test_english_becomes_japanese(text: str, expected: str) -> None:
    """An English quantity is put into Japanese, and a symbol is left."""
    (quantity,) = quantities(text)
    assert convert(quantity, Language.JA) == expected


def test_parts_of_names_are_no_quantities() -> None:
    """Numbers inside identifiers, addresses and ordinals are not taken for quantities."""
    for text in ("TW-200", "192.0.2.53", "AES-256", "2回目", "十分に休む", "registry2.io"):
        assert quantities(text) == ()


def test_rate_belongs_to_what_follows() -> None:
    """「1日500円」 is one amount a day, not a day and an amount."""
    (quantity,) = quantities("1日500円")
    assert (quantity.values, quantity.dimension, quantity.per) == ((500.0,), Dimension.MONEY, "day")


def test_conversion_follows_the_question() -> None:
    """A quantity already in the question's language has no conversion."""
    (japanese,), (english,) = quantities("3時間"), quantities("3 hours")
    assert convert(japanese, Language.JA) == convert(english, Language.EN) == ""


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No text makes it fail; quantities are verbatim, in order, apart, and always convertible."""
    found = quantities(text)
    at = 0
    for quantity in found:
        start, end = quantity.span
        assert at <= start < end
        assert quantity.text == text[start:end]
        at = end
        for language in Language:
            assert isinstance(convert(quantity, language), str)


_FORMS = ["秒", "分", "時間", "営業日", "日", "週間", "か月", "年", "人", "文字", "世代", "行"]


@settings(deadline=None)
@given(st.integers(1, 999), st.sampled_from(_FORMS))
def test_conversion_and_back_is_identity(number: int, form: str) -> None:
    """Put into English and back, a quantity keeps its value and its unit."""
    if form == "年" and number > 99:
        return
    (first,) = quantities(f"{number}{form}")
    (second,) = quantities(convert(first, Language.EN))
    assert second.values == first.values == (float(number),)
    assert second.units == first.units == (UNIT_OF_FORM[form],)
    assert convert(second, Language.JA) == first.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-5度", "-5 degrees"),
        ("マイナス18度以下", "up to -18 degrees"),
        ("±3分", "±3 minutes"),
        ("±1万円", "¥±10,000"),
        ("三時間半", "3.5 hours"),
        ("9" * 400 + "万時間", ""),
    ],
)
def test_signs_and_halves_are_kept(text: str, expected: str) -> None:
    """A conversion says neither more nor less than the text; what has no value has none."""
    (quantity,) = quantities(text)
    assert convert(quantity, Language.EN) == expected


def test_a_minus_in_words_is_kept() -> None:
    """``minus 5 degrees`` is not five degrees in Japanese either."""
    (quantity,) = quantities("minus 5 degrees")
    assert (quantity.values, convert(quantity, Language.JA)) == ((-5.0,), "-5度")


def test_a_fraction_is_no_duration() -> None:
    """The 分 of 「5分の3」 is no minutes."""
    assert quantities("全体の5分の3が") == ()


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ["1,", "1〜", "1時間", "1 ", "1千", "1月", "1年", "[^1]"])
def test_long_rows_of_numbers_take_no_time(unit: str) -> None:
    """Forty thousand characters of numbers are read in a moment: time grows with length."""
    assert quantities(unit * (40_000 // len(unit)))
