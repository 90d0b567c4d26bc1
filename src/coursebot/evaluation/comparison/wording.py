"""Two texts ▶ which words stayed, went and came."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from coursebot.terms import tokens

Kind = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text that is in both texts, or in one of them."""

    kind: Kind
    text: str


def differences(old: str, new: str) -> tuple[Segment, ...]:
    """Return the texts word by word: those not "added" join to ``old``, not "removed" to ``new``.

    No segment is empty, and none is followed by one of its kind.
    """
    before, after = tokens(old), tokens(new)
    found: list[Segment] = []

    def add(kind: Kind, words: list[str]) -> None:
        if words:
            found.append(Segment(kind, "".join(words)))

    for what, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            add("same", before[i:j])
        else:
            add("removed", before[i:j])
            add("added", after[k:m])
    return tuple(found)
