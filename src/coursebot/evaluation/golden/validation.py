"""Values read from a file or a form ▶ a golden item, or what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from coursebot.evaluation.golden.problems import Field, Problem, problem
from coursebot.evaluation.golden.records import Expected, Followup, GoldenItem, Source

DEEPEST = 32
"""Levels of nesting that are looked at; an item has five."""

_MODELS: dict[str, type[BaseModel]] = {
    "answers": Expected,
    "sources": Source,
    "followups": Followup,
}
_SHOWN = 60  # characters of a wrong value that a message repeats


def validate(value: object) -> tuple[GoldenItem | None, tuple[Problem, ...]]:
    """Return the item that ``value`` describes, or None and everything that is wrong with it.

    ``value`` is what JSON can hold: dictionaries, lists, texts, numbers, truth values. Problems
    come in the order of the fields as they are given.
    """
    found = _damage(value)
    if found:
        return None, tuple(found)
    if not isinstance(value, dict):
        return None, (problem("not_item"),)
    try:
        # Only as JSON may a list stand for a tuple and a word for a choice, with all else strict.
        return GoldenItem.model_validate_json(json.dumps(value)), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    found = [_in_words(detail, value) for detail in details]
    return None, tuple(sorted(found, key=_order(value)))


def _damage(value: object, field: Field = ()) -> list[Problem]:
    """Return what no text may hold, and values that JSON does not know."""
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            return [problem("surrogate", field)]
        return [problem("nul", field)] if "\0" in value else []
    if len(field) > DEEPEST:
        return [problem("too_deep", field[:3])]
    if isinstance(value, dict):
        parts: Sequence[tuple[str | int, object]] = list(value.items())
    elif isinstance(value, list | tuple):
        parts = list(enumerate(value))
    else:
        return []
    found: list[Problem] = []
    for part, inner in parts:
        found += _damage(part) if isinstance(part, str) else []
        found += _damage(inner, (*field, part))
    return found


def _in_words(error: ErrorDetails, item: Mapping[str, Any]) -> Problem:
    """Return a validation error as a person would say it."""
    field: Field = tuple(error["loc"])
    given = error["input"]
    if given is None and error["type"] != "missing":
        return problem("nothing", field)
    words = _WORDS.get(error["type"])
    if words is None:
        return problem("other", field, what=error["msg"])
    code, values = words(error, field, given)
    return problem(code, field, values=values)


Words = tuple[str, dict[str, object]]


def _unknown(_error: ErrorDetails, field: Field, _given: object) -> Words:
    known = _fields(field[:-1])
    near = get_close_matches(str(field[-1]).lower(), known, 1)
    if near:
        return "unknown_near", {"near": near[0]}
    return "unknown", {"known": ", ".join(known)}


def _choice(error: ErrorDetails, _field: Field, given: object) -> Words:
    known = str(error.get("ctx", {}).get("expected", "")).replace("'", "")
    known_ja = known.replace(" or ", "、").replace(", ", "、")
    return "choice", {"known": known, "known_ja": known_ja, "given": quoted(given)}


def _object(_error: ErrorDetails, field: Field, _given: object) -> Words:
    return "object", {"known": ", ".join(_fields(field))}


def _given(code: str) -> Callable[[ErrorDetails, Field, object], Words]:
    return lambda _error, _field, given: (code, {"given": quoted(given)})


def _plain(code: str) -> Callable[[ErrorDetails, Field, object], Words]:
    return lambda _error, _field, _value: (code, {})


_WORDS: dict[str, Callable[[ErrorDetails, Field, object], Words]] = {
    "missing": _plain("missing"),
    "extra_forbidden": _unknown,
    "string_type": _given("text"),
    "string_too_short": _plain("empty"),
    "string_too_long": lambda error, _field, _value: (
        "long_name",
        {"longest": error.get("ctx", {}).get("max_length")},
    ),
    "string_pattern_mismatch": _given("name"),
    "tuple_type": _given("list"),
    "model_type": _object,
    "bool_type": _given("truth"),
    "enum": _choice,
    "int_type": _given("relevance"),
    "int_from_float": _given("relevance"),
    "greater_than_equal": _given("relevance"),
    "less_than_equal": _given("relevance"),
    "has_answers": _plain("has_answers"),
    "has_nothing": _plain("has_nothing"),
}


def _fields(field: Field) -> list[str]:
    """Return the names of the fields that the record at ``field`` has, in the set's order."""
    model: type[BaseModel] = GoldenItem
    for part in field:
        model = _MODELS.get(part, model) if isinstance(part, str) else model
    names = list(model.model_fields)
    if model is GoldenItem:
        names.sort(key=ORDER.index)
    return names


ORDER = (
    *("id", "lang", "question", "answers", "sources", "unanswerable", "must_not", "tags"),
    *("difficulty", "cluster", "note", "origin", "status", "followups"),
)
"""The fields of an item as they are written."""


def quoted(value: object) -> str:
    """Return a value as it stands in JSON, cut short."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list | tuple):
        return "[…]"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _order(item: Mapping[str, Any]) -> Callable[[Problem], tuple[int, ...]]:
    """Return a key that sorts problems as their fields stand in ``item``; what is missing last."""

    def key(found: Problem) -> tuple[int, ...]:
        places: list[int] = []
        value: Any = item
        for part in found.field:
            if isinstance(part, int):
                places.append(part)
                value = value[part] if isinstance(value, list) and part < len(value) else None
                continue
            names = list(value) if isinstance(value, dict) else []
            places.append(names.index(part) if part in names else len(names))
            value = value.get(part) if isinstance(value, dict) else None
        return tuple(places)

    return key
