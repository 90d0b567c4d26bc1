"""Answers and what was expected of them ▶ every outcome and every reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.evaluation.golden import Placed
from coursebot.evaluation.golden.records import AnswerKind, Asked, Expected, Source
from coursebot.evaluation.run.records import Outcome, Reason
from coursebot.evaluation.scoring import METRICS, Judged, judge
from coursebot.types import (
    Answer,
    Citation,
    Hit,
    Kind,
    Language,
    Leg,
    Passage,
    ShortAnswer,
    State,
    Statement,
)

GOLD, OTHER = "トークンは3時間有効。", "鍵は24時間有効。"
SOURCE = GOLD + OTHER
SPANS = {GOLD: (0, len(GOLD)), OTHER: (len(GOLD), len(SOURCE))}
PLACED = (Placed(0, "a.md", SPANS[GOLD], (1, 1), ("a.md#t",), 1),)
ASKED = Asked(
    question="トークンの有効期間は?",
    answers=(Expected(text="3時間", kind=AnswerKind.DURATION),),
    sources=(Source(path="a.md", quote=GOLD),),
)
UNANSWERABLE = Asked(question="料金は?", unanswerable=True)


def _hit(quote: str, prefix: str) -> Hit:
    passage = Passage(
        prefix + quote, f"a.md#{prefix}", "c", "a.md", (1, 1), SPANS[quote], quote, ()
    )
    return Hit(passage, 0.5, {"dense": Leg(1, 0.9)})


def _answer(
    state: State = State.ANSWERED,
    *quotes: str,
    passages: tuple[str, ...] = (GOLD, OTHER),
    prefix: str = "t",
) -> Answer:
    quotes = () if state is State.NOT_COVERED else quotes or (GOLD,)
    named = list(enumerate(quotes, 1))
    return Answer(
        question=ASKED.question,
        language=Language.JA,
        state=state,
        confidence=0.8,
        text="",
        short_answer=None,
        statements=tuple(
            Statement(f"{prefix}{n}", "a.md#t", "c", "a.md", (1, 1), SPANS[q], q, q, Kind.SENTENCE)
            for n, q in named
        ),
        citations=tuple(
            Citation(n, f"{prefix}{n}", "c", "a.md", (), (1, 1), SPANS[q], q, "") for n, q in named
        ),
        related=(),
        passages=tuple(_hit(one, prefix) for one in passages),
        timings_ms={},
    )


def _judged(asked: Asked, answer: Answer, lang: Language = Language.JA) -> Judged:
    placed = () if not asked.sources else PLACED
    return judge(asked, lang, answer, placed, lambda _: SOURCE)


S, Came, R = State, Outcome, Reason


@pytest.mark.parametrize(
    ("asked", "answer", "outcome", "reason", "score"),
    [
        (ASKED, _answer(), Came.RIGHT, None, 1),
        (ASKED, _answer(S.UNSURE), Came.HEDGED, None, 0),
        (ASKED, _answer(S.UNSURE, OTHER), Came.HEDGED, R.NOT_USED, 0),
        (ASKED, _answer(S.NOT_COVERED), Came.ABSTAINED, R.WRONGLY_ABSTAINED, 0),
        (ASKED, _answer(S.NOT_COVERED, passages=(OTHER,)), Came.ABSTAINED, R.NOT_RETRIEVED, 0),
        (ASKED, _answer(S.ANSWERED, OTHER), Came.WRONG, R.NOT_USED, -1),
        (ASKED, _answer(S.ANSWERED, OTHER, passages=(OTHER,)), Came.WRONG, R.NOT_RETRIEVED, -1),
        (
            ASKED.model_copy(update={"answers": (Expected(text="24時間"),)}),
            _answer(S.ANSWERED, OTHER),
            Came.WRONG,
            R.WRONG_CITATION,
            -1,
        ),
        (
            ASKED.model_copy(update={"answers": (Expected(text="5時間"),)}),
            _answer(),
            Came.WRONG,
            R.WRONG_ANSWER,
            -1,
        ),
        (
            ASKED.model_copy(update={"must_not": ("24時間",)}),
            _answer(S.ANSWERED, GOLD, OTHER),
            Came.WRONG,
            R.WRONG_ANSWER,
            -1,
        ),
        (UNANSWERABLE, _answer(), Came.WRONG, R.SHOULD_HAVE_ABSTAINED, -1),
        (UNANSWERABLE, _answer(S.UNSURE), Came.HEDGED, None, 0),
        (UNANSWERABLE, _answer(S.NOT_COVERED), Came.RIGHT, None, 1),
    ],
)
def test_outcomes_and_reasons(
    asked: Asked, answer: Answer, outcome: Outcome, reason: Reason | None, score: float
) -> None:
    """Every one that a judge can give; errors never reach it."""
    verdict = _judged(asked, answer).verdict
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert verdict.values["score"] == score
    assert verdict.passed is (reason is None)
    assert verdict.values.keys() <= METRICS.keys()


def test_a_perfect_answer_has_one_everywhere() -> None:
    """The short answer is the expected text, and the first passage holds it."""
    short = ShortAnswer("3時間", ("3時間",), "duration", 1)
    verdict = _judged(ASKED, replace(_answer(), short_answer=short)).verdict
    assert {name: value for name, value in verdict.values.items() if value != 1} == {}


def test_what_is_not_covered_says_and_cites_nothing() -> None:
    """Even when quotes are left in it, and nothing forbidden either."""
    asked = ASKED.model_copy(update={"must_not": ("24時間",)})
    answer = replace(_answer(S.ANSWERED, GOLD, OTHER), state=State.NOT_COVERED)
    values = _judged(asked, answer).verdict.values
    assert values["must_not_kept"] == 1
    for name in ("contains", "typed", "exact_match", "f1", "cited", "citation_precision"):
        assert values[name] == 0


def test_marks_and_places_are_no_content() -> None:
    """The [1] behind a quote is not the expected 1."""
    asked = ASKED.model_copy(update={"answers": (Expected(text="1", kind=AnswerKind.NUMBER),)})
    answer = replace(_answer(), text=f"{GOLD} [1]")
    assert _judged(asked, answer).verdict.values["contains"] == 0
    worded = replace(_answer(), generated="3時間です [1]。")
    assert _judged(asked, worded).verdict.values["contains"] == 0


@pytest.mark.parametrize(
    ("generated", "recall", "precision"),
    [("3時間です。[1] 鍵もあります。[2]", 0.5, 0.5), ("3時間です。[1] 以上。", 0.5, 1.0)],
)
def test_a_models_sentences_are_judged_by_their_marks(
    generated: str, recall: float, precision: float
) -> None:
    """Its wording stands in place of the quotes, for what must not be said too."""
    asked = ASKED.model_copy(update={"must_not": ("24時間",)})
    answer = replace(_answer(S.ANSWERED, GOLD, OTHER), generated=generated)
    values = _judged(asked, answer).verdict.values
    assert (values["citation_recall"], values["citation_precision"]) == (recall, precision)
    assert values["must_not_kept"] == values["right"] == 1


def test_a_quoted_statement_is_a_sentence() -> None:
    """One of two quotes is on gold."""
    values = _judged(ASKED, _answer(S.ANSWERED, GOLD, OTHER)).verdict.values
    assert values["citation_recall"] == values["citation_precision"] == 0.5


def test_freeform_is_judged_by_its_source_alone() -> None:
    """Its text is for people: there are no metrics of the answer."""
    expected = Expected(text="説明", kind=AnswerKind.FREEFORM)
    asked = ASKED.model_copy(update={"answers": (expected,)})
    right = _judged(asked, _answer()).verdict
    assert right.outcome is Outcome.RIGHT
    assert not right.values.keys() & {"contains", "typed", "exact_match", "f1", "required_parts"}
    assert _judged(asked, _answer(S.ANSWERED, OTHER)).verdict.reason is Reason.WRONG_CITATION


def test_the_short_answer_decides_which_number_was_said() -> None:
    """The quote has 3 hours too, but 24 hours is what is given."""
    short = ShortAnswer("24時間", ("24時間",), "duration", 2)
    answer = replace(_answer(S.ANSWERED, GOLD, OTHER), short_answer=short)
    assert _judged(ASKED, answer).verdict.values["typed"] == 0
    assert _judged(ASKED, answer).verdict.values["contains"] == 1


@pytest.mark.parametrize(
    ("conversion", "aliases", "right"),
    [
        ("はい", (), True),
        ("いいえ", (), False),
        ("いいえ", ("3時間有効",), False),
        ("", ("3時間有効",), True),
        ("", (), False),
    ],
)
def test_yes_and_no(conversion: str, aliases: tuple[str, ...], right: bool) -> None:
    """What is said decides; without it, another wording of the answer may stand in the quote."""
    expected = Expected(text="はい", aliases=("yes", *aliases), kind=AnswerKind.YESNO)
    asked = ASKED.model_copy(update={"answers": (expected,)})
    short = ShortAnswer(GOLD, (GOLD,), "yesno", 1, conversion) if conversion else None
    values = _judged(asked, replace(_answer(), short_answer=short)).verdict.values
    assert values["right"] == values["contains"] == right


def test_a_yes_that_is_not_said_is_read_from_the_quote() -> None:
    """トークンは…有効 answers 有効ですか, by the rule that words short answers."""
    expected = Expected(text="yes", kind=AnswerKind.YESNO)
    asked = ASKED.model_copy(update={"question": "トークンは有効ですか", "answers": (expected,)})
    values = _judged(asked, _answer()).verdict.values
    assert (values["typed"], values["contains"]) == (1, 0)


def test_parts_are_counted_one_by_one() -> None:
    """One of two required parts; what is not required asks nothing."""
    parts = (Expected(text="3時間"), Expected(text="5分"), Expected(text="9", required=False))
    values = _judged(ASKED.model_copy(update={"answers": parts}), _answer()).verdict.values
    assert (values["required_parts"], values["contains"], values["right"]) == (0.5, 0, 0)
    assert values["exact_match"] <= values["f1"] < 1


def test_a_quote_that_is_not_at_its_span_is_not_verbatim() -> None:
    """Character for character."""
    answer = _answer(S.ANSWERED, GOLD, OTHER)
    first = replace(answer.citations[0], quote=GOLD.rstrip("。"))
    changed = replace(answer, citations=(first, answer.citations[1]))
    assert _judged(ASKED, changed).verdict.values["verbatim"] == 0.5


@given(
    st.sampled_from(State),
    st.lists(st.sampled_from([GOLD, OTHER]), min_size=1, max_size=2, unique=True),
    st.sampled_from([ASKED, UNANSWERABLE]),
    st.text("abc", min_size=2, max_size=5),
)
def test_names_change_no_value(state: State, quotes: list[str], asked: Asked, prefix: str) -> None:
    """Ids of statements and passages are only names; the values lie within their bounds."""
    ours = _judged(asked, _answer(state, *quotes)).verdict
    theirs = _judged(asked, _answer(state, *quotes, prefix=prefix)).verdict
    sections = {name for name in ours.values if name.startswith("section ")}
    assert all(-1 <= value <= 1 for value in ours.values.values())
    assert (ours.outcome, ours.reason) == (theirs.outcome, theirs.reason)
    for name in ours.values.keys() - sections:
        assert ours.values[name] == theirs.values[name]
