"""Public data sets ▶ questions with their gold, and corpus folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursebot.types import Lines


class MissingDataError(Exception):
    """A data set is not in the data folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of a reading-comprehension set."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what answers it."""

    id: str
    text: str
    language: str
    gold: tuple[str, ...]
    """Passage ids, lesson names or the path of the one gold file."""
    answers: tuple[str, ...] = ()
    """Gold answers and their aliases; empty when the material does not answer."""
    quotes: tuple[str, ...] = ()
    """The gold sentences, where the data set has them."""
    lines: tuple[Lines, ...] = ()
    """Gold lines in the gold file."""
    answerable: bool = True
    kind: str = ""


def folder(data: Path, name: str, source: str) -> Path:
    """Return the folder of data set ``name``; raises MissingDataError saying where it is from."""
    found = data / name
    if not found.is_dir():
        raise MissingDataError(f"{found} is missing ({source}); left out")
    return found


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def passages(path: Path) -> list[Source]:
    """Return the passages of a reading-comprehension set, in file order."""
    return [Source(item["id"], item["title"], item["text"]) for item in records(path)]


def squad_questions(path: Path) -> list[Question]:
    """Return the answerable questions of a reading-comprehension set, in file order."""
    return [
        Question(
            id=item["id"],
            text=item["question"],
            language="ja",
            gold=tuple(item["gold"]),
            answers=tuple(item["all_answers"]),
        )
        for item in records(path)
        if not item["unanswerable"]
    ]


def quiz_questions(path: Path) -> list[Question]:
    """Return iot-for-beginners' English quiz questions; the gold is the lesson's folder.

    Statements to be judged true or false are asked as they stand.
    """
    return [
        Question(item["id"], item["question_en"], "en", (item["lesson"],)) for item in records(path)
    ]


def note_questions(notes: Path, files: str) -> list[Question]:
    """Return the questions about the ``dev`` or the ``train`` files of course-notes-qa."""
    held_out = set((notes / "dev.txt").read_text(encoding="utf-8").split())
    found = []
    for path in sorted(notes.glob("*/questions.jsonl")):
        for item in records(path):
            file = f"{path.parent.name}/{item['sources'][0]['path']}"
            if (file in held_out) == (files == "dev"):
                found.append(_note_question(item, file))
    return found


def course_of(question: Question) -> str:
    """Return the course, the first folder, of the question's gold file."""
    return question.gold[0].partition("/")[0]


def _note_question(item: dict[str, Any], file: str) -> Question:
    texts = [text for answer in item["answers"] for text in (answer["text"], *answer["aliases"])]
    return Question(
        id=item["id"],
        text=item["question"],
        language=item["lang"],
        gold=(file,),
        answers=tuple(texts),
        quotes=tuple(source["quote"] for source in item["sources"]),
        lines=tuple((source["line_start"], source["line_end"]) for source in item["sources"]),
        answerable=not item["unanswerable"],
        kind=item["answers"][0]["kind"] if item["answers"] else "",
    )


def write_passages(sources: Sequence[Source], corpus: Path, course: str) -> Path:
    """Write each passage as ``<id>.md`` (its title as heading) and return the corpus folder."""
    target = corpus / course
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source in sources:
        text = f"# {source.title}\n\n{source.text}\n"
        (target / f"{source.id}.md").write_text(text, encoding="utf-8")
    return corpus


def copy_markdown(source: Path, target: Path) -> Path:
    """Copy every Markdown file below ``source``, keeping folders, and return ``target``."""
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted(source.rglob("*.md")):
        if path.parent == source:
            continue
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target


def chunks(text: str, size: int) -> list[tuple[str, Lines]]:
    """Split ``text`` at line ends into pieces of at most ``size`` characters, with their lines.

    A longer line is cut, as character splitters do.
    """
    found: list[tuple[str, Lines]] = []
    held, first, last = "", 1, 1
    for number, line in enumerate(text.splitlines(), 1):
        for piece in [line[i : i + size] for i in range(0, len(line), size)] or [""]:
            if held and len(held) + 1 + len(piece) > size:
                found.append((held, (first, last)))
                held = ""
            first, last = (number if not held else first), number
            held = f"{held}\n{piece}" if held else piece
    if held.strip():
        found.append((held, (first, last)))
    return found
