"""Texts ▶ exact match and F1 (JGLUE's and SQuAD's normalisation)."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

from coursebot.evaluation.golden.records import Expected
from coursebot.types import Language

Measure = Callable[[str, str, Language], float]
"""Given and gold text ▶ 0 to 1."""


def tokens(text: str, lang: Language) -> list[str]:
    """Return characters (Japanese) or words (English).

    Japanese as in JGLUE's patch of transformers' SQuAD metric: lower case, no 「。」 at the end,
    each run of white space one space, which is a character too. English as in SQuAD: lower case,
    no punctuation, no articles.
    """
    text = text.lower()
    if lang is Language.JA:
        return list(" ".join(text.rstrip("。").split()))
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


def over_parts(
    measure: Measure, candidates: Sequence[str], parts: Sequence[Expected], lang: Language
) -> float:
    """Return the mean over ``parts`` of the best candidate against the part's best wording."""
    best = [
        max(
            (measure(ours, gold, lang) for ours in candidates for gold in (p.text, *p.aliases)),
            default=0.0,
        )
        for p in parts
    ]
    return sum(best) / len(best)
