"""Whatever a browser sends ▶ text and JSON that every database takes, of bounded length."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from math import isfinite

TEXT = 20_000
"""Characters of a question, and of any text in JSON."""
COMMENT = 4_000
NAME = 255
"""Characters of a course's name, a language, a state, a digest, a key in JSON."""
JSON_TEXT = 200_000
"""Characters of an answer or of settings, as JSON."""
ITEMS = 1_000
"""Entries of a list or an object in JSON."""
DEPTH = 16
"""Levels of lists and objects in JSON."""
HISTORY = 20
"""Questions before one that are kept."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INTEGERS = range(-(2**63), 2**63)


def storable(text: str, length: int) -> str:
    """Return at most ``length`` characters, with � for NUL and lone surrogates.

    PostgreSQL refuses the former, UTF-8 the latter.
    """
    return _UNSTORABLE.sub("\ufffd", text[:length])


def probability(value: float) -> float:
    """Return ``value`` within 0 and 1; 0 when it is not a number."""
    return min(max(value, 0.0), 1.0) if isfinite(value) else 0.0


def storable_json(value: object, depth: int = 0) -> object:
    """Return ``value`` as JSON, cut to what is kept of it.

    Numbers that JSON does not have, and what lies deeper than ``DEPTH``, are null; other objects
    are their text.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value in _INTEGERS else None
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        if depth == DEPTH:
            return None
        if isinstance(value, Mapping):
            return {
                storable(str(key), NAME): storable_json(item, depth + 1)
                for key, item in islice(value.items(), ITEMS)
            }
        return [storable_json(item, depth + 1) for item in islice(value, ITEMS)]
    return storable(str(value), TEXT)


def storable_object(value: Mapping[str, object]) -> dict[str, object]:
    """Return ``value`` as a JSON object of at most ``JSON_TEXT`` characters.

    The largest entries go first when it is longer; their names are listed under ``omitted``.
    """
    entries = {
        storable(str(key), NAME): storable_json(item, 1)
        for key, item in islice(value.items(), ITEMS)
    }
    sizes = {key: len(json_text(item)) + len(json_text(key)) for key, item in entries.items()}
    omitted: list[object] = []
    for key in sorted(sizes, key=lambda key: sizes[key], reverse=True):
        if sum(sizes.values()) + len(json_text(omitted)) <= JSON_TEXT - NAME:
            break
        omitted.append(key)
        del entries[key], sizes[key]
    return {**entries, "omitted": omitted} if omitted else entries


def json_text(value: object) -> str:
    """Return JSON as it is written to the database."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
