"""Questions ▶ how alike they are: cosines of their embeddings, each language about its own mean.

Questions of one course lie close together whatever they ask, and those of one language closer
still: as they are, cosines cannot tell a paraphrase from another question about the same thing.
Less the mean of the course's questions in their language, they can, also across languages. What
was measured: ``docs/decisions/0007-workbench.md``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from coursebot.terms import normalise
from coursebot.types import Floats

ALIKE = 0.45
"""Least likeness of two questions in one group."""
ENOUGH = 12
"""Questions of a language from which its mean is known."""
SAME = 0.93
"""Least cosine of two questions in one group where a mean is not known."""
OWN_SAME = 0.8
"""The same of coursebot's own encoder, whose cosines lie lower."""
BATCH = 16
"""Questions encoded at a time: few, as learners' questions wait for them."""
KEPT = 20_000
"""Vectors that are remembered: as many numbers as 2,000 questions need, ten times over."""


def same_text(question: str) -> str:
    """Return the form in which two questions are the same one: width, case and space apart."""
    return " ".join(normalise(question).split()).rstrip("?.!。 ")


class Likeness:
    """Compares questions; remembers their vectors, safe for many threads."""

    def __init__(self, encode: Callable[[Sequence[str]], Floats], *, same: float = SAME) -> None:
        self._encode = encode
        self._same = same
        self._known: dict[str, Floats] = {}
        self._lock = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension); each text is encoded once."""
        with self._lock:
            wanted = sorted({text for text in texts if text not in self._known})
            if len(self._known) + len(wanted) > KEPT:
                self._known.clear()
                wanted = sorted(set(texts))
            for start in range(0, len(wanted), BATCH):
                batch = wanted[start : start + BATCH]
                self._known.update(zip(batch, self._encode(batch), strict=True))
            return np.stack([self._known[text] for text in texts])

    def matrix(
        self,
        questions: Sequence[str],
        languages: Sequence[str],
        usual: Mapping[str, Iterable[str]] | None = None,
    ) -> Floats:
        """Return the likeness of each two questions, of shape (n, n): -1 to 1, ``ALIKE`` is alike.

        ``usual`` holds, by language, other questions of the same course, which with these give
        the language's mean.
        """
        vectors = self.vectors(questions)
        cosines = vectors @ vectors.T
        centred = np.zeros_like(vectors)
        known = np.zeros(len(questions), bool)
        for language in sorted(set(languages)):
            here = np.array([one == language for one in languages])
            # Sorted: the order in which rows came must not change a sum's last digit.
            others = set((usual or {}).get(language, ()))
            others.update(q for q, mine in zip(questions, here, strict=True) if mine)
            if len(others) < ENOUGH:
                continue
            less = vectors[here] - self.vectors(sorted(others)).mean(axis=0)
            length = np.linalg.norm(less, axis=1, keepdims=True)
            centred[here] = less / np.maximum(length, 1e-9)
            known |= here
        both = known[:, None] & known[None, :]
        raw = np.where(cosines >= self._same, 1.0, -1.0)
        likeness: Floats = np.where(both, centred @ centred.T, raw).astype(np.float32)
        return likeness
