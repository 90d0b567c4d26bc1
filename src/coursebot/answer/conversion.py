"""Quantity ▶ the same in the question's language, by rule; values never change."""

from __future__ import annotations

import re
from math import isfinite

from coursebot.answer.units import JAPANESE_BOUND, PER_PREFIX, UNIT_OF_KEY, Bound, Dimension
from coursebot.answer.values import Quantity
from coursebot.terms import is_japanese
from coursebot.types import Language

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_ENGLISH_WORD = re.compile(r"[A-Za-z]{3,}|\b(?:up to|at least|an?)\b", re.IGNORECASE)
_JAPANESE_DATE = re.compile(r"(?:(\d{4})年\s?)?(\d{1,2})月\s?(\d{1,2})日$")


def convert(quantity: Quantity, language: Language) -> str:
    """Return the quantity in ``language``; empty when it reads alike or no rule is sure."""
    if not all(map(isfinite, quantity.values)):
        return ""
    if language is Language.EN:
        made = _english(quantity) if is_japanese(quantity.text) else ""
    else:
        made = _japanese(quantity) if _ENGLISH_WORD.search(quantity.text) else ""
    return "" if made == quantity.text else made


def _english(quantity: Quantity) -> str:
    if quantity.dimension is Dimension.DATE:
        return _english_date(quantity.text)
    if quantity.dimension in (Dimension.TIME, Dimension.VERSION, Dimension.PORT):
        return ""
    body = _english_body(quantity)
    if not body:
        return ""
    if quantity.bound is Bound.EVERY and quantity.values == (1.0,) and quantity.units:
        return f"every {quantity.units[0].english[0]}" if quantity.units[0].english else ""
    per = f" per {quantity.per}" if quantity.per else ""
    return f"{quantity.bound} {body}{per}".strip()


def _english_body(quantity: Quantity) -> str:
    if quantity.is_range:
        number = "–".join(
            _digits(q, v) for q, v in zip(quantity.numbers, quantity.values, strict=True)
        )
        if not quantity.units:
            return number
        return _counted(number, 2.0, quantity.unit, quantity.text)
    if not quantity.units:
        return _digits(quantity.numbers[0], quantity.values[0])
    parts = []
    for number, value, unit in zip(quantity.numbers, quantity.values, quantity.units, strict=True):
        if value == 0.5 and number.startswith("半"):
            article = "an" if unit.key == "hour" else "a"
            parts.append(f"half {article} {unit.english[0]}")
        else:
            parts.append(_counted(_digits(number, value), value, unit.key, quantity.text))
    return " ".join(parts) if all(parts) else ""


def _counted(number: str, value: float, key: str, text: str) -> str:
    if key == "yen":
        return f"¥{number}"
    if key == "dollar":
        return f"${number}"
    if key == "percent":
        return f"{number}%"
    if key == "thing" or key in ("unit", "sheet", "long"):
        return number
    unit = UNIT_OF_KEY[key]
    if symbol := next((form for form in unit.symbols if form in text), ""):
        return f"{number} {symbol}"
    if len(unit.english) < 2:
        return ""
    if key == "fold":
        return f"{number} times"
    if key == "time" and number in ("1", "2") and len(text) == 2:
        return {"1": "once", "2": "twice"}[number]
    return f"{number} {unit.english[0] if value == 1 else unit.english[1]}"


def _digits(number: str, value: float) -> str:
    """Return a number in digits; one written so stays as it is."""
    if re.fullmatch(r"[-+±]?[\d,.]+", number):
        return number
    mark = number[0] if number[0] in "+±" else ""
    if value == int(value):
        return f"{mark}{value:,.0f}"
    return f"{mark}{value:,g}" if abs(value) < 1e5 else f"{mark}{value:,f}"


def _english_date(text: str) -> str:
    match = _JAPANESE_DATE.match(text)
    if not match or not 1 <= int(match[2]) <= 12:
        return ""
    year = f", {match[1]}" if match[1] else ""
    return f"{_MONTHS[int(match[2]) - 1]} {int(match[3])}{year}"


def _japanese(quantity: Quantity) -> str:
    if not quantity.units or any(not unit.japanese for unit in quantity.units):
        return ""
    if quantity.per and quantity.per not in PER_PREFIX:
        return ""
    numbers = [_digits(n, v) for n, v in zip(quantity.numbers, quantity.values, strict=True)]
    names = [unit.japanese[0] for unit in quantity.units]
    if quantity.is_range:
        body = "〜".join(numbers) + names[0]
    elif quantity.values == (0.5,):
        return ""
    else:
        body = "".join(number + name for number, name in zip(numbers, names, strict=True))
    before, after = JAPANESE_BOUND[quantity.bound]
    per = PER_PREFIX[quantity.per] if quantity.per else ""
    return f"{per}{before}{body}{after}"
