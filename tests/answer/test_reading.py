"""Evidence and confidence with a reader: what it says counts, and what it did not read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import pytest

from coursebot.answer import compose, confidence, evidence
from coursebot.answer.confidence import estimate
from coursebot.answer.evidence import UNREAD, Evidence, rank
from coursebot.answer.question import analyse
from coursebot.answer.weights import fitted
from coursebot.types import Answer, Reader, Reading, Retrieved, State, Statement
from tests.answer.conftest import ScriptedReader, retrieved

TOKEN = "このログイン（トークン）は3時間有効。"
NEIGHBOUR = "デフォルトでは無効"
HERE: Reading = Reading(4.0, (0, 2), 0.5)


def asked(question: str = "トークンは何時間有効？", best: str = TOKEN) -> Retrieved:
    """Return hits, ``best`` the nearest, for a question as it was searched for."""
    return dataclasses.replace(retrieved(question, best), asked=f"レジストリ {question}")


def ranked(found: Retrieved, reader: Reader | None) -> tuple[Evidence, ...]:
    """Return the evidence."""
    return rank(analyse(found.question, found.language), found, reader)


def plains(judged: tuple[Evidence, ...]) -> list[str]:
    """Return the texts of the evidence, best first."""
    return [one.hit.statement.plain for one in judged]


def composed(found: Retrieved, reader: Reader | None = None) -> Answer:
    """Return the answer, with thresholds that let everything through."""
    return compose(found, answered_above=0.0, unsure_above=0.0, reader=reader)


def test_the_line_that_the_reader_prefers_becomes_first() -> None:
    """Though retrieval prefers its neighbour; the answer quotes it."""
    found, reader = asked(), ScriptedReader({NEIGHBOUR: 40.0})
    assert plains(ranked(found, None))[0] == TOKEN
    judged = ranked(found, reader)
    assert plains(judged)[0] == NEIGHBOUR
    assert judged[0].reading == Reading(40.0, (0, len(NEIGHBOUR)), 0.5)
    assert NEIGHBOUR in [citation.quote for citation in composed(found, reader).citations]


def test_a_line_beside_the_candidates_becomes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read around the shortlist is judged with it."""
    monkeypatch.setattr(evidence, "SHORTLIST", 1)
    found, reader = asked(), ScriptedReader({NEIGHBOUR: 40.0})
    assert plains(ranked(found, None)) == [TOKEN]
    judged = ranked(found, reader)
    assert reader.candidates == (TOKEN,)
    assert judged[0].hit.statement.plain == NEIGHBOUR
    names = [one.hit.statement.id for one in judged]
    assert len(set(names)) == len(names)
    section = judged[0].hit.statement.section
    assert set(names) == {line.id for line in found.siblings[section]}


def test_the_reader_gets_the_question_as_it_was_searched_for() -> None:
    """With the topic that it goes on from, and the candidates best first."""
    found, reader = asked(), ScriptedReader({})
    ranked(found, reader)
    assert reader.asked == [found.asked]
    assert list(reader.candidates) == plains(ranked(found, None))


def test_scores_are_the_weighted_sum_of_evidence_and_reading() -> None:
    """And the order is theirs, ties in document order; the features stay those of evidence."""
    found = asked()
    alone = {one.hit.statement.id: one for one in ranked(found, None)}
    judged = ranked(found, ScriptedReader({TOKEN: 3.0}, other=-20.0))
    own, said, unread = fitted().reading[found.language].tolist()
    for one in judged:
        before = alone.get(one.hit.statement.id, one)
        if before is one:  # a link, which was read beside the candidates
            continue
        read = UNREAD if one.reading is None else max(one.reading.score, UNREAD)
        score = own * before.score + said * read + unread * (one.reading is None)
        assert one.score == pytest.approx(score, rel=1e-4, abs=1e-4)
        assert one.features.tolist() == before.features.tolist()
    assert {one.reading is None for one in judged} == {True, False}
    order = [(-one.score, one.hit.statement.span) for one in judged]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("reading", "row"),
    [
        (None, [2.5, UNREAD, 1]),
        (dataclasses.replace(HERE, score=-30.0), [2.5, UNREAD, 0]),
        (HERE, [2.5, 4, 0]),
    ],
)
def test_what_was_not_read_has_the_least_score(reading: Reading | None, row: list[float]) -> None:
    """And is told apart from what was read and is worth no more."""
    assert evidence.read_features(2.5, reading).tolist() == row


