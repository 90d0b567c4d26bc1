"""What holds of the feedback store on either database."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect

from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback import Feedback, Reason, Settled, Store, Unanswered, Verdict
from coursebot.feedback.bounds import COMMENT, HISTORY, NAME, TEXT
from coursebot.feedback.database import database

Make = Callable[..., Feedback]

_SAME_DATABASE = [HealthCheck.function_scoped_fixture]
_WRITER = """
import sys
from coursebot.config import Settings
from coursebot.feedback import Feedback, Store, Verdict

name, count = sys.argv[1], int(sys.argv[2])
store = Store.open(Settings.load())
for number in range(count):
    said = Feedback(Verdict.UP, f"{name}-{number}", None, "en", "answered", 0.5, {}, "", {})
    print(store.add(said), flush=True)
"""


def start_writer(chosen: Settings, name: str, count: int) -> subprocess.Popen[str]:
    """Start a process that adds feedback and prints each id once the store has it."""
    environment = {
        "COURSEBOT_DATA": str(chosen.data),
        "COURSEBOT_DATABASE_URL": chosen.database_url.get_secret_value(),
    }
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, name, str(count)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def make_unanswered(question: str = "Who won?") -> Unanswered:
    """Return a question that the material does not answer."""
    return Unanswered(question, None, "en", "not_covered", 0.04, "0123abcd", {"top_k": 10}, ("a",))


def test_what_is_added_comes_out(store: Store, make_feedback: Make) -> None:
    """Every field, with an id of 32 hexadecimal digits and the time in UTC."""
    before = datetime.now(UTC)
    said = make_feedback(reason=Reason.WRONG_PLACE, comment="Line 3 says it. 🎉")
    id = store.add(said)
    (row,) = store.feedback()
    assert re.fullmatch("[0-9a-f]{32}", id)
    assert row.id == id
    assert before <= row.created_at <= datetime.now(UTC)
    assert row.created_at.utcoffset() == timedelta(0)
    for field in Feedback.__slots__:
        assert getattr(row, field) == getattr(said, field), field
    assert isinstance(row.verdict, Verdict)
    assert isinstance(row.reason, Reason)
    assert list(store.unanswered()) == []


def test_an_unanswered_question_comes_out(store: Store) -> None:
    """In a list of its own, without a verdict."""
    asked = make_unanswered()
    store.add_unanswered(asked)
    (row,) = store.unanswered()
    for field in Unanswered.__slots__:
        assert getattr(row, field) == getattr(asked, field), field
    assert (row.verdict, row.reason, row.comment, row.answer) == (None, None, "", {})
    assert list(store.feedback()) == []


def test_rows_come_oldest_first_and_page_by_page(
    store: Store, make_feedback: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what is added while they are read; no connection is held in between."""
    monkeypatch.setattr("coursebot.feedback.store.PAGE", 2)
    for number in range(5):
        store.add(make_feedback(question=str(number)))
    rows = store.feedback()
    assert next(rows).question == "0"
    store.add(make_feedback(question="5"))
    rest = list(rows)
    assert [row.question for row in rest] == ["1", "2", "3", "4", "5"]
    assert all(one.created_at <= two.created_at for one, two in pairwise(rest))


def test_feedback_is_amended(store: Store, make_feedback: Make) -> None:
    """Reason and comment are replaced, in that row alone."""
    first = store.add(make_feedback(comment="old", reason=Reason.OTHER))
    store.add(make_feedback())
    assert store.amend(first, reason=Reason.WRONG, comment="new")
    assert [(row.reason, row.comment) for row in store.feedback()] == [
        (Reason.WRONG, "new"),
        (None, ""),
    ]
    assert store.amend(first, reason=None, comment="")
    assert [(row.reason, row.comment) for row in store.feedback()] == [(None, "")] * 2


def test_feedback_is_withdrawn(store: Store, make_feedback: Make) -> None:
    """The row is gone, and can be withdrawn once only."""
    first, second = store.add(make_feedback()), store.add(make_feedback())
    assert store.withdraw(first)
    assert not store.withdraw(first)
    assert not store.amend(first, reason=None, comment="x")
    assert [row.id for row in store.feedback()] == [second]


@pytest.mark.parametrize("id", ["", "0" * 32, "\x00", "\ud800", "' OR 1=1; --", "f" * 33, "%"])
def test_an_unknown_id_is_no_row(store: Store, make_feedback: Make, id: str) -> None:
    """Whatever a browser sends as one."""
    store.add(make_feedback())
    assert not store.amend(id, reason=None, comment="")
    assert not store.withdraw(id)
    assert len(list(store.feedback())) == 1


