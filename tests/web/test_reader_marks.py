"""Marks and lines of an address ▶ the characters that are marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.course import read_document
from coursebot.web.reader.marks import MOST, Mark, Placed, place, read, span_of_lines
from coursebot.web.wire import digest

SOURCE = "one\ntwo\n\nfour"
COURSE = "# Kites\n\nA kite flies. It has a line.\n\n- A line holds.\n- It has a line.\n"


@pytest.mark.parametrize(
    ("lines", "marked"),
    [
        ("1", "one"),
        ("1-2", "one\ntwo"),
        ("2-4", "two\n\nfour"),
        ("4", "four"),
        ("4-9", "four"),
        ("3", None),
        ("5", None),
        ("0", None),
        ("2-1", None),
        ("", None),
        ("x", None),
        ("-1", None),
        ("1-2-3", None),
        ("9999999999", None),
    ],
)
def test_lines_are_found(lines: str, marked: str | None) -> None:
    """Lines count from 1 and include both ends; nonsense marks nothing."""
    span = span_of_lines(SOURCE, lines)
    assert (SOURCE[slice(*span)] if span else None) == marked


def test_marks_are_read() -> None:
    """Number, span and digest; the first of a number counts."""
    assert read("2:3-9:0123abcd,1:0-4:89abcdef,2:0-1:00000000") == (
        Mark(2, (3, 9), "0123abcd"),
        Mark(1, (0, 4), "89abcdef"),
    )


@pytest.mark.parametrize(
    "text",
    ["", ",", "1", "1:0-4", "0:0-4:0123abcd", "1:4-4:0123abcd", "1:4-0:0123abcd", "1:-1-4:0123abcd",
     "1:0-4:0123ABCD", "1:0-4:0123abc", "1:0-4:0123abcd ", "1000:0-4:0123abcd", "<script>",
     "1:0-9999999999:0123abcd", "１:0-4:0123abcd"],
)  # fmt: skip
def test_malformed_marks_are_ignored(text: str) -> None:
    """They mark nothing, and say nothing."""
    assert read(text) == ()


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Nothing makes it fail."""
    assert isinstance(read(text), tuple)


def test_only_so_many_marks_are_read() -> None:
    """A long address costs no more than an answer's."""
    assert len(read(",".join(f"{n}:0-4:0123abcd" for n in range(1, 200)))) == MOST


def quoted(number: int, text: str, start: int) -> Mark:
    """Return the mark of a quote that stood at ``start``."""
    return Mark(number, (start, start + len(text)), digest(text))


def test_a_quote_that_still_stands_there_is_marked() -> None:
    """Also when it is not one whole statement, and when it stands in other places too."""
    at = COURSE.rindex("It has a line.")
    _, statements = read_document(COURSE, course="c", path="c/p.md")
    marks = [quoted(1, "It has a line.", at), quoted(2, "kite flies", COURSE.index("kite flies"))]
    assert place(marks, COURSE, statements) == Placed((((at, at + 14), 1), ((11, 21), 2)), ())


def test_a_quote_that_moved_is_found_again() -> None:
    """The nearest statement of the same text is marked; what is gone is reported."""
    _, statements = read_document(COURSE, course="c", path="c/p.md")
    first, second = COURSE.index("It has a line."), COURSE.rindex("It has a line.")
    marks = [
        quoted(1, "It has a line.", 0),
        quoted(2, "It has a line.", 5000),
        quoted(3, "A kite sinks.", 9),
    ]
    assert place(marks, COURSE, statements) == Placed(
        (((first, first + 14), 1), ((second, second + 14), 2)), (3,)
    )
