"""Questions of public data sets ▶ golden items.

Paths are relative to the corpora that :mod:`benchmarks.runs` makes: to the one course's folder for
the quiz and JSQuAD, to the corpus folder for the notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import data
from coursebot.evaluation.golden.records import (
    AnswerKind,
    Expected,
    GoldenItem,
    Origin,
    Source,
    Status,
)
from coursebot.types import Language

README = "README.md"
TRANSLATED = "translations/ja"
"""Folder of the Japanese lessons in the course of IoT for Beginners."""
STATEMENT = "statement"
"""Tag of quiz questions that are a statement to be judged true or false."""


def quiz_item(row: Mapping[str, Any], folders: Sequence[str] = ("", TRANSLATED)) -> GoldenItem:
    """Return a quiz question; every passage of its lesson, below each of ``folders``, is gold.

    The answers are what the quiz counts as right. They need not stand in the lesson, so that the
    lesson alone is judged (``freeform``).
    """
    lesson = str(row["lesson"])
    tags = [re.sub(r"^\d+-", "", lesson.partition("/")[0])]
    if {option.strip().lower() for option in row["options_en"]} <= {"true", "false"}:
        tags.append(STATEMENT)
    return GoldenItem(
        id=row["id"],
        lang=Language.EN,
        question=row["question_en"],
        answers=tuple(Expected(text=text, kind=AnswerKind.FREEFORM) for text in row["answers_en"]),
        sources=tuple(
            Source(path="/".join(part for part in (folder, lesson, README) if part))
            for folder in folders
        ),
        tags=tuple(tags),
        origin=Origin.IMPORT,
        status=Status.REVIEWED,
    )


def quiz(questions: Path, folders: Sequence[str] = ("", TRANSLATED)) -> list[GoldenItem]:
    """Return the quiz of IoT for Beginners, in file order."""
    return [quiz_item(row, folders) for row in data.records(questions)]


def squad_item(row: Mapping[str, Any], texts: Mapping[str, str]) -> GoldenItem:
    """Return a question of JSQuAD; the sentences that hold its answers are gold.

    ``texts`` are the passages by id; each is a file of its own.
    """
    answers = list(dict.fromkeys(row["all_answers"]))
    (passage,) = row["gold"]
    text = texts[passage]
    spans = [(start, end) for start, end in row["spans"] if text[start:end] in answers]
    found = [(text.find(answer), answer) for answer in answers if answer in text]
    spans = spans or [(at, at + len(answer)) for at, answer in found]
    quotes = dict.fromkeys(sentences(text, start, end) for start, end in spans)
    return GoldenItem(
        id=row["id"],
        lang=Language.JA,
        question=row["question"],
        answers=(Expected(text=answers[0], aliases=tuple(answers[1:])),),
        sources=tuple(Source(path=f"{passage}.md", quote=quote) for quote in quotes or ("",)),
        origin=Origin.IMPORT,
        status=Status.REVIEWED,
    )


def squad(questions: Path, passages: Iterable[data.Source]) -> list[GoldenItem]:
    """Return the answerable questions of JSQuAD, in file order."""
    texts = {passage.id: passage.text for passage in passages}
    return [squad_item(row, texts) for row in data.records(questions) if not row["unanswerable"]]


def sentences(text: str, start: int, end: int) -> str:
    """Return the whole sentences of ``text`` that the characters ``start`` to ``end`` lie in."""
    stops = [0, *(mark.end() for mark in re.finditer(r"[。\n]", text)), len(text)]
    first = max(stop for stop in stops if stop <= start)
    last = min(stop for stop in stops if stop >= end)
    return text[first:last].strip()


def note_item(row: Mapping[str, Any], course: str) -> GoldenItem:
    """Return a question about a file of ``course``, one folder of course-notes-qa."""
    return GoldenItem(
        id=row["id"],
        lang=Language(row["lang"]),
        question=row["question"],
        answers=tuple(
            Expected(
                text=answer["text"],
                aliases=tuple(answer["aliases"]),
                kind=AnswerKind(answer["kind"]),
            )
            for answer in row["answers"]
        ),
        sources=tuple(
            Source(path=f"{course}/{source['path']}", quote=source["quote"])
            for source in row["sources"]
        ),
        unanswerable=row["unanswerable"],
        tags=tuple(row.get("tags", ())),
        origin=Origin.IMPORT,
        status=Status.REVIEWED,
    )


def notes(folder: Path) -> list[GoldenItem]:
    """Return the questions about the files in ``dev.txt``, course by course, in file order."""
    held_out = set((folder / "dev.txt").read_text(encoding="utf-8").split())
    return [
        note_item(row, path.parent.name)
        for path in sorted(folder.glob("*/questions.jsonl"))
        for row in data.records(path)
        if f"{path.parent.name}/{row['sources'][0]['path']}" in held_out
    ]
