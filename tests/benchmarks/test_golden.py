"""Public data sets ▶ golden items."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.data import Source as Passage
from benchmarks.golden import QUIZ, convert
from benchmarks.golden import __main__ as command
from coursebot.evaluation.golden import problems, read
from coursebot.evaluation.golden.records import AnswerKind, Expected, Origin, Source, Status

LESSON = "2-farm/lessons/1-predict-plant-growth"


def quiz_row(**changes: object) -> dict[str, object]:
    """Return a line of the quiz."""
    return {
        "id": "iot-1",
        "lesson": LESSON,
        "question_en": "Plant growth is dependant on temperature",
        "answers_en": ["True"],
        "options_en": ["True", "False"],
        **changes,
    }


def test_a_quiz_question_is_judged_by_its_lesson_in_both_languages() -> None:
    """The whole file is gold, the answer is kept for people, and statements are tagged."""
    item = convert.quiz_item(quiz_row())
    assert item.sources == (
        Source(path=f"{LESSON}/README.md"),
        Source(path=f"translations/ja/{LESSON}/README.md"),
    )
    assert item.answers == (Expected(text="True", kind=AnswerKind.FREEFORM),)
    assert item.tags == ("farm", "statement")
    assert (item.origin, item.status) == (Origin.IMPORT, Status.REVIEWED)


def test_a_question_with_other_options_is_no_statement() -> None:
    """And the lessons of one language alone can be gold."""
    item = convert.quiz_item(quiz_row(options_en=["Iron", "Internet"]), folders=("",))
    assert item.tags == ("farm",)
    assert item.sources == (Source(path=f"{LESSON}/README.md"),)


def test_the_quiz_that_is_kept_is_sound() -> None:
    """All 144 questions are reviewed, and the licence lies beside them."""
    assert problems(QUIZ) == ()
    items = read(QUIZ).items
    assert len(items) == 144
    assert {item.status for item in items} == {Status.REVIEWED}
    assert sum(convert.STATEMENT in item.tags for item in items) == 71
    assert "MIT License" in QUIZ.with_suffix(".LICENSE").read_text(encoding="utf-8")


def test_the_command_writes_the_quiz(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says in one line where it went, or that the data is missing."""
    out = tmp_path / "quiz.jsonl"
    monkeypatch.setattr(sys, "argv", ["golden", "--data", str(tmp_path), "--out", str(out)])
    with pytest.raises(SystemExit, match="iot-for-beginners is missing"):
        command.main()
    folder = tmp_path / "iot-for-beginners"
    folder.mkdir()
    (folder / "quiz.questions.jsonl").write_text(json.dumps(quiz_row()) + "\n", encoding="utf-8")
    command.main()
    assert capsys.readouterr().out == f"{out}: 1 items\n"
    assert [item.id for item in read(out).items] == ["iot-1"]


FIRST_TWO = ("梅雨は雨季の一種である。", "5月から7月にかけて来る。")
TEXT = "梅雨は雨季の一種である。5月から7月にかけて来る。台湾でも見られる。"


@pytest.mark.parametrize(
    ("answers", "spans", "quotes"),
    [
        (["雨季", "雨季"], [[3, 5], [3, 5]], ("梅雨は雨季の一種である。",)),
        (
            ["雨季", "5月"],
            [[3, 5], [12, 14]],
            FIRST_TWO,
        ),
        (["ある。5月"], [[9, 14]], ("梅雨は雨季の一種である。5月から7月にかけて来る。",)),
        (["台湾"], [[0, 2]], ("台湾でも見られる。",)),
        (["臺灣"], [[24, 26]], ("",)),
    ],
    ids=[
        "one",
        "two annotators",
        "two sentences",
        "span that is not the answer",
        "not in the text",
    ],
)
def test_the_sentences_that_hold_an_answer_are_gold(
    answers: list[str], spans: list[list[int]], quotes: tuple[str, ...]
) -> None:
    """Each once; the whole passage when no answer stands in it as it is spelt."""
    row = {"id": "q", "question": "何？", "all_answers": answers, "spans": spans, "gold": ["p"]}
    item = convert.squad_item(row, {"p": TEXT})
    assert item.sources == tuple(Source(path="p.md", quote=quote) for quote in quotes)
    assert (item.answers[0].text, *item.answers[0].aliases) == tuple(dict.fromkeys(answers))


@given(st.text("あ。\n ", min_size=1), st.data())
def test_the_sentences_around_a_stretch_hold_it(text: str, drawn: st.DataObject) -> None:
    """But for white space at the ends; they stand in the text as they are."""
    start = drawn.draw(st.integers(0, len(text) - 1))
    end = drawn.draw(st.integers(start + 1, len(text)))
    found = convert.sentences(text, start, end)
    assert found in text
    assert text[start:end].strip() in found


def test_unanswerable_questions_of_jsquad_are_left_out(tmp_path: Path) -> None:
    """The others keep their order."""
    rows = [
        {"id": i, "question": i, "all_answers": ["雨季"], "spans": [[3, 5]], "gold": ["p"]}
        | {"unanswerable": i == "b"}
        for i in "abc"
    ]
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = convert.squad(path, [Passage("p", "梅雨", TEXT)])
    assert [item.id for item in found] == ["a", "c"]


def test_questions_about_held_out_notes_keep_what_they_have(tmp_path: Path) -> None:
    """Answers, quotes and tags; those about other files are left out, unanswerable ones kept."""
    rows = [
        {
            "id": "n-1",
            "lang": "en",
            "question": "How many?",
            "answers": [{"text": "5 points", "aliases": ["5"], "kind": "number"}],
            "sources": [{"path": "bread.md", "line_start": 1, "line_end": 1, "quote": "5 points"}],
            "unanswerable": False,
            "tags": ["limit"],
        },
        {
            "id": "n-2",
            "lang": "ja",
            "question": "なぜ？",
            "answers": [],
            "sources": [{"path": "bread.md", "line_start": 1, "line_end": 1, "quote": "5 points"}],
            "unanswerable": True,
        },
    ]
    other = rows[0] | {"id": "n-3", "sources": [{"path": "cheese.md", "quote": "x"}]}
    (tmp_path / "culture").mkdir()
    (tmp_path / "dev.txt").write_text("culture/bread.md\n", encoding="utf-8")
    (tmp_path / "culture" / "questions.jsonl").write_text(
        "\n".join(map(json.dumps, [*rows, other])), encoding="utf-8"
    )
    first, second = convert.notes(tmp_path)
    assert first.answers == (Expected(text="5 points", aliases=("5",), kind=AnswerKind.NUMBER),)
    assert first.sources == (Source(path="culture/bread.md", quote="5 points"),)
    assert first.tags == ("limit",)
    assert (second.id, second.unanswerable, second.answers) == ("n-2", True, ())
