"""Windows ▶ readings, by OpenVINO."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from coursebot.encoder.compiled import Network
from coursebot.reader.windows import Line, Located, Tokens, Window, windows
from coursebot.types import Floats, Reading, Section, Span, Statement

OUTPUTS = ("start", "end", "line", "window")
"""What the network says of each token."""
SPAN = 40
"""Tokens of the longest short answer."""
REMEMBERED = 2000
"""Texts of the course whose tokens are remembered: they are read for many questions."""


class Served:
    """The reader of a folder that ``convert`` filled; safe to use from many threads."""

    def __init__(
        self, folder: Path, tokens: Tokens, name: str, fingerprint: str, precision: str,
        threads: int = 0,
    ) -> None:  # fmt: skip
        self.name = name
        self.fingerprint = fingerprint
        self._tokens = tokens
        self._known = lru_cache(REMEMBERED)(tokens.located)
        self._network = Network(folder, precision, threads)

    def read(
        self,
        question: str,
        candidates: Sequence[Statement],
        sections: Mapping[str, Section],
        siblings: Mapping[str, Sequence[Statement]],
    ) -> Mapping[str, Reading]:
        """Return what was read, by id: the best of ``candidates`` and the lines around them."""
        tokens = _Remembering(self._tokens, self._known, question)
        cut = windows(tokens, question, candidates, sections, siblings)
        found: dict[str, Reading] = {}
        for window, said in zip(cut, self.said(cut), strict=True):
            found.update((line.statement.id, reading) for line, reading in readings(window, said))
        return found

    def said(self, cut: Sequence[Window]) -> list[Floats]:
        """Return the network's outputs for each window, of shape (tokens, len(OUTPUTS))."""
        found: dict[int, Floats] = {}
        for batch, output in self._network.spread([window.ids for window in cut]):
            found.update(zip(batch, output, strict=True))
        return [found[at] for at in range(len(cut))]


@dataclass(frozen=True, slots=True)
class _Remembering:
    """A tokenizer that need not read the same line again; the question hardly comes twice."""

    tokens: Tokens
    known: Callable[[str], list[Located]]
    question: str

    def located(self, text: str) -> list[Located]:
        """Return the ids of ``text`` and what they stand for."""
        return (self.tokens.located if text == self.question else self.known)(text)


def readings(window: Window, said: Floats) -> Iterator[tuple[Line, Reading]]:
    """Yield each line of a window with what the network's outputs mean for it."""
    for line in window.lines:
        own = said[line.first : line.last]
        span, certainty = _span(line, own)
        yield line, Reading(float(own[:, 2].mean() + said[0, 3]), span, certainty)


def _span(line: Line, own: Floats) -> tuple[Span, float]:
    """Return the likeliest span of a line and its probability among the line's spans."""
    together = own[:, 0][:, None] + own[:, 1][None, :]
    places = np.arange(len(own))
    length = places[None, :] - places[:, None]
    together = np.where((length >= 0) & (length < SPAN), together, -np.inf)
    best = int(together.argmax())
    first, last = divmod(best, len(own))
    certainty = 1 / float(np.exp(together - together.flat[best]).sum())
    return (line.places[first][0], line.places[last][1]), certainty
