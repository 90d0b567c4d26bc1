"""Who may see a course, as its own ``course.toml`` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.course import read_corpus
from coursebot.errors import CorpusError


def read(folder: Path, described: str) -> tuple[str, ...]:
    """Return the groups of a course with this description."""
    course = folder / "c"
    course.mkdir()
    (course / "a.md").write_text("A kite flies.\n", encoding="utf-8")
    (course / "course.toml").write_text(described, encoding="utf-8")
    return read_corpus(folder).courses[0].groups


@pytest.mark.parametrize(
    ("described", "groups"),
    [
        ("", ()),
        ('groups = ["year-2", "tutors@school"]', ("year-2", "tutors@school")),
        ('groups = ["*"]', ("*",)),
        ('groups = ["二年"]', ("二年",)),
    ],
)
def test_groups_are_read(tmp_path: Path, described: str, groups: tuple[str, ...]) -> None:
    """None is an open course."""
    assert read(tmp_path, described) == groups


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ("groups = []", "'groups' is empty"),
        ('groups = "year-2"', "'groups' must be a list"),
        ("groups = [2]", "'groups' must be a list"),
        ('groups = ["a b"]', "'groups' must be a list"),
        ('groups = [""]', "'groups' must be a list"),
        ('groups = ["**"]', "'groups' must be a list"),
        ('group = ["year-2"]', "unknown key 'group'"),
    ],
)
def test_a_slip_does_not_open_a_course(tmp_path: Path, described: str, said: str) -> None:
    """It is an error, so that the index of before goes on."""
    with pytest.raises(CorpusError, match=said):
        read(tmp_path, described)
