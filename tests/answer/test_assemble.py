"""Answers: states, companions, short answers, links and citations, made from hits alone."""

from __future__ import annotations

import dataclasses
import math

import pytest

from coursebot.answer import compose
from coursebot.answer import confidence as confidences
from coursebot.answer import evidence as evidences
from coursebot.answer.evidence import rank
from coursebot.answer.question import analyse
from coursebot.answer.select import LIST, MOST, select
from coursebot.answer.weights import fitted
from coursebot.course import read_document
from coursebot.types import Answer, State, Statement
from tests.answer.conftest import NOTES, retrieved


def answer(question: str, best: str, *, cosine: float = 0.93, link: str = "") -> Answer:
    """Return the answer, with thresholds that let everything through."""
    found = retrieved(question, best, cosine=cosine, link=link)
    return compose(found, answered_above=0.0, unsure_above=0.0)


def quotes(made: Answer) -> list[str]:
    """Return the quotes of an answer, in order."""
    return [citation.quote for citation in made.citations]


def test_a_duration_is_given_short_and_in_the_questions_language() -> None:
    """The span is verbatim and the conversion is beside it."""
    made = answer(
        "how long is an az acr login token valid?", "このログイン（トークン）は3時間有効。"
    )
    assert made.short_answer is not None
    assert (made.short_answer.text, made.short_answer.conversion) == ("3時間", "3 hours")
    assert quotes(made)[made.short_answer.citation - 1] == "このログイン（トークン）は3時間有効。"
    assert made.text.startswith("3時間 · 3 hours\n")


def test_every_quote_is_verbatim_where_it_is_cited() -> None:
    """Span and lines name the quote in the file."""
    for best in ("このログイン（トークン）は3時間有効。", "Standard", "認証"):
        for citation in answer("ログインの認証とは", best).citations:
            start, end = citation.span
            assert NOTES[start:end] == citation.quote
            first, last = citation.lines
            assert citation.quote in "\n".join(NOTES.split("\n")[first - 1 : last])


@pytest.mark.parametrize(
    ("answered", "unsure", "state"),
    [
        (0.0, 0.0, State.ANSWERED),
        (1.0, 0.0, State.UNSURE),
        (1.0, 1.0, State.NOT_COVERED),
    ],
)
def test_thresholds_part_the_states(answered: float, unsure: float, state: State) -> None:
    """The same evidence is an answer, something close, or nothing."""
    found = retrieved("トークンは何時間有効？", "このログイン（トークン）は3時間有効。")
    made = compose(found, answered_above=answered, unsure_above=unsure)
    assert made.state is state
    assert bool(made.citations) is (state is not State.NOT_COVERED)


def test_what_is_not_covered_quotes_nothing_but_keeps_the_passages() -> None:
    """The closest passages are still there for whoever wants to look."""
    found = retrieved("トークンは何時間有効？", "このログイン（トークン）は3時間有効。")
    made = compose(found, answered_above=1.0, unsure_above=1.0)
    assert (made.statements, made.short_answer, made.related) == ((), None, ())
    assert made.text == "教材には書かれていません。"
    assert made.passages == found.hits


def test_nothing_retrieved_is_not_covered() -> None:
    """No candidates, no confidence."""
    found = dataclasses.replace(
        retrieved("トークン？", "デフォルトでは無効"), hits=(), statements=()
    )
    made = compose(found, answered_above=0.0, unsure_above=0.0)
    assert (made.state, made.confidence) == (State.NOT_COVERED, 0.0)


def test_nearer_evidence_is_more_probable() -> None:
    """Confidence rises with the cosine of the best statement."""
    far, near = (
        answer(
            "トークンは何時間有効？", "このログイン（トークン）は3時間有効。", cosine=c
        ).confidence
        for c in (0.78, 0.93)
    )
    assert 0 < far < near < 1


def test_a_parent_brings_its_children() -> None:
    """A lead-in says nothing without what hangs on it."""
    assert quotes(answer("管理者アカウントについて教えて", "管理者アカウント")) == [
        "管理者アカウント",
        "デフォルトでは無効",
    ]


def test_a_bare_child_brings_its_parent() -> None:
    """An item of a few characters is quoted with what it hangs on."""
    assert quotes(answer("管理者アカウントはデフォルトで有効ですか", "デフォルトでは無効")) == [
        "管理者アカウント",
        "デフォルトでは無効",
    ]


def test_a_question_for_a_name_gets_what_the_item_hangs_on() -> None:
    """“Which …?” is answered by the item above the one that matches."""
    best = "このログイン（トークン）は3時間有効。"
    assert quotes(answer("Which login has a token like that?", best)) == ["個々のログイン", best]


