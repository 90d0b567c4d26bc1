"""Course notes with questions ▶ the weights of evidence and confidence.

Evidence: a softmax over the candidates of a question, the statements that overlap a gold line being
the right ones. Confidence: one logistic regression on whether the question is about the notes'
subjects (against questions asked of another folder), and one on whether the best statement is right
(questions that the notes do not answer being wrong throughout), on evidence scores that were made
by weights fitted without the question's file (five folds by file).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from coursebot import encoder as encoders
from coursebot.answer import confidence, evidence
from coursebot.answer.question import analyse
from coursebot.config import Settings
from coursebot.conversation import make_query
from coursebot.index import Index, build
from coursebot.retrieval import retrieve
from coursebot.types import Encoder, Floats, Language, Retrieved, Statement, StatementHit

FOLDS = 5
_SUBJECT = [confidence.FEATURES.index(name) for name in confidence.SUBJECT]
RIDGE = 0.003


@dataclass(slots=True)
class Example:
    """One question with its candidates."""

    file: str
    tags: tuple[str, ...]
    language: Language
    found: Retrieved
    hits: tuple[StatementHit, ...]
    features: Floats
    gold: NDArray[np.bool_]
    """Which candidates overlap a gold line; none for a question that is not answered."""
    answerable: bool


@dataclass(frozen=True, slots=True)
class Judgements:
    """The best candidates of all questions."""

    rows: Floats
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    elsewhere: NDArray[np.bool_]
    """Which questions were asked of another folder."""


def main() -> None:
    """Fit, report by cross-validation, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notes", type=Path, help="the course-notes-qa folder")
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--out", type=Path, default=Path("src/coursebot/answer/weights.json"))
    chosen = parser.parse_args()
    settings = Settings.load()
    encoder = encoders.load(settings.model, cache=settings.cache)
    chosen.work.mkdir(parents=True, exist_ok=True)
    build(chosen.notes, chosen.work / "index", encoder, passage_tokens=settings.passage_tokens)
    index = Index.load(chosen.work / "index")
    examples = list(_examples(chosen.notes, index, encoder))
    print(f"{len(examples)} questions", file=sys.stderr)
    fitted: dict[str, dict[str, dict[str, float]]] = {
        "evidence": {},
        "subject": {},
        "confidence": {},
    }
    for language in Language:
        own = [example for example in examples if example.language is language]
        weights, subject, answers = _fit_language(own)
        fitted["evidence"][language.value] = _named(evidence.FEATURES, weights)
        fitted["subject"][language.value] = _named((*confidence.SUBJECT, "constant"), subject)
        fitted["confidence"][language.value] = _named((*confidence.FEATURES, "constant"), answers)
    chosen.out.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")


def _named(names: Sequence[str], weights: Sequence[float] | Floats) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, weights, strict=True)}


