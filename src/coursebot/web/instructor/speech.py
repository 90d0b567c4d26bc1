"""Texts in English and Japanese ▶ what a page says in one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from coursebot.types import Language


@dataclass(frozen=True, slots=True)
class Speech:
    """Says the texts of one part of the workbench; each part has a class of its own."""

    texts: ClassVar[Mapping[str, tuple[str, str]]]
    """English and Japanese, by key; ``{name}`` is filled in."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of ``key``, filled in; raises KeyError for a key that is not there."""
        text = self.texts[key][self.language is Language.JA]
        return text.format(**values) if values else text
