"""Terms: normalisation, words, bigrams, language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.terms import informative, is_japanese, language_of, normalise, surfaces, terms, words
from coursebot.types import Language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ACRのSKU", ["acr", "の", "sku"]),
        ("有効期限", ["有効", "効期", "期限"]),
        ("ﾄｰｸﾝは３時間", ["トー", "ーク", "クン", "ンは", "3", "時間"]),
        ("registry.azurecr.io", ["registry.azurecr.io", "registry", "azurecr", "io"]),
        ("Kubernetes・RBAC", ["kubernetes", "rbac"]),
        ("C++ と F#", ["c++", "c", "と", "f#", "f"]),
        ("", []),
        ("🎉🎉", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    """Japanese runs give bigrams, other words themselves and their parts."""
    assert terms(text) == expected


def test_words_are_normalised_forms_without_grammar() -> None:
    """Spelling variants are one word; particles and auxiliaries are none."""
    assert words("サーバの引越し") == words("サーバーは引っ越しです")


def test_surfaces_say_how_words_are_written() -> None:
    """The normalised form leads back to what stands in the text."""
    assert surfaces("ｻｰﾊﾞの引越し az") == {"サーバー": "サーバ", "引っ越し": "引越し", "az": "az"}


def test_words_keep_code_whole() -> None:
    """What stands between Japanese words is read as it would be elsewhere."""
    assert words("az acr loginを実行")[:3] == ["az", "acr", "login"]


def test_words_of_text_longer_than_sudachi_reads() -> None:
    """A line beyond Sudachi's limit is read in pieces."""
    assert words("時間" * 20_000).count("時間") == 20_000


@given(st.text())
def test_no_text_makes_terms_or_words_fail(text: str) -> None:
    """Any text has terms and words, none of them empty, all of them normalised."""
    for found in (terms(text), words(text)):
        assert all(found)
        assert all(term == term.casefold() for term in found)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_terms_do_not_depend_on_width_or_case(text: str) -> None:
    """A text and its normal form have the same terms."""
    folded = normalise(text)
    assert terms(folded) == terms(text)


def test_informative_terms_are_subjects() -> None:
    """Function words and bigrams of hiragana carry no subject."""
    assert informative(["how", "long", "です", "トー", "acr"]) == ["long", "トー", "acr"]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("how long is an az acr login token valid?", Language.EN),
        ("az acr loginのトークンは何時間有効ですか", Language.JA),
        ("ACR トークン 有効期限", Language.JA),
        ("What does 入道雲 cost per month?", Language.EN),
        (
            "What does the sentence このログインは有効 mean in the notes about registries?",
            Language.EN,
        ),
        ("Azure Kubernetes Serviceとは何ですか？", Language.JA),
        ("Microsoft Defender for container registriesとは？", Language.JA),
        ("SKU?", Language.EN),
        ("料金", Language.JA),
        ("Quelle est la durée de validité du jeton ?", Language.EN),
    ],
)
def test_language_of(question: str, language: Language) -> None:
    """Japanese grammar or mostly Japanese script is Japanese, all else English."""
    assert language_of(question) is language


def test_is_japanese() -> None:
    """One kana or han character is enough."""
    assert is_japanese("AのB")
    assert not is_japanese("ABC 123")
