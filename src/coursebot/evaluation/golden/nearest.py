"""A quote that stands nowhere ▶ the statement that is most like it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coursebot.evaluation.golden.folding import fold
from coursebot.types import Statement

_MISSING = 4.0
"""What is missing of the quote weighs so many times what the statement has besides it."""
_NEAR = 0.35
"""Likeness below which nothing is near; two English sentences have .2 by chance."""
_SURE = 0.5
"""Likeness from which a statement of the quote's own file is preferred to all others."""


class Nearest:
    """All statements by their character bigrams.

    Likeness is Tversky's index over sets of bigrams (Features of Similarity, 1977),
    ``|Q∩S| / (|Q∩S| + a|Q−S| + b|S−Q|)`` with a = .8 and b = .2: 1 for the same text, 0 for texts
    without a common bigram. A quote costs one addition for each statement that shares a bigram
    with it.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self._range: dict[str, tuple[int, int]] = {}
        postings: dict[str, list[int]] = {}
        sizes = np.zeros(len(statements), dtype=np.float64)
        for position, statement in enumerate(statements):
            first, _ = self._range.get(statement.path, (position, position))
            self._range[statement.path] = (first, position + 1)
            bigrams = _bigrams(statement.text)
            sizes[position] = len(bigrams)
            for bigram in bigrams:
                postings.setdefault(bigram, []).append(position)
        self._sizes = sizes
        self._postings = {k: np.array(v, dtype=np.int32) for k, v in postings.items()}

    def find(self, quote: str, path: str, course: str | None) -> Statement | None:
        """Return the statement most like ``quote``: in the file at ``path``, else in the course.

        The first of equals. None when nothing is like it.
        """
        bigrams = _bigrams(quote)
        lists = [self._postings[bigram] for bigram in sorted(bigrams & self._postings.keys())]
        if not lists:
            return None
        shared = np.bincount(np.concatenate(lists), minlength=len(self.statements))
        quote_only = (len(bigrams) - shared) * (_MISSING / (_MISSING + 1))
        statement_only = (self._sizes - shared) / (_MISSING + 1)
        likeness: NDArray[np.float64] = shared / (shared + quote_only + statement_only)
        first, last = self._range.get(path, (0, 0))
        here = first + int(np.argmax(likeness[first:last])) if last > first else -1
        if here >= 0 and likeness[here] >= _SURE:
            return self.statements[here]
        if course is not None:
            likeness *= np.array([s.course == course for s in self.statements])
        best = int(np.argmax(likeness))
        if here >= 0 and likeness[here] == likeness[best]:
            best = here
        return self.statements[best] if likeness[best] >= _NEAR else None


def _bigrams(text: str) -> set[str]:
    folded = fold(text)
    return {folded[n : n + 2] for n in range(len(folded) - 1)} or set(folded)
