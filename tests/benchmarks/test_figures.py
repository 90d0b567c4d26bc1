"""Rows ▶ figures and tables, by hand."""

from __future__ import annotations

import pytest

from benchmarks import figures
from coursebot.evaluation.run.records import Cited, Given, Outcome, Row, Verdict
from coursebot.types import Language, State


def row(
    name: str,
    *,
    right: float | None = 1.0,
    confidence: float = 0.9,
    state: State = State.ANSWERED,
    lang: Language = Language.JA,
    kind: str = "span",
    cited: tuple[bool, ...] = (True,),
) -> Row:
    """Return a row; one that is neither right nor wrong is unanswerable."""
    citations = tuple(
        Cited(
            number=number, course="c", path="a.md", heading_path=(), lines=(1, 1), span=(0, 4),
            quote="four", url="", verbatim=True, gold=gold,
        )
        for number, gold in enumerate(cited, 1)
    )  # fmt: skip
    values = {"score": 1.0 if right else -1.0}
    if right is not None:
        values |= {"right": right, "f1": 0.5, "exact_match": 0.0, "cited": float(any(cited))}
    return Row(
        id=name,
        item=name,
        lang=lang,
        kind=kind if right is not None else "unanswerable",
        cluster=name,
        question="?",
        unanswerable=right is None,
        given=Given(state=state, confidence=confidence, text="", citations=citations),
        verdict=Verdict(passed=bool(right), outcome=Outcome.HEDGED, values=values),
    )


ROWS = (
    row("a", confidence=0.9),
    row("b", right=0.0, confidence=0.8, cited=(False, True)),
    row("c", confidence=0.4, state=State.UNSURE, lang=Language.EN, kind="list"),
    row("d", right=None, confidence=0.6, cited=()),
    row("e", right=None, confidence=0.1, state=State.NOT_COVERED, lang=Language.EN, cited=()),
)


def _value(title: str) -> tuple[int, float]:
    (measure,) = [one for one in figures.MEASURES if one.title.startswith(title)]
    found = measure.of(ROWS)
    assert found is not None
    return found.n, found.value


@pytest.mark.parametrize(
    ("title", "n", "value"),
    [
        ("right and rightly cited", 3, 2 / 3),
        ("the first citation is gold", 3, 2 / 3),
        ("has a short answer", 3, 0.0),
        ("short answer, F1", 3, 0.5),
        ("characters quoted", 3, 4.0),
        # of the pairs of .9 .8 .4 with .6 and .1 five are in the right order
        ("answerable against not", 5, 5 / 6),
        # of .9 .8 .6, the answered ones, only the first is right
        ("risk: ", 5, 2 / 3),
        ("coverage: ", 5, 3 / 5),
        # at coverages of 1/5 to 5/5 the risk is 0, 1/2, 2/3, 2/4, 3/5
        ("risk-coverage", 5, (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5),
        # every row has a bin of its own: .1, .8, .6, .6, .1 off
        ("expected calibration error", 5, 2.2 / 5),
        ("score", 5, -1 / 5),
    ],
)
def test_a_figure_by_hand(title: str, n: int, value: float) -> None:
    """Two right, one wrong and two unanswerable questions, one of which was answered."""
    about, found = _value(title)
    assert about == n
    assert found == pytest.approx(value)


def test_what_no_row_has_is_no_figure() -> None:
    """Answerable questions alone have no AUROC; those held back alone no risk."""
    by_title = {measure.title.split()[0]: measure for measure in figures.MEASURES}
    assert by_title["answerable"].of(ROWS[:3]) is None
    assert by_title["risk:"].of(ROWS[2:3]) is None
    assert by_title["right"].of(ROWS[3:]) is None


def test_numbers_are_short() -> None:
    """Without a zero before the point, with a true minus, and none before 0."""
    assert str(figures.Figure(9, 0.5, 0.25, 1.0)) == ".500 [.250, 1.000]"
    assert str(figures.Figure(9, -0.0312, -0.1, -0.0001)) == "−.031 [−.100, .000]"
    assert str(figures.Figure(9, 61.0, digits=0)) == "61"


def test_the_tables_have_languages_kinds_and_systems() -> None:
    """A measure that peers lack is a dash; one that nobody has is left out."""
    made = figures.tables({"fused": ROWS}, {"peer": ROWS})
    heads = [line for line in made.splitlines() if "| n |" in line]
    assert heads == [
        "| all: 5 questions, 2 of them unanswerable | n | fused | peer |",
        "| ja: 3 questions, 1 of them unanswerable | n | fused | peer |",
        "| en: 2 questions, 1 of them unanswerable | n | fused | peer |",
        "| by kind of answer | n | fused | peer |",
    ]
    assert "| right and rightly cited | 3 | .667 | .667 |" in made
    assert "| short answer, F1 | 3 | .500 | – |" in made
    assert "| ja, span: right and rightly cited | 2 | .500 | .500 |" in made
    assert "| en, list: right and rightly cited | 1 | 1.000 | 1.000 |" in made
    assert "unanswerable:" not in made
    assert "evidence within" not in made
