"""Texts ▶ exact match, F1 and containment (JGLUE's and SQuAD's normalisation)."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter

from coursebot.answer.values import Quantity, quantities
from coursebot.evaluation.golden.records import AnswerKind, Expected
from coursebot.types import Language

_YES = re.compile(r"^(?:はい|ええ|yes)(?![a-z])", re.IGNORECASE)
_NO = re.compile(r"^(?:いいえ|いえ|no)(?![a-z])", re.IGNORECASE)


def tokens(text: str, lang: Language) -> list[str]:
    """Return characters (Japanese, as JGLUE does) or words (English, as SQuAD does)."""
    text = text.lower()
    if lang is Language.JA:
        # the brackets in JGLUE's description only quote the full stop: 「。」 is one character
        return list("".join(text.split()).rstrip("。"))
    text = "".join(one for one in text if one not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def exact_match(given: str, gold: str, lang: Language) -> float:
    """Return 1 when both are the same after normalisation, else 0."""
    return float(tokens(given, lang) == tokens(gold, lang))


def f1(given: str, gold: str, lang: Language) -> float:
    """Return the harmonic mean of precision and recall over characters or words."""
    ours, theirs = tokens(given, lang), tokens(gold, lang)
    if not ours or not theirs:
        return float(ours == theirs)
    same = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * same / (len(ours) + len(theirs))


def contains(text: str, gold: str) -> bool:
    """Tell whether ``gold`` stands in ``text``, numbers and Latin words whole."""
    text, gold = _plain(text), _plain(gold)
    gap = r"[\W_]*"
    pattern = gap.join(re.escape(one) for one in gold if one.isalnum())
    if not pattern:
        return bool(gold.strip()) and gold.strip() in text
    before = r"(?<![0-9])(?<![0-9][.,])(?<![a-z])" if gold.lstrip()[0] in "0123456789" else ""
    edges = [one for one in gold if one.isalnum()]
    if edges[0].isascii() and not before:
        before = r"(?<![a-z0-9])"
    after = r"(?![a-z0-9])(?![.,][0-9])" if edges[-1].isdigit() else ""
    if edges[-1].isascii() and not after:
        after = r"(?![a-z0-9])"
    return re.search(before + pattern + after, text) is not None


def satisfied(text: str, expected: Expected) -> bool:
    """Tell whether ``text`` says ``expected`` or an alias, by containment or by value."""
    golds = (expected.text, *expected.aliases)
    return any(contains(text, gold) for gold in golds) or typed(text, expected)


def typed(text: str, expected: Expected) -> bool:
    """Tell whether ``text`` has the value of ``expected``: quantities, or yes and no."""
    golds = (expected.text, *expected.aliases)
    if expected.kind is AnswerKind.YESNO:
        return any(polarity(text) is not None and polarity(text) == polarity(g) for g in golds)
    if expected.kind not in (AnswerKind.NUMBER, AnswerKind.DURATION):
        return any(contains(text, gold) for gold in golds)
    said = {_value(one) for one in quantities(text)}
    values = [{_value(one) for one in quantities(gold)} for gold in golds]
    return any(wanted and wanted <= said for wanted in values)


def polarity(text: str) -> bool | None:
    """Return True for yes, False for no, None when the text begins with neither."""
    text = text.strip()
    return True if _YES.match(text) else False if _NO.match(text) else None


_MINUTES = {"second": 1 / 60, "minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 10080.0}


def _value(quantity: Quantity) -> tuple[object, ...]:
    keys = [unit.key for unit in quantity.units]
    if keys and all(key in _MINUTES for key in keys):
        if quantity.is_range:
            found = tuple(round(v * _MINUTES[keys[0]], 6) for v in quantity.values)
        else:
            pairs = zip(quantity.values, keys, strict=False)
            found = (round(sum(v * _MINUTES[key] for v, key in pairs), 6),)
        return ("minutes", *found)
    return (*keys, *quantity.values)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
