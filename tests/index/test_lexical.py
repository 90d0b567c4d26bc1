"""Texts ▶ BM25 scores."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.index.lexical import K1, LEGS, B, LexicalLeg, files
from coursebot.terms import terms, words


def by_hand(texts: list[list[str]], query: list[str]) -> list[float]:
    """Return Lucene's BM25 (Kamphuis et al. 2020), written out."""
    average = sum(map(len, texts)) / len(texts)
    scores = []
    for text in texts:
        counts, total = Counter(text), 0.0
        for term in query:
            frequency = sum(term in other for other in texts)
            idf = math.log(1 + (len(texts) - frequency + 0.5) / (frequency + 0.5))
            saturation = K1 * (1 - B + B * len(text) / average)
            total += idf * counts[term] / (counts[term] + saturation) if counts[term] else 0.0
        scores.append(total)
    return scores


TEXTS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), min_size=1, max_size=8).filter(
    any
)


@settings(deadline=None)
@given(texts=TEXTS, query=st.lists(st.sampled_from("abcxyz"), max_size=6))
def test_scores_are_bm25(texts: list[list[str]], query: list[str]) -> None:
    """Every text gets the score that the formula gives; unknown terms add nothing."""
    lines = [" ".join(text) for text in texts]
    leg = LexicalLeg.build(str.split, lines, [])
    assert leg.score("passages", query) == pytest.approx(by_hand(texts, query), rel=1e-5)
    assert leg.score("statements", query).shape == (0,)


@settings(deadline=None)
@given(texts=TEXTS, query=st.lists(st.sampled_from("abcxyz"), max_size=6))
def test_bytes_and_back(texts: list[list[str]], query: list[str]) -> None:
    """A leg that was stored scores as the one that was built."""
    lines = [" ".join(text) for text in texts]
    leg = LexicalLeg.build(str.split, lines, lines[:2])
    counts = {"passages": len(lines), "statements": len(lines[:2])}
    again = LexicalLeg.load("x", leg.dump("x"), counts)
    for unit in counts:
        assert np.array_equal(again.score(unit, query), leg.score(unit, query))
    assert [again.idf(term) for term in query] == [leg.idf(term) for term in query]


def test_idf_is_lucenes_over_passages() -> None:
    """A term's weight counts passages; one that only a statement has weighs nothing."""
    leg = LexicalLeg.build(str.split, ["a b", "a"], ["c"])
    assert leg.idf("a") == pytest.approx(math.log(1 + 0.5 / 2.5))
    assert leg.idf("b") == pytest.approx(math.log(1 + 1.5 / 1.5))
    assert (leg.idf("c"), leg.idf("d")) == (0.0, 0.0)


def test_texts_without_terms_score_nothing() -> None:
    """A corpus of nothing but signs can be indexed."""
    leg = LexicalLeg.build(terms, ["!?", "…"], [])
    assert leg.score("passages", ["a"]).tolist() == [0.0, 0.0]


def test_the_legs_are_bigrams_and_words() -> None:
    """Each leg is one entry of a table, and has its files by its name."""
    assert {"bigram": terms, "word": words} == LEGS
    assert {name.split(".")[0] for name in files()} == set(LEGS)
