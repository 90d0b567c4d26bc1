"""Drafts of golden items made from learners' questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.course import read_corpus
from coursebot.evaluation.golden import Material, place
from coursebot.evaluation.golden.records import Expected, Origin, Status
from coursebot.feedback import Reason
from coursebot.inbox import Draft, draft_item, propose_id
from coursebot.inbox.drafts import note
from coursebot.types import Corpus, Section, Statement
from tests.inbox.test_groups import row

QUOTE = "3時間有効"


@pytest.fixture
def corpus(course_folder: Path) -> Corpus:
    """Return the shipped course."""
    return read_corpus(course_folder)


def chosen(corpus: Corpus) -> tuple[Statement, Section]:
    """Return the statement about the token, and its section."""
    for document in corpus.documents:
        for statement in document.statements:
            if QUOTE in statement.text:
                section = next(s for s in document.sections if s.id == statement.section)
                return statement, section
    raise AssertionError(QUOTE)


def test_a_draft_can_be_placed_where_its_statement_stands(corpus: Corpus) -> None:
    """Path, headings and quote lead back to the statement."""
    statement, section = chosen(corpus)
    material = Material.from_corpus(corpus)
    rows = [row("how long is a token valid?", reason=Reason.WRONG, comment="call me: 555-1234")]
    draft = Draft("How long is a token valid?", statement, "3時間")
    item = draft_item(draft, rows, material, section, course="az-500", taken=())
    placed, stale = place(item, material, "az-500")
    assert stale == ()
    assert placed[0].path == statement.path
    assert placed[0].span[0] >= statement.span[0]
    assert not item.sources[0].path.startswith("az-500/")
    assert (item.status, item.origin, item.lang) == (Status.DRAFT, Origin.LEARNER, "en")
    assert item.answers == (Expected(text="3時間"),)
    assert "555" not in item.model_dump_json()
    assert "wrong" in item.note


def test_what_the_material_does_not_say_is_unanswerable(corpus: Corpus) -> None:
    """An expected answer is left out, too: there is none."""
    material = Material.from_corpus(corpus)
    draft = Draft("Who wrote this?", None, "somebody")
    item = draft_item(draft, [row("who?")], material, None, course="az-500", taken=())
    assert item.unanswerable
    assert (item.answers, item.sources) == ((), ())


def test_the_note_lists_the_questions_before() -> None:
    """A follow-up cannot be understood without them."""
    rows = [row("and then?", 1, history=("What is ACR?", "How do I log in?")), row("and then?", 2)]
    assert note(rows) == "From learners: down (2); after: What is ACR? / How do I log in?"


@given(question=st.text(max_size=200), count=st.integers(0, 4))
def test_an_id_is_new_and_valid(question: str, count: int) -> None:
    """Whatever is asked, and however often."""
    import re

    taken: list[str] = []
    for _ in range(count + 1):
        made = propose_id(question, taken)
        assert made not in taken
        assert re.fullmatch(r"[\w.:-]{1,100}", made)
        taken.append(made)
