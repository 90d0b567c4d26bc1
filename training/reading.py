"""The data sets ▶ what the reader is trained on: questions with the windows that it will see."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from coursebot import encoder as encoders
from coursebot.answer import evidence
from coursebot.answer.question import analyse
from coursebot.config import Settings
from coursebot.conversation import make_query
from coursebot.encoder.tokenise import Pieces
from coursebot.index import Index, build
from coursebot.index.lexical import LexicalLeg
from coursebot.reader import Line, Window, windows
from coursebot.retrieval import retrieve
from coursebot.terms import terms
from coursebot.types import Encoder, Floats, Kind, Retrieved, Section, Span, Statement
from training import sources, trunk
from training.reader import Example, Read

INSERTED = 0.85
"""Share of the questions whose answer was not retrieved that are read with it all the same; the
others are read without, and nothing answers them."""
HOME = 0.5
"""Share of the questions that search their own course; the others search all of them."""


def encyclopaedia(data: Path, base: Path, most: int, seed: int) -> list[Example]:
    """Return ``most`` questions of JaQuAD and of SQuAD 2.0, three quarters of the first."""
    pieces = trunk.tokenizer(base)
    chance = random.Random(seed)
    found: list[Example] = []
    for folder, split, share in (("jaquad-train", "train", 0.75), ("squad2-en", "dev", 0.25)):
        paragraphs = _Paragraphs(data / folder, split)
        questions = sources.rows(data / folder / f"{split}.questions.jsonl")
        for row in chance.sample(questions, min(int(most * share), len(questions))):
            example = paragraphs.example(pieces, dict(row), chance)
            if example:
                found.append(example)
    return found


class _Paragraphs:
    """Encyclopaedia paragraphs as sections of one paragraph, searched by bigrams."""

    def __init__(self, folder: Path, split: str) -> None:
        self.statements: dict[str, list[Statement]] = {}
        self.sections: dict[str, Section] = {}
        for row in sources.rows(folder / f"{split}.passages.jsonl"):
            name = str(row["id"])
            text = str(row["text"])
            self.sections[name] = Section(
                name, "", name, (str(row["title"]),), 1, "", "", (1, 1), (0, len(text))
            )
            self.statements[name] = [
                _sentence(name, text, span) for span in sources.sentences(text)
            ]
        self.names = list(self.statements)
        self.flat = [s for name in self.names for s in self.statements[name]]
        texts = ["".join(s.text for s in self.statements[name]) for name in self.names]
        self.texts = dict(zip(self.names, texts, strict=True))
        self.leg = LexicalLeg.build(terms, texts, [s.text for s in self.flat])
        self.first = {}
        at = 0
        for name in self.names:
            self.first[name] = at
            at += len(self.statements[name])

    def example(self, pieces: Pieces, row: dict[str, object], chance: random.Random) -> Example:
        """Return two windows of the question's own paragraph and one of the likeliest other."""
        question = str(row["question"])
        name = str(row["gold"][0])  # type: ignore[index]
        spans: list[Span] = [] if row["unanswerable"] else [tuple(s) for s in row["spans"]]  # type: ignore[attr-defined]
        asked = terms(question)
        passages = self.leg.score("passages", asked)
        near = self.leg.score("statements", asked)
        wordings = [str(answer) for answer in row["answers"]]  # type: ignore[attr-defined]
        others = [
            other
            for other in (self.names[at] for at in (-passages).argsort()[:12])
            if other != name and not any(w in self.texts[other] for w in wordings)
        ]
        own = self.statements[name]
        gold = [s for s in own if any(s.span[0] < b and a < s.span[1] for a, b in spans[:1])]
        # Unordered: a place in the list must tell nothing.
        seeds = [*(gold[:1]), self._nearest(name, near)]
        if others:
            seeds.append(self._nearest(chance.choice(others[:3]), near))
        chance.shuffle(seeds)
        made = windows(pieces, question, seeds, self.sections, self.statements)
        answer = spans[0] if spans else None
        return tuple(_read(w, {s.id for s in gold}, name, answer) for w in made)

    def _nearest(self, name: str, scores: Floats) -> Statement:
        first = self.first[name]
        return max(
            self.statements[name],
            key=lambda s: scores[first + self.statements[name].index(s)],
        )


