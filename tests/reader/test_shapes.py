"""Questions without end ▶ a number of batch shapes that has one: each costs memory for good."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from coursebot.encoder.compiled import TABLE, Network
from coursebot.reader.windows import HEADER, LINES, QUESTION, TOKENS, WINDOWS

QUESTIONS = 5000
MOST = 50
"""Shapes that two cores may see: 43 are, and 540 where lengths are not rounded up."""


class Model:
    """A compiled network that computes nothing and remembers the shapes it was given."""

    def __init__(self) -> None:
        self.shapes: set[tuple[int, ...]] = set()

    def create_infer_request(self) -> Model:
        """Return what takes requests."""
        return self

    def start_async(self, inputs: Sequence[NDArray[np.generic]]) -> None:
        """Remember the shape of what is embedded."""
        self.shapes.add(inputs[0].shape[:2])

    def wait(self) -> None:
        """Be done at once."""

    def get_output_tensor(self, _: int) -> SimpleNamespace:
        """Return nothing of worth."""
        return SimpleNamespace(data=np.zeros(1))


def windows(chance: random.Random) -> list[list[int]]:
    """Return the ids of a question's windows, as many and as long as the reader allows."""
    most = chance.randint(1, WINDOWS)
    beside = 6 + chance.randint(1, QUESTION) + chance.randint(0, HEADER)
    found: list[list[int]] = []
    while len(found) < most:
        length = beside + chance.randint(1, LINES)
        if found and sum(map(len, found)) + length > TOKENS:
            break
        found.append([7] * length)
    return found


def test_questions_of_all_lengths_have_few_shapes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five thousand questions ask the network for no more shapes than are bearable."""
    np.save(tmp_path / TABLE, np.zeros((8, 2), np.float16))
    model = Model()
    monkeypatch.setattr(Network, "_compile", lambda _: model)
    network = Network(tmp_path, "f32", threads=2)
    chance = random.Random(7)
    asked = 0
    for _ in range(QUESTIONS):
        asked += len(network.spread(windows(chance)))
    assert len(model.shapes) <= MOST < asked