def test_a_heading_brings_the_line_that_defines_it() -> None:
    """The name of a section is answered by its first line."""
    assert quotes(answer("レジストリ", "レジストリ"))[:2] == [
        "レジストリ",
        "レジストリはイメージを保存する場所。",
    ]


def test_a_question_for_a_list_gets_the_whole_list() -> None:
    """All items are quoted, in order, also beyond four."""
    assert quotes(answer("SKUの種類をすべて挙げて", "Standard")) == ["Basic", "Standard", "Premium"]
    many = quotes(answer("多いものをすべて挙げて", "三"))
    assert many == ["一", "二", "三", "四", "五", "六"]
    assert MOST < len(many) <= LIST


def test_citations_link_to_the_published_course_or_the_reader() -> None:
    """With a template the heading's anchor is linked, without one the marked lines."""
    best = "このログイン（トークン）は3時間有効。"
    published = answer("何時間？", best, link="https://x.example/{path}#{anchor}").citations[-1]
    assert published.url == "https://x.example/a.md#%E8%AA%8D%E8%A8%BC"
    own = next(c for c in answer("何時間？", best).citations if c.quote == best)
    assert own.url == f"/read/c/a.md?lines={own.lines[0]}-{own.lines[1]}#c1"


def test_related_links_are_in_the_questions_language() -> None:
    """A page of Microsoft's documentation has twins."""
    english = answer("how long is the token valid?", "このログイン（トークン）は3時間有効。")
    japanese = answer("トークンは何時間有効？", "このログイン（トークン）は3時間有効。")
    assert "/en-us/" in english.related[0].url
    assert "/ja-jp/" in japanese.related[0].url


def test_a_quoted_link_is_not_related_again() -> None:
    """A link that answers is not repeated below."""
    made = answer("認証のリンクを教えて", _link_text())
    assert made.statements[0].url.startswith("https://learn.microsoft.com/")
    assert made.related == ()


def _link_text() -> str:
    _, statements = read_document(NOTES, course="c", path="c/a.md")
    return next(s.plain for s in statements if s.url)


def test_ranking_breaks_ties_in_document_order() -> None:
    """Equal candidates come in the order in which they stand."""
    found = retrieved("多い", "一")
    equal = tuple(
        dataclasses.replace(hit, cosine=0.8, lexical=0.0, passage_score=0.5, passage_rank=0)
        for hit in reversed(found.statements)
        if hit.statement.plain in ("二", "三", "四")
    )
    ranked = rank(analyse("？", found.language), dataclasses.replace(found, statements=equal))
    assert [e.hit.statement.plain for e in ranked] == ["二", "三", "四"]


def test_selection_never_repeats_a_statement() -> None:
    """Whatever belongs together is quoted once."""
    for best in ("管理者アカウント", "Basic", "認証", "三"):
        found = retrieved("SKUの種類をすべて", best)
        question = analyse(found.question, found.language)
        chosen: tuple[Statement, ...] = select(question, rank(question, found), found)
        assert len({s.id for s in chosen}) == len(chosen)


def test_the_fitted_weights_are_those_of_the_features() -> None:
    """Every feature has a finite weight in both languages, and confidence a constant."""
    for weights in fitted().evidence.values():
        assert weights.shape == (len(evidences.FEATURES),)
        assert all(math.isfinite(w) for w in weights)
    for weights in fitted().subject.values():
        assert weights.shape == (len(confidences.SUBJECT) + 1,)
    for weights in fitted().confidence.values():
        assert weights.shape == (len(confidences.FEATURES) + 1,)
    for weights in fitted().reading.values():
        assert weights.shape == (len(evidences.READ),)
    for weights in fitted().read_subject.values():
        assert weights.shape == (len(confidences.SUBJECT) + 1,)
    for weights in fitted().read.values():
        assert weights.shape == (len(confidences.FEATURES) + len(confidences.READ) + 1,)


@pytest.mark.parametrize(
    ("word", "text", "held"),
    [
        ("acr", "az acr login", True),
        ("acr", "a macro", False),
        ("acr", "a macro for acr", True),
        ("acr", "acr_login", False),
        ("acr", "acrのログイン", True),
        ("ログイン", "個々のログイン方法", True),
        ("login", "個々のログイン方法", False),
    ],
)
def test_an_english_word_stands_between_spaces(word: str, text: str, held: bool) -> None:
    """Or beside Japanese, which has none; a Japanese word stands anywhere."""
    found = retrieved("？", "このログイン（トークン）は3時間有効。")
    hit = dataclasses.replace(
        found.statements[0],
        statement=dataclasses.replace(found.statements[0].statement, plain=text, context=()),
    )
    found = dataclasses.replace(found, idf={word: 2.0}, surfaces={})
    (row,) = evidences.features(analyse("？", found.language), found, (hit,))
    assert row[evidences.FEATURES.index("own_terms")] == float(held)
