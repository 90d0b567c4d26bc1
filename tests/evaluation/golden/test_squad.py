"""SQuAD's JSON ▶ golden items over material, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursebot.course import read_corpus
from coursebot.errors import GoldenError
from coursebot.evaluation import golden
from coursebot.evaluation.golden import importing, squad
from coursebot.evaluation.golden.contexts import write_course
from coursebot.evaluation.golden.importing import Options
from coursebot.evaluation.golden.material import Material
from coursebot.evaluation.golden.placing import place
from coursebot.evaluation.golden.records import Expected, Followup, Origin, Source, Status
from coursebot.types import Language
from tests.evaluation.golden.conftest import make_item

NORMANS = (
    "The Normans gave their name to Normandy, a region in France. "
    "They were descended from Norse raiders."
)
TSUYU = "梅雨は、曇りや雨の多い期間のこと。雨季の一種である。"


def answer(context: str, text: str) -> dict[str, object]:
    """Return an answer as SQuAD writes it."""
    return {"text": text, "answer_start": context.index(text)}


def data_set() -> dict[str, object]:
    """Return a set with SQuAD 2.0's and JSQuAD's forms in it."""
    titled = f"梅雨 [SEP] {TSUYU}"
    return {
        "version": "v2.0",
        "data": [
            {
                "title": "Normans_(people)",
                "paragraphs": [
                    {
                        "context": NORMANS,
                        "qas": [
                            {
                                "id": "56ddde6b",
                                "question": "From whom were they descended?",
                                "answers": [
                                    answer(NORMANS, "Norse raiders"),
                                    answer(NORMANS, "Norse raiders"),
                                    answer(NORMANS, "Norse"),
                                ],
                                "is_impossible": False,
                            },
                            {
                                "id": "5ad39d53",
                                "question": "Who gave their name to Paris?",
                                "answers": [],
                                "plausible_answers": [answer(NORMANS, "The Normans")],
                                "is_impossible": True,
                            },
                        ],
                    }
                ],
            },
            {
                "title": "梅雨",
                "paragraphs": [
                    {
                        "context": titled,
                        "qas": [
                            {
                                "id": "a10336p0q1",
                                "question": "梅雨とは何季の一種か?",
                                "answers": [answer(titled, "雨季")],
                            },
                            {"id": "a 1", "question": "?", "answers": [], "is_impossible": True},
                        ],
                    }
                ],
            },
        ],
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a SQuAD file."""
    made = tmp_path / "dev.json"
    made.write_text(json.dumps(data_set()), encoding="utf-8")
    return made


def test_a_set_becomes_a_course(file: Path, tmp_path: Path) -> None:
    """Contexts are files, questions its golden set; each quote stands where its answer does."""
    folder = tmp_path / "corpus" / "squad"
    found, count = importing.as_course(file, folder, Options(status="reviewed"), skip_bad=False)
    assert (count, found.problems) == (2, ())
    corpus = read_corpus(folder.parent)
    assert [(d.path, d.source) for d in corpus.documents] == [
        ("squad/normans-people/001.md", f"# Normans (people)\n\n{NORMANS}\n"),
        ("squad/梅雨/001.md", f"# 梅雨\n\n{TSUYU}\n"),
    ]
    descended, paris, rain, bare = found.items
    assert descended == make_item(
        "56ddde6b",
        "From whom were they descended?",
        lang=Language.EN,
        answers=(Expected(text="Norse raiders", aliases=("Norse",)),),
        sources=(
            Source(
                path="normans-people/001.md",
                heading_path=("Normans (people)",),
                quote="They were descended from Norse raiders.",
            ),
        ),
        origin=Origin.IMPORT,
        status=Status.REVIEWED,
    )
    assert (paris.unanswerable, paris.answers) == (True, ())
    assert paris.sources[0].quote.startswith("The Normans gave their name")
    assert rain.sources[0].quote == "雨季の一種である。"
    assert rain.lang is Language.JA
    assert (bare.id, bare.unanswerable, bare.sources) == ("a-1", True, ())
    material = Material.from_corpus(corpus)
    for item in found.items:
        placed, stale = place(item, material, "squad")
        assert len(placed) == len(item.sources)
        assert stale == ()


