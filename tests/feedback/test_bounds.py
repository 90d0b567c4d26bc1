"""What goes into the store is text and JSON that every database takes, of bounded length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from coursebot.feedback.bounds import (
    DEPTH,
    ITEMS,
    JSON_TEXT,
    NAME,
    TEXT,
    json_text,
    probability,
    storable,
    storable_json,
    storable_object,
)

ANY_TEXT = st.text(st.characters(categories=None, exclude_categories=()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=10,
)


@given(ANY_TEXT, st.integers(min_value=0, max_value=50))
def test_any_text_can_be_stored(text: str, length: int) -> None:
    """It is UTF-8 without NUL, not longer than it may be, and stays the same a second time."""
    stored = storable(text, length)
    assert len(stored) == min(len(text), length)
    assert b"\x00" not in stored.encode("utf-8")
    assert storable(stored, length) == stored


@settings(max_examples=50)
@given(st.dictionaries(ANY_TEXT, ANY_JSON))
def test_any_object_can_be_stored(value: Mapping[str, object]) -> None:
    """It is strict JSON in UTF-8, and stays the same a second time."""
    stored = storable_object(value)
    text = json_text(stored)
    assert "\\u0000" not in text
    assert json.loads(text.encode("utf-8")) == stored
    assert storable_object(stored) == stored


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (True, True),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (10**4_000, None),
        (float("nan"), None),
        (float("-inf"), None),
        (0.5, 0.5),
        (Path("data"), "data"),
        (SecretStr("s3cret"), "**********"),
        ((1, {"a": (2,)}), [1, {"a": [2]}]),
        ({1: None}, {"1": None}),
        ("x" * (TEXT + 1), "x" * TEXT),
        ({"k" * 300: 1}, {"k" * NAME: 1}),
        (range(3), "range(0, 3)"),
        ([0] * (ITEMS + 1), [0] * ITEMS),
    ],
)
def test_a_value_as_it_is_kept(value: object, kept: object) -> None:
    """Numbers that JSON does not have are null; objects are their text."""
    assert storable_json(value) == kept


def test_depth_is_bounded() -> None:
    """What lies deeper is null, however deep it goes."""
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    stored, depth = storable_object({"deep": deep})["deep"], 1
    while isinstance(stored, list):
        (stored,), depth = stored, depth + 1
    assert (stored, depth) == (None, DEPTH)


def test_an_object_that_is_too_long_loses_its_largest_entries() -> None:
    """Their names are kept, and everything else."""
    large = ["x" * TEXT] * 9
    stored = storable_object({"text": "short", "a": large, "b": [*large, "y"], "n": 1})
    assert stored == {"text": "short", "a": large, "n": 1, "omitted": ["b"]}
    assert len(json_text(stored)) <= JSON_TEXT


@given(st.floats())
def test_a_confidence_lies_between_0_and_1(value: float) -> None:
    """Whatever it was."""
    assert 0 <= probability(value) <= 1
