"""Trained layers ▶ how well vectors alone rank: statements of course notes, and passages."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from coursebot.course import embedding, read_corpus
from coursebot.encoder.bundled import PROMPTS
from coursebot.terms import language_of
from coursebot.types import Floats, Language, Statement
from training import sources, trunk


def main() -> None:
    """Print the share of questions whose line comes first, and among the first five."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of data sets")
    parser.add_argument("layers", type=Path, nargs="*", help="layers.safetensors of a training")
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--split", default="calibration", choices=("calibration", "dev"))
    parser.add_argument("--passages", action="store_true", help="JSQuAD's passages too")
    chosen = parser.parse_args()
    base = trunk.unpacked(chosen.work)
    for layers in (None, *chosen.layers):
        with torch.no_grad():
            measure = _Measure(base, layers)
            print(layers or "as it is")
            measure.notes(chosen.data, chosen.work, chosen.split)
            if chosen.passages:
                measure.passages(chosen.data / "jsquad-valid", "valid")


class _Measure:
    def __init__(self, base: Path, layers: Path | None) -> None:
        self._pieces = trunk.tokenizer(base)
        self._model = trunk.trunk(base, layers).eval()

    def _vectors(self, kind: str, texts: list[str], limit: int = 256) -> Floats:
        rows = self._pieces.ids([PROMPTS[kind] + text for text in texts], limit)
        found: Floats = trunk.vectors(self._model, rows).numpy()
        return found

    def notes(self, data: Path, work: Path, split: str) -> None:
        known = sources.notes(data / "course-notes-qa")
        questions: tuple[sources.Question, ...] = getattr(known, split)
        courses = {question.course for question in questions}
        statements: list[Statement] = []
        texts = []
        for document in read_corpus(sources.corpus(data, work)).documents:
            owners = {section.id: section for section in document.sections}
            if document.course in courses:
                for statement in document.statements:
                    statements.append(statement)
                    texts.append(embedding.statement_text(owners[statement.section], statement))
        places = self._vectors("passage", texts)
        queries = self._vectors("query", [question.text for question in questions])
        course_of = np.array([statement.course for statement in statements])
        ranks: dict[Language, list[int]] = {language: [] for language in Language}
        best: dict[Language, list[tuple[bool, float]]] = {language: [] for language in Language}
        for question, vector in zip(questions, queries, strict=True):
            own = np.flatnonzero(course_of == question.course)
            cosines = places[own] @ vector
            language = language_of(question.text)
            best[language].append((bool(question.spans), float(cosines.max())))
            if question.spans:
                order = own[np.argsort(-cosines)]
                found = (n for n, at in enumerate(order) if question.answered_by(statements[at]))
                ranks[language].append(next(found, len(order)))
        for language in Language:
            own_ranks = np.array(ranks[language])
            labels, scores = zip(*best[language], strict=True)
            shares = " ".join(f"@{k} {(own_ranks < k).mean():.3f}" for k in (1, 5, 20))
            auroc = roc_auc_score(labels, scores)
            print(f"  {language} {len(own_ranks)}: {shares}, AUROC {auroc:.3f}")

    def passages(self, folder: Path, split: str) -> None:
        rows = sources.rows(folder / f"{split}.passages.jsonl")
        names = [row["id"] for row in rows]
        places = self._vectors("passage", [f"{row['title']}\n{row['text']}" for row in rows])
        questions = sources.rows(folder / f"{split}.questions.jsonl")
        queries = self._vectors("query", [row["question"] for row in questions])
        first = (queries @ places.T).argmax(1)
        right = [names[at] in row["gold"] for at, row in zip(first, questions, strict=True)]
        print(f"  passages {len(right)}: @1 {np.mean(right):.3f}")


if __name__ == "__main__":
    main()