def test_contexts_are_found_in_material(file: Path, tmp_path: Path) -> None:
    """Wherever in a file they stand and however it wraps them; the others are named."""
    folder = tmp_path / "corpus" / "c"
    folder.mkdir(parents=True)
    wrapped = NORMANS.replace("region in", "region\nin")
    (folder / "a.md").write_text(f"# A\n\nBefore it. {wrapped} After it.\n", encoding="utf-8")
    material = Material.from_corpus(read_corpus(folder.parent))
    found = importing.read(file, "squad", Options(lang="en"), lambda: material, "c")
    assert [item.id for item in found.items] == ["56ddde6b", "5ad39d53"]
    assert found.items[0].sources[0].path == "a.md"
    assert found.items[0].sources[0].quote == "They were descended from Norse raiders."
    assert [str(problem) for problem in found.problems] == [
        f"question {n}: its context stands nowhere in the material: “{TSUYU}…”." for n in (3, 4)
    ]


def test_the_folder_is_made_whole_or_not(file: Path, tmp_path: Path) -> None:
    """What is there is left alone, and a set with faults makes no course."""
    folder = tmp_path / "squad"
    folder.mkdir()
    (folder / "mine.md").touch()
    with pytest.raises(GoldenError, match="there is something already"):
        importing.as_course(file, folder, Options(), skip_bad=False)
    assert [entry.name for entry in folder.iterdir()] == ["mine.md"]
    faulty = json.loads(file.read_text(encoding="utf-8"))
    faulty["data"][0]["paragraphs"][0]["qas"][0]["question"] = " "
    file.write_text(json.dumps(faulty), encoding="utf-8")
    found, _ = importing.as_course(file, tmp_path / "new", Options(), skip_bad=False)
    assert [str(problem) for problem in found.problems] == ["question 1: question is empty."]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["dev.json", "squad"]
    found, _ = importing.as_course(file, tmp_path / "new", Options(), skip_bad=True)
    assert len(found.items) == 3


def test_contexts_are_written_once(tmp_path: Path) -> None:
    """Articles of the same name are kept apart, and a context that comes twice is one file."""
    article = {"title": "A", "paragraphs": [{"context": "One.", "qas": []}] * 2}
    other = {"title": "a!", "paragraphs": [{"context": "Two.", "qas": []}]}
    read = squad.parse(json.dumps({"data": [article, other]}).encode())
    assert write_course(read, tmp_path / "c", "T", "en") == 2
    assert sorted(p.relative_to(tmp_path / "c").as_posix() for p in tmp_path.rglob("*.md")) == [
        *("a-2/001.md", "a/001.md"),
    ]
    (course,) = read_corpus(tmp_path).courses
    assert (course.title, course.language) == ("T", "en")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "not SQuAD's JSON"),
        ('{"data": [{"paragraphs": [{"qas": []}]}]}', r"data\.0\.paragraphs\.0\.context: Field"),
    ],
)
def test_what_is_no_squad_is_refused(tmp_path: Path, data: str, message: str) -> None:
    """The message names the file and the place."""
    file = tmp_path / "x.json"
    file.write_text(data, encoding="utf-8")
    with pytest.raises(GoldenError, match=message) as raised:
        importing.as_course(file, tmp_path / "c", Options(), skip_bad=False)
    assert raised.value.message.startswith(f"{file}: ")


def test_what_is_exported_is_imported(file: Path, tmp_path: Path) -> None:
    """Ids, questions, answers, quotes and what is unanswerable come back; the rest is named."""
    folder = tmp_path / "corpus" / "squad"
    found, _ = importing.as_course(file, folder, Options(), skip_bad=False)
    material = Material.from_corpus(read_corpus(folder.parent))
    parts = (Expected(text="Norse"), Expected(text="raiders"))
    source = found.items[0].sources
    others = [
        make_item("parts", answers=parts, sources=source),
        make_item("later", sources=source, followups=(Followup(question="?", answers=parts),)),
        make_item("words", answers=(Expected(text="Vikings"),), sources=source),
        make_item("free", answers=(), sources=source),
    ]
    made = squad.text_of([*found.items, *others], material, "squad", "t")
    assert made.left_out == (
        ("a-1", "it has no source in the material"),
        ("parts", "its answer has several parts"),
        ("later", "it has follow-ups"),
        ("words", "its answer does not stand in its source"),
        ("free", "it has no answer"),
    )
    assert made.count == 3
    read = squad.parse(made.text.encode())
    for article in read.data:
        for paragraph in article.paragraphs:
            for asked in paragraph.qas:
                for one in (*asked.answers, *asked.plausible):
                    end = one.answer_start + len(one.text)
                    assert paragraph.context[one.answer_start : end] == one.text
    again = squad.items_of(read, material, "squad")
    assert again.problems == ()
    assert again.items == found.items[:3]
    assert golden.digest(again.items) == golden.digest(found.items[:3])
