"""What the page's events do, without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.feedback import Store
from coursebot.index import LiveIndex, build
from coursebot.web import turns
from coursebot.web.page import LONGEST, REMEMBERED, SHARED, Desk

COURSES = {
    "kites": ("Kites", "# Kites\n\nThe main line of the kite is 30 metres long.\n"),
    "boats": ("Boats", "# Boats\n\nThe anchor of the boat weighs 12 kilograms.\n"),
}
LINE = "How long is the main line of the kite?"
ANCHOR = "How heavy is the anchor of the boat?"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of two small courses, where unanswered questions are kept."""
    for name, (title, notes) in COURSES.items():
        folder = tmp_path / "corpus" / name
        folder.mkdir(parents=True)
        (folder / "course.toml").write_text(f'title = "{title}"\nlanguage = "en"\n', "utf-8")
        (folder / "notes.md").write_text(notes, "utf-8")
    build(tmp_path / "corpus", tmp_path / "index", HashEncoder(), passage_tokens=128)
    chosen = Settings.load(data=tmp_path / "data", keep_unanswered=True)
    store = Store.open(chosen)
    yield Desk(Assistant(LiveIndex(tmp_path / "index"), HashEncoder(), chosen), store)
    store.close()


def told(**visit: object) -> str:
    """Return what a tab sends."""
    return json.dumps(visit)


