"""Measures of rankings and answers, on cases worked by hand."""

from __future__ import annotations

import math

from benchmarks import measures


def test_answers_are_compared_without_width_case_space_and_punctuation() -> None:
    """Full-width, case, spaces and punctuation make no difference."""
    assert measures.compared("「ＡＣＲ」 の 3時間。") == "acrの3時間"


def test_contains_answer_ignores_an_answer_of_punctuation_alone() -> None:
    """An answer without any letter or digit is in no text."""
    assert measures.contains_answer("トークンは3時間有効。", ["３ 時間"])
    assert not measures.contains_answer("トークンは3時間有効。", ["。", ""])


def test_rank_measures_count_distinct_ids() -> None:
    """A file with two passages takes one rank."""
    ranking = ["a", "a", "b", "c"]
    assert measures.reciprocal_rank(ranking, ["b"]) == 0.5
    assert measures.reciprocal_rank(ranking, ["c"], depth=2) == 0.0
    assert measures.success(ranking, ["b"], 1) == 0.0
    assert measures.success(ranking, ["b"], 2) == 1.0


def test_overlaps_includes_both_ends() -> None:
    """Lines that touch overlap; neighbours do not."""
    assert measures.overlaps((3, 5), [(5, 9)])
    assert not measures.overlaps((3, 4), [(5, 9), (1, 2)])


def test_auroc_counts_ties_half() -> None:
    """One win, one tie and two losses of four pairs."""
    assert measures.auroc([0.5, 0.1], [0.5, 0.2]) == 0.375
    assert math.isnan(measures.auroc([], [0.5]))


def test_paired_interval_of_a_constant_difference_has_no_width() -> None:
    """When every question differs by the same, so does every sample."""
    assert measures.paired_interval([1.0, 1.0, 1.0], [0.5, 0.5, 0.5]) == (0.5, 0.5, 0.5)
