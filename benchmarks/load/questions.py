"""Golden set and data sets ▶ for each learner, questions in an order of their own."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data, retrieval, speed

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "corpus" / "az-500" / "golden.jsonl"
NOTES = ROOT / "training" / "data"
ASIDE = 0.2
"""How many of a learner's questions are about something else than the course."""


@dataclass(frozen=True, slots=True)
class Deck:
    """What learners ask: about the course, and about what it may not hold."""

    own: tuple[str, ...]
    aside: tuple[str, ...]

    def drawn(self, learner: int, seed: int = 0) -> Iterator[str]:
        """Yield a learner's questions without end, never the same twice in a row.

        Each pile is gone through in a shuffled order, and again in another when it is empty.
        """
        chance = random.Random(f"{seed}-{learner}")
        own, aside = _piled(self.own, chance), _piled(self.aside, chance)
        last = ""
        while True:
            question = next(aside if self.aside and chance.random() < ASIDE else own)
            if question != last:
                yield question
            last = question

    def __len__(self) -> int:
        """Return how many questions there are."""
        return len({*self.own, *self.aside})


def course() -> Deck:
    """Return questions about the shipped course, and about the notes of other courses."""
    golden = [entry["question"] for entry in data.records(GOLDEN)]
    return Deck(_distinct([*golden, *speed.questions()]), notes())


def large(folder: Path) -> Deck:
    """Return JSQuAD's questions, and those about notes; raises MissingDataError."""
    known = data.folder(folder, retrieval.NAME, retrieval.ORIGIN)
    asked = data.squad_questions(known / "valid.questions.jsonl")
    return Deck(_distinct([question.text for question in asked]), notes())


def notes() -> tuple[str, ...]:
    """Return the training data's questions, in Japanese and English."""
    found = []
    for path in [NOTES / "extra-notes-qa.jsonl", *sorted(NOTES.glob("notes/*/questions.jsonl"))]:
        with path.open(encoding="utf-8") as lines:
            found += [str(json.loads(line)["question"]) for line in lines]
    return _distinct(found)


def _distinct(questions: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(questions))


def _piled(questions: Sequence[str], chance: random.Random) -> Iterator[str]:
    if len(questions) == 1:
        raise ValueError("one question cannot be asked without repeating it")
    while questions:
        yield from chance.sample(questions, len(questions))
