"""course-notes-qa, held-out files ▶ rightly cited answers, and the peers' first chunks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks import course_notes, data, measures, ours, versus
from benchmarks.report import Row, with_interval

CHUNK = 300
"""Characters a chunk for the peers."""


def run(folder: Path, work: Path, where: versus.Environment | None) -> list[Row]:
    """Measure coursebot and its peers; raises MissingDataError."""
    notes = data.folder(folder, course_notes.NAME, course_notes.ORIGIN)
    questions = data.note_questions(notes, "dev")
    corpus = data.copy_markdown(notes, work / "notes")
    judged = course_notes.run(ours.indexed(corpus, work), questions)
    print(course_notes.table(judged))
    asked = [question for question in questions if question.answerable]
    theirs = _peers(where, corpus, asked) if where else {}
    rows = []
    for language in ("ja", "en"):
        mine = [item for item in judged if item.answerable and item.language == language]
        peers = {
            peer: [
                score
                for score, question in zip(scores, asked, strict=True)
                if question.language == language
            ]
            for peer, scores in theirs.items()
        }
        measured, difference = with_interval([float(item.first) for item in mine], peers)
        shown = ", ".join(f"{peer} {np.mean(s):.3f}" for peer, s in peers.items())
        what = f"course-notes-qa, {len(mine)} questions in {language}: first citation is right"
        met = difference > 0 if peers else None
        rows.append(Row(what, "above the peers' first chunk", measured, shown, met))
    area = measures.auroc(
        [item.confidence for item in judged if item.answerable],
        [item.confidence for item in judged if not item.answerable],
    )
    rows.append(Row("the same, confidence: answerable against not, AUROC", "", f"{area:.3f}"))
    return rows


def _peers(
    where: versus.Environment, corpus: Path, asked: list[data.Question]
) -> dict[str, list[float]]:
    pieces = [
        (path.relative_to(corpus).as_posix(), text, lines)
        for path in sorted(corpus.rglob("*.md"))
        for text, lines in data.chunks(path.read_text(encoding="utf-8"), CHUNK)
    ]
    found = versus.rankings(
        where,
        ours.load_encoder(),
        "notes",
        [text for _, text, _ in pieces],
        [question.text for question in asked],
        depth=10,
    )

    def right(number: int, question: data.Question) -> float:
        path, _, lines = pieces[number]
        return float(path in question.gold and measures.overlaps(lines, question.lines))

    return {
        peer: [
            right(ranking[0], question) if ranking else 0.0
            for ranking, question in zip(rankings, asked, strict=True)
        ]
        for peer, rankings in found.items()
    }
