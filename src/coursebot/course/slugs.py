"""Heading text ▶ anchor, by GitHub's rules."""

from __future__ import annotations

import unicodedata

_KEPT = ("L", "M", "Nd", "Nl", "Pc")


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading's plain text, before duplicates are numbered.

    Lower case; letters (Japanese ones too), marks, digits, ``_`` and ``-`` are kept, spaces become
    ``-``, all else goes.
    """
    kept = (c for c in heading.strip().lower() if c in " -" or _is_word(c))
    return "".join(kept).replace(" ", "-")


def _is_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith(_KEPT) or "\u24b6" <= character <= "\u24e9"


class Slugger:
    """Makes anchors unique within one file: ``name``, ``name-1``, ``name-2``."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """Return ``wanted``, numbered if it was given before."""
        anchor = wanted
        while anchor in self._seen:
            self._seen[wanted] += 1
            anchor = f"{wanted}-{self._seen[wanted]}"
        self._seen[anchor] = 0
        return anchor
