"""Course notes ▶ whether answers are right and rightly cited, and whether confidence knows it.

Run ``python -m benchmarks.course_notes --data DATA [--files train] [--course-only]``.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import data, measures, ours
from coursebot.assistant import Assistant
from coursebot.types import Answer, State

NAME = "course-notes-qa"
ORIGIN = "lecture notes with questions in Japanese and English"


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer, judged."""

    id: str
    language: str
    kind: str
    answerable: bool
    state: str
    confidence: float
    first: bool
    """The first citation overlaps the gold lines."""
    any: bool
    precision: float
    """Share of the citations that overlap the gold lines."""
    passage: bool
    """The first passage overlaps the gold lines."""
    within_300: bool
    within_1000: bool
    short: bool | None
    """The short answer is a gold answer, as answers are compared; None without a short answer."""
    characters: int
    question: str
    answer: str


def judge(question: data.Question, answer: Answer) -> Judged:
    """Hold one answer against the gold of its question."""
    hits = [
        citation.path in question.gold and measures.overlaps(citation.lines, question.lines)
        for citation in answer.citations
    ]
    shown = answer.passages[0].passage if answer.passages else None
    quotes = "\n".join(citation.quote for citation in answer.citations)
    short = answer.short_answer
    return Judged(
        id=question.id,
        language=question.language,
        kind=question.kind,
        answerable=question.answerable,
        state=answer.state.value,
        confidence=answer.confidence,
        first=bool(hits) and hits[0],
        any=any(hits),
        precision=statistics.fmean(hits) if hits else 0.0,
        passage=shown is not None
        and shown.path in question.gold
        and measures.overlaps(shown.lines, question.lines),
        within_300=_evidence(question, answer, 300),
        within_1000=_evidence(question, answer, 1000),
        short=None if short is None else _exact(question, (short.text, "".join(short.items))),
        characters=len(quotes),
        question=question.text,
        answer=answer.text,
    )


def _evidence(question: data.Question, answer: Answer, characters: int) -> bool:
    parts = [citation.quote for citation in answer.citations]
    parts += [hit.passage.text for hit in answer.passages]
    return measures.contains_answer(
        "\n".join(parts)[:characters], (*question.quotes, *question.answers)
    )


def _exact(question: data.Question, given: Sequence[str]) -> bool:
    gold = {measures.compared(text) for text in question.answers}
    return any(measures.compared(text) in gold for text in given)


def run(
    assistant: Assistant, questions: Sequence[data.Question], *, course_only: bool = False
) -> list[Judged]:
    """Ask every question, in order, over all courses or in its file's course alone, and judge."""
    return [
        judge(
            question,
            assistant.ask(question.text, course=data.course_of(question) if course_only else None),
        )
        for question in questions
    ]


def row(judged: Sequence[Judged]) -> dict[str, str]:
    """Return one line of the table: shares among answerable questions unless named otherwise."""
    yes = [item for item in judged if item.answerable]
    no = [item for item in judged if not item.answerable]
    short = [item.short for item in yes if item.short is not None]
    area = measures.auroc([item.confidence for item in yes], [item.confidence for item in no])

    def share(values: Sequence[float]) -> str:
        return f"{np.mean(values):.3f}" if len(values) else "-"

    def states(items: Sequence[Judged]) -> str:
        count = Counter(item.state for item in items)
        return "/".join(f"{count[state.value] / max(1, len(items)):.2f}" for state in State)

    return {
        "n": f"{len(yes)}+{len(no)}",
        "first": share([item.first for item in yes]),
        "any": share([item.any for item in yes]),
        "precision": share([item.precision for item in yes]),
        "passage@1": share([item.passage for item in yes]),
        "ev300": share([item.within_300 for item in yes]),
        "ev1000": share([item.within_1000 for item in yes]),
        "short n": str(len(short)),
        "short ok": share([float(item) for item in short]),
        "auroc": f"{area:.3f}",
        "ans/uns/not": states(yes),
        "…unanswerable": states(no),
        "chars": f"{statistics.median([item.characters for item in yes] or [0]):.0f}",
    }


def table(judged: Sequence[Judged]) -> str:
    """Return the measures as text: all questions, each language, each kind of answer."""
    groups = {"all": list(judged)}
    for language in ("ja", "en"):
        groups[language] = [item for item in judged if item.language == language]
    for kind in sorted({item.kind for item in judged if item.kind}):
        groups[kind] = [item for item in judged if item.kind == kind]
    rows = [{"": name} | row(group) for name, group in groups.items() if group]
    widths = {key: max(len(key), *(len(line[key]) for line in rows)) for key in rows[0]}
    lines = [{key: key for key in widths}, *rows]
    return "\n".join(
        "  ".join(line[key].rjust(width) for key, width in widths.items()) for line in lines
    )


def main() -> None:
    """Measure one half of the files and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    ours.add_arguments(parser)
    parser.add_argument("--files", choices=("dev", "train"), default="dev")
    parser.add_argument(
        "--course-only", action="store_true", help="search the course of the question's file alone"
    )
    parser.add_argument("--jsonl", type=Path, help="write one judged answer a line")
    chosen = parser.parse_args()
    try:
        notes = data.folder(chosen.data, NAME, ORIGIN)
    except data.MissingDataError as missing:
        raise SystemExit(f"course notes: {missing}") from None
    assistant = ours.indexed(data.copy_markdown(notes, chosen.work / "notes"), chosen.work)
    questions = data.note_questions(notes, chosen.files)
    judged = run(assistant, questions, course_only=chosen.course_only)
    if chosen.jsonl:
        lines = [json.dumps(asdict(item), ensure_ascii=False) for item in judged]
        chosen.jsonl.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(table(judged))


if __name__ == "__main__":
    main()