def _examples(notes: Path, index: Index, encoder: Encoder) -> list[Example]:
    held_back = set((notes / "dev.txt").read_text("utf-8").split())
    chance = random.Random(0)
    found: list[Example] = []
    for path in sorted(notes.glob("*/questions.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            item = json.loads(line)
            file = f"{path.parent.name}/{item['sources'][0]['path']}"
            if file in held_back:
                continue
            # Half of the questions search one course, half all of them, as learners do.
            course = path.parent.name if chance.random() < 0.5 else None
            found.append(_example(item, file, course, index, encoder))
            if not item["unanswerable"] and chance.random() < 0.3:
                # A question about something else altogether.
                other = chance.choice([c for c in index.courses if c != path.parent.name])
                item = {**item, "unanswerable": True, "tags": ["elsewhere"]}
                found.append(_example(item, file, other, index, encoder))
    return found


def _example(
    item: Mapping[str, object], file: str, course: str | None, index: Index, encoder: Encoder
) -> Example:
    query = make_query(str(item["question"]), (), 2000)
    retrieved = retrieve(index, encoder, query, course=course)
    question = analyse(query.question, query.language)
    answerable = not item["unanswerable"]
    lines = [(s["line_start"], s["line_end"]) for s in item["sources"]]  # type: ignore[attr-defined]
    hits = evidence.shortlist(question, retrieved)
    gold = np.array([answerable and _overlaps(hit.statement, file, lines) for hit in hits])
    return Example(
        file=file,
        tags=tuple(item["tags"]),  # type: ignore[arg-type]
        language=query.language,
        found=retrieved,
        hits=hits,
        features=evidence.features(question, retrieved, hits),
        gold=gold.astype(bool),
        answerable=answerable,
    )


def _overlaps(statement: Statement, file: str, lines: Sequence[tuple[int, int]]) -> bool:
    return statement.path == file and any(
        statement.lines[0] <= last and first <= statement.lines[1] for first, last in lines
    )


def _fit_language(own: Sequence[Example]) -> tuple[Floats, Floats, Floats]:
    """Return the weights of evidence, subject and confidence."""
    fold = {file: n % FOLDS for n, file in enumerate(sorted({e.file for e in own}))}
    folds = np.array([fold[example.file] for example in own])
    without = [
        _fit_evidence([e for e in own if fold[e.file] != left_out]) for left_out in range(FOLDS)
    ]
    judged = [_judge(example, without[fold[example.file]]) for example in own]
    data = Judgements(
        rows=np.array([row for row, _ in judged]),
        right=np.array([right for _, right in judged]),
        answerable=np.array([example.answerable for example in own]),
        elsewhere=np.array(["elsewhere" in example.tags for example in own]),
    )
    probability = np.zeros(len(own))
    for left_out in range(FOLDS):
        fitting, judging = folds != left_out, folds == left_out
        subject, answers = _fit_confidence(data, fitting)
        probability[judging] = _logistic(data.rows[judging][:, _SUBJECT], subject) * _logistic(
            data.rows[judging], answers
        )
    _report(own[0].language, data, probability)
    return _fit_evidence(own), *_fit_confidence(data, np.ones(len(own), dtype=bool))


def _fit_confidence(data: Judgements, fitting: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    subject = LogisticRegression(C=1.0, max_iter=2000)
    subject.fit(data.rows[fitting][:, _SUBJECT], ~data.elsewhere[fitting])
    near = fitting & ~data.elsewhere
    answers = LogisticRegression(C=1.0, max_iter=2000).fit(data.rows[near], data.right[near])
    return _weights(subject), _weights(answers)


def _weights(model: LogisticRegression) -> Floats:
    weights: Floats = np.append(model.coef_[0], model.intercept_[0])
    return weights


def _logistic(rows: Floats, weights: Floats) -> NDArray[np.float64]:
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-(rows @ weights[:-1] + weights[-1])))
    return probability


def _judge(example: Example, weights: Floats) -> tuple[Floats, bool]:
    question = analyse(example.found.question, example.language)
    scores = example.features @ weights
    order = np.argsort(-scores, kind="stable")
    ranked = [
        evidence.Evidence(example.hits[at], float(scores[at]), example.features[at]) for at in order
    ]
    row = confidence.features(question, ranked, example.found)
    return row, bool(example.gold[order[0]])


def _report(language: Language, data: Judgements, judged: NDArray[np.float64]) -> None:
    labels, answerable, elsewhere = data.right, data.answerable, data.elsewhere
    bins = np.clip((judged * 10).astype(int), 0, 9)
    error = sum(
        abs(judged[bins == b].mean() - labels[bins == b].mean()) * (bins == b).mean()
        for b in range(10)
        if (bins == b).any()
    )
    print(
        f"{language}: first statement right {labels[answerable].mean():.3f} of"
        f" {answerable.sum()}; AUROC of answerable against near misses"
        f" {roc_auc_score(answerable[~elsewhere], judged[~elsewhere]):.3f}, against other subjects"
        f" {roc_auc_score(answerable[answerable | elsewhere], judged[answerable | elsewhere]):.3f};"
        f" calibration error {error:.3f}",
        file=sys.stderr,
    )
    for threshold in (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        given = judged >= threshold
        print(
            f"  above {threshold}: {given[answerable].mean():.2f} of the answerable,"
            f" {given[~answerable & ~elsewhere].mean():.2f} of the near misses,"
            f" {given[elsewhere].mean():.2f} of other subjects; right {labels[given].mean():.2f}",
            file=sys.stderr,
        )


def _fit_evidence(examples: Sequence[Example]) -> Floats:
    """Return weights that maximise the likelihood of the gold candidates."""
    useful = [(e.features.astype(np.float64), e.gold) for e in examples if e.gold.any()]
    matrix = np.concatenate([features for features, _ in useful])
    gold = np.concatenate([gold for _, gold in useful])
    starts = np.concatenate([[0], np.cumsum([len(g) for _, g in useful])[:-1]]).astype(int)
    lengths = np.diff(np.append(starts, len(gold)))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = matrix @ weights
        scores = scores - np.repeat(np.maximum.reduceat(scores, starts), lengths)
        grown = np.exp(scores)
        every = np.add.reduceat(grown, starts)
        right = np.add.reduceat(grown * gold, starts)
        share = grown / np.repeat(every, lengths) - grown * gold / np.repeat(right, lengths)
        value = -np.log(right / every).mean() + RIDGE * weights @ weights
        return float(value), share @ matrix / len(useful) + 2 * RIDGE * weights

    solved = minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B")
    fitted: Floats = solved.x.astype(np.float32)
    return fitted


if __name__ == "__main__":
    main()
