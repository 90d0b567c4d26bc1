"""The filter for many questions: one line in, one line out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.cli.batch import answer_lines
from coursebot.errors import QuestionError, UnknownCourseError
from coursebot.types import Answer, Language, State


def plain(question: str) -> Answer:
    """Answer anything but the empty question with nothing."""
    if not question.strip():
        raise QuestionError("The question is empty.", "Type a question and ask again.")
    return Answer(question, Language.EN, State.NOT_COVERED, 0.1, "no", None, (), (), (), (), {})


def run(data: bytes, ask: Callable[[str], Answer] = plain) -> tuple[list[Any], tuple[int, int]]:
    """Return the records written for ``data``, and the counts."""
    out = io.BytesIO()
    counts = answer_lines(io.BytesIO(data), out, ask)
    return [json.loads(line) for line in out.getvalue().splitlines()], counts


def test_a_line_has_every_key_of_the_format(make_answer: Callable[..., Answer]) -> None:
    """The record is the published one, the id first and as it came."""
    line = b'{"id": ["a", 1], "question": "how long?"}\n'
    (record,), counts = run(line, lambda question: make_answer(question=question))
    assert counts == (1, 0)
    assert record == {
        "id": ["a", 1],
        "question": "how long?",
        "state": "answered",
        "confidence": 0.93,
        "short_answer": "3時間",
        "answer": "3時間 · 3 hours\n\n[1] このログイン（トークン）は3時間有効。",
        "citations": [
            {
                "path": "c/a.md",
                "line_start": 4,
                "line_end": 4,
                "quote": "このログイン（トークン）は3時間有効。",
                "heading_path": ["ACR", "ログイン"],
                "url": "https://example.org/a.md#%E3%83%AD",
            }
        ],
        "passages": [
            {
                "path": "c/a.md",
                "line_start": 3,
                "line_end": 4,
                "text": "- az acr login\n- このログイン（トークン）は3時間有効。",
                "score": 0.812346,
            }
        ],
        "timings_ms": {"total": 4.568},
        "conversion": "3 hours",
        "language": "en",
        "related": [{"text": "az acr login", "url": "https://example.org/login"}],
        "notice": None,
    }


def test_no_short_answer_is_null() -> None:
    """Both the short answer and its conversion are null then."""
    (record,), _ = run(b'{"id": 1, "question": "q"}')
    assert record["short_answer"] is None
    assert record["conversion"] is None


@pytest.mark.parametrize(
    ("line", "error", "identity"),
    [
        (b"nonsense", "Not JSON: Expecting value (column 1).", None),
        (b'{"id": NaN, "question": "q"}', "Not JSON: NaN is not JSON (column 1).", None),
        (b"[1]", 'Not an object such as {"id": 1, "question": "\u2026"}.'.encode(), None),
        (b'"q"', 'Not an object such as {"id": 1, "question": "\u2026"}.'.encode(), None),
        (b'{"id": 7}', 'There is no "question".', 7),
        (b'{"id": 7, "question": 8}', '"question" is not a text.', 7),
        (b'{"id": 7, "question": null}', '"question" is not a text.', 7),
        (
            b'{"id": "x", "question": " "}',
            "The question is empty. Type a question and ask again.",
            "x",
        ),
        (b'{"id": 1, "question": "\xff"}', "Not UTF-8: byte 24 of the line.", None),
        (b"[" * 100_000, "Not JSON that can be read: too deep, or a number too large.", None),
        (
            b'{"id": ' + b"9" * 5000 + b"}",
            "Not JSON that can be read: too deep, or a number too large.",
            None,
        ),
    ],
)
def test_a_bad_line_gives_an_error_in_its_place(
    line: bytes, error: str | bytes, identity: object
) -> None:
    """The lines around it are answered all the same."""
    expected = error.decode() if isinstance(error, bytes) else error
    good = b'{"id": 0, "question": "q"}\n'
    records, counts = run(good + line + b"\n" + good)
    assert counts == (3, 1)
    assert records[1] == {"id": identity, "line": 2, "error": expected}
    assert [records[0]["state"], records[2]["state"]] == ["not_covered", "not_covered"]


def test_blank_lines_a_byte_order_mark_and_crlf_are_no_harm() -> None:
    """They are passed over; lines are numbered as an editor does."""
    data = b'\xef\xbb\xbf{"id": 1, "question": "q"}\r\n\r\n  \n{"id": 2, "question": "r"}\r\nx'
    records, counts = run(data)
    assert counts == (3, 1)
    assert [record["id"] for record in records] == [1, 2, None]
    assert records[2]["line"] == 5


def test_an_answer_is_written_before_the_next_line_is_read() -> None:
    """So that a program may hold a conversation through a pipe."""
    out = io.BytesIO()
    seen: list[int] = []

    def lines() -> Any:  # noqa: ANN401 — a generator of bytes
        for n in range(3):
            seen.append(out.getvalue().count(b"\n"))
            yield b'{"id": %d, "question": "q"}\n' % n

    answer_lines(lines(), out, plain)
    assert seen == [0, 1, 2]


def test_a_lone_surrogate_comes_back_escaped() -> None:
    """What cannot be written as UTF-8 is written as JSON's escape."""
    out = io.BytesIO()
    answer_lines([b'{"id": "\\ud800", "question": "q"}'], out, plain)
    assert b'"id": "\\ud800"' in out.getvalue()


def test_an_unknown_course_ends_the_batch() -> None:
    """No line could be answered, so none is written."""

    def ask(_question: str) -> Answer:
        raise UnknownCourseError("There is no course 'x'.")

    out = io.BytesIO()
    with pytest.raises(UnknownCourseError):
        answer_lines([b'{"id": 1, "question": "q"}'], out, ask)
    assert out.getvalue() == b""


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=6))
def test_any_bytes_give_one_line_each(lines: list[bytes]) -> None:
    """Whatever comes in, each line that is not blank gives one JSON object."""
    records, (read, _) = run(b"\n".join(lines))
    assert len(records) == read
    assert all(isinstance(record, dict) for record in records)
