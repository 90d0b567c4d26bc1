"""Text ▶ pieces with their places, by a small vocabulary and by the bundled model's."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coursebot.encoder import bundled as source
from coursebot.encoder.compiled import Compiled
from coursebot.encoder.pieces import write_model
from coursebot.encoder.tokenise import Pieces, clean
from coursebot.types import Encoder

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
VOCABULARY = [
    *SPECIAL,
    "▁",
    "▁az",
    "▁login",
    "株式会社",
    "3",
    "時間",
    "有効",
    "a",
    "b",
    "c",
    "ab",
    "▁b",
]
TABLE = {
    ord("㍿"): "株式会社",
    ord("Ａ"): "a",
    0x3000: " ",
    ord("\t"): " ",
    0x200B: "",
    ord("½"): "1 2",
}
TEXTS = st.text(
    st.one_of(st.sampled_from("abc ▁3時間有効㍿Ａ½\u3000\t\u200b\0<s>\ud800"), st.characters())
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Pieces:
    """Return a tokenizer of a dozen pieces."""
    folder = tmp_path_factory.mktemp("pieces")
    scores = [-float(n) for n in range(len(VOCABULARY))]
    write_model(folder / "model", VOCABULARY, scores, (0, 2, 1, 3))
    table = json.dumps({str(point): new for point, new in TABLE.items()})
    (folder / "table").write_text(table, encoding="utf-8")
    return Pieces(folder / "model", folder / "table")


@pytest.fixture(scope="module")
def real(bundled: Encoder) -> Pieces:
    """Return the bundled model's tokenizer."""
    assert isinstance(bundled, Compiled)
    folder = bundled.table.parent
    return Pieces(folder / source.PIECES, folder / source.NORMALISATION)


def check(pieces: Pieces, text: str) -> None:
    """Fail when the located ids are others, lie outside the text or leave some of it out."""
    located = pieces.located(text)
    assert [number for number, _, _ in located] == pieces.ids([text], 10**6)[0][1:-1]
    assert len(located) + 2 == pieces.counts([text])[0]
    spans = [(start, end) for _, start, end in located]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    covered = {at for start, end in spans for at in range(start, end)}
    table = pieces._table
    seen = {
        at
        for at, character in enumerate(clean(text))
        if table.get(ord(character), character).strip(" ▁")
    }
    assert seen <= covered


def read(pieces: Pieces, text: str) -> list[str]:
    """Return what each piece of a text stands for in it."""
    return [text[start:end] for _, start, end in pieces.located(text)]


@given(text=TEXTS)
@example("")
@example(" ")
@example("▁▁")
@example("\u200b")
@example("a\u3000 \t b")
@example(" \u200b a")
def test_every_piece_has_its_place(small: Pieces, text: str) -> None:
    """The ids are those of ``ids``; their places lie inside, in order, and cover the text."""
    check(small, text)


@pytest.mark.model
@given(text=TEXTS)
def test_every_piece_of_the_real_vocabulary_has_its_place(real: Pieces, text: str) -> None:
    """As with the small one."""
    check(real, text)


@pytest.mark.model
def test_the_courses_lines_are_located(real: Pieces, lines: list[str]) -> None:
    """Every line of the shipped course, wholly."""
    for line in lines:
        check(real, line)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", []),
        ("az login", ["az", "login"]),
        (" az", ["az"]),
        ("az  login", ["az", "login"]),
        ("az\u3000\tlogin", ["az", "login"]),
        ("3時間有効", ["3", "3", "時間", "有効"]),
        ("Ａb", ["Ａ", "Ａb"]),
        ("3㍿3", ["3", "3", "㍿", "3"]),
        ("3\u200b時間", ["3", "3", "時間"]),
        ("3時\u200b間", ["3", "3", "時\u200b間"]),
        ("a\ud800b", ["a", "a", "\ud800", "b"]),
        ("a\0b", ["a", "a", "b"]),
    ],
)
def test_a_place_is_where_the_piece_stands(small: Pieces, text: str, places: list[str]) -> None:
    """Also where characters are replaced, removed or make several; ``▁`` alone has the first's."""
    assert read(small, text) == places


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("３時間", ["３", "時間"]),
        ("3時間", ["3", "時間"]),
        ("ﾛｸﾞｲﾝ", ["ﾛ", "ﾛ", "ｸ", "ﾞ", "ｲﾝ"]),
        ("㍿", ["㍿", "㍿"]),
        ("ACR  login", ["A", "CR", "login"]),
    ],
)
def test_width_does_not_move_a_place(real: Pieces, text: str, places: list[str]) -> None:
    """Half width, full width and squared characters."""
    assert read(real, text) == places


def test_a_text_is_cut_to_the_limit(small: Pieces) -> None:
    """Special tokens included; ``counts`` tells the length before."""
    text = "az " * 50
    (ids,) = small.ids([text], 10)
    assert (len(ids), ids[0], ids[-1]) == (10, 0, 2)
    assert small.counts([text])[0] > 50
