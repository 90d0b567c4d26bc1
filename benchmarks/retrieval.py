"""JSQuAD ▶ how often the right passage is found and the answer stands in what is quoted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import data, measures, ours, versus
from benchmarks.report import Row, Verdict, leading, reported

NAME = "jsquad-valid"
ORIGIN = "https://github.com/yahoojapan/JGLUE, JSQuAD's validation part"
MEASURES = {
    "MRR@10": partial(measures.reciprocal_rank, depth=10),
    "R@1": partial(measures.success, depth=1),
    "R@5": partial(measures.success, depth=5),
}
FLOORS = {"MRR@10": 0.945, "R@1": 0.92}
LEAD = 0.03
"""By how much the best peer must be exceeded where there is a floor."""
CONTAINED = 0.84


def run(folder: Path, work: Path, where: versus.Environment | None) -> list[Row]:
    """Measure coursebot, each question asked once, and its peers; raises MissingDataError."""
    found = data.folder(folder, NAME, ORIGIN)
    sources = data.passages(found / "valid.passages.jsonl")
    questions = data.squad_questions(found / "valid.questions.jsonl")
    assistant = ours.indexed(data.write_passages(sources, work / "jsquad", "wikipedia"), work)
    answers = [assistant.ask(question.text) for question in questions]
    mine = [[Path(hit.passage.path).stem for hit in answer.passages] for answer in answers]
    contained = [
        measures.contains_answer(
            "\n".join(citation.quote for citation in answer.citations), question.answers
        )
        for question, answer in zip(questions, answers, strict=True)
    ]
    theirs = versus.rankings(where, ours.load_encoder(), {NAME: task(sources, questions)})
    ids = [source.id for source in sources]
    what = f"JSQuAD-valid, {len(questions):,} questions: "
    return [
        *(_row(what, name, mine, theirs, ids, questions) for name in MEASURES),
        Row(
            f"{what}the quoted statements contain a gold answer",
            "≥ .84",
            f"{np.mean(contained):.3f}",
            verdict=Verdict.of(float(np.mean(contained)) >= CONTAINED),
        ),
    ]


def task(sources: Sequence[data.Source], questions: Sequence[data.Question]) -> versus.Task:
    """Return what the peers rank: a passage is one document, its title above its text."""
    chunks = [f"{source.title}\n{source.text}" for source in sources]
    return versus.Task(chunks, [question.text for question in questions], depth=10)


def _row(
    what: str,
    name: str,
    mine: Sequence[Sequence[str]],
    theirs: versus.Rankings,
    ids: Sequence[str],
    questions: Sequence[data.Question],
) -> Row:
    def score(rankings: Sequence[Sequence[str]]) -> list[float]:
        pairs = zip(rankings, questions, strict=True)
        return [MEASURES[name](ranking, question.gold) for ranking, question in pairs]

    peers = theirs.scores(NAME, lambda found: score([[ids[n] for n in row] for row in found]))
    if name in FLOORS:
        return leading(what + name, score(mine), peers, FLOORS[name], LEAD)
    return reported(what + name, score(mine), peers)
