"""JSQuAD with the gold passage ▶ exact match and F1 of the reader alone, and published readers.

The reader gets every line of the passage, those that share most with the question first, as the
product's own course reader cuts them; its answer is the likeliest span of the likeliest line.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import data, figures
from coursebot.course import read_document
from coursebot.evaluation.scoring.text import exact_match, f1
from coursebot.terms import terms
from coursebot.types import Kind, Language, Reader, Reading, Section, Statement

PUBLISHED = (
    ("one annotator against the others", 0.871, 0.944),
    ("Tohoku BERT base", 0.871, 0.941),
    ("Tohoku BERT base (char)", 0.864, 0.937),
    ("Tohoku BERT large", 0.880, 0.946),
    ("NICT BERT base", 0.897, 0.947),
    ("Waseda RoBERTa base", 0.864, 0.927),
    ("Waseda RoBERTa large (s512)", 0.918, 0.963),
)
"""Exact match and F1 on the same questions, by JGLUE's README. XLM RoBERTa is left out there, since
the ends of its tokens and of the answers often do not match; ours has the same tokens."""
EVERY = 500


@dataclass(frozen=True, slots=True)
class Material:
    """A passage as the product reads a course."""

    sections: Mapping[str, Section]
    siblings: Mapping[str, Sequence[Statement]]
    """By section."""
    lines: tuple[Statement, ...]
    """What can hold an answer: all but the heading."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of one question, judged."""

    question: str
    passage: str
    given: str
    exact: float
    f1: float


def material(passage: data.Source) -> Material:
    """Return a passage, its title as the heading, as sections and statements."""
    source = f"# {passage.title}\n\n{passage.text}\n"
    sections, statements = read_document(source, course="", path=f"{passage.id}.md")
    siblings: dict[str, list[Statement]] = {}
    for statement in statements:
        siblings.setdefault(statement.section, []).append(statement)
    lines = tuple(one for one in statements if one.kind not in (Kind.HEADING, Kind.LINK))
    return Material({section.id: section for section in sections}, siblings, lines)


def answer(reader: Reader, question: str, given: Material) -> str:
    """Return the likeliest span of the likeliest line; empty when nothing was read."""
    readings = _readings(reader, question, given)
    lines = [line for line in given.lines if line.id in readings]
    if not lines:
        return ""
    best = max(lines, key=lambda line: readings[line.id].score)
    start, end = readings[best.id].span
    return best.plain[start:end]


def _readings(reader: Reader, question: str, given: Material) -> Mapping[str, Reading]:
    """Read until every line was read: what is read at one go has a limit."""
    asked = set(terms(question))
    shared = {line.id: len(asked & set(terms(line.plain))) for line in given.lines}
    left = sorted(given.lines, key=lambda line: -shared[line.id])
    found: dict[str, Reading] = {}
    while left:
        read = reader.read(question, left, given.sections, given.siblings)
        found = {**read, **found}
        after = [line for line in left if line.id not in found]
        if len(after) == len(left):
            break
        left = after
    return found


def judge(
    reader: Reader, passages: Sequence[data.Source], asked: Sequence[data.Question]
) -> list[Read]:
    """Read each question's gold passage; the best of the annotators' wordings counts."""
    known = {passage.id: material(passage) for passage in passages}
    found = []
    for number, question in enumerate(asked, 1):
        (name,) = question.gold
        text = answer(reader, question.text, known[name])
        exact, same = (
            max(measure(text, wording, Language.JA) for wording in question.answers)
            for measure in (exact_match, f1)
        )
        found.append(Read(question.id, name, text, exact, same))
        if number % EVERY == 0 or number == len(asked):
            print(f"reading: {number} of {len(asked)}", file=sys.stderr)
    return found


def table(found: Sequence[Read], reader: str) -> str:
    """Return ours beside the published readers as Markdown; without ours when nothing was read."""
    lines = [(name, figures.short(exact), figures.short(same)) for name, exact, same in PUBLISHED]
    if found:
        lines.append((reader, _mean(found, "exact"), _mean(found, "f1")))
    n = f"JSQuAD with the gold passage{f', {len(found):,} questions' if found else ''}"
    return figures.markdown((n, "exact match", "F1"), lines)


def _mean(found: Sequence[Read], name: str) -> str:
    values = [float(getattr(read, name)) for read in found]
    return str(figures.of(values, [read.passage for read in found], binary=name == "exact"))