def evidenced(scores: Mapping[str, float | None]) -> list[Evidence]:
    """Return evidence in that order, with what was read of each line."""
    hits = {hit.statement.plain: hit for hit in asked().statements}
    nothing = np.zeros(len(evidence.FEATURES), np.float32)
    return [
        Evidence(
            hits[plain], float(-at), nothing, None if score is None else Reading(score, (0, 1), 0.5)
        )
        for at, (plain, score) in enumerate(scores.items())
    ]


@pytest.mark.parametrize(
    ("scores", "row"),
    [
        # The rivals of a line are those of other blocks: Basic is of another list.
        (
            {TOKEN: 2.0, NEIGHBOUR: 1.0, "Basic": -1.0},
            [2.0, math.log(math.e**2 + math.e + math.e**-1), 1, 3.0, 0],
        ),
        (
            {TOKEN: 1.0, "Basic": 4.0, "Standard": None},
            [1.0, math.log(math.e + math.e**4), 0, -3.0, 0],
        ),
        ({TOKEN: None, "Basic": 4.0}, [UNREAD, 4.0, 0, UNREAD, 1]),
        ({TOKEN: -20.0, "Basic": -30.0}, [UNREAD, UNREAD, 1, -UNREAD, 0]),
        ({TOKEN: 3.0}, [3.0, 3.0, 1, -UNREAD, 0]),
        ({TOKEN: -9.0, "Basic": None}, [UNREAD, UNREAD, 1, -1.0, 0]),
    ],
    ids=["best", "another", "unread", "floor", "alone", "no rival read"],
)
def test_what_confidence_takes_from_the_reader(
    scores: Mapping[str, float | None], row: list[float]
) -> None:
    """By hand: own, any, preferred, margin over other blocks, unread."""
    found = confidence.read_features(evidenced(scores))
    assert found.tolist() == pytest.approx(row, rel=1e-5)


def test_confidence_uses_the_weights_of_what_was_read() -> None:
    """By hand, as the product of two logistic regressions."""
    found = asked()
    question = analyse(found.question, found.language)
    judged = ranked(found, ScriptedReader({TOKEN: 3.0}))
    row = confidence.features(question, judged, found)
    whole = [*row, *confidence.read_features(judged), 1.0]
    about = [*row[[confidence.FEATURES.index(name) for name in confidence.SUBJECT]], 1.0]
    logits = (
        np.dot(about, fitted().read_subject[found.language]),
        np.dot(whole, fitted().read[found.language]),
    )
    expected = math.prod(1 / (1 + math.exp(-logit)) for logit in logits)
    assert estimate(question, judged, found) == pytest.approx(expected, rel=1e-4)


def test_a_reader_that_finds_an_answer_makes_it_more_probable() -> None:
    """Than one that finds none in the same lines."""
    found = asked()
    some = composed(found, ScriptedReader({TOKEN: 8.0}, other=-8.0)).confidence
    none = composed(found, ScriptedReader({}, other=-8.0)).confidence
    assert 0 < none < some < 1


def test_without_a_reader_nothing_changes() -> None:
    """Nor with one that could not read anything."""
    for question, best in (
        ("how long is the token valid?", TOKEN),
        ("SKUの種類をすべて挙げて", "Standard"),
        ("レジストリとは", "レジストリ"),
    ):
        found = asked(question, best)
        judged = ranked(found, None)
        assert all(one.reading is None for one in judged)
        made = composed(found)
        assert composed(found, None) == made
        silent = ScriptedReader({}, first=0)
        assert composed(found, silent) == made
        assert [one.score for one in ranked(found, silent)] == [one.score for one in judged]


def test_nothing_retrieved_is_not_read() -> None:
    """There is nothing to read."""
    found, reader = dataclasses.replace(asked(), hits=(), statements=()), ScriptedReader({})
    made = composed(found, reader)
    assert (made.state, made.confidence, reader.asked) == (State.NOT_COVERED, 0.0, [])


def test_what_was_read_but_not_retrieved_is_no_candidate() -> None:
    """A reader may name lines that the hits do not hold."""
    found = asked()
    kept = tuple(hit for hit in found.statements if hit.statement.plain != NEIGHBOUR)
    fewer = dataclasses.replace(found, statements=kept)
    judged = ranked(fewer, ScriptedReader({NEIGHBOUR: 40.0}))
    assert NEIGHBOUR not in plains(judged)


def test_quotes_stay_verbatim() -> None:
    """Whatever the reader prefers, the answer is made of statements of the material."""
    found = asked()
    lines: dict[str, Statement] = {hit.statement.id: hit.statement for hit in found.statements}
    for preferred in lines.values():
        made = composed(found, ScriptedReader({preferred.plain: 40.0}, first=9))
        assert made.citations
        assert all(lines[one.statement].text == one.quote for one in made.citations)
