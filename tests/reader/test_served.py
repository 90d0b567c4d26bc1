"""The network's outputs ▶ readings: by hand, and by networks that only echo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from coursebot.encoder.compiled import evenly
from coursebot.reader import Line, Window, served
from coursebot.reader.served import OUTPUTS, SPAN, Served, readings
from coursebot.types import Floats, Reading
from tests.reader.conftest import Words, section, statement

START, END, LINE, WINDOW = range(len(OUTPUTS))


def window(*lengths: int, before: int = 3) -> Window:
    """Return a window whose lines have one-letter tokens, each with a space behind."""
    lines, at = [], before
    for number, length in enumerate(lengths):
        places = tuple((2 * n, 2 * n + 1) for n in range(length))
        lines.append(Line(statement(number, "x " * length), at, places))
        at += length
    return Window(tuple(range(at + 1)), tuple(lines))


def said(of: Window, **values: dict[int, float]) -> Floats:
    """Return outputs that are 0 but for those of some tokens."""
    found = np.zeros((len(of.ids), len(OUTPUTS)), np.float32)
    for name, tokens in values.items():
        for at, value in tokens.items():
            found[at, OUTPUTS.index(name)] = value
    return found


def read(of: Window, outputs: Floats) -> list[Reading]:
    """Return the reading of each line."""
    pairs = list(readings(of, outputs))
    assert [line for line, _ in pairs] == list(of.lines)
    return [reading for _, reading in pairs]


def test_a_score_is_the_mean_of_the_line_and_what_is_said_of_the_window() -> None:
    """What is said of other lines' tokens, and of the question's, counts for nothing."""
    both = window(2, 3)
    outputs = said(both, line={1: 50, 3: 1, 4: 3, 5: 6, 8: 50}, window={0: 0.5, 4: 50})
    assert [reading.score for reading in read(both, outputs)] == [2.5, 2.5]


def test_the_span_is_from_the_likeliest_start_to_the_likeliest_end() -> None:
    """In characters of the line, whatever is said outside of it."""
    both = window(2, 5)
    outputs = said(both, start={0: 99, 3: 99, 6: 9}, end={4: 99, 8: 9, 10: 99})
    first, second = read(both, outputs)
    assert first.span == (0, 3)
    assert second.span == (2, 7)
    assert second.certainty == pytest.approx(1, abs=1e-2)


def test_a_span_does_not_end_before_it_starts() -> None:
    """The best pair in order is taken."""
    one = window(4)
    (reading,) = read(one, said(one, start={5: 5, 3: 1}, end={4: 4, 6: 2}))
    assert reading.span == (4, 7)


def test_a_span_is_not_longer_than_is_allowed() -> None:
    """A pair that lies farther apart is none."""
    one = window(SPAN + 5)
    first, far, farthest = 3, 3 + SPAN - 1, 3 + SPAN
    (reading,) = read(one, said(one, start={first: 9}, end={far: 8, farthest: 9}))
    assert reading.span == (0, 2 * (SPAN - 1) + 1)


def test_certainty_is_the_share_among_all_spans() -> None:
    """By hand: two tokens have three spans."""
    one = window(2)
    (reading,) = read(one, said(one, start={3: 1}, end={4: 2}))
    spans = [math.exp(1 + 0), math.exp(1 + 2), math.exp(0 + 2)]
    assert reading.span == (0, 3)
    assert reading.certainty == pytest.approx(spans[1] / sum(spans))
    (alone,) = read(window(1), said(window(1)))
    assert (alone.span, alone.certainty) == ((0, 1), 1.0)


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 60), st.just(len(OUTPUTS))),
        elements=st.floats(-50, 50, width=32),
    )
)
def test_no_span_is_likelier_than_the_one_given(outputs: Floats) -> None:
    """On any outputs: it is the best of all, and the certainties of all sum to one."""
    one = window(len(outputs), before=0)
    (reading,) = read(one, np.vstack([outputs, outputs[:1]]))
    logits = {
        (2 * a, 2 * b + 1): float(outputs[a, START] + outputs[b, END])
        for a in range(len(outputs))
        for b in range(a, min(a + SPAN, len(outputs)))
    }
    best = max(logits.values())
    assert logits[reading.span] == best
    total = sum(math.exp(value - best) for value in logits.values())
    assert reading.certainty == pytest.approx(1 / total, rel=1e-4)
    assert 0 < reading.certainty <= 1 + 1e-6
    mean = outputs[:, LINE].mean() + outputs[0, WINDOW]
    assert reading.score == pytest.approx(float(mean), abs=1e-3)


class Echo:
    """A network that says of each token its id, of padding nothing that may be used."""

    def __init__(self, *_settings: object) -> None:
        self.batches: list[list[int]] = []

    def spread(self, rows: Sequence[Sequence[int]]) -> list[tuple[list[int], Floats]]:
        """Return outputs of the rows in three batches, padded to the longest of each."""
        return [(batch, self._of([rows[at] for at in batch])) for batch in self._cut(rows)]

    def _cut(self, rows: Sequence[Sequence[int]]) -> list[list[int]]:
        return evenly([len(row) for row in rows], 3)

    def _of(self, rows: Sequence[Sequence[int]]) -> Floats:
        self.batches.append([len(row) for row in rows])
        longest = max(map(len, rows))
        found = np.full((len(rows), longest, len(OUTPUTS)), np.nan, np.float32)
        for at, row in enumerate(rows):
            found[at, : len(row)] = np.array(row, np.float32)[:, None]
        return found


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Served:
    """Return a reader on words whose network echoes."""
    monkeypatch.setattr(served, "Network", Echo)
    return Served(tmp_path, Words(), "echo 1", "f", "f32")


def test_windows_get_their_own_outputs(echo: Served) -> None:
    """In their order, though long ones are read first and like ones together."""
    cut = [
        Window(tuple(range(start, start + length)), ())
        for start, length in ((0, 5), (100, 150), (300, 7), (500, 150), (700, 400), (1200, 5))
    ]
    outputs = echo.said(cut)
    assert len(outputs) == len(cut)
    for one, found in zip(cut, outputs, strict=True):
        assert found[: len(one.ids), LINE].tolist() == list(one.ids)
    assert isinstance(echo._network, Echo)
    assert echo._network.batches == [[400], [150, 150], [7, 5, 5]]
    assert echo.said([]) == []


def test_what_is_read_is_named_by_statement(echo: Served) -> None:
    """Candidates and the lines around them, each with a score of its own."""
    every = [statement(n, f"line {n} is here", block=n) for n in range(3)]
    other = statement(7, "elsewhere", section="t")
    found = echo.read(
        "which one?",
        [every[1], other],
        {"s": section("H"), "t": section("I", name="t")},
        {"s": every, "t": [other]},
    )
    assert set(found) == {one.id for one in (*every, other)}
    assert len({reading.score for reading in found.values()}) == 4
    # Ids grow with each new word: the newest is the likeliest start, and end.
    assert every[1].plain[slice(*found[every[1].id].span)] == "here"
    assert other.plain[slice(*found[other.id].span)] == "elsewhere"
    assert echo.read("which one?", [], {}, {}) == {}


def test_threads_read_at_once(echo: Served) -> None:
    """Each gets what it gets alone."""
    every = [statement(n, f"line {n}", block=n) for n in range(30)]
    places = ({"s": section("H")}, {"s": every})
    alone = [echo.read("q", [one], *places) for one in every]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda one: echo.read("q", [one], *places), every))
    assert together == alone


def test_lines_are_remembered_and_questions_are_not(echo: Served) -> None:
    """Whatever is asked, no more is kept than the course has."""
    every = [statement(n, f"line {n} is here", block=n) for n in range(3)]
    for number in range(50):
        echo.read(f"which one of {number}?", every, {"s": section("H")}, {"s": every})
        if number == 0:
            once = echo._known.cache_info().currsize
    kept = echo._known.cache_info()
    assert kept.currsize == once > 0
    assert kept.misses == once
