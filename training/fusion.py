"""Calibration questions ▶ how the weights of the retrieval legs do, each combination in a line."""

from __future__ import annotations

import argparse
import random
from itertools import product
from pathlib import Path

import numpy as np

from coursebot import encoder as encoders
from coursebot import retrieval
from coursebot.conversation import make_query
from coursebot.retrieval import Weights
from coursebot.terms import language_of
from coursebot.types import Language
from training import reading, sources

GRID = {
    "dense": (0.5, 1.0, 2.0, 4.0),
    "passage": (0.0, 1 / 3, 0.6),
    "foreign": (0.0, 0.03, 0.08),
}
HERE = 10
"""Passages of an answer."""


def main() -> None:
    """Print for each combination the share of questions whose passage comes first, and in ten."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of data sets")
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--most", type=int, default=600)
    chosen = parser.parse_args()
    index, encoder = reading.opened(chosen.data, chosen.work, encoders.BUNDLED)
    questions = [q for q in sources.notes(chosen.data / "course-notes-qa").calibration if q.spans]
    chance = random.Random(0)
    combinations = [
        Weights(**dict(zip(GRID, values, strict=True))) for values in product(*GRID.values())
    ]
    owners = index.passage_of_statement
    places: dict[Language, list[list[int]]] = {language: [] for language in Language}
    for question in chance.sample(questions, min(chosen.most, len(questions))):
        query = make_query(question.text, (), 2000)
        course = question.course if chance.random() < reading.HOME else None
        vector = encoder.encode_queries([query.text])[0]
        legs = retrieval._Legs(index, vector, query, course, combinations[0])
        gold = {int(owners[at]) for at, s in enumerate(index.statements) if question.answered_by(s)}
        found = []
        for weights in combinations:
            legs._fuse(weights)
            order = legs.pool[legs.order].tolist()
            found.append(next((n for n, at in enumerate(order) if at in gold), len(order)))
        places[language_of(question.text)].append(found)
    for at, weights in enumerate(combinations):
        told = []
        for language, ranks in places.items():
            own = np.array(ranks)[:, at]
            told.append(f"{language} {(own < 1).mean():.3f} {(own < HERE).mean():.3f}")
        print(f"{weights!s:40} {'  '.join(told)}")


if __name__ == "__main__":
    main()
