"""JSQuAD ▶ how often the right passage is found and the answer stands in what is quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import data, measures, ours, versus
from benchmarks.report import Row, with_interval

NAME = "jsquad-valid"
ORIGIN = "https://github.com/yahoojapan/JGLUE, JSQuAD's validation part"


@dataclass(frozen=True, slots=True)
class Ranked:
    """Each question's rank measures under one system."""

    reciprocal: list[float]
    first: list[float]
    five: list[float]


def measure(rankings: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> Ranked:
    """Return the measures of each question's ranking of ids."""
    pairs = list(zip(rankings, gold, strict=True))
    return Ranked(
        [measures.reciprocal_rank(ranking, wanted) for ranking, wanted in pairs],
        [measures.success(ranking, wanted, 1) for ranking, wanted in pairs],
        [measures.success(ranking, wanted, 5) for ranking, wanted in pairs],
    )


def best(peers: Mapping[str, Ranked]) -> str:
    """Return the name of the peer with the highest mean reciprocal rank."""
    return max(peers, key=lambda name: float(np.mean(peers[name].reciprocal)))


def peer_measures(
    where: versus.Environment, sources: Sequence[data.Source], questions: Sequence[data.Question]
) -> dict[str, Ranked]:
    """Return every peer's measures; each passage is one document, its title above its text."""
    found = versus.rankings(
        where,
        ours.load_encoder(),
        NAME,
        [f"{source.title}\n{source.text}" for source in sources],
        [question.text for question in questions],
        depth=10,
    )
    gold = [question.gold for question in questions]
    return {
        peer: measure([[sources[number].id for number in ranking] for ranking in rankings], gold)
        for peer, rankings in found.items()
    }


def run(folder: Path, work: Path, where: versus.Environment | None) -> list[Row]:
    """Measure coursebot and its peers; raises MissingDataError."""
    found = data.folder(folder, NAME, ORIGIN)
    sources = data.passages(found / "valid.passages.jsonl")
    questions = data.squad_questions(found / "valid.questions.jsonl")
    assistant = ours.indexed(data.write_passages(sources, work / "jsquad", "wikipedia"), work)
    answers = [assistant.ask(question.text) for question in questions]
    mine = measure(
        [[Path(hit.passage.path).stem for hit in answer.passages] for answer in answers],
        [question.gold for question in questions],
    )
    contained = [
        float(
            measures.contains_answer(
                "\n".join(citation.quote for citation in answer.citations), question.answers
            )
        )
        for question, answer in zip(questions, answers, strict=True)
    ]
    peers = peer_measures(where, sources, questions) if where else {}
    what = f"JSQuAD-valid, {len(questions):,} questions: "
    return [
        _row(f"{what}MRR@10", "≥ .945, ≥ .03 above the peers", mine, peers, "reciprocal"),
        _row(f"{what}R@1", "≥ .92, ≥ .03 above the peers", mine, peers, "first"),
        _row(f"{what}R@5", "", mine, peers, "five"),
        Row(
            f"{what}the quoted statements contain a gold answer",
            "≥ .84",
            f"{np.mean(contained):.3f}",
            "",
            bool(np.mean(contained) >= 0.84),
        ),
    ]


_FLOORS = {"reciprocal": 0.945, "first": 0.92}
_LEAD = 0.03


def _row(what: str, bound: str, mine: Ranked, peers: Mapping[str, Ranked], name: str) -> Row:
    values: list[float] = getattr(mine, name)
    theirs = {peer: getattr(ranked, name) for peer, ranked in peers.items()}
    measured, difference = with_interval(values, theirs)
    met = None
    if name in _FLOORS:
        met = bool(np.mean(values) >= _FLOORS[name]) and (not theirs or difference >= _LEAD)
    shown = ", ".join(f"{peer} {np.mean(scores):.3f}" for peer, scores in theirs.items())
    return Row(what, bound, measured, shown, met)
