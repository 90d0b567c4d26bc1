"""Where sentences end, in Japanese and in English."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.course import read_document

FIXTURE = Path(__file__).parent / "fixtures" / "sentences.md"


def cases() -> list[tuple[str, str, str]]:
    """Return title, paragraph and its sentences, one a line."""
    parts = FIXTURE.read_text(encoding="utf-8").split("\n.\n")
    groups = zip(parts[0::3], parts[1::3], parts[2::3], strict=False)
    return [(title.strip(), source, expected) for title, source, expected in groups]


@pytest.mark.parametrize(("title", "source", "expected"), cases())
def test_sentences_end_where_the_fixture_says(title: str, source: str, expected: str) -> None:
    """Each case gives exactly the sentences that are written below it."""
    _, statements = read_document(source, course="c", path="p.md")
    assert [statement.text for statement in statements] == expected.split("\n"), title
