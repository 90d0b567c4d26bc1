"""Anchors by GitHub's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursebot.course import read_document
from coursebot.course.slugs import Slugger, slug


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Azure Container Registry (ACR)", "azure-container-registry-acr"),
        ("仮想化とは？", "仮想化とは"),
        ("ラボ 09: ACR と AKS", "ラボ-09-acr-と-aks"),
        ("コンテナー・セキュリティ（分離）", "コンテナーセキュリティ分離"),
        ("Task - measure it", "task---measure-it"),
        ("🚀 Challenge", "-challenge"),
        ("snake_case 2.0", "snake_case-20"),
        ("!!!", ""),
    ],
)
def test_headings_become_github_anchors(heading: str, anchor: str) -> None:
    """Letters of any script stay, punctuation goes, each space becomes a hyphen."""
    assert slug(heading) == anchor


def test_duplicates_are_numbered() -> None:
    """The second and third of a name get -1 and -2, also when a heading is called so itself."""
    slugger = Slugger()
    assert [slugger.unique(name) for name in ("a", "a", "a-1", "a")] == ["a", "a-1", "a-1-1", "a-2"]


def test_squares_do_not_disturb_the_numbers_of_real_headings() -> None:
    """GitHub knows nothing of squares, so they are numbered after all real headings."""
    sections, _ = read_document("■X\n\n# X\n\n■X\n\n# X\n", course="c", path="p.md")
    assert [section.anchor for section in sections] == ["", "x", "x", "x-1"]
    assert [section.reader_anchor for section in sections] == ["x-2", "x", "x-3", "x-1"]
    assert [section.level for section in sections] == [1, 1, 2, 1]


@given(st.lists(st.text(max_size=5)))
def test_anchors_are_unique(names: list[str]) -> None:
    """Whatever is asked for, no anchor is given twice."""
    slugger = Slugger()
    given_out = [slugger.unique(slug(name)) for name in names]
    assert len(set(given_out)) == len(given_out)
