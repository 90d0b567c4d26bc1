"""Cutting a file into the chunks that peers get."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks import data


def test_lines_are_filled_up_to_the_size_and_long_ones_cut() -> None:
    """Two short lines share a chunk; a long one is cut at the size."""
    assert data.chunks("ab\ncd\nefghijklm", 6) == [
        ("ab\ncd", (1, 2)),
        ("efghij", (3, 3)),
        ("klm", (3, 3)),
    ]


@given(st.lists(st.text("あb ", max_size=12), max_size=8), st.integers(1, 9))
def test_chunks_lose_no_character_and_stay_within_the_size(lines: list[str], size: int) -> None:
    """Every visible character is in a chunk, in order, and no chunk is too long."""
    text = "\n".join(lines)
    found = data.chunks(text, size)
    assert all(len(chunk) <= size for chunk, _ in found)
    assert "".join("".join(chunk for chunk, _ in found).split()) == "".join(text.split())
