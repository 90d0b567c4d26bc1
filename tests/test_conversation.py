"""Conversation: which questions can be asked, and what a follow-up takes over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.conversation import clean, is_follow_up, make_query
from coursebot.errors import QuestionError
from coursebot.types import Answer, Citation, Language, State, Turn


def turn(question: str, *, state: State = State.ANSWERED, cited: str = "a.md:0-5") -> Turn:
    """Return a turn whose answer cites one statement."""
    citation = Citation(1, cited, "c", "a.md", ("H",), (1, 1), (0, 5), "quote", "u")
    answer = Answer(
        question=question,
        language=Language.EN,
        state=state,
        confidence=0.9,
        text="",
        short_answer=None,
        statements=(),
        citations=(citation,) if state is not State.NOT_COVERED else (),
        related=(),
        passages=(),
        timings_ms={},
    )
    return Turn(question, answer)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "The question is empty."),
        (" \u3000\n\t ", "The question is empty."),
        ("\x00\x07\u200b", "The question is empty."),
        ("🎉🚀", "The question has no words in it."),
        ("???", "The question has no words in it."),
        ("x" * 2001, "The question has 2,001 characters; at most 2,000 are read."),
    ],
)
def test_a_question_that_cannot_be_asked(raw: str, message: str) -> None:
    """It is refused with what is wrong and what to do."""
    with pytest.raises(QuestionError) as caught:
        clean(raw, 2000)
    assert caught.value.message == message
    assert caught.value.hint


def test_control_characters_and_lone_surrogates_are_replaced() -> None:
    """What cannot be shown does not get through."""
    assert clean("  a\x00b\nc\ud800 ", 100) == "a b c?"


@given(st.text(max_size=50))
def test_a_clean_question_is_printable_or_refused(raw: str) -> None:
    """Whatever is typed, the outcome is clean text or a QuestionError."""
    try:
        text = clean(raw, 50)
    except QuestionError:
        return
    assert text == clean(text, 50)
    assert text.encode("utf-8")


@pytest.mark.parametrize(
    "question",
    [
        "and how do I enable it?",
        "What about the admin account?",
        "Is it enabled by default?",
        "それはどうやって有効にしますか",
        "では、Premiumだけの機能は？",
    ],
)
def test_follow_ups(question: str) -> None:
    """A continuation, or a question that points back, needs the turn before."""
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question",
    [
        "how long is an az acr login token valid?",
        "ACRのSKUの種類は？",
        "Which roles can be assigned to a service principal?",
    ],
)
def test_questions_that_stand_by_themselves(question: str) -> None:
    """A question with a subject of its own is not a follow-up."""
    assert not is_follow_up(question)


def test_a_follow_up_takes_over_topic_and_grounding() -> None:
    """It is searched after the last question that stands by itself."""
    history = [turn("What is the admin account?"), turn("Is it on by default?", cited="b.md:1-2")]
    query = make_query("and how do I enable it?", history, 100)
    assert query.text == "What is the admin account? and how do I enable it?"
    assert query.question == "and how do I enable it?"
    assert query.grounding == ("b.md:1-2",)
    assert query.given == ""


def test_a_new_question_takes_nothing_over() -> None:
    """The last turn does not leak into a question with a subject of its own."""
    query = make_query("Which SKUs does ACR have?", [turn("What is AKS?")], 100)
    assert query.text == "Which SKUs does ACR have?"
    assert query.grounding == ()


def test_nothing_is_taken_over_from_a_turn_without_answer() -> None:
    """A question that was not covered grounds nothing."""
    query = make_query("why is it so?", [turn("Who won?", state=State.NOT_COVERED)], 100)
    assert query.grounding == ()
