"""Course notes with questions ▶ the weights of evidence and confidence, with a reader and without.

Fitted on the calibration files, which neither encoder nor reader was trained on. Evidence: a
softmax over the candidates of a question, the statements that overlap a gold line being the right
ones; where candidates were read, a second one over that score and the reader's. Confidence: one
logistic regression on whether the question is about the notes' subjects (against questions asked of
another folder), and one on whether the best statement is right (questions that the notes do not
answer being wrong throughout), on evidence scores that were made by weights fitted without the
question's file (folds by file).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from coursebot import encoder as encoders
from coursebot import reader as readers
from coursebot.answer import confidence, evidence
from coursebot.answer.question import analyse
from coursebot.config import Settings
from coursebot.conversation import make_query
from coursebot.index import Index, build
from coursebot.retrieval import retrieve
from coursebot.types import (
    Encoder,
    Floats,
    Language,
    Reader,
    Reading,
    Retrieved,
    StatementHit,
)
from training import sources

FOLDS = 6
_SUBJECT = [confidence.FEATURES.index(name) for name in confidence.SUBJECT]
RIDGE = 0.003
ELSEWHERE = 0.4
"""Share of the answerable questions that are also asked of another course."""


@dataclass(slots=True)
class Example:
    """One question with its candidates."""

    asked: sources.Question
    elsewhere: bool
    """Whether it was asked of another course."""
    language: Language
    found: Retrieved
    hits: tuple[StatementHit, ...]
    features: Floats
    gold: NDArray[np.bool_]
    """Which candidates overlap a gold line; none for a question that is not answered."""
    answerable: bool
    readings: Mapping[str, Reading] = field(default_factory=dict)


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
    parser.add_argument("data", type=Path, help="the folder of data sets")
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--out", type=Path, default=Path("src/coursebot/answer/weights.json"))
    chosen = parser.parse_args()
    settings = Settings.load()
    encoder = encoders.load(settings.model, cache=settings.cache)
    reader = readers.load(cache=settings.cache)
    if reader is None:
        raise SystemExit("The reader cannot be loaded here.")
    chosen.work.mkdir(parents=True, exist_ok=True)
    build(
        sources.corpus(chosen.data, chosen.work),
        chosen.work / "fitting",
        encoder,
        passage_tokens=settings.passage_tokens,
    )
    index = Index.load(chosen.work / "fitting")
    examples = list(
        _examples(sources.notes(chosen.data / "course-notes-qa").calibration, index, encoder)
    )
    print(f"{len(examples)} questions", file=sys.stderr)
    fitted: dict[str, dict[str, dict[str, float]]] = {}

    def keep(stage: str, language: Language, names: Sequence[str], weights: Floats) -> None:
        fitted.setdefault(stage, {})[language.value] = {
            name: round(float(value), 4) for name, value in zip(names, weights, strict=True)
        }

    subject, answers = (*confidence.SUBJECT, "constant"), (*confidence.FEATURES, "constant")
    read = (*confidence.FEATURES, *confidence.READ, "constant")
    for language in Language:
        own = [example for example in examples if example.language is language]
        weights = _fit_evidence(own)
        keep("evidence", language, evidence.FEATURES, weights)
        about, right = _fit_judgement(own)
        keep("subject", language, subject, about)
        keep("confidence", language, answers, right)
        for example in own:
            _read(example, weights, reader)
        keep("reading", language, evidence.READ, _fit_reading(own, weights))
        about, right = _fit_judgement(own)
        keep("read_subject", language, subject, about)
        keep("read", language, read, right)
    chosen.out.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")


def _examples(
    questions: Sequence[sources.Question], index: Index, encoder: Encoder
) -> list[Example]:
    chance = random.Random(0)
    found: list[Example] = []
    for question in questions:
        # Half of the questions search one course, half all of them, as learners do.
        course = question.course if chance.random() < 0.5 else None
        found.append(_example(question, course, index, encoder))
        if question.spans and chance.random() < ELSEWHERE:
            other = chance.choice([c for c in index.courses if c != question.course])
            found.append(_example(question, other, index, encoder))
    return found


def _example(
    asked: sources.Question, course: str | None, index: Index, encoder: Encoder
) -> Example:
    query = make_query(asked.text, (), 2000)
    retrieved = retrieve(index, encoder, query, course=course)
    question = analyse(query.question, query.language)
    elsewhere = course not in (None, asked.course)
    hits = evidence.shortlist(question, retrieved)
    gold = np.array([not elsewhere and asked.answered_by(hit.statement) for hit in hits])
    return Example(
        asked=asked,
        elsewhere=elsewhere,
        language=query.language,
        found=retrieved,
        hits=hits,
        features=evidence.features(question, retrieved, hits),
        gold=gold.astype(bool),
        answerable=bool(asked.spans) and not elsewhere,
    )


def _read(example: Example, weights: Floats, reader: Reader) -> None:
    """Let the reader read, and add the lines that it read beside the candidates."""
    order = np.argsort(-(example.features @ weights), kind="stable")
    likely = [example.hits[at].statement for at in order]
    found = example.found
    example.readings = reader.read(found.asked, likely, found.sections, found.siblings)
    known = {hit.statement.id for hit in example.hits}
    beside = [
        hit
        for hit in found.statements
        if hit.statement.id in example.readings and hit.statement.id not in known
    ]
    if beside:
        question = analyse(found.question, found.language)
        more = evidence.features(question, found, beside)
        example.hits = (*example.hits, *beside)
        example.features = np.concatenate([example.features, more])
        example.gold = np.append(
            example.gold,
            [example.answerable and example.asked.answered_by(h.statement) for h in beside],
        )


def _scores(example: Example, weights: Floats, reading: Floats | None) -> Floats:
    """Return the candidates' scores by evidence alone, or with what was read."""
    alone: Floats = example.features @ weights
    if reading is None:
        return alone
    rows = [
        evidence.read_features(score, example.readings.get(hit.statement.id))
        for score, hit in zip(alone.tolist(), example.hits, strict=True)
    ]
    scores: Floats = np.array(rows) @ reading
    return scores