def test_what_is_old_is_forgotten(store: Store, make_feedback: Make) -> None:
    """In both tables; what came in at that moment or later stays."""
    store.add(make_feedback(question="old"))
    store.add_unanswered(make_unanswered("old"))
    store.add(make_feedback(question="new"))
    *_, newest = store.feedback()
    assert store.forget(datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert store.forget(newest.created_at) == 2
    assert [row.question for row in store.feedback()] == ["new"]
    assert list(store.unanswered()) == []
    # Two hours ahead of UTC, the same moment has another name.
    elsewhere = newest.created_at.astimezone(datetime.strptime("+0200", "%z").tzinfo)
    assert store.forget(elsewhere) == 0
    assert store.forget(elsewhere + timedelta(microseconds=1)) == 1


def test_text_that_databases_refuse_is_kept_readable(store: Store, make_feedback: Make) -> None:
    """NUL and lone surrogates become �, everything else stays."""
    odd = "a\x00b\ud800🎉👩‍💻\u202e\x1b"
    id = store.add(
        make_feedback(
            question=odd, course=odd, history=(odd,), answer={odd: [odd]}, settings={odd: odd}
        )
    )
    store.amend(id, reason=None, comment=odd)
    kept = "a\ufffdb\ufffd🎉👩‍💻\u202e\x1b"
    (row,) = store.feedback()
    assert (row.question, row.course, row.comment, row.history) == (kept, kept, kept, (kept,))
    assert (row.answer, row.settings) == ({kept: [kept]}, {kept: kept})


def test_lengths_are_bounded(store: Store, make_feedback: Make) -> None:
    """Each text is cut to what is kept; of the questions before it, the last stay."""
    long = "🎉" * 300_000
    id = store.add(
        make_feedback(
            question=long,
            course=long,
            language=long,
            state=long,
            index=long,
            history=tuple(map(str, range(100))),
            answer={"text": long, "many": [long] * 100},
        )
    )
    store.amend(id, reason=None, comment=long)
    (row,) = store.feedback()
    assert row.question == "🎉" * TEXT
    assert row.course == row.language == row.state == row.index == "🎉" * NAME
    assert row.comment == "🎉" * COMMENT
    assert row.history == tuple(map(str, range(100 - HISTORY, 100)))
    assert row.answer == {"text": "🎉" * TEXT, "omitted": ["many"]}


@pytest.mark.parametrize(
    ("given_", "kept"), [(float("nan"), 0), (float("inf"), 0), (-1.0, 0), (2.0, 1), (0.25, 0.25)]
)
def test_a_confidence_is_a_probability(
    store: Store, make_feedback: Make, given_: float, kept: float
) -> None:
    """What is no number, or beyond 0 and 1, is not kept as it is."""
    store.add(make_feedback(confidence=given_))
    (row,) = store.feedback()
    assert row.confidence == kept


@settings(max_examples=30, deadline=None, suppress_health_check=_SAME_DATABASE)
@example("\x00")
@example("\ud83d")
@given(st.text(st.characters(categories=None, exclude_categories=())))
def test_any_text_goes_in(store: Store, make_feedback: Make, text: str) -> None:
    """And comes out the same, but for what no database takes."""
    id = store.add(make_feedback(question=text, comment=text, answer={"text": text, text: 1}))
    *_, row = store.feedback()
    assert row.question == row.comment == re.sub("[\x00\ud800-\udfff]", "\ufffd", text)
    assert store.withdraw(id)


def test_no_column_holds_who_asked(store: Store, make_feedback: Make, chosen: Settings) -> None:
    """There is none for an address, a browser or an account, and no other table."""
    store.add(make_feedback())
    engine = database(chosen).engine()
    try:
        found = inspect(engine)
        columns = {
            table: [column["name"] for column in found.get_columns(table)]
            for table in sorted(found.get_table_names())
        }
    finally:
        engine.dispose()
    asked = ["number", "id", "created_at", "question", "course", "language", "state"]
    asked += ["confidence", "index_digest", "settings", "history"]
    said = ["verdict", "reason", "comment", "answer"]
    assert {table: sorted(names) for table, names in columns.items()} == {
        "coursebot_alembic": ["version_num"],
        "coursebot_feedback": sorted([*asked, *said]),
        "coursebot_settled": ["by", "id", "item", "note", "settled_at"],
        "coursebot_unanswered": sorted(asked),
        "coursebot_version": ["oldest", "version"],
    }


def test_many_threads_lose_nothing(store: Store, make_feedback: Make) -> None:
    """Twenty at once on one store, from its first use on."""

    def work(thread: int) -> list[str]:
        ids = [store.add(make_feedback(question=f"{thread}-{number}")) for number in range(10)]
        assert store.amend(ids[0], reason=Reason.OTHER, comment="x")
        assert store.withdraw(ids[1])
        store.add_unanswered(make_unanswered())
        return [ids[0], *ids[2:]]

    with ThreadPoolExecutor(20) as pool:
        ids = [id for ids in pool.map(work, range(20)) for id in ids]
    rows = list(store.feedback())
    assert sorted(row.id for row in rows) == sorted(ids)
    assert sum(row.comment == "x" for row in rows) == 20
    assert len(list(store.unanswered())) == 20


def test_many_processes_lose_nothing(store: Store, chosen: Settings) -> None:
    """Five at once, all of them the first to use the database."""
    writers = [start_writer(chosen, str(number), 40) for number in range(5)]
    printed = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 5
    rows = list(store.feedback())
    assert sorted(row.id for row in rows) == sorted(id for ids in printed for id in ids)
    assert len({row.question for row in rows}) == 200


def test_a_first_use_by_many_at_once_does_not_fail(chosen: Settings, make_feedback: Make) -> None:
    """Stores that know nothing of each other make the tables once."""
    stores = [Store.open(chosen) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        ids = set(pool.map(lambda one: one.add(make_feedback()), stores))
    assert {row.id for row in stores[0].feedback()} == ids
    for one in stores:
        one.close()


def test_a_killed_process_leaves_what_it_was_thanked_for(store: Store, chosen: Settings) -> None:
    """After kill -9 in the middle of writing, the database is read and written on."""
    with start_writer(chosen, "killed", 1_000_000) as writer:
        assert writer.stdout is not None
        printed = [writer.stdout.readline().strip() for _ in range(50)]
        writer.kill()
        printed += writer.stdout.read().split()
    kept = [row.id for row in store.feedback()]
    # The last may be there without its id having been printed whole.
    assert kept[:50] == printed[:50]
    assert {id for id in printed if len(id) == 32} <= set(kept)
    assert len(kept) <= len(printed) + 1
    store.add_unanswered(make_unanswered())
    store.check()


def test_a_newer_database_is_refused(store: Store, chosen: Settings, make_feedback: Make) -> None:
    """With the versions in the message; nothing is written to it."""
    store.add(make_feedback())
    engine = database(chosen).engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE coursebot_version SET version = 7, oldest = 7")
    engine.dispose()
    other = Store.open(chosen)
    for use in (other.check, lambda: other.add(make_feedback()), lambda: list(other.feedback())):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.message == (
            f"The feedback store {other.place} was made by a newer coursebot "
            "(version 7 of its tables; this one knows 3)."
        )
        assert caught.value.hint == "Install that coursebot, or keep feedback elsewhere."
    other.close()
    assert len(list(store.feedback())) == 1


def test_what_was_done_about_a_row_is_noted(store: Store, make_feedback: Make) -> None:
    """Once for each row, the last word counts; it can be taken back."""
    assert store.settled() == {}
    first, second = store.add(make_feedback()), store.add(make_feedback())
    store.settle([first, second, first], Settled(note="not in this course", by="Sato"))
    store.settle([second], Settled(item="token"))
    found = store.settled()
    assert (found[first].note, found[first].by, found[first].item) == (
        "not in this course",
        "Sato",
        "",
    )
    assert (found[second].item, found[second].note) == ("token", "")
    at = found[first].at
    assert at is not None
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert store.reopen([first, "0" * 32, "no id"]) == 1
    assert store.settled().keys() == {second}


def test_no_note_outlives_its_row(store: Store, make_feedback: Make) -> None:
    """Whoever withdraws or forgets a row takes the note on it along."""
    first, second = store.add(make_feedback()), store.add(make_feedback())
    store.settle([first, second], Settled(note="the learner wrote …"))
    assert store.withdraw(first)
    assert store.settled().keys() == {second}
    store.forget(datetime.now(UTC) + timedelta(minutes=1))
    assert store.settled() == {}


def test_what_is_no_id_settles_nothing(store: Store) -> None:
    """Nothing is made for it."""
    store.settle(["", "../x", "\x00"], Settled(note="?"))
    assert store.settled() == {}


def test_a_closed_store_opens_again(store: Store, make_feedback: Make) -> None:
    """The next use makes new connections."""
    store.close()
    store.add(make_feedback())
    store.close()
    store.close()
    assert len(list(store.feedback())) == 1


def test_checking_makes_nothing(store: Store, chosen: Settings) -> None:
    """Neither a folder nor a table."""
    store.check()
    assert not chosen.data.exists()
    if chosen.database_url.get_secret_value():
        engine = create_engine(database(chosen).engine().url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()