def _sentence(name: str, text: str, span: Span) -> Statement:
    words = text[slice(*span)]
    return Statement(
        f"{name}:{span[0]}-{span[1]}", name, "", name, (1, 1), span, words, words, Kind.SENTENCE
    )


def _read(window: Window, gold: set[str], path: str, answer: Span | None) -> Read:
    """Return a window with the lines that answer, and the answer's tokens if one has it."""
    numbers = tuple(n for n, line in enumerate(window.lines) if line.statement.id in gold)
    place = None
    for n in numbers:
        place = place or _place(window.lines[n], path, answer)
    return Read(
        list(window.ids), tuple((line.first, line.last) for line in window.lines), numbers, place
    )


def _place(line: Line, path: str, answer: Span | None) -> Span | None:
    """Return the first and last token of the answer; None when it does not lie in the line."""
    statement = line.statement
    if answer is None or statement.path != path:
        return None
    start, end = answer[0] - statement.span[0], answer[1] - statement.span[0]
    if start < 0 or end > len(statement.text) or end <= start:
        return None
    # A line is read without Markdown's marks.
    words = statement.text[start:end]
    at = statement.plain.find(words, max(0, start - 12 - statement.text.count("`") * 2))
    if at < 0:
        return None
    inside = [n for n, (a, b) in enumerate(line.places) if a < at + len(words) and at < b]
    return (line.first + inside[0], line.first + inside[-1]) if inside else None


def opened(data: Path, work: Path, model: str) -> tuple[Index, Encoder]:
    """Return the index of the course notes, made with an encoder, and the encoder."""
    settings = Settings.load()
    encoder = encoders.load(model, cache=settings.cache)
    folder = work / f"index-{encoder.fingerprint[:12]}"
    build(sources.corpus(data, work), folder, encoder, passage_tokens=settings.passage_tokens)
    return Index.load(folder), encoder


def asked(
    questions: Sequence[sources.Question], searched: Sequence[tuple[Index, Encoder]], seed: int
) -> Iterator[tuple[sources.Question, Retrieved, tuple[Statement, ...]]]:
    """Yield each question with what one of the indexes has, and its candidates, best first."""
    chance = random.Random(seed)
    for question in questions:
        index, encoder = chance.choice(searched)
        query = make_query(question.text, (), 2000)
        course = question.course if chance.random() < HOME else None
        found = retrieve(index, encoder, query, course=course)
        ranked = evidence.rank(analyse(query.question, query.language), found)
        yield question, found, tuple(one.hit.statement for one in ranked)


def found_notes(data: Path, base: Path, work: Path, split: str, seed: int) -> list[Example]:
    """Return the questions of a split of the course notes with the windows that are read.

    Half of them are retrieved by the shipped encoder, half by the one that it was trained from,
    which has not seen the files: what it takes for likely is nearer to what is found in new ones.
    """
    searched = [opened(data, work, model) for model in (encoders.BUNDLED, encoders.BASE)]
    index, _ = searched[0]
    pieces = trunk.tokenizer(base)
    chance = random.Random(seed)
    by_file: dict[str, list[Statement]] = {}
    for statement in index.statements:
        by_file.setdefault(statement.path, []).append(statement)
    questions = getattr(sources.notes(data / "course-notes-qa"), split)
    examples = []
    for question, found, candidates in asked(questions, searched, seed):
        gold = [s for s in by_file[question.file] if question.answered_by(s)]
        ids = {s.id for s in gold}
        sections, siblings = dict(found.sections), dict(found.siblings)
        made = windows(pieces, question.text, candidates, sections, siblings)
        read = {line.statement.id for window in made for line in window.lines}
        if gold and not ids & read and chance.random() < INSERTED:
            sections[gold[0].section] = index.sections[gold[0].section]
            siblings[gold[0].section] = index.statements_of(gold[0].section)
            place = chance.randrange(3)
            candidates = (*candidates[:place], gold[0], *candidates[place:])
            made = windows(pieces, question.text, candidates, sections, siblings)
        examples.append(tuple(_read(w, ids, question.file, question.answer) for w in made))
    return examples
