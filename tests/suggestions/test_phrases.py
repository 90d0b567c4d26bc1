"""Headings and terms ▶ questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.suggestions.phrases import about_heading, about_term, is_name, name_of
from coursebot.types import Language

JA, EN = Language.JA, Language.EN

HEADINGS: dict[str, dict[Language, str]] = {
    "Azure Container Registry (ACR)": {
        JA: "Azure Container Registryとは何ですか？",
        EN: "What is Azure Container Registry?",
    },
    "仮想化とは？": {JA: "仮想化とは？"},
    "クラウドとは": {JA: "クラウドとは何ですか？"},
    "■脆弱性スキャン(Microsoft Defender for Cloudとの統合)": {JA: "脆弱性スキャンとは何ですか？"},
    "土壌水分センサーのキャリブレーション": {
        JA: "土壌水分センサーをキャリブレーションするにはどうすればよいですか？"
    },
    "3.2 音声をテキストに変換する": {JA: "音声をテキストに変換するにはどうすればよいですか？"},
    "マイクロフォンの種類": {JA: "マイクロフォンにはどのような種類がありますか？"},
    "仮想化における対策": {JA: "仮想化における対策にはどのようなものがありますか？"},
    "画像分類との違い": {JA: "画像分類との違いは何ですか？"},
    "ACRでの認証": {JA: "ACRでの認証はどのように行いますか？"},
    "パルス幅変調（Pulse-Width Modulation）": {
        JA: "パルス幅変調とは何ですか？",
        EN: "What is Pulse-Width Modulation?",
    },
    "コンテナーについて（分離）": {JA: "コンテナーとは何ですか？"},
    "Task - Set up your device 🚀": {EN: "How do I set up my device?"},
    "How to pull an image": {EN: "How do I pull an image?"},
    "Why is temperature important?": {EN: "Why is temperature important?"},
    "What is serverless": {EN: "What is serverless?"},
    "IoT devices": {EN: "What are IoT devices?"},
}


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_asked_about_as_a_learner_would(heading: str) -> None:
    """Names, deeds, kinds and questions each have their own form."""
    assert about_heading(heading) == HEADINGS[heading]


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "🚀",
        "2.",
        "その他",
        "まとめ",
        "概要",
        "Introduction",
        "1. Introduction",
        "このセクションで学習すること",
        "Post-lecture quiz",
        "🚀 Challenge",
        "ラボ 09: ACR と AKS の構成",
        "How sensors communicate",
        "Running",
        "Getting the most out of your garden",
        "AKS アーキテクチャ/ネットワーク/ストレージ",
        "Clean code, tests and other things that matter",
        "リレーの電力",
        "とても長い見出しで、" + "長" * 40,
        "x" * 100 + "?",
    ],
)
def test_a_heading_that_says_nothing_makes_no_question(heading: str) -> None:
    """Generic, about the course, a list, a clause or too long."""
    if heading == "Running":
        assert about_heading(heading) == {EN: "What is running?"}
    else:
        assert about_heading(heading) == {}


def test_a_japanese_term_makes_no_english_question() -> None:
    """Nothing is translated; a name in Latin letters is the same in both."""
    assert about_term("名前空間") == {JA: "名前空間とは何ですか？"}
    assert about_term("RoleBinding") == {
        EN: "What is RoleBinding?",
        JA: "RoleBindingとは何ですか？",
    }


def test_a_japanese_question_is_taken_as_one() -> None:
    """However many Latin letters the name has, unless English grammar is among them."""
    named = "Message Queueing Telemetry Transport"
    assert about_term(named)[JA] == f"{named}とは何ですか？"
    assert JA not in about_term("Principle of what the least privilege is")


def test_an_english_term_is_written_as_in_sentences() -> None:
    """In the case and with the article that the material uses; an ordinary word stays English."""
    known = "You will use a virtual network. In Azure Event Hubs are used."
    assert about_term("Virtual network", known) == {EN: "What is a virtual network?"}
    assert about_term("Event Hubs", known)[EN] == "What is Event Hubs?"
    assert about_term("Temperature sensors", "Text.") == {EN: "What are temperature sensors?"}
    assert about_term("Actuator", "Text.", "An") == {EN: "What is an actuator?"}
    assert about_term("Serial Peripheral Interface", "Text.")[EN] == (
        "What is Serial Peripheral Interface?"
    )


@pytest.mark.parametrize(
    "term",
    [
        "参考",
        "Default",
        "A",
        "3 hours",
        "盗難の監視",
        "スキャンを実行",
        "Do a little research",
        "a/b",
    ],
)
def test_a_label_that_is_no_name_is_not_asked_about(term: str) -> None:
    """Generic labels, values, clauses and lists."""
    assert about_term(term) == {}


@given(st.text(max_size=80))
def test_questions_are_questions_whatever_the_heading(text: str) -> None:
    """Each ends as one, is on one line, and is not much longer than what it was made from."""
    for made in (about_heading(text, text), about_term(text, text)):
        for question in made.values():
            assert question.endswith(("?", "？"))
            assert len(question.splitlines()) == 1
            assert len(question) <= len(text) + 40


@given(st.text(max_size=40))
def test_a_name_of_a_name_is_the_same(text: str) -> None:
    """What was cleaned once stays as it is."""
    name = name_of(text)
    if is_name(name):
        assert name_of(name) in {name, ""}
