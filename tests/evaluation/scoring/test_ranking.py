"""Retrieval measures against values worked out by hand and ir-measures itself."""

from math import log2

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.evaluation.scoring.metrics import RANKINGS
from coursebot.evaluation.scoring.ranking import judgements, measure


def _ranking(*covers: set[int]) -> list[tuple[str, frozenset[int]]]:
    return [(f"p{at}", frozenset(one)) for at, one in enumerate(covers)]


def test_values_worked_out_by_hand() -> None:
    """Gold 0 (gain 1) at rank 2, gold 1 (gain 3) at rank 6, gold 2 (gain 2) nowhere.

    First at 2: RR 1/2, Success@1 0, Success@5 1. R@5 1/3, R@10 2/3.
    DCG 1/log2(3) + 3/log2(7); ideal 3/log2(2) + 2/log2(3) + 1/log2(4).
    """
    found = measure(_ranking(set(), {0}, set(), set(), set(), {1}), {0: 1, 1: 3, 2: 2})
    ideal = 3 + 2 / log2(3) + 1 / 2
    assert found == pytest.approx(
        {
            "Success@1": 0,
            "Success@5": 1,
            "R@5": 1 / 3,
            "R@10": 2 / 3,
            "RR@10": 1 / 2,
            "nDCG@10": (1 / log2(3) + 3 / log2(7)) / ideal,
        }
    )


def test_a_source_covered_twice_gains_once() -> None:
    """Overlapping passages do not add up, and the best ranking is worth 1."""
    assert set(measure(_ranking({0}, {0}, {0}), {0: 1}).values()) == {1.0}
    assert measure(_ranking({0, 1}), {0: 1, 1: 2})["nDCG@10"] == 1
    assert measure(_ranking({0}, {0}, {1}), {0: 1, 1: 1})["nDCG@10"] < 1


def test_a_section_counts_where_it_stands_first() -> None:
    """Its later passages push nothing down."""
    twice = [("s", frozenset[int]()), ("s", frozenset[int]()), ("t", frozenset({0}))]
    assert measure(twice, {0: 1}, "section ")["section RR@10"] == 0.5


def test_what_lies_below_the_cutoff_or_nowhere_counts_as_relevant() -> None:
    """R and nDCG are of all gold sources."""
    found = measure(_ranking({0}, *[set() for _ in range(9)], {1}), {0: 1, 1: 1, 2: 1})
    assert found["R@10"] == pytest.approx(1 / 3)
    assert found["nDCG@10"] == pytest.approx(1 / (1 + 1 / log2(3) + 1 / 2))
    assert set(measure([], {0: 1}).values()) == {0.0}


ROWS = st.lists(
    st.tuples(
        st.lists(st.frozensets(st.integers(0, 3), max_size=2), max_size=14),
        st.dictionaries(st.integers(0, 3), st.integers(1, 3), min_size=1),
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)
@given(ROWS)
def test_rows_have_the_values_of_ir_measures_over_the_whole_run(
    rows: list[tuple[list[frozenset[int]], dict[int, int]]],
) -> None:
    """Row by row nothing is lost, and every value lies within 0 and 1."""
    rankings = [_ranking(*map(set, covers)) for covers, _ in rows]
    judged = [judgements(one, gold) for one, (_, gold) in zip(rankings, rows, strict=True)]
    names = [name for name in RANKINGS if not name.startswith("R@")]
    found = ir_measures.iter_calc(
        [ir_measures.parse_measure(name) for name in names],
        {str(at): qrels for at, (qrels, _) in enumerate(judged)},
        {str(at): run for at, (_, run) in enumerate(judged) if run},
    )
    whole = {(one.query_id, str(one.measure)): one.value for one in found}
    for at, (ranking, (_, gold)) in enumerate(zip(rankings, rows, strict=True)):
        values = measure(ranking, gold)
        assert all(0 <= value <= 1 + 1e-9 for value in values.values())
        for name in names:
            assert values[name] == pytest.approx(whole.get((str(at), name), 0.0))


@settings(deadline=None)
@given(st.permutations(range(14)), st.integers(1, 4))
def test_recall_is_ir_measures_where_each_source_has_its_own_passage(
    order: list[int], size: int
) -> None:
    """Then sources and passages are the same thing."""
    ranking = _ranking(*({one} if one < size else set() for one in order[:12]))
    gold = dict.fromkeys(range(size), 1)
    qrels, run = judgements(ranking, gold)
    wanted = [ir_measures.parse_measure(name) for name in ("R@5", "R@10")]
    for one in ir_measures.iter_calc(wanted, {"q": qrels}, {"q": run}):
        assert measure(ranking, gold)[str(one.measure)] == pytest.approx(one.value)


@settings(deadline=None)
@given(st.lists(st.frozensets(st.integers(0, 2), max_size=2), max_size=12))
def test_names_of_passages_change_nothing(covers: list[frozenset[int]]) -> None:
    """Ties are broken by rank, never by id."""
    gold = {0: 1, 1: 2, 2: 3}
    renamed = [(f"z{99 - at}", one) for at, one in enumerate(covers)]
    assert measure(renamed, gold) == measure(_ranking(*map(set, covers)), gold)
