"""Statements and sections made by hand, and a tokenizer whose tokens are words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from coursebot.types import Kind, Section, Statement

PATH = "c/a.md"


class Words:
    """Text ▶ its words, each with a number of its own."""

    def __init__(self) -> None:
        self.known = ["<s>", "<pad>", "</s>", "<unk>"]

    def located(self, text: str) -> list[tuple[int, int, int]]:
        """Return each word's number and place."""
        return [(self._number(m.group()), *m.span()) for m in re.finditer(r"\S+", text)]

    def said(self, ids: Sequence[int]) -> str:
        """Return what numbers stand for."""
        return " ".join(self.known[number] for number in ids)

    def _number(self, word: str) -> int:
        if word not in self.known:
            self.known.append(word)
        return self.known.index(word)


def statement(
    number: int,
    plain: str,
    *,
    block: int = 0,
    kind: Kind = Kind.SENTENCE,
    context: tuple[str, ...] = (),
    section: str = "s",
) -> Statement:
    """Return the statement of that number in its file."""
    span = (number * 1000, number * 1000 + len(plain))
    return Statement(
        f"{PATH}:{span[0]}-{span[1]}", section, "c", PATH, (number + 1, number + 1), span,
        plain, plain, kind, context=context, block=block,
    )  # fmt: skip


def section(*headings: str, name: str = "s") -> Section:
    """Return a section below some headings."""
    return Section(name, "c", PATH, headings, len(headings), "", "", (1, 99), (0, 99_999))


def grouped(statements: Sequence[Statement]) -> Mapping[str, Sequence[Statement]]:
    """Return the statements by section, in document order."""
    found: dict[str, list[Statement]] = {}
    for one in sorted(statements, key=lambda s: s.span):
        found.setdefault(one.section, []).append(one)
    return found
