"""Suggestions ▶ the few to offer now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.assistant import extract
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.index import Index, Progress, build
from coursebot.suggestions import after, near, starters
from coursebot.suggestions.candidates import key
from coursebot.suggestions.pick import _far_apart
from coursebot.types import Answer, Kind, Language, State, Suggestion

JA, EN = Language.JA, Language.EN


class OneAStatement:
    """A suggester that makes a question of every statement that is not a heading."""

    version = "test"

    def __call__(self, index: Index, progress: Progress) -> Sequence[Suggestion]:
        """Return the suggestions."""
        return [
            Suggestion(
                f"What of {s.plain.rstrip('.')}?", EN, s.course, s.section, s.id, 0.9, "definition"
            )
            for s in index.statements
            if s.kind is not Kind.HEADING
        ]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Return an index of two courses with a suggestion for each statement."""
    for path, text in (
        ("a/1.md", "# One\n\nAlpha. Beta.\n\n# Two\n\nGamma.\n"),
        ("a/2.md", "# Three\n\nDelta.\n"),
        ("b/1.md", "# Four\n\nEpsilon.\n"),
    ):
        file = tmp_path / "corpus" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    build(
        tmp_path / "corpus",
        tmp_path / "index",
        HashEncoder(),
        passage_tokens=64,
        suggest=OneAStatement(),
    )
    return Index.load(tmp_path / "index")


def ask(index: Index, question: str, state: State = State.ANSWERED) -> Answer:
    """Return the answer to a question, as if it were in this state."""
    chosen = Settings.load(answered_above=0.0, unsure_above=0.0)
    return replace(extract(index, HashEncoder(), chosen, question), state=state)


def with_(index: Index, *suggestions: Suggestion) -> Index:
    """Give an index these suggestions."""
    index.suggestions = suggestions
    return index


def test_starters_come_from_all_courses_and_sections(index: Index) -> None:
    """One of each course in turn, one of a section before a second of it."""
    assert starters(index, EN) == (
        "What of Alpha?",
        "What of Epsilon?",
        "What of Delta?",
        "What of Gamma?",
    )
    assert starters(index, EN, course="b") == ("What of Epsilon?",)
    assert starters(index, EN, course="none") == ()
    assert starters(index, EN, limit=0) == ()


def test_starters_of_the_other_language_only_without_any(index: Index) -> None:
    """A learner is offered what can be read first, and anything rather than nothing."""
    assert starters(index, JA) == starters(index, EN)
    japanese = replace(index.suggestions[-1], question="何？", language=JA)
    assert starters(with_(index, *index.suggestions[:-1], japanese), JA) == ("何？",)


def test_examples_of_the_course_come_first(index: Index) -> None:
    """In the order of course.toml, before better known ones."""
    *rest, last = index.suggestions
    example = replace(last, question="Example?", origin="example", confidence=0.5)
    assert starters(with_(index, *rest, example), EN)[0] == "Example?"


def test_after_an_answer_its_surroundings_come_first(index: Index) -> None:
    """The same section, what follows in the file, the rest of the course; never another one."""
    answer = ask(index, "alpha")
    assert [c.quote for c in answer.citations][:1] == ["Alpha."]
    answer = replace(answer, citations=answer.citations[:1])
    assert after(index, answer) == ("What of Beta?", "What of Gamma?", "What of Delta?")
    assert after(index, answer, limit=9) == after(index, answer)
    last = replace(ask(index, "gamma"), citations=ask(index, "gamma").citations[:1])
    assert after(index, last) == ("What of Alpha?", "What of Beta?", "What of Delta?")


def test_nothing_is_offered_twice(index: Index) -> None:
    """Neither what was asked, in any case or signs, nor what the answer quotes."""
    answer = replace(ask(index, "alpha"), citations=ask(index, "alpha").citations[:1])
    assert after(index, answer, asked=["what of GAMMA"]) == ("What of Beta?", "What of Delta?")
    assert "What of Alpha?" not in after(index, answer)
    assert after(index, replace(answer, language=JA)) == ()
    assert after(index, replace(answer, citations=())) == ()


def test_an_answer_of_a_replaced_index(index: Index) -> None:
    """A statement that is no longer there has no surroundings."""
    answer = ask(index, "alpha")
    gone = tuple(replace(c, statement="a/1.md:900-901") for c in answer.citations)
    assert after(index, replace(answer, citations=gone)) == ()


def test_near_shares_telling_words(index: Index) -> None:
    """The closest first; nothing for a question about something else."""
    missed = ask(index, "what is the colour of delta?", State.NOT_COVERED)
    assert near(index, missed) == ("What of Delta?",)
    assert near(index, missed, asked=["What of delta"]) == ()
    assert near(index, missed, course="b") == ()
    assert near(index, ask(index, "What is the capital of France?", State.NOT_COVERED)) == ()


def test_near_an_unsure_answer_offers_its_sections(index: Index) -> None:
    """Where there is some affinity, the sections of the best passages count without a word."""
    unsure = replace(ask(index, "zeta eta theta", State.UNSURE), confidence=0.4)
    best = unsure.passages[0].passage.section
    offered = near(index, unsure)
    assert len(offered) == 3
    assert next(s for s in index.suggestions if s.question == offered[0]).section == best
    assert near(index, replace(unsure, state=State.NOT_COVERED)) == ()


@given(st.integers(min_value=0, max_value=200))
def test_far_apart_is_a_permutation(count: int) -> None:
    """Each section comes once, and the second one taken is from the other half."""
    order = _far_apart(count)
    assert sorted(order) == list(range(count))
    if count > 2:
        assert order[1] >= count // 3


@given(st.text(max_size=30))
def test_a_key_does_not_change_again(question: str) -> None:
    """Signs, space and case make no other question."""
    assert key(key(question)) == key(question)
    assert key(f" {question}？ ") == key(question)
