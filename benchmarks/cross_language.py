"""Lessons in two languages ▶ how often an English quiz question finds its lesson."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from benchmarks import data, measures, ours, versus
from benchmarks.report import Row, with_interval

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
        peers = _peers(where, corpus, name, questions) if where else {}
        for depth in (1, 5):
            what = f"{len(questions)} English quiz questions → lesson, {label}: Success@{depth}"
            rows.append(_row(what, mine, peers, questions, depth))
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


def _peers(
    where: versus.Environment, corpus: Path, name: str, questions: Sequence[data.Question]
) -> dict[str, list[list[str]]]:
    chunks, lessons = [], []
    root = corpus / "iot"
    for path in sorted(root.rglob("*.md")):
        for text, _ in data.chunks(path.read_text(encoding="utf-8"), CHUNK):
            chunks.append(text)
            lessons.append(lesson_of(path.relative_to(root).as_posix()))
    found = versus.rankings(
        where,
        ours.load_encoder(),
        name,
        chunks,
        [question.text for question in questions],
        DEPTH,
    )
    return {
        peer: [[lessons[number] for number in ranking] for ranking in rankings]
        for peer, rankings in found.items()
    }


def _row(
    what: str,
    mine: Sequence[Sequence[str]],
    peers: Mapping[str, Sequence[Sequence[str]]],
    questions: Sequence[data.Question],
    depth: int,
) -> Row:
    def scores(rankings: Sequence[Sequence[str]]) -> list[float]:
        return [
            measures.success(ranking, question.gold, depth)
            for ranking, question in zip(rankings, questions, strict=True)
        ]

    theirs = {peer: scores(rankings) for peer, rankings in peers.items()}
    measured, difference = with_interval(scores(mine), theirs)
    shown = ", ".join(f"{peer} {sum(s) / len(s):.3f}" for peer, s in theirs.items())
    return Row(what, "above the best peer", measured, shown, difference > 0 if theirs else None)
