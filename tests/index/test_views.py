"""A law: what somebody is answered is what an index of their courses alone would answer."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.index import LiveIndex, build, copy
from coursebot.people import Person, Role
from coursebot.places import Place, place_of
from tests.postgres_server import Server

WORDS = (
    *("kite", "line", "vault", "gold", "a", "is", "of", "long", "12", "metres"),
    *("凧", "の", "糸", "は", "30", "メートル", "金庫", "です", "トークン", "有効期間"),
)
GROUPS = ("year-1", "year-2", "*")

sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
parts = st.lists(sentences, min_size=1, max_size=4).map(lambda said: "。\n\n".join(said) + ".")
texts = st.lists(st.tuples(sentences, parts), min_size=1, max_size=4).map(
    lambda sections: "".join(f"## {heading}\n\n{body}\n\n" for heading, body in sections)
)


@dataclass(frozen=True)
class Taught:
    """A course: its text, and the groups that it is for; none: it is open."""

    text: str
    groups: Sequence[str]


courses = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.builds(Taught, texts, st.lists(st.sampled_from(GROUPS), max_size=2, unique=True)),
    min_size=1,
    max_size=4,
)
people = st.builds(
    Person,
    st.sampled_from(["", "hana"]),
    st.sampled_from(Role),
    st.frozensets(st.sampled_from(GROUPS[:2])),
)


def opened(folder: Path, taught: Mapping[str, Taught], place: Place | None = None) -> Assistant:
    """Return an assistant on an index of courses, kept in the folder or copied to ``place``."""
    for name, one in taught.items():
        (folder / "corpus" / name).mkdir(parents=True)
        said = f"groups = {list(one.groups)}\n" if one.groups else ""
        (folder / "corpus" / name / "course.toml").write_text(said, encoding="utf-8")
        (folder / "corpus" / name / "x.md").write_text(f"# X\n\n{one.text}", encoding="utf-8")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=24)
    if place is not None:
        copy(folder / "index", place)
    chosen = Settings.load(unsure_above=0.0)
    return Assistant(LiveIndex(place or folder / "index"), HashEncoder(), chosen)


def check(
    taught: Mapping[str, Taught],
    person: Person,
    question: str,
    place: Place | None = None,
) -> None:
    """Compare what a person is answered with the answer from their courses alone."""
    with tempfile.TemporaryDirectory() as kept:
        served = opened(Path(kept) / "all", taught, place).seen(person.sees)
        seen = {
            name: one
            for name, one in taught.items()
            if not one.groups
            or person.role is Role.ADMIN
            or (person.name and ("*" in one.groups or person.groups & set(one.groups)))
        }
        assert list(served.courses) == sorted(seen)
        if not seen:
            assert served.search(question) == ()
            assert served.ask(question).citations == ()
            return
        alone = opened(Path(kept) / "seen", seen)
        for course in (None, *seen):
            assert served.search(question, course=course) == alone.search(question, course=course)
            answers = [one.ask(question, course=course) for one in (served, alone)]
            assert replace(answers[0], timings_ms={}) == replace(answers[1], timings_ms={})
            found, expected = (one.examine(question, course=course)[1] for one in (served, alone))
            assert found.legs == expected.legs


@settings(deadline=None, max_examples=40)
@given(taught=courses, person=people, question=sentences)
def test_a_view_is_an_index_of_its_own(
    taught: Mapping[str, Taught], person: Person, question: str
) -> None:
    """The same hits, scores, ranks, words that are unknown, confidence and answer."""
    check(taught, person, question)


@settings(
    deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(taught=courses, person=people, question=sentences)
def test_a_view_in_a_database_is_an_index_of_its_own(
    postgres: Server, taught: Mapping[str, Taught], person: Person, question: str
) -> None:
    """To the digits of the folder's."""
    place = place_of(postgres.new_database())
    check(taught, person, question, place)
