"""Texts ▶ whether they have the same value: quantities, yes and no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coursebot.answer.conversion import convert
from coursebot.answer.units import NUMBER_WORDS, Bound, Dimension
from coursebot.answer.values import Quantity, fold, quantities
from coursebot.evaluation.golden.records import Expected
from coursebot.types import Language

_KANJI = "〇一二三四五六七八九十百千万億兆"
_BARE_KANJI = re.compile(rf"(?<![\d一-鿿々〇第])[{_KANJI}]+(?![一-鿿々つか])")
_COUNTED_KANJI = re.compile(rf"(?<![\d一-鿿々〇第])[{_KANJI}]+(?=回|日|件|名|台|枚|本|問|点|桁|行)")
_WORDS = "|".join(sorted(NUMBER_WORDS.keys() - {"one"}, key=len, reverse=True))
_BARE_WORD = re.compile(rf"(?<![\w-])(?:{_WORDS})(?![\w-])", re.IGNORECASE)

_FACTORS: dict[str, tuple[str, float]] = {
    "nanosecond": ("second", 1e-9),
    "microsecond": ("second", 1e-6),
    "millisecond": ("second", 1e-3),
    "second": ("second", 1.0),
    "minute": ("second", 60.0),
    "hour": ("second", 3600.0),
    "day": ("second", 86400.0),
    "week": ("second", 604800.0),
    "month": ("month", 1.0),
    "year": ("month", 12.0),
    "percent": ("percent", 1.0),
    "tenth": ("percent", 10.0),
    "millimetre": ("metre", 1e-3),
    "centimetre": ("metre", 1e-2),
    "metre": ("metre", 1.0),
    "kilometre": ("metre", 1e3),
    "milligram": ("gram", 1e-3),
    "gram": ("gram", 1.0),
    "kilogram": ("gram", 1e3),
    "tonne": ("gram", 1e6),
    "millilitre": ("litre", 1e-3),
    "litre": ("litre", 1.0),
}
"""Unit ▶ what it is counted in, and how many of that; other units are only equal to themselves,
since a gigabyte is 1,000 megabytes to some and 1,024 to others."""

_FORMS = {
    "size_letter",
    "bit_rate",
    "pace",
    "length_symbol",
    "volume_of",
    "volt",
    "watt",
    "ampere",
    "ohm",
    "hertz",
    "pixel",
}
"""Entries of the table of units that hold several units, told apart by how they are written."""

_POINTS = (Dimension.DATE, Dimension.TIME, Dimension.VERSION)
_UPPER = (Bound.UP_TO, Bound.WITHIN, Bound.UNDER)
_LOWER = (Bound.AT_LEAST, Bound.OVER)


@dataclass(frozen=True, slots=True)
class Value:
    """A quantity, comparable whatever it is written in."""

    unit: str
    """What it is counted in; empty for a bare number."""
    numbers: tuple[float, ...]
    """In ``unit``; two for a range; none for a date, a time, a version, which ``unit`` names."""
    written: tuple[float, ...]
    """As written, for a bare number to be compared with."""
    dimension: Dimension
    bound: Bound
    per: str


def values(text: str) -> tuple[Value, ...]:
    """Return the values in ``text``, number words of both languages among them."""
    text = _BARE_KANJI.sub(_digits, _COUNTED_KANJI.sub(_digits, text))
    text = _BARE_WORD.sub(lambda found: str(NUMBER_WORDS[found.group().lower()]), text)
    return tuple(_value(quantity) for quantity in quantities(text))


def same(said: Value, gold: Value) -> bool:
    """Tell whether two values are equal.

    A number without a unit equals that number of anything but a date, a time or a version; a count
    in つ or 個 that number of any counter. Bounds do not count (2分以内 is 2 minutes) unless they
    are opposite; nor does a rate that only one of them names.
    """
    if said.per and gold.per and said.per != gold.per:
        return False
    bounds = (said.bound, gold.bound)
    if any(a in _UPPER and b in _LOWER for a, b in (bounds, bounds[::-1])):
        return False
    if said.unit == gold.unit:
        return said.numbers == gold.numbers
    if said.dimension in _POINTS or gold.dimension in _POINTS or said.written != gold.written:
        return False
    if not gold.unit:
        return True
    counts = (Dimension.COUNT, Dimension.PORT)
    if not said.unit:
        return gold.dimension in counts
    return said.dimension is gold.dimension is Dimension.COUNT and "thing" in (said.unit, gold.unit)


def has_value(text: str, expected: Expected) -> bool:
    """Tell whether ``text`` has all values of the expected text, or all those of an alias."""
    said = values(text)
    golds = [values(gold) for gold in (expected.text, *expected.aliases)]
    return any(
        bool(gold) and all(any(same(ours, one) for ours in said) for one in gold) for gold in golds
    )


_END = r"(?=\s*(?:$|[、。,!！—–;:-]|\.(?!\s?\d)))"
_YES = re.compile(rf"(?:はい|ええ|yes){_END}", re.IGNORECASE)
_NO = re.compile(rf"(?:いいえ|no){_END}", re.IGNORECASE)


def polarity(text: str) -> bool | None:
    """Return True for yes, False for no, None when the text begins with neither."""
    text = text.strip()
    return True if _YES.match(text) else False if _NO.match(text) else None


def polarities(golds: Sequence[str]) -> set[bool]:
    """Return the poles that ``golds`` name in so many words."""
    return {pole for gold in golds if (pole := polarity(gold)) is not None}


def _digits(found: re.Match[str]) -> str:
    """Write a kanji number in digits, by the rule that reads it before a counter."""
    read = quantities(f"{found.group()}個")
    return f"{read[0].values[0]:.0f}" if len(read) == 1 else found.group()


def _value(quantity: Quantity) -> Value:
    keys = [unit.key for unit in quantity.units]
    unit, numbers = keys[0] if keys else "", quantity.values
    written = quantity.values
    if quantity.dimension in _POINTS:
        # a date reads alike in both languages once it is converted
        read = convert(quantity, Language.EN) or fold(quantity.text)
        unit, numbers = f"{quantity.dimension} {read.casefold()}", ()
    elif keys and all(key in _FACTORS for key in keys):
        bases = {_FACTORS[key][0] for key in keys}
        if len(bases) == 1:
            unit = bases.pop()
            factors = [_FACTORS[key][1] for key in keys]
            if quantity.is_range:
                numbers = tuple(round(n * factors[0], 9) for n in quantity.values)
            else:
                parts = zip(quantity.values, factors, strict=False)
                numbers = (round(sum(number * factor for number, factor in parts), 9),)
        else:
            unit = " ".join(keys)
    elif unit:
        unit += _form(quantity)
    return Value(unit, numbers, written, quantity.dimension, quantity.bound, quantity.per)


def _form(quantity: Quantity) -> str:
    """Return what tells units of one entry apart; empty where the entry is one unit."""
    core = quantity.core[0] - quantity.span[0], quantity.core[1] - quantity.span[0]
    form = re.sub(r"^[\d.,\s〜~–—-]+", "", fold(quantity.text[slice(*core)]))
    entry = quantity.units[0]
    if entry.dimension is Dimension.SIZE and form.endswith("iB"):
        return " binary"
    if entry.key not in _FORMS:
        return ""
    several = not entry.english
    is_base = not several and (form not in entry.symbols or form == entry.symbols[0])
    return "" if is_base else f" {form}"
