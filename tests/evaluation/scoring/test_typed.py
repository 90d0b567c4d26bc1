"""Values: the same number in any writing, and never another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.golden.records import AnswerKind, Expected
from coursebot.evaluation.scoring.typed import has_value, polarity


def _equal(text: str, gold: str) -> bool:
    return has_value(text, Expected(text=gold, kind=AnswerKind.NUMBER))


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("答えは七。", "7"),
        ("7個", "七"),
        ("seven", "7"),
        ("五回", "5回"),
        ("120,000,000", "1億2千万"),
        ("1億2千万", "120000000"),
        ("3時間", "3 hours"),
        ("180 minutes", "3時間"),
        ("1時間30分", "90分"),
        ("2分以内", "2 minutes"),
        ("10 to 20", "10〜20"),
        ("60〜120分", "1〜2時間"),
        ("2 GB", "2ギガバイト"),
        ("3割", "30%"),
        ("1 km", "1000 m"),
        ("5ボルト", "5 V"),
        ("3", "3個"),
        ("3件", "3つ"),
        ("2024年3月1日", "March 1, 2024"),
        ("2.50", "2.5"),
    ],
)
def test_the_same_value(text: str, gold: str) -> None:
    """Digits, number words, units and languages aside."""
    assert _equal(text, gold)


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("2分以上", "2分以内"),
        ("10〜20", "10"),
        ("10〜30", "10〜20"),
        ("2MB", "2GB"),
        ("2GiB", "2GB"),
        ("100 Mbps", "100 kbps"),
        ("5 kV", "5 V"),
        ("1時間30分", "30分"),
        ("3月1日", "3"),
        ("2024年3月2日", "March 1, 2024"),
        ("v2.5", "2.5"),
        ("3人", "3回"),
        ("週3回", "月3回"),
        ("十分に注意", "10"),
        ("no one", "1"),
        ("-5", "5"),
    ],
)
def test_another_value(text: str, gold: str) -> None:
    """Other units, ranges, bounds, dates and words are not the number."""
    assert not _equal(text, gold)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(["個", "時間", " GB", ""]))
def test_typed_is_never_right_for_another_number(one: int, other: int, unit: str) -> None:
    """The law that the metric stands on."""
    assert _equal(f"{one:,}{unit}", f"{other}{unit}") is (one == other)


@pytest.mark.parametrize(
    ("text", "pole"),
    [
        ("はい。", True),
        ("いいえ、できません", False),
        ("Yes — always", True),
        ("No, it is not", False),
        ("No. 5", None),
        ("no limit", None),
        ("はいる", None),
    ],
)
def test_yes_and_no_are_read_from_the_beginning(text: str, pole: bool | None) -> None:
    """Only where the word stands for itself."""
    assert polarity(text) is pole
