"""Text ▶ a cell that a spreadsheet shows and does not compute."""

from __future__ import annotations

import re

CELL = 32_000
"""Characters of a cell; spreadsheets cut at 32,767."""

# What a spreadsheet would compute, full-width signs included, and white space that it skips.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


def computed(text: str) -> bool:
    """Whether a spreadsheet would compute a cell that begins like this."""
    return _FORMULA.match(text) is not None


def shown(text: str) -> str:
    """Return ``text`` cut to a cell, with an apostrophe before what would be computed."""
    cut = text[:CELL]
    return f"'{cut}" if computed(cut) else cut
