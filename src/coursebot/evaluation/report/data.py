"""Rows ▶ the block of JSON that a report's script reads.

Passages are written once, however many questions retrieved them: ten for each of 4,442 rows would
be most of the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from coursebot.evaluation.run.records import Ranked, Row

SHOWN = {"section", "path", "lines", "text"}
"""What the page shows of a passage, whichever question retrieved it."""

NOT_TEXT = re.compile("[\0\ud800-\udfff]")
IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""What could end the script element or a line of it."""


def embedded(rows: Sequence[Row]) -> dict[str, Any]:
    """Return rows as plain data: ``legs``, ``passages`` (each once) and ``rows``.

    A row has the fields of its record without those at their defaults; its passages are
    ``[number in passages, score, gold, gold_section, [rank, score] of each leg]``.
    """
    legs = sorted({leg for row in rows for one in row.passages for leg in one.legs})
    passages: dict[tuple[str, str], int] = {}
    held: list[dict[str, Any]] = []
    made = []
    for row in rows:
        data = plain_row(row)
        data["passages"] = ranked = []
        for one in row.passages:
            key = (one.id, one.text)
            if key not in passages:
                passages[key] = len(held)
                held.append(
                    one.model_dump(mode="json", include={"section", "path", "lines", "text"})
                )
            ranked.append([passages[key], *_judged(one, legs)])
        made.append(data)
    return {"legs": legs, "passages": held, "rows": made}


def plain_row(row: Row) -> dict[str, Any]:
    """Return a row without its passages."""
    data = row.model_dump(mode="json", exclude_defaults=True, exclude={"passages"})
    data["timings_ms"] = {name: round(value, 2) for name, value in row.timings_ms.items()}
    return data


def _judged(one: Ranked, legs: Sequence[str]) -> list[Any]:
    scores = [
        [held.rank, round(held.score, 4)] if (held := one.legs.get(leg)) is not None else None
        for leg in legs
    ]
    return [round(one.score, 4), one.gold, one.gold_section, scores]


def in_script(data: Mapping[str, Any]) -> str:
    """Return JSON that may stand in a ``<script>`` element, whatever the texts say."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(IN_SCRIPT)


def writable(html: str) -> str:
    """Return text that UTF-8 and HTML can hold: U+FFFD for unpaired surrogates and for NUL."""
    return NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", html)
