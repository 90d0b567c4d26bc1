"""An index of some courses is what an index would be that never had the others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import UnknownCourseError
from coursebot.index import Index, LiveIndex, build

TEXTS = {
    "a": "# Kites\n\nA kite has a long line.\n\n## Tail\n\nThe tail is short. A tail is light.\n",
    "b": "# Vaults\n\nThe vault holds gold.\n\n## Door\n\nA door of steel keeps a line of gold.\n",
    "c": "# Boats\n\nA boat has a sail and a line.\n\n## Hull\n\nThe hull is made of oak.\n",
}
QUESTIONS = ("What has a long line?", "gold", "How short is the tail?", "sail oak door")


def made(folder: Path, names: str) -> Index:
    """Return an index of some of the courses."""
    build_with(folder, {name: TEXTS[name] for name in names})
    return Index.load(folder / "index")


def build_with(folder: Path, texts: Mapping[str, str]) -> None:
    """Make courses of these texts, and index them."""
    for name, text in texts.items():
        (folder / "corpus" / name).mkdir(parents=True)
        (folder / "corpus" / name / "x.md").write_text(text, encoding="utf-8")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Return the index of all courses."""
    return made(tmp_path_factory.mktemp("whole"), "abc")


def test_all_of_it_is_itself(whole: Index) -> None:
    """Where nothing is held back, nothing is made, and nothing takes longer."""
    assert whole.only(["a", "b", "c"]) is whole
    assert whole.only(["a"]) is whole.only({"a": 1, "z": 2})
    assert (whole.hidden, whole.only(["a"]).hidden) == (0, 2)


@pytest.mark.parametrize("names", ["ac", "b", "ab", ""])
def test_a_part_is_an_index_without_the_others(whole: Index, tmp_path: Path, names: str) -> None:
    """The same records, positions, cosines, rareness of words and ranks."""
    part = whole.only(names)
    assert list(part.courses) == list(names)
    assert {one.course for one in part.passages} == set(names)
    assert {one.course for one in part.statements} == set(names)
    assert {one.course for one in part.sections.values()} == set(names)
    assert part.refusals == ()
    assert part.manifest.digest != whole.manifest.digest
    for name in "abc":
        if name not in names:
            with pytest.raises(KeyError):
                part.source(f"{name}/x.md")
            with pytest.raises(UnknownCourseError):
                part.bm25("word", ["line"], name)
    if not names:
        return
    alone = made(tmp_path, names)
    assert part.passages == alone.passages
    assert part.statements == alone.statements
    encoder = HashEncoder()
    for question in QUESTIONS:
        vector = encoder.encode_queries([question])[0]
        for search in ("search_passages", "search_statements"):
            for course in (None, *names):
                found = getattr(part, search)(vector, 5, course)
                expected = getattr(alone, search)(vector, 5, course)
                assert found[0].tolist() == expected[0].tolist()
                assert found[1] == pytest.approx(expected[1])
        for leg in ("word", "bigram"):
            from coursebot.index import LEGS

            terms = LEGS[leg](question)
            assert [part.idf(leg, t) for t in terms] == [alone.idf(leg, t) for t in terms]
            assert np.array_equal(part.bm25(leg, terms), alone.bm25(leg, terms))
            assert np.array_equal(part.statement_bm25(leg, terms), alone.statement_bm25(leg, terms))


def test_no_digest_tells_of_a_hidden_course(whole: Index, tmp_path: Path) -> None:
    """Not even that it changed: who knows the rest of it could try words until the digest fits."""
    build_with(tmp_path, {**TEXTS, "b": TEXTS["b"].replace("gold", "gems")})
    other = Index.load(tmp_path / "index")
    assert other.manifest.digest != whole.manifest.digest
    assert other.only("ac").manifest.digest == whole.only("ac").manifest.digest
    assert other.only("ab").manifest.digest != whole.only("ab").manifest.digest
    assert whole.only("ac").manifest.files == {}


def test_an_assistant_asks_each_time_whom_it_serves(whole: Index, tmp_path: Path) -> None:
    """Nothing of a course that is held back is in its index, its courses and its answers."""
    made(tmp_path, "ab")
    seen = {"a"}
    assistant = Assistant(LiveIndex(tmp_path / "index"), HashEncoder(), Settings())
    served = assistant.seen(lambda course: course.name in seen)
    assert list(served.courses) == ["a"]
    pinned = served.pinned()
    assert {hit.passage.course for hit in served.search("gold line")} == {"a"}
    assert "gold" in served.ask("Where is gold?").unknown
    seen.add("b")
    assert list(served.courses) == ["a", "b"]
    assert "gold" not in served.ask("Where is gold?").unknown
    assert list(pinned.courses) == ["a"]
