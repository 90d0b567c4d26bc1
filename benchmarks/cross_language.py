"""Lessons in two languages ▶ how often an English quiz question finds its lesson."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from benchmarks import data, measures, ours, versus
from benchmarks.report import Row, above_the_best

NAME = "iot-for-beginners"
ORIGIN = "https://github.com/microsoft/IoT-For-Beginners with its Japanese translation"
CHUNK = 500
"""Characters a chunk for the peers."""
DEPTH = 50
"""Passages asked for, so that five lessons are among them."""

_TRANSLATED = "translations/ja/"


def lesson_of(path: str) -> str:
    """Return the lesson that a file of the course belongs to, whatever its language."""
    return str(PurePosixPath(path).parent).removeprefix(_TRANSLATED)


def run(folder: Path, work: Path, where: versus.Environment | None) -> list[Row]:
    """Measure coursebot and its peers on both parts; raises MissingDataError."""
    found = data.folder(folder, NAME, ORIGIN)
    questions = data.quiz_questions(found / "quiz.questions.jsonl")
    rows = []
    for label, name in (("both languages indexed", "iot-both"), ("Japanese alone", "iot-ja")):
        course = found / "course"
        if name == "iot-ja":
            course = course / _TRANSLATED
        corpus = work / name
        data.copy_markdown(course, corpus / "iot")
        mine = _ours(corpus, work, questions)
        task, lessons = _task(corpus / "iot", questions)
        theirs = versus.rankings(where, ours.load_encoder(), {name: task})
        for depth in (1, 5):
            what = f"{len(questions)} English quiz questions → lesson, {label}: Success@{depth}"
            gained = _scores(mine, questions, depth)
            peers = theirs.scores(name, partial(_peer_scores, lessons, questions, depth))
            rows.append(above_the_best(what, gained, peers))
    return rows


def _ours(corpus: Path, work: Path, questions: Sequence[data.Question]) -> list[list[str]]:
    assistant = ours.indexed(corpus, work)
    return [
        [
            lesson_of(hit.passage.path.partition("/")[2])
            for hit in assistant.search(question.text, top_k=DEPTH)
        ]
        for question in questions
    ]


def _task(course: Path, questions: Sequence[data.Question]) -> tuple[versus.Task, list[str]]:
    """Return the files' chunks with the questions, and the lesson of each chunk."""
    chunks, lessons = [], []
    for path in sorted(course.rglob("*.md")):
        for text, _ in data.chunks(path.read_text(encoding="utf-8"), CHUNK):
            chunks.append(text)
            lessons.append(lesson_of(path.relative_to(course).as_posix()))
    return versus.Task(chunks, [question.text for question in questions], DEPTH), lessons


def _scores(
    rankings: Sequence[Sequence[str]], questions: Sequence[data.Question], depth: int
) -> list[float]:
    return [
        measures.success(ranking, question.gold, depth)
        for ranking, question in zip(rankings, questions, strict=True)
    ]


def _peer_scores(
    lessons: Sequence[str],
    questions: Sequence[data.Question],
    depth: int,
    rankings: Sequence[Sequence[int]],
) -> list[float]:
    found = [[lessons[number] for number in ranking] for ranking in rankings]
    return _scores(found, questions, depth)
