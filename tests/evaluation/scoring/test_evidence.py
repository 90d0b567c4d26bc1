"""What is read first of an answer, on rows worked by hand."""

from __future__ import annotations

import pytest

from coursebot.evaluation.golden.records import AnswerKind, Expected, Source
from coursebot.evaluation.run.records import Cited, Given, Outcome, Ranked, Row, Verdict
from coursebot.evaluation.scoring import evidence_within
from coursebot.evaluation.scoring.evidence import shown
from coursebot.types import Language, State


def _row(
    quotes: list[str],
    passages: list[str],
    *,
    gold: str = "The token is valid for 3 hours.",
    answers: tuple[Expected, ...] = (Expected(text="3 hours", aliases=("180 minutes",)),),
    **changes: object,
) -> Row:
    """Return a row whose answer cites ``quotes`` and carries ``passages``."""
    cited = tuple(
        Cited(
            number=number, course="c", path="a.md", heading_path=(), lines=(1, 1), span=(0, 1),
            quote=quote, url="", verbatim=True, gold=False,
        )
        for number, quote in enumerate(quotes, 1)
    )  # fmt: skip
    ranked = tuple(
        Ranked(id=text, section="", path="a.md", lines=(1, 1), text=text, score=1.0, legs={})
        for text in passages
    )
    row = Row(
        id="q",
        item="q",
        lang=Language.EN,
        kind="span",
        question="How long?",
        answers=answers,
        sources=(Source(path="a.md", quote=gold),),
        given=Given(state=State.ANSWERED, confidence=0.9, text="", citations=cited),
        passages=ranked,
        verdict=Verdict(passed=True, outcome=Outcome.RIGHT),
    )
    return row.model_copy(update=changes)


def test_quotes_come_before_passages_and_are_not_repeated() -> None:
    """A passage that is quoted whole adds nothing."""
    assert shown(_row(["b", "a"], ["a", "a c"])) == "b\na\na c"


@pytest.mark.parametrize(("characters", "within"), [(37, False), (38, True), (300, True)])
def test_the_answer_counts_where_it_ends(characters: int, within: bool) -> None:
    """20 characters of quote, a line break, and the alias at characters 27 to 38."""
    row = _row(["Nothing of the kind."], ["Valid 180 minutes after the login."])
    assert len("Nothing of the kind.\nValid 180 minutes") == 38
    assert evidence_within(row, characters) is within


def test_a_gold_quote_counts_without_the_answer() -> None:
    """The answer to a question of yes or no does not stand in its source."""
    answers = (Expected(text="No", kind=AnswerKind.YESNO),)
    row = _row(["There are no tiers."], ["The token is valid for 3 hours."], answers=answers)
    assert evidence_within(row, 19) is False
    assert evidence_within(row, 300) is True


def test_all_required_parts_must_stand_there() -> None:
    """A part that is not required may be missing."""
    answers = (
        Expected(text="Basic", kind=AnswerKind.LIST),
        Expected(text="Premium", kind=AnswerKind.LIST),
        Expected(text="Ultra", kind=AnswerKind.LIST, required=False),
    )
    row = _row(["Basic"], ["Premium"], answers=answers)
    assert evidence_within(row, 5) is False
    assert evidence_within(row, 300) is True


def test_what_has_no_evidence_is_not_measured() -> None:
    """An unanswerable question, a stale row, and an answer for people without a quote."""
    assert evidence_within(_row([], [], unanswerable=True, answers=()), 300) is None
    assert evidence_within(_row([], [], verdict=None), 300) is None
    freeform = (Expected(text="It depends.", kind=AnswerKind.FREEFORM),)
    assert evidence_within(_row(["It depends."], [], gold="", answers=freeform), 300) is None


def test_a_row_that_ended_in_an_error_shows_nothing() -> None:
    """It has no evidence, which counts against it."""
    assert evidence_within(_row([], [], given=None), 300) is False
