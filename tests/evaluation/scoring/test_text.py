"""Exact match and F1 against hand-made cases, laws and what JGLUE publishes."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.golden.records import Expected
from coursebot.evaluation.scoring.text import exact_match, f1, over_parts
from coursebot.types import Language

LANGUAGES = st.sampled_from(list(Language))


@given(st.text(max_size=30), st.text(max_size=30), LANGUAGES)
def test_f1_is_symmetric_and_not_below_exact_match(a: str, b: str, lang: Language) -> None:
    """F1 lies between exact match and 1, whichever text comes first."""
    assert f1(a, b, lang) == f1(b, a, lang)
    assert 0 <= exact_match(a, b, lang) <= f1(a, b, lang) <= 1


@given(st.text(max_size=30), LANGUAGES)
def test_a_perfect_answer_is_worth_one(text: str, lang: Language) -> None:
    """By both measures."""
    assert exact_match(text, text, lang) == f1(text, text, lang) == 1


def test_f1_by_hand() -> None:
    """Two of three characters, white space one of them; one of two words, articles aside."""
    assert f1("東京都", "東京。", Language.JA) == pytest.approx(0.8)
    assert f1("東京都", "東 \n京", Language.JA) == pytest.approx(2 / 3)
    assert f1("the red cat", "cat", Language.EN) == pytest.approx(2 / 3)
    assert exact_match("A Cat.", "cat", Language.EN) == 1


def test_parts_take_their_best_wording_and_are_averaged() -> None:
    """One part is found by its alias, the other one is missing: half of the list."""
    parts = (Expected(text="コンテナ", aliases=("ACI",)), Expected(text="登録"))
    assert over_parts(exact_match, ("ACI", "AKS"), parts, Language.JA) == 0.5
    assert over_parts(f1, (), parts, Language.JA) == 0


def test_jsquads_annotators_agree_as_published() -> None:
    """JGLUE publishes EM .871 and F1 .944 of the first annotator against the others."""
    packed = (Path(__file__).parent / "data" / "jsquad-answers.json.gz").read_bytes()
    answers = json.loads(gzip.decompress(packed))
    exact = [max(exact_match(a, b, Language.JA) for b in rest) for a, *rest in answers]
    overlap = [max(f1(a, b, Language.JA) for b in rest) for a, *rest in answers]
    assert len(answers) == 4442
    assert round(sum(exact) / len(exact), 3) == 0.871
    assert round(sum(overlap) / len(overlap), 3) == 0.944
