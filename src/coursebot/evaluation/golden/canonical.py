"""Golden items ▶ the one way in which each is written, and digests of that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from coursebot.evaluation.golden.records import GoldenItem, Status
from coursebot.evaluation.golden.validation import ORDER

_FOLLOWUP = ("question", "answers", "sources", "unanswerable", "must_not", "note")


def record(item: GoldenItem) -> dict[str, Any]:
    """Return an item as plain values: fields in the set's order, defaults left out."""
    values = item.model_dump(mode="json", exclude_defaults=True)
    ordered = {name: values[name] for name in ORDER if name in values}
    if "followups" in ordered:
        ordered["followups"] = [
            {name: asked[name] for name in _FOLLOWUP if name in asked}
            for asked in ordered["followups"]
        ]
    return ordered


def line(item: GoldenItem) -> str:
    """Return an item as one line of JSON, without the line's end."""
    text = json.dumps(record(item), ensure_ascii=False)
    # Some readers end a line at these two as well; in JSON they only stand in texts.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def revision(item: GoldenItem) -> str:
    """Return the SHA-256 of an item: the same as long as nobody changes it."""
    return hashlib.sha256(line(item).encode()).hexdigest()


def digest(items: Iterable[GoldenItem]) -> str:
    """Return the SHA-256 over items in their order; retired ones do not count."""
    made = hashlib.sha256()
    for item in items:
        if item.status is not Status.RETIRED:
            made.update(line(item).encode() + b"\n")
    return made.hexdigest()
