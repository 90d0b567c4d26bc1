"""Exact match, F1, containment and values against hand-made cases and laws."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.golden.records import AnswerKind, Expected
from coursebot.evaluation.scoring.text import contains, exact_match, f1, typed
from coursebot.types import Language

LANGUAGES = st.sampled_from(list(Language))


@given(st.text(max_size=30), st.text(max_size=30), LANGUAGES)
def test_f1_is_symmetric_and_not_below_exact_match(a: str, b: str, lang: Language) -> None:
    """F1 lies between exact match and 1, whichever text comes first."""
    assert f1(a, b, lang) == f1(b, a, lang)
    assert exact_match(a, b, lang) <= f1(a, b, lang) <= 1


@pytest.mark.parametrize(
    ("text", "gold", "found"),
    [
        ("20個", "2", False),
        ("v2.5", "2", False),
        ("2個まで", "2", True),
        ("ＡＣＲを使う", "acr", True),
        ("macro", "acr", False),
        ("1,000人", "1000", True),
    ],
)
def test_containment_keeps_numbers_and_words_whole(text: str, gold: str, found: bool) -> None:
    """A short gold does not stand inside a longer number or word."""
    assert contains(text, gold) is found


@pytest.mark.parametrize("gold", ["3時間", "3 hours", "180 minutes", "180分"])
def test_durations_are_compared_as_values(gold: str) -> None:
    """Three hours are 180 minutes in either language."""
    expected = Expected(text=gold, kind=AnswerKind.DURATION)
    assert typed("トークンは3時間有効。", expected)
    assert not typed("トークンは2時間有効。", expected)


def test_f1_by_hand() -> None:
    """Two of three characters, and one of two words without its article."""
    assert f1("東京都", "東 京。", Language.JA) == pytest.approx(0.8)
    assert f1("the red cat", "cat", Language.EN) == pytest.approx(2 / 3)


def test_jsquads_annotators_agree_as_published() -> None:
    """JGLUE publishes EM .871 and F1 .944 of the first annotator against the others."""
    packed = (Path(__file__).parent / "data" / "jsquad-answers.json.gz").read_bytes()
    answers = json.loads(gzip.decompress(packed))
    exact = [max(exact_match(a, b, Language.JA) for b in rest) for a, *rest in answers]
    overlap = [max(f1(a, b, Language.JA) for b in rest) for a, *rest in answers]
    assert len(answers) == 4442
    assert round(sum(exact) / len(exact), 3) == 0.871
    assert round(sum(overlap) / len(overlap), 3) == 0.944
