"""Answers ▶ the JSON of page and API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import ValidationError

from coursebot.types import Answer, Section
from coursebot.web import wire
from coursebot.web.wire import AnswerRecord, answer_record

Make = Callable[..., Answer]

SECTIONS = {
    "c/a.md#login": Section(
        id="c/a.md#login",
        course="c",
        path="c/a.md",
        heading_path=("ACR", "Login & tokens"),
        level=2,
        anchor="login",
        reader_anchor="login",
        lines=(1, 4),
        span=(0, 40),
    )
}


def test_a_citation_leads_to_its_mark_in_the_reader(make_answer: Make) -> None:
    """Its address marks all quotes of the file and points at its own."""
    record = answer_record(make_answer(), SECTIONS, index="d" * 64)
    (citation,) = record.citations
    assert citation.reader == f"/read/c/a.md?marks=1:25-40:{wire.digest(citation.quote)}#c1"
    assert (citation.line_start, citation.line_end, citation.start, citation.end) == (4, 4, 25, 40)
    assert record.index == "d" * 64


def test_sections_near_by_are_named_but_not_those_quoted(make_answer: Make) -> None:
    """The passages' sections, unless a quote stands in them."""
    (closest,) = answer_record(make_answer(), SECTIONS).closest
    assert closest.heading_path == ("ACR", "Login & tokens")
    assert closest.reader == "/read/c/a.md#login"
    quoted = {
        "c/a.md#login": SECTIONS["c/a.md#login"].__class__(
            **{
                name: getattr(SECTIONS["c/a.md#login"], name)
                for name in Section.__dataclass_fields__
                if name != "heading_path"
            },
            heading_path=("ACR", "ログイン"),
        )
    }
    assert answer_record(make_answer(), quoted).closest == ()


def test_an_unknown_word_is_named_as_it_was_written(make_answer: Make) -> None:
    """Not in the normal form that is searched for."""
    answer = make_answer(question="What is Ｄockle in France?", unknown=("dockle", "france", "x"))
    assert answer_record(answer, SECTIONS).unknown == ("Dockle", "France", "x")


def test_a_record_survives_the_browser(make_answer: Make) -> None:
    """What the tab keeps is read back as it was written."""
    record = answer_record(make_answer(), SECTIONS, course="c", after=["before?"])
    assert AnswerRecord.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize(
    "change",
    [
        {"state": "certain"},
        {"confidence": 2},
        {"more": 1},
        {"citations": [{"number": 1}]},
    ],
)
def test_a_record_that_is_none_is_refused(make_answer: Make, change: dict[str, object]) -> None:
    """A browser's word is not taken for it."""
    made = answer_record(make_answer(), SECTIONS).model_dump(mode="json")
    with pytest.raises(ValidationError):
        AnswerRecord.model_validate({**made, **change})


def test_addresses_are_percent_encoded() -> None:
    """A file may be called anything."""
    assert wire.reader_address("c/日本 #1?.md", anchor="あ b") == (
        "/read/c/%E6%97%A5%E6%9C%AC%20%231%3F.md#%E3%81%82%20b"
    )


def test_a_long_heading_is_no_failure(make_answer: Make) -> None:
    """What the server makes of the material is not bounded as what comes from outside is."""
    long = {name: replace(s, reader_anchor="長" * 3000) for name, s in SECTIONS.items()}
    (closest,) = answer_record(make_answer(), long).closest
    assert len(closest.reader) > 20_000
