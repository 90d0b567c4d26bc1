"""The data sets ▶ questions with the statements that answer them, and which files are held back."""

from __future__ import annotations

import itertools
import json
import random
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursebot.types import Span, Statement

DATA = Path(__file__).parent / "data"
EXTRA = DATA / "extra-notes-qa.jsonl"
"""More questions about the course notes, written for this project (CC0)."""
OWN = DATA / "notes"
"""More course notes, a folder a course, each with its ``questions.jsonl`` (CC0)."""
CALIBRATION = 18
"""Files of the course notes that the networks never see: what is fitted on top of them is
fitted on these."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about course notes."""

    id: str
    text: str
    file: str
    """Relative to the folder of the notes; its first part is the course."""
    spans: tuple[Span, ...]
    """Where the lines that answer stand; empty when nothing does."""
    answer: Span | None
    """Where the shortest answer stands."""
    tags: tuple[str, ...]

    @property
    def course(self) -> str:
        """The folder of the file."""
        return self.file.split("/")[0]

    def answered_by(self, statement: Statement) -> bool:
        """Whether a statement overlaps a line that answers."""
        return statement.path == self.file and any(
            statement.span[0] < end and start < statement.span[1] for start, end in self.spans
        )


@dataclass(frozen=True, slots=True)
class Notes:
    """The questions of the course notes, split by file."""

    train: tuple[Question, ...]
    calibration: tuple[Question, ...]
    dev: tuple[Question, ...]


def corpus(data: Path, work: Path) -> Path:
    """Return a folder with the course notes and our own, written anew below ``work``."""
    folder = work / "corpus"
    shutil.rmtree(folder, ignore_errors=True)
    for source in (data / "course-notes-qa", OWN):
        for file in sorted(source.glob("*/*.md")):
            copy = folder / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    return folder


def notes(folder: Path) -> Notes:
    """Read the questions about the notes in ``folder`` and our own; a file's go to one split."""
    dev = set((folder / "dev.txt").read_text("utf-8").split())
    given = [*_given(folder), *_quoted(folder, EXTRA)]
    own = [question for file in sorted(OWN.glob("*/*.jsonl")) for question in _quoted(OWN, file)]
    everything = [*given, *own]
    files = sorted({question.file for question in given} - dev)
    random.Random(5).shuffle(files)
    # Of each course of our own the last file.
    last = {question.course: question.file for question in sorted(own, key=lambda q: q.file)}
    held = {*files[:CALIBRATION], *last.values()}
    return Notes(
        train=tuple(q for q in everything if q.file not in dev | held),
        calibration=tuple(q for q in everything if q.file in held),
        dev=tuple(q for q in everything if q.file in dev),
    )


def _given(folder: Path) -> Iterator[Question]:
    for path in sorted(folder.glob("*/questions.jsonl")):
        for item in rows(path):
            unanswerable = bool(item["unanswerable"])
            file = f"{path.parent.name}/{item['sources'][0]['path']}"
            starts = _line_starts((folder / file).read_text("utf-8"))
            lines = [(s["line_start"], s["line_end"]) for s in item["sources"]]
            answer = item.get("span")
            yield Question(
                id=item["id"],
                text=item["question"],
                file=file,
                spans=()
                if unanswerable
                else tuple((starts[first - 1], starts[last] - 1) for first, last in lines),
                answer=None if unanswerable or not answer else (answer[0], answer[1]),
                tags=tuple(item["tags"]),
            )


def _quoted(folder: Path, questions: Path) -> Iterator[Question]:
    for item in rows(questions):
        text = (folder / item["path"]).read_text("utf-8")
        at = text.index(item["quote"])
        start = at + item["quote"].index(item["answer"])
        yield Question(
            id=item["id"],
            text=item["question"],
            file=item["path"],
            spans=() if item["unanswerable"] else ((at, at + len(item["quote"])),),
            answer=None if item["unanswerable"] else (start, start + len(item["answer"])),
            tags=tuple(item["tags"]),
        )


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def rows(file: Path) -> list[Mapping[str, Any]]:
    """Read a file of one JSON object a line."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


_END = re.compile(r"(?<=[。！？!?])(?![」』）)])|(?<=[a-z0-9)][.?!])\s+(?=[A-Z\"(])")


def sentences(text: str) -> list[Span]:
    """Return the sentences of an encyclopaedia's paragraph, none of them empty."""
    edges = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    return [(a, b) for a, b in itertools.pairwise(edges) if text[a:b].strip()]
