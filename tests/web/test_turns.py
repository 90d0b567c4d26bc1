"""Answer records ▶ the conversation's HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.types import Answer, ShortAnswer, State
from coursebot.web import turns
from coursebot.web.text import ENGLISH, JAPANESE
from coursebot.web.wire import AnswerRecord, answer_record

Make = Callable[..., Answer]

HOSTILE = '<img src=x onerror="alert(1)">&<b>\''


@pytest.fixture
def record(make_answer: Make) -> AnswerRecord:
    """Return the well-known answer's record."""
    return answer_record(make_answer(), {}, suggestions=["What is ACR?"])


def seen(markup: str) -> str:
    """Return what of the HTML can be read, in one line."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", markup)).split())


def test_an_answer_reads_from_short_to_long(record: AnswerRecord) -> None:
    """Short answer, conversion, quote with its number, its place, how sure, where to go on."""
    shown = seen(turns.turn(record, ENGLISH))
    order = [
        "how long is an az acr login token valid?",
        "3時間 · 3 hours",
        "このログイン（トークン）は3時間有効。 1",
        "In context: ACR › ログイン",
        "Confidence: high",
        "Read on",
        "Go on with What is ACR?",
    ]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


def test_the_three_states_look_different(record: AnswerRecord) -> None:
    """Each has its own verdict; only the two without a sure answer offer a way on."""
    shown = {
        state: turns.turn(record.model_copy(update={"state": state}), ENGLISH) for state in State
    }
    assert "verdict" not in shown[State.ANSWERED]
    assert "way-on" not in shown[State.ANSWERED]
    for state, said in {
        State.UNSURE: "Something close was found, but it may not answer the question:",
        State.NOT_COVERED: "The course material does not say.",
    }.items():
        assert f'data-state="{state.value}"' in shown[state]
        assert said in seen(shown[state])
        assert "Tell the instructor" in seen(shown[state])
        assert "Questions close to yours that the material answers What is ACR?" in seen(
            shown[state]
        )
    assert "blockquote" not in shown[State.NOT_COVERED]


def test_what_is_fixed_follows_the_question_and_what_is_offered_the_page(
    record: AnswerRecord,
) -> None:
    """An English answer on a Japanese page."""
    shown = seen(turns.turn(record, JAPANESE))
    assert "Confidence: high" in shown
    assert "続けて質問する" in shown


def test_yes_comes_before_the_words_that_say_so(make_answer: Make) -> None:
    """Where the conversion is a yes it leads."""
    short = ShortAnswer("有効", ("有効",), "yesno", 1, "Yes")
    shown = seen(turns.turn(answer_record(make_answer(short_answer=short), {}), ENGLISH))
    assert "Short answer: Yes · 有効" in shown


def test_a_models_words_link_only_what_is_cited(record: AnswerRecord) -> None:
    """Lists and code are kept, an invented citation stays text."""
    told = record.model_copy(update={"generated": "It lasts:\n- `3時間` [1]\n- ever [7]\n\n2. <i>"})
    shown = turns.turn(told, ENGLISH)
    assert "<ul><li><code>3時間</code> <a class=" in shown
    assert "<li>ever [7]</li></ul><ol><li>&lt;i&gt;</li></ol>" in shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//example.org", "data:text/html,x", "/logout", ' "onclick="x']
)
def test_only_the_web_and_the_reader_are_linked(record: AnswerRecord, url: str) -> None:
    """A course's address is data."""
    citation = record.citations[0].model_copy(update={"url": url, "reader": url})
    related = record.related[0].model_copy(update={"url": url})
    changed = record.model_copy(update={"citations": (citation,), "related": (related,)})
    links = re.findall('href="([^"]*)"', turns.turn(changed, ENGLISH))
    assert {link for link in links if not link.startswith("/page/icons.svg#")} == {"#"}


def test_nothing_of_the_material_becomes_markup(record: AnswerRecord) -> None:
    """In every text that an answer has."""
    citation = record.citations[0].model_copy(
        update={"text": HOSTILE, "quote": HOSTILE, "heading_path": (HOSTILE,)}
    )
    short = record.short_answer
    assert short is not None
    changed = record.model_copy(
        update={
            "question": HOSTILE,
            "citations": (citation,),
            "short_answer": short.model_copy(update={"text": HOSTILE, "conversion": HOSTILE}),
            "suggestions": (HOSTILE,),
            "unknown": (HOSTILE,),
            "notice": HOSTILE,
        }
    )
    for state in State:
        shown = turns.turn(changed.model_copy(update={"state": state}), ENGLISH)
        assert "<img" not in shown
        assert "<b>" not in shown
        assert "onerror=&quot;" in shown


@given(st.text())
def test_no_question_becomes_markup(question: str) -> None:
    """Any text is shown character by character."""
    shown = turns.pending(question, ENGLISH)
    (asked,) = re.findall(r'<span class="text">(.*?)</span></h2>', shown, re.DOTALL)
    assert "<" not in asked.replace("<br>", "")
    assert html.unescape(asked.replace("<br>", "\n")) == question


def test_what_cannot_be_asked_is_said(record: AnswerRecord) -> None:
    """In place of an answer."""
    assert "too long" in seen(turns.failed("q", ENGLISH, "The question is too long."))


def test_the_tab_gets_back_what_it_kept(record: AnswerRecord) -> None:
    """As JSON, in order."""
    assert AnswerRecord.model_validate_json(turns.dump([record])[1:-1]) == record


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_a_busy_server_is_asked_again(words: turns.Words) -> None:
    """The turn says when, and has what the page's script needs for it; nothing in it runs."""
    shown = turns.busy('<b>"how"</b>', words, 7)
    assert "7" in shown
    assert 'data-action="retry" data-retry="7"' in shown
    assert 'data-question="&lt;b&gt;&quot;how&quot;&lt;/b&gt;"' in shown
    assert "<b>" not in shown
