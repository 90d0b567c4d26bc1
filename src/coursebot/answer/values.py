"""Text ▶ quantities: numbers with their unit, bound and rate, as written."""

# ruff: noqa: E501 - a pattern is data and reads best in one row

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from coursebot.answer.units import (
    AFTER,
    BEFORE,
    KANJI_DIGITS,
    KANJI_MYRIADS,
    KANJI_TENS,
    NUMBER_WORDS,
    PER_JAPANESE,
    UNIT_OF_FORM,
    UNITS,
    Bound,
    Dimension,
    Unit,
)
from coursebot.types import Span

__all__ = ["Dimension", "Quantity", "fold", "quantities"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, with what it counts and how it is meant."""

    span: Span
    """The whole expression, bound and rate included (``最大40分``)."""
    core: Span
    """Number and unit alone (``40分``)."""
    text: str
    """Verbatim, of ``span``."""
    values: tuple[float, ...]
    """One value; two for a range; one for each part of ``1時間30分``."""
    numbers: tuple[str, ...]
    """The numbers as written, a minus as ``-``."""
    units: tuple[Unit, ...]
    """One unit, or one for each part of a compound; empty for a bare number."""
    dimension: Dimension
    bound: Bound = Bound.EXACT
    per: str = ""
    """Key of the unit that it is counted per."""

    @property
    def unit(self) -> str:
        """The key of its unit; empty for a bare number, a date, a version."""
        return self.units[0].key if self.units else ""

    @property
    def is_range(self) -> bool:
        """Whether it goes from one value to another."""
        return len(self.values) == 2 and len(self.units) < 2


class _Narrow(dict[int, str]):
    """Full-width forms to plain ones, for characters that stay one character."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code))
        self[code] = folded if len(folded) == 1 and code != 0xB2 else chr(code)
        return self[code]


_NARROW = _Narrow()


def fold(text: str) -> str:
    """Return ``text`` with full-width letters and digits made plain; offsets stay the same."""
    return text if text.isascii() else text.translate(_NARROW)


def _either(forms: list[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=lambda f: (-len(f), f)))


_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_SCALED = rf"(?:{_DIGITS}[兆億万千百]+)+(?:{_DIGITS})?"
_KANJI = r"[一二三四五六七八九十百千万億]+"
_NUMBER = rf"(?:{_SCALED}|{_DIGITS})"
_JA_UNIT = _either([form for unit in UNITS for form in unit.japanese])
_LATIN_UNIT = _either([form for unit in UNITS for form in (*unit.english, *unit.symbols)])
_UNIT = rf"(?:(?:{_JA_UNIT})|(?:{_LATIN_UNIT})(?![A-Za-z0-9]))"
_EN_UNIT = _either([form for unit in UNITS for form in unit.english if len(form) > 2])
_DASH = r"(?:\s?[〜~–—]\s?|-|から| to | and )"
_EDGE = r"(?<![A-Za-z0-9_./#@:\\-])"

_PLAIN = re.compile(
    rf"{_EDGE}(?P<sign>[±−+-]|マイナス|[Mm]inus )?(?P<money>[¥$€]\s?)?(?P<low>(?>{_NUMBER}))"
    rf"(?:\s?(?P<low_unit>{_UNIT})?{_DASH}(?P<high>(?>{_NUMBER})))?"
    rf"(?:(?P<gap>[ -]?)(?P<unit>(?>{_UNIT}))(?P<half>半)?|(?![A-Za-z0-9_%]|[.:/-][A-Za-z0-9]))"
)
_WORD = re.compile(
    rf"(?<![A-Za-z-])(?P<low>{_either(list(NUMBER_WORDS))}|an?|half an?) (?P<unit>{_EN_UNIT})(?![A-Za-z])",
    re.IGNORECASE,
)
_JA_WORD = re.compile(
    rf"(?<![第数何一二三四五六七八九十百千])(?P<low>{_KANJI})"
    r"(?P<unit>時間|分間|日間|週間|[かヶカ]月|年間|人|個|つ|種類|段階|世代|円|%|倍)(?P<more>半)?"
    r"|(?P<half>半)(?P<of>日|月|年)(?!額)"
)
_DATE = re.compile(
    r"(?:\d{4}年\s?)?\d{1,2}月(?:\s?\d{1,2}日)?(?!間|額)|\d{4}年(?!間)|\d{4}[-/]\d{1,2}[-/]\d{1,2}(?!\d)"
    r"|(?:\d{1,2} )?\b(?:January|February|March|April|June|July|August|September|October|November"
    r"|December)\b(?: \d{1,2}\b)?(?:,? \d{4})?|\bMay \d{1,2}\b|\b\d{1,2} May\b"
    r"|[月火水木金土日]曜日?|毎月\d{1,2}日|翌月\d{1,2}日|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b"
    r"|[Tt]he \d{1,2}(?:st|nd|rd|th)\b"
)
_TIME = re.compile(
    r"(?:午前|午後|朝|夜|正午)?\d{1,2}(?:時(?!間)(?:半|\d{1,2}分)?|:\d{2}(?::\d{2})?(?![:\d]))|\d{1,2}(?::\d{2})? ?[ap]\.?m\b\.?"
)
_VERSION = re.compile(
    r"(?<![\w.])v?\d+(?:\.\d+){2}(?!\.?\d)|\bv\d+(?:\.\d+)*\b|バージョン\s?\d+(?:\.\d+)*|\bversion \d+(?:\.\d+)*"
)
_BEFORE = re.compile(rf"(?:{_either(list(BEFORE))})\s?$", re.IGNORECASE)
_AFTER = re.compile(rf"\s?(?P<bound>{_either(list(AFTER))})")
_PER_BEFORE = re.compile(
    r"(?:(?<![\d一-九])(?P<fee>月|年|日|時)額?\s?"
    r"|(?:1|一|毎)(?P<each>秒|分|時間|時|日|週間|週|か月|月|年|人|回|ユーザー)(?:あたり|当たり|につき|に)?\s?"
    r"|(?<![\d一-九])(?P<bare>週|月|年)に?)$"
)
_PER_AFTER = re.compile(
    r"\s?(?:/|／|per |an? (?=second|minute|hour|day|week|month|year|person|user))\s?"
    r"(?P<unit>second|minute|hour|day|week|month|year|person|user|秒|分|時間|日|週|月|年|人|ユーザー)(?![A-Za-z])"
)
_NEAR = 24
"""Characters before a number in which its bound or rate stands."""
_PORT = re.compile(r"(?:ポート|port|TCP|UDP)(?:番号|s)?(?:は|の)?\s?`?$", re.IGNORECASE)
_OF_PARTS = re.compile(r"分の\s?[\d一二三四五六七八九十]")
_PARTS = re.compile(r"[\d一二三四五六七八九十]分の\s?$")
_MINUS = ("-", "−", "マイナス", "minus ", "Minus ")
_ORDINAL = re.compile(r"目|番目|st\b|nd\b|rd\b|th\b")


@lru_cache(maxsize=8192)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of ``text`` in order; spans are offsets in ``text`` and never overlap."""
    folded = fold(text)
    if not _CANDIDATE.search(folded):
        return ()
    taken = bytearray(len(text))
    found = {quantity.span[0]: quantity for quantity in _marked(folded, text, taken)}
    for match in (*_PLAIN.finditer(folded), *_WORD.finditer(folded), *_JA_WORD.finditer(folded)):
        if any(taken[slice(*match.span())]):
            continue
        quantity = _quantity(match, folded, text)
        if quantity is not None:
            # "1日" in "1日500円" is the rate of what follows it.
            for at in range(*quantity.span):
                found.pop(at, None)
            found[quantity.span[0]] = quantity
            _take(taken, quantity.span)
    return _joined([found[start] for start in sorted(found)], text)


_CANDIDATE = re.compile(
    rf"[\d一二三四五六七八九十半曜]|day\b|\b(?:{_either(list(NUMBER_WORDS))}|an?) ", re.IGNORECASE
)


def _take(taken: bytearray, span: Span) -> None:
    """Mark the characters of ``span`` as belonging to a quantity."""
    start, end = span
    taken[start:end] = b"\1" * (end - start)


def _marked(folded: str, text: str, taken: bytearray) -> list[Quantity]:
    found: list[Quantity] = []
    for pattern, dimension in (
        (_VERSION, Dimension.VERSION),
        (_DATE, Dimension.DATE),
        (_TIME, Dimension.TIME),
    ):
        for match in pattern.finditer(folded):
            start, end = match.span()
            before = folded[start - 1 : start]
            if before and before.isdigit() and match.group()[:1].isdigit():
                continue
            if any(taken[start:end]):
                continue
            _take(taken, (start, end))
            numbers = tuple(re.findall(r"\d+", match.group()))
            found.append(
                Quantity(
                    (start, end),
                    (start, end),
                    text[start:end],
                    tuple(float(number) for number in numbers),
                    numbers,
                    (),
                    dimension,
                )
            )
    return found


def _quantity(match: re.Match[str], folded: str, text: str) -> Quantity | None:
    groups = match.groupdict()
    start, end = match.span()
    numbers = [groups["low"] or "半"] if not groups.get("high") else [groups["low"], groups["high"]]
    form = groups.get("unit") or ""
    if groups.get("of"):
        form = {"日": "日", "月": "か月", "年": "年"}[groups["of"]]
    if groups["low"] and (groups.get("half") or groups.get("more")):
        numbers[0] += "半"
    if sign := groups.get("sign"):
        numbers[0] = ("-" if sign in _MINUS else sign) + numbers[0]
    unit = UNIT_OF_FORM.get(form) or UNIT_OF_FORM.get(form.lower())
    if groups.get("money"):
        unit = UNIT_OF_FORM[{"¥": "円", "$": "ドル", "€": "ユーロ"}[groups["money"][0]]]
    values = tuple(_value(number) for number in numbers)
    if _ORDINAL.match(folded, end) or folded[start:end] == "十分":
        return None
    if _OF_PARTS.search(folded, start, end + 3) or _PARTS.search(folded, max(0, start - 6), start):
        return None
    dimension = unit.dimension if unit else Dimension.NUMBER
    if unit is None and _PORT.search(folded, max(0, start - 12), start):
        dimension = Dimension.PORT
    core = (start, end)
    start, end, bound, per = _around(folded, start, end, dimension)
    units = (unit,) if unit else ()
    return Quantity(
        (start, end), core, text[start:end], values, tuple(numbers), units, dimension, bound, per
    )


def _around(folded: str, start: int, end: int, dimension: Dimension) -> tuple[int, int, Bound, str]:
    """Widen a core by its rate and bound."""
    bound, per = Bound.EXACT, ""
    if after := _PER_AFTER.match(folded, end):
        per = PER_JAPANESE.get(after["unit"], after["unit"])
        end = after.end()
    if after := _AFTER.match(folded, end):
        bound, end = AFTER[after["bound"]], after.end()
    if before := _BEFORE.search(folded, max(0, start - _NEAR), start):
        bound, start = BEFORE[before.group().strip().lower()], before.start()
    if dimension in (Dimension.MONEY, Dimension.COUNT, Dimension.DURATION) and not per:
        before = _PER_BEFORE.search(folded, max(0, start - _NEAR), start)
        compound = dimension is Dimension.DURATION and before and before["each"] in ("時間", "分")
        if before and not compound:
            per = PER_JAPANESE[before["fee"] or before["each"] or before["bare"]]
            start = before.start()
    return start, end, bound, per


def _joined(found: list[Quantity], text: str) -> tuple[Quantity, ...]:
    """Join the parts of ``1時間30分`` and ``4 years and 6 months``."""
    joined: list[Quantity] = []
    for quantity in found:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.dimension is quantity.dimension is Dimension.DURATION
            and last.bound is Bound.EXACT
            and len(last.units) == len(quantity.units) == 1
            and not last.is_range
            and not quantity.is_range
            and not quantity.per
            and quantity.core[0] == quantity.span[0]
            and UNITS.index(last.units[0]) > UNITS.index(quantity.units[0])
            and text[last.span[1] : quantity.span[0]] in ("", " ", " and ")
        ):
            start, end = last.span[0], quantity.span[1]
            joined[-1] = Quantity(
                (start, end),
                (last.core[0], quantity.core[1]),
                text[start:end],
                last.values + quantity.values,
                last.numbers + quantity.numbers,
                last.units + quantity.units,
                Dimension.DURATION,
                quantity.bound,
                last.per,
            )
        else:
            joined.append(quantity)
    return tuple(joined)


def _value(number: str) -> float:
    """Return the value of a number as written (``1億2千万``, ``七``, ``twelve``)."""
    if number[0] in "-+±":
        return -_value(number[1:]) if number[0] == "-" else _value(number[1:])
    half = 0.5 if number.endswith("半") else 0.0
    text = number.removesuffix("半").replace(",", "").lower()
    if not text:
        return half
    if text in NUMBER_WORDS:
        return float(NUMBER_WORDS[text])
    if text in ("a", "an"):
        return 1.0
    if text.startswith("half"):
        return 0.5
    total = section = 0.0
    digits = ""
    for character in text:
        if character in KANJI_TENS:
            section += (float(digits) if digits else 1.0) * KANJI_TENS[character]
            digits = ""
        elif character in KANJI_MYRIADS:
            total += (section + (float(digits) if digits else 0.0) or 1.0) * KANJI_MYRIADS[
                character
            ]
            section, digits = 0.0, ""
        else:
            digits += str(KANJI_DIGITS.get(character, character))
    return total + section + (float(digits) if digits else 0.0) + half