def updates(steps: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return what an event updates; a desk without a queue says nothing of places."""
    return list(steps)


def asked(desk: Desk, question: str, course: str = "", **visit: Any) -> tuple[str, str]:  # noqa: ANN401
    """Return the last turn's HTML and what the tab keeps after a question."""
    *_, (_, _, current, kept) = updates(desk.ask(question, told(course=course, **visit)))
    return current, kept


def test_progress_comes_before_the_answer(desk: Desk) -> None:
    """The question is shown at once, and the form is emptied."""
    first, last = updates(desk.ask(LINE, told()))
    assert first[0] == ""
    assert 'data-state="searching"' in first[2]
    assert LINE in first[2]
    assert 'data-state="answered"' in last[2] or 'data-state="unsure"' in last[2]


def test_the_tab_keeps_the_conversation(desk: Desk) -> None:
    """What it keeps, sent again, is shown again."""
    _, kept = asked(desk, LINE)
    ((*_, past, current, again),) = updates(desk.open(told(turns=json.loads(kept))))
    assert LINE in past
    assert current == ""
    assert json.loads(again) == json.loads(kept)


def test_a_conversation_of_another_version_is_begun_anew(desk: Desk) -> None:
    """It is not an error, and the language stays."""
    ((*_, past, _, kept),) = updates(desk.open(told(lang="ja", turns=[{"old": 1}])))
    assert "このコース" in past or "コース一覧" in past
    assert kept == "[]"


@pytest.mark.parametrize(
    "sent", ["", "null", "[]", "{", '{"lang": "xx"}', '{"turns": 3}', " " * LONGEST + "{}"]
)
def test_a_tab_may_send_nonsense(desk: Desk, sent: str) -> None:
    """The page opens all the same."""
    ((*_, past, _, _),) = updates(desk.open(sent))
    assert "welcome" in past


def test_a_link_opens_with_the_answer(desk: Desk) -> None:
    """In the course that it names, with what the question goes on from."""
    search = "?q=How+long+is+the+main+line+of+the+kite%3F&q=and+what+about+it%3F&course=kites"
    *_, last = updates(desk.open(told(search=search, course="kites")))
    records = json.loads(last[-1])
    assert [record["question"] for record in records] == [LINE, "and what about it?"]
    assert [record["course"] for record in records] == ["kites", "kites"]
    assert records[1]["after"] == [LINE]


def test_a_link_may_name_no_course_that_is_there(desk: Desk) -> None:
    """Then all are asked; and no link asks without end."""
    search = "?" + "&".join(f"q=kite+{n}" for n in range(40))
    *_, last = updates(desk.open(told(search=search, course="cars")))
    records = json.loads(last[-1])
    assert len(records) == SHARED
    assert {record["course"] for record in records} == {None}


def test_a_follow_up_knows_what_it_goes_on_from(desk: Desk) -> None:
    """And a question that stands by itself does not drag the others along."""
    _, kept = asked(desk, LINE)
    _, further = asked(desk, "and how long is it?", turns=json.loads(kept))
    assert json.loads(further)[-1]["after"] == [LINE]
    _, other = asked(desk, ANCHOR, turns=json.loads(further))
    assert json.loads(other)[-1]["after"] == []


def test_a_course_can_be_asked_alone(desk: Desk) -> None:
    """Nothing is quoted from the others."""
    _, kept = asked(desk, ANCHOR, "kites")
    (record,) = json.loads(kept)
    assert record["course"] == "kites"
    assert {citation["course"] for citation in record["citations"]} <= {"kites"}


@pytest.mark.parametrize("question", ["", "   ", None])
def test_an_empty_question_changes_nothing(desk: Desk, question: str | None) -> None:
    """It is not asked."""
    ((form, past, current, kept),) = updates(desk.ask(question, told()))
    assert form == past == current == kept
    assert form["__type__"] == "update"


@pytest.mark.parametrize(
    ("question", "said"),
    [("？？？", "質問に言葉がありません"), ("q" * 3000, "2,000文字まで")],
)
def test_what_cannot_be_asked_is_said(desk: Desk, question: str, said: str) -> None:
    """In the conversation and in the page's language, and the tab keeps nothing of it."""
    *_, (_, _, current, kept) = updates(desk.ask(question, told(lang="ja")))
    assert 'data-state="failed"' in current
    assert said in current
    assert kept["__type__"] == "update"


def test_the_form_is_emptied_once(desk: Desk) -> None:
    """What is typed while an answer is under way stays."""
    first, *later = updates(desk.ask(LINE, told()))
    assert first[0] == ""
    assert later
    assert all(update[0]["__type__"] == "update" for update in later)


@pytest.mark.parametrize("search", ["?" + "&".join(f"a{n}=1" for n in range(60)), "?q=", "?&&=%"])
def test_an_address_that_is_no_learners(desk: Desk, search: str) -> None:
    """The page opens with nothing asked."""
    ((*_, past, current, kept),) = updates(desk.open(told(search=search)))
    assert "welcome" in past
    assert (current, kept) == ("", "[]")


def test_what_is_not_understood_replaces_nothing(desk: Desk) -> None:
    """The tab keeps what it has."""
    ((*_, kept),) = updates(desk.open("{"))
    assert kept["__type__"] == "update"


def test_a_course_that_came_later_can_be_asked(desk: Desk, tmp_path: Path) -> None:
    """The page offers it when it is opened, and answers from it."""
    folder = tmp_path / "corpus" / "trains"
    folder.mkdir()
    (folder / "notes.md").write_text("# Trains\n\nThe locomotive weighs 80 tonnes.\n", "utf-8")
    build(tmp_path / "corpus", tmp_path / "index", HashEncoder(), passage_tokens=128)
    live = desk.assistant._live
    assert isinstance(live, LiveIndex)
    live.refresh()
    ((choices, *_),) = updates(desk.open(told(course="trains")))
    assert ("trains", "trains") in choices["choices"]
    assert choices["value"] == "trains"
    _, kept = asked(desk, "How much does the locomotive weigh?", "trains")
    assert json.loads(kept)[0]["course"] == "trains"


def test_a_conversation_is_bounded(desk: Desk) -> None:
    """The oldest turns are forgotten."""
    _, kept = asked(desk, LINE)
    many = json.loads(kept) * (REMEMBERED + 5)
    _, now = asked(desk, ANCHOR, turns=many)
    assert len(json.loads(now)) == REMEMBERED


def test_an_unanswered_question_is_kept_with_consent_alone(desk: Desk) -> None:
    """Not before the learner's browser says so."""
    asked(desk, "Who invented the violin?", keep=False)
    assert list(desk.store.unanswered()) == []
    asked(desk, "Who invented the violin?", keep=True)
    assert len(list(desk.store.unanswered())) == 1


def test_clearing_brings_back_the_empty_page(desk: Desk) -> None:
    """In the language of the page."""
    past, current, kept = desk.clear(told(lang="ja", course="kites"))
    assert (current, kept) == ("", turns.dump(()))
    assert "このコースの内容" in past


def test_the_empty_page_follows_the_course(desk: Desk) -> None:
    """Until something was asked."""
    assert "Boats" in desk.turn_to(told(course="boats"))
    _, kept = asked(desk, LINE)
    assert desk.turn_to(told(course="boats", turns=json.loads(kept)))["__type__"] == "update"
