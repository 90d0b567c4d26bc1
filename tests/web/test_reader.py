"""Lines asked for ▶ the characters that are marked."""

from __future__ import annotations

import pytest

from coursebot.web.reader import span_of_lines

SOURCE = "one\ntwo\n\nfour"


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
