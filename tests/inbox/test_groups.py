"""Which questions are put together, and what a group says of its rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.encoder.fake import HashEncoder
from coursebot.feedback import Reason, Row, Settled, Verdict
from coursebot.inbox import Grouped, Likeness, group, groups
from coursebot.inbox.likeness import ENOUGH, same_text
from coursebot.terms import language_of

if TYPE_CHECKING:
    from coursebot.assistant import Assistant

START = datetime(2026, 11, 1, tzinfo=UTC)


def row(question: str, number: int = 0, **changes: object) -> Row:
    """Return a row that came in ``number`` minutes after the first."""
    fields: dict[str, object] = {
        "id": uuid5(NAMESPACE_URL, f"{question}{number}{changes.get('course')}").hex,
        "created_at": START + timedelta(minutes=number),
        "verdict": Verdict.DOWN,
        "question": question,
        "course": "c",
        "language": str(language_of(question)),
        "state": "answered",
        "confidence": 0.5,
        "answer": None,
        "index": "0",
        "settings": {},
        "history": (),
        "reason": None,
        "comment": "",
    }
    return Row(**{**fields, **changes})  # type: ignore[arg-type]


def grouped(rows: Sequence[Row], **settled: Settled) -> Grouped:
    """Return rows in groups by shared words."""
    return group(rows, settled, Likeness(HashEncoder().encode_queries))


def test_the_same_question_counts_however_it_is_written() -> None:
    """Width, capitals, space and the question mark make no other question."""
    rows = [row("What is ACR?", 1), row("ｗｈａｔ  is acr", 2), row("Where are the logs?", 3)]
    first, second = grouped(rows).groups
    assert [len(first.rows), len(second.rows)] == [2, 1]
    assert first.questions == (("ｗｈａｔ  is acr", 2),)


def test_questions_to_different_courses_are_kept_apart() -> None:
    """The same words may mean another thing there."""
    rows = [row("What is ACR?", 1, course="a"), row("What is ACR?", 2, course=None)]
    assert len(grouped(rows).groups) == 2


def test_groups_come_by_open_rows_then_by_time() -> None:
    """What most learners met comes first."""
    rows = [row("alpha", 1), row("alpha", 2), row("beta", 3), row("gamma", 4)]
    assert [one.question for one in grouped(rows).groups] == ["alpha", "gamma", "beta"]


def test_a_new_row_opens_a_settled_group() -> None:
    """Only it counts then; the others are known to be settled."""
    old, new = row("alpha", 1, comment="old"), row("alpha", 2, comment="new")
    (closed,) = grouped([old], **{old.id: Settled(note="seen")}).groups
    assert closed.closed
    assert closed.shown == (old,)
    (opened,) = grouped([old, new], **{old.id: Settled(note="seen")}).groups
    assert opened.open == (new,)
    assert opened.comments == ("new",)
    assert len(opened.settled) == 1


def test_counts_say_verdict_reason_and_state() -> None:
    """Each row adds one to what it says."""
    rows = [
        row("alpha", 1, reason=Reason.WRONG),
        row("alpha", 2, verdict=None, state="not_covered"),
    ]
    (one,) = grouped(rows).groups
    assert dict(one.counts()) == {
        "verdict.down": 1,
        "verdict.unanswered": 1,
        "reason.wrong": 1,
        "state.answered": 1,
        "state.not_covered": 1,
    }


def test_only_so_many_questions_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest ones; repeats of those come along, the others are counted."""
    monkeypatch.setattr(groups, "MOST", 2)
    found = grouped([row("alpha", 0), row("beta", 1), row("gamma", 2), row("gamma", 3)])
    assert {one.question for one in found.groups} == {"beta", "gamma"}
    assert found.left_out == 1


def test_nothing_is_no_group() -> None:
    """An empty store has an empty inbox."""
    assert grouped([]) == Grouped(())


def test_vectors_are_made_once() -> None:
    """A page that is opened again encodes nothing."""
    asked: list[str] = []

    def encode(texts: Sequence[str]) -> object:
        asked.extend(texts)
        return HashEncoder().encode_queries(texts)

    likeness = Likeness(encode)  # type: ignore[arg-type]
    rows = [row("alpha", 1), row("beta", 2)]
    group(rows, {}, likeness)
    group([*rows, row("gamma", 3)], {}, likeness)
    assert asked == ["alpha", "beta", "gamma"]


KNOWN = ("token", "acr", "login", "key", "トークン", "期限", "aci")
WORDS = st.lists(st.sampled_from(KNOWN), min_size=1).map(" ".join)


@settings(max_examples=50, deadline=None)
@given(
    questions=st.lists(st.tuples(WORDS, st.sampled_from(["a", None])), max_size=25),
    seed=st.integers(0, 99),
)
def test_each_row_is_in_one_group_whatever_their_order(
    questions: list[tuple[str, str | None]], seed: int
) -> None:
    """Nothing is lost or shown twice, and a page does not depend on the database's order."""
    rows = [row(text, n, course=course) for n, (text, course) in enumerate(questions)]
    found = grouped(rows)
    ids = [one.id for made in found.groups for one in made.rows]
    assert sorted(ids) == sorted(one.id for one in rows)
    assert all(len({one.course for one in made.rows}) == 1 for made in found.groups)
    together = {
        same_text(one.question): made.question
        for made in found.groups
        for one in made.rows
        if one.course
    }
    assert all(same_text(one.question) in together for one in rows if one.course)
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert grouped(shuffled) == found


TOKEN = (
    "az acr loginのログインは何時間有効ですか",
    "How many hours does the az acr login token stay valid?",
    "For how many hours is a login to ACR valid?",
)
OTHERS = (
    "ACRの認証方法を3つ教えてください",
    "What is Azure Container Instances?",
    "脆弱性スキャンにはどれくらい時間がかかりますか",
    "What permissions does the admin account have?",
    "KubernetesのNamespaceとは何ですか",
)


@pytest.mark.model
@pytest.mark.parametrize("usual", [True, False])
def test_paraphrases_in_both_languages_are_together(
    open_real: Callable[..., Assistant], usual: bool
) -> None:
    """With the real model; with few questions and no others known, only near copies are joined."""
    from coursebot.inbox.reading import usual_of

    assistant = open_real()
    rows = [row(text, n, course="az-500") for n, text in enumerate((*TOKEN, *OTHERS))]
    likeness = Likeness(assistant.encoder.encode_queries)
    known = usual_of(assistant.index.suggestions) if usual else {}
    found = {
        frozenset(one.question for one in made.rows)
        for made in group(rows, {}, likeness, known).groups
    }
    assert len(rows) < ENOUGH
    if usual:
        assert frozenset(TOKEN) in found
    assert all(len(made) == 1 for made in found if not made & set(TOKEN))
    assert all(made <= set(TOKEN) for made in found if made & set(TOKEN))
