"""A course's golden set ▶ its reviewed questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursebot.course import read_corpus
from coursebot.course.golden import read_questions
from coursebot.types import Refusal


def row(question: str, **changes: object) -> str:
    """Return a line of a golden set."""
    return json.dumps({"question": question, "status": "reviewed", **changes}, ensure_ascii=False)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a course's folder with one file."""
    folder = tmp_path / "corpus" / "c"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("# A\n\nText.\n", encoding="utf-8")
    return folder


def test_reviewed_answerable_questions_are_read(course: Path) -> None:
    """Drafts, retired and unanswerable ones are passed over, other keys left alone, twins one."""
    lines = [
        row("トークンは何時間有効？", lang="ja", followups=["then?"], tags=["x"]),
        row("draft?", status="draft"),
        row("retired?", status="retired"),
        row("unanswerable?", unanswerable=True),
        "",
        row("  What is ACR? ", unanswerable=False),
        row("What is ACR?"),
        json.dumps({"question": "no status"}),
    ]
    (course / "golden.jsonl").write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    assert read_questions(course, "c/golden.jsonl", 10_000) == (
        ("トークンは何時間有効？", "What is ACR?"),
        None,
    )


def test_a_cluster_gives_its_first_question_in_each_language(course: Path) -> None:
    """The others word it anew, with typing errors for instance; no cluster is no cluster."""
    lines = [
        row("retired?", cluster="token", lang="en", status="retired"),
        row("How long is a token valid?", cluster="token", lang="en"),
        row("how logn is it good for", cluster="token", lang="en"),
        row("トークンは何時間有効？", cluster="token", lang="ja"),
        row("What is ACR?", cluster=None, lang="en"),
        row("What is ACI?", lang="en"),
    ]
    (course / "golden.jsonl").write_text("\n".join(lines), encoding="utf-8")
    questions, _ = read_questions(course, "c/golden.jsonl", 10_000)
    assert questions == (
        "How long is a token valid?",
        "トークンは何時間有効？",
        "What is ACR?",
        "What is ACI?",
    )


def test_bad_lines_are_one_refusal_and_the_others_count(course: Path) -> None:
    """The first bad line is named, and how many more there are."""
    lines = [
        row("good?").encode(),
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"question": 3}',
        row("ok?").encode(),
    ]
    (course / "golden.jsonl").write_bytes(b"\n".join(lines))
    questions, refusal = read_questions(course, "c/golden.jsonl", 10_000)
    assert questions == ("good?", "ok?")
    assert refusal == Refusal(
        "c/golden.jsonl",
        "line 2, and 3 more: not JSON (Expecting property name enclosed in double quotes). "
        "Correct it; the others count.",
        2,
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"[]", "not a JSON object"),
        (b"\xff", "not UTF-8"),
        (b'{"question": ""}', "has no 'question'"),
        (b"[" * 100_000, "not JSON (too deep)"),
    ],
)
def test_each_kind_of_bad_line_is_told(course: Path, line: bytes, what: str) -> None:
    """What is wrong is said in a few words."""
    (course / "golden.jsonl").write_bytes(line + b"\n")
    _, refusal = read_questions(course, "c/golden.jsonl", 1_000_000)
    assert refusal == Refusal("c/golden.jsonl", f"line 1: {what}. Correct it; the others count.", 1)


def test_a_large_file_a_link_and_a_folder_are_not_read(course: Path, tmp_path: Path) -> None:
    """A golden set that leads out of the corpus is refused; a folder of that name is nothing."""
    golden = course / "golden.jsonl"
    golden.write_text(row("good?"), encoding="utf-8")
    questions, refusal = read_questions(course, "c/golden.jsonl", 10)
    assert (questions, refusal is not None) == ((), True)
    golden.rename(tmp_path / "elsewhere.jsonl")
    golden.symlink_to(tmp_path / "elsewhere.jsonl")
    assert read_questions(course, "c/golden.jsonl", 10_000) == (
        (),
        Refusal("c/golden.jsonl", "a symbolic link; copy the file into the folder."),
    )
    golden.unlink()
    golden.mkdir()
    assert read_questions(course, "c/golden.jsonl", 10_000) == ((), None)


def test_questions_belong_to_their_course(course: Path) -> None:
    """Folders and files lying in the corpus folder have a golden set each; it is no section."""
    root = course.parent
    (course / "golden.jsonl").write_text(row("of c?") + "\n{\n", encoding="utf-8")
    (root / "b.md").write_text("# B\n\nText.\n", encoding="utf-8")
    (root / "golden.jsonl").write_text(row("of the root?"), encoding="utf-8")
    corpus = read_corpus(root)
    assert {c.name: c.questions for c in corpus.courses} == {
        "c": ("of c?",),
        "corpus": ("of the root?",),
    }
    assert [document.path for document in corpus.documents] == ["c/a.md", "b.md"]
    assert [(refusal.path, refusal.line) for refusal in corpus.refusals] == [("c/golden.jsonl", 2)]
    (root / "course.toml").write_text('title = "one"\n', encoding="utf-8")
    (one,) = read_corpus(root).courses
    assert one.questions == ("of the root?",)


def test_a_changed_golden_set_is_a_changed_corpus(course: Path) -> None:
    """Its reviewed questions are part of the corpus's digest; a draft is not."""
    before = read_corpus(course.parent).digest
    golden = course / "golden.jsonl"
    golden.write_text(row("later?", status="draft"), encoding="utf-8")
    assert read_corpus(course.parent).digest == before
    golden.write_text(row("later?"), encoding="utf-8")
    assert read_corpus(course.parent).digest != before


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_stop_a_build(course: Path, data: bytes) -> None:
    """Whatever stands in it, reading gives questions with text and at most one refusal."""
    (course / "golden.jsonl").write_bytes(data)
    questions, _ = read_questions(course, "c/golden.jsonl", 10_000)
    assert all(question.strip() for question in questions)
