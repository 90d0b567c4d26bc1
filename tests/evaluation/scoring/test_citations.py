"""Sentences and their marks."""

import pytest

from coursebot.evaluation.scoring.citations import carried, sentences, without_marks


def test_sentences_keep_the_marks_behind_their_end() -> None:
    """Decimal points and abbreviations end none; lines do."""
    text = "3時間です。[1] 2.5 GB, e.g. here [2][3].\nNo mark.\n\n* `code` [1]"
    assert [numbers for _, numbers in sentences(text)] == [(1,), (2, 3), (), (1,)]


@pytest.mark.parametrize(
    ("text", "recall", "precision"),
    [
        ("A [1]. B [2].", 0.5, 0.5),
        ("A [1][2]. B [1].", 1.0, 2 / 3),
        ("A. B [1].", 0.5, 1.0),
        ("A. B.", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_recall_is_of_sentences_and_precision_of_marks(
    text: str, recall: float, precision: float
) -> None:
    """Citation 1 is on gold."""
    found = carried(text, {1})
    assert (found.recall, found.precision) == pytest.approx((recall, precision))


def test_marks_are_no_numbers() -> None:
    """A gold of 1 must not be found in them."""
    assert without_marks("Three hours [1].") == "Three hours."
