"""Index ▶ questions that it may answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coursebot.conversation import is_follow_up
from coursebot.encoder.fake import HashEncoder
from coursebot.index import Index, build
from coursebot.suggestions.candidates import OF_A_COURSE, OF_A_SECTION, candidates, key
from coursebot.types import Language

Make = Callable[[str], Index]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that indexes a course of one file."""

    def made(source: str) -> Index:
        (tmp_path / "corpus" / "c").mkdir(parents=True)
        (tmp_path / "corpus" / "c" / "1.md").write_text(source, encoding="utf-8")
        build(tmp_path / "corpus", tmp_path / "index", HashEncoder(), passage_tokens=128)
        return Index.load(tmp_path / "index")

    return made


def test_given_questions_come_first(built: Index) -> None:
    """Examples, then the golden set's, then what is made; follow-ups are left out."""
    found = candidates(built)
    assert [(c.origin, c.question) for c in found if c.origin in {"example", "golden"}] == [
        ("example", "Which service stores container images?"),
        ("example", "???"),
        ("example", "What are tokens?"),
        ("golden", "コンテナーイメージを保存するサービスは？"),
    ]
    assert not any(is_follow_up(c.question) for c in found)
    assert len({(c.course, key(c.question)) for c in found}) == len(found)


DEFINITIONS = {
    "- Role: ユーザーに付与するアクセス許可": ["What is Role?", "Roleとは何ですか？"],
    "- **名前空間** – 物理クラスター上に作り出す仮想のクラスター": ["名前空間とは何ですか？"],
    "コンテナーとは、プロセスを分離して実行する技術です。": ["コンテナーとは何ですか？"],
    "※Namespace:\n- 仮想のクラスター。": ["What is Namespace?", "Namespaceとは何ですか？"],
    "A virtual network is a private space.": ["What is a virtual network?"],
    "The term 'Precision Agriculture' is used to define measuring crops.": [
        "What is Precision Agriculture?",
        "Precision Agricultureとは何ですか？",
    ],
    "- Relay - a switch that is turned on or off.": ["What is relay?"],
    "- 手順書: この手順書に従って設定してください": [],
    "- Default: 3 hours": [],
    "- https://example.org/: a page that says more about this": [],
    "This is a sentence about something.": [],
    "Select **Inspect** to see the details of the result.": [],
    "コンテナーとは何でしょうか、考えてみましょう？": [],
    "※Namespace:": [],
}


@pytest.mark.parametrize("source", DEFINITIONS)
def test_definitions_are_asked_about(make: Make, source: str) -> None:
    """Labels, bold terms, とは and "is a" make questions; values, links and demands do not."""
    found = candidates(make(f"# まとめ\n\n{source}\n"))
    assert [c.question for c in found] == DEFINITIONS[source]
    assert all(c.origin == "definition" and c.statement for c in found)


def test_sections_about_the_course_make_none(make: Make) -> None:
    """Quizzes and assignments are not the subject, nor is what stands below them."""
    assert candidates(make("# Assignment\n\n## Relays\n\nA relay is a switch that moves.\n")) == ()


def test_a_file_without_headings(make: Make) -> None:
    """Definitions alone are asked about."""
    (found,) = candidates(make("A relay is a switch that moves.\n"))
    assert (found.question, found.origin) == ("What is a relay?", "definition")


def test_the_number_is_bounded_and_spread(make: Make) -> None:
    """Every section gets its turn before one gets a second; six of one, 400 of a course."""
    lines = "\n".join(f"- 用語{a}{b}: これは説明の文章です" for a in "いろはに" for b in "甲乙丙")
    items = [f"# 項目{chr(0x4E00 + n)}\n\n{lines.replace('用語', f'語{n}号')}\n" for n in range(90)]
    found = candidates(make("\n".join(items)))
    assert len(found) == OF_A_COURSE
    sections = [c.section for c in found]
    assert len(set(sections[:90])) == 90
    most = max(sections.count(section) for section in set(sections))
    assert most <= OF_A_SECTION
    assert {c.language for c in found} == {Language.JA}
