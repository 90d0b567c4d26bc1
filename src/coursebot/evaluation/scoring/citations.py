"""A text with ``[n]`` marks ▶ how far its citations carry the gold."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_MARK = re.compile(r"\[(\d+)\]")
_END = r"[。！？]+[」』）]?|(?<!\be\.g)(?<!\bi\.e)[.!?]+(?=\s|\[|$)|(?=\n)|$"
_SENTENCE = re.compile(rf"[^\n]*?(?:{_END})(?:[ \t　]*\[\d+\])*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Carried:
    """Shares, 0 to 1 (after ALCE: Gao et al. 2023, without its judge)."""

    recall: float
    """Of the sentences, those of which a cited quote overlaps a gold source."""
    precision: float
    """Of the marks, those whose quote overlaps a gold source."""


def without_marks(text: str) -> str:
    """Return ``text`` without its ``[n]``."""
    return re.sub(r"[ \t]*\[\d+\]", "", text)


def sentences(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Return each sentence or line that says something, with the numbers that it cites."""
    found = []
    for match in _SENTENCE.finditer(text):
        words = _MARK.sub("", match.group()).strip()
        if re.search(r"\w", words):
            found.append((words, tuple(int(number) for number in _MARK.findall(match.group()))))
    return found


def carried(text: str, gold: Collection[int]) -> Carried:
    """Measure ``text``; ``gold`` has the numbers of the citations that overlap a gold source."""
    said = sentences(text)
    marks = [number for _, numbers in said for number in numbers]
    on_gold = sum(any(number in gold for number in numbers) for _, numbers in said)
    return Carried(
        recall=on_gold / len(said) if said else 0.0,
        precision=sum(number in gold for number in marks) / len(marks) if marks else 0.0,
    )