def _fit_judgement(own: Sequence[Example]) -> tuple[Floats, Floats]:
    """Return the weights of subject and confidence; report what they are worth out of fold."""
    with_reader = any(example.readings for example in own)
    fold = {file: n % FOLDS for n, file in enumerate(sorted({e.asked.file for e in own}))}
    folds = np.array([fold[example.asked.file] for example in own])
    without: list[tuple[Floats, Floats | None]] = []
    for left_out in range(FOLDS):
        fitting = [e for e in own if fold[e.asked.file] != left_out]
        weights = _fit_evidence(fitting)
        without.append((weights, _fit_reading(fitting, weights) if with_reader else None))
    judged = [_judge(example, *without[fold[example.asked.file]]) for example in own]
    data = Judgements(
        rows=np.array([row for row, _ in judged]),
        right=np.array([right for _, right in judged]),
        answerable=np.array([example.answerable for example in own]),
        elsewhere=np.array([example.elsewhere for example in own]),
    )
    probability = np.zeros(len(own))
    for left_out in range(FOLDS):
        fitted, judging = folds != left_out, folds == left_out
        subject, answers = _fit_confidence(data, fitted)
        probability[judging] = _logistic(data.rows[judging][:, _SUBJECT], subject) * _logistic(
            data.rows[judging], answers
        )
    print("with the reader" if with_reader else "without", file=sys.stderr)
    _report(own[0].language, data, probability)
    return _fit_confidence(data, np.ones(len(own), dtype=bool))


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


def _judge(example: Example, weights: Floats, reading: Floats | None) -> tuple[Floats, bool]:
    question = analyse(example.found.question, example.language)
    scores = _scores(example, weights, reading)
    order = np.argsort(-scores, kind="stable")
    ranked = [
        evidence.Evidence(
            example.hits[at],
            float(scores[at]),
            example.features[at],
            example.readings.get(example.hits[at].statement.id),
        )
        for at in order
    ]
    row = confidence.features(question, ranked, example.found)
    if reading is not None:
        row = np.concatenate([row, confidence.read_features(ranked)])
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
    return _softmax([(example.features, example.gold) for example in examples])


def _fit_reading(examples: Sequence[Example], weights: Floats) -> Floats:
    """Return the weights of evidence and reading, as ``_fit_evidence`` those of evidence."""
    parts = []
    for example in examples:
        rows = [
            evidence.read_features(score, example.readings.get(hit.statement.id))
            for score, hit in zip((example.features @ weights).tolist(), example.hits, strict=True)
        ]
        parts.append((np.array(rows), example.gold))
    return _softmax(parts)


def _softmax(parts: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Floats:
    useful = [(features.astype(np.float64), gold) for features, gold in parts if gold.any()]
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
