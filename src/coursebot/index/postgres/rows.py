"""The files of a version ▶ the rows of its tables, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursebot.index import records
from coursebot.index.arrays import array_bytes, array_of
from coursebot.index.dense import Dense
from coursebot.index.interface import Positions
from coursebot.index.lexical import LEGS, UNITS, LexicalLeg, Matrix
from coursebot.index.manifest import KEY, Manifest
from coursebot.index.part import Document
from coursebot.index.records import Records
from coursebot.terms import language_of
from coursebot.types import (
    Course,
    Floats,
    Language,
    Passage,
    Refusal,
    Section,
    Statement,
    Suggestion,
)

Row = Sequence[object]

LENGTHS = ".lengths"
"""How the names of files end that are read only when they are needed."""
_COPIED = ("courses.json", "sections.json", "refusals.json", "suggestions.json")
_OUTLINE = (*_COPIED, "sources.json", "suggested.json")


@dataclass(frozen=True, slots=True)
class Outline:
    """What a process holds of a version: all but texts, vectors and postings."""

    courses: dict[str, Course]
    documents: tuple[Document, ...]
    sections: tuple[Section, ...]
    refusals: tuple[Refusal, ...]
    suggestions: tuple[Suggestion, ...]
    suggested: Mapping[str, str]
    """Plain text of the statements that answer ``suggestions``, by id."""
    passage_starts: Positions
    """The first statement of each passage, and one more: how many there are."""
    section_starts: Mapping[str, Positions]
    """The first passage or statement (by unit) of each section, and one more."""
    japanese: NDArray[np.bool_]
    """Which passages are written in Japanese."""


class Version:
    """A version as ``store.write`` gets it, cut into rows."""

    def __init__(self, manifest: Manifest, data: Mapping[str, bytes]) -> None:
        self.manifest = manifest
        self._data = data
        self.contents: Records = records.load(data)
        self.vectors = {unit: Dense.from_bytes(data[f"{unit}.faiss"]).vectors for unit in UNITS}
        contents = self.contents
        self._number = {section.id: n for n, section in enumerate(contents.sections)}
        lengths = [len(passage.statements) for passage in contents.passages]
        self._passage_starts = _starts(lengths)
        self._section_starts = {
            "passages": self._begins([p.section for p in contents.passages]),
            "statements": self._begins([s.section for s in contents.statements]),
        }

    def _begins(self, names: Sequence[str]) -> Positions:
        numbers = np.array([self._number[name] for name in names], dtype=np.int64)
        if (np.diff(numbers) < 0).any():
            raise ValueError("passages and statements do not come in the order of the sections")
        return np.searchsorted(numbers, np.arange(len(self._number) + 1)).astype(np.int64)

    def files(self) -> Iterator[Row]:
        """Yield name and bytes of what every process reads."""
        contents, data = self.contents, self._data
        plain = {s.id: s.plain for s in contents.statements}
        sources = [(s.course, s.path, s.digest, "") for s in contents.sources]
        named = [(s.statement, plain[s.statement]) for s in contents.suggestions]
        japanese = np.array(
            [language_of(p.text) is Language.JA for p in contents.passages], dtype=bool
        )
        yield "manifest.json", self.manifest.to_bytes()
        for name in _COPIED:
            yield name, data[name]
        yield "sources.json", records.encode(sources)
        yield "suggested.json", records.encode(named)
        yield "passages.starts", array_bytes(self._passage_starts)
        for unit, starts in self._section_starts.items():
            yield f"sections.{unit}", array_bytes(starts)
        yield "japanese", array_bytes(japanese)
        for name, leg in self._legs():
            for unit in UNITS:
                lengths = leg.matrix(unit).lengths
                small = lengths.astype(np.min_scalar_type(int(lengths.max(initial=0))))
                yield lengths_name(name, unit), array_bytes(small)

    def terms(self) -> Iterator[Row]:
        """Yield leg, term and inverse document frequency of every term that a passage has."""
        for name, leg in self._legs():
            for term, idf in zip(
                leg.vocabulary, leg.matrix("passages").idf().tolist(), strict=True
            ):
                if idf:
                    yield name, encoded(term), idf

    def sources(self) -> Iterator[Row]:
        """Yield course, path and text of every file."""
        for source in self.contents.sources:
            yield source.course, source.path, encoded(source.text)

    def sections(self) -> Iterator[Row]:
        """Yield course, number and contents of every section."""
        texts = {source.path: source.text for source in self.contents.sources}
        statements = _by_section(records.decode(self._data["statements.json"]))
        passages = _by_section(records.decode(self._data["passages.json"]))
        for number, section in enumerate(self.contents.sections):
            mine = statements.get(number, []), passages.get(number, [])
            # Of a statement's row, items 3 and 4 are its span, as of a passage's.
            spans = [row[3:5] for rows in mine for row in rows]
            start = min((span[0] for span in spans), default=0)
            end = max((span[1] for span in spans), default=0)
            made = [start, texts[section.path][start:end], *mine]
            yield section.course, number, json_bytes(made)

    def passages(self) -> Iterator[Row]:
        """Yield course, position, key and vector of every passage."""
        keys, vectors = self._data["passages.keys"], self.vectors["passages"]
        for at, passage in enumerate(self.contents.passages):
            yield passage.course, at, keys[at * KEY : (at + 1) * KEY], vectors[at]

    def statements(self) -> Iterator[Row]:
        """Yield course, position, passage, key and vector of every statement."""
        keys, vectors = self._data["statements.keys"], self.vectors["statements"]
        owners = np.repeat(
            np.arange(len(self.contents.passages)), np.diff(self._passage_starts)
        ).tolist()
        for at, statement in enumerate(self.contents.statements):
            yield statement.course, at, owners[at], keys[at * KEY : (at + 1) * KEY], vectors[at]

    def postings(self) -> Iterator[Row]:
        """Yield course, leg, term and the term's scores in passages and statements of the course.

        A term comes once a course that it stands in.
        """
        courses = [course.name for course in self.contents.courses]
        for name, leg in self._legs():
            runs = {unit: self._runs(leg.matrix(unit), unit) for unit in UNITS}
            vocabulary = [encoded(term) for term in leg.vocabulary]
            for run in sorted(set().union(*runs.values())):
                number, course = divmod(run, len(courses))
                blobs = [
                    packed(leg.matrix(unit), runs[unit].get(run, slice(0, 0))) for unit in UNITS
                ]
                yield courses[course], name, vocabulary[number], *blobs

    def _runs(self, matrix: Matrix, unit: str) -> dict[int, slice]:
        """Return where the scores of each term in each course stand: term * courses + course."""
        number = {course.name: n for n, course in enumerate(self.contents.courses)}
        owners: Sequence[Passage] | Sequence[Statement] = getattr(self.contents, unit)
        course_of = np.array([number[owner.course] for owner in owners], dtype=np.int64)
        terms = np.repeat(np.arange(len(matrix.starts) - 1), np.diff(matrix.starts))
        run = terms * len(number) + course_of[matrix.texts]
        begins = np.flatnonzero(np.diff(run, prepend=-1))
        ends = np.append(begins[1:], len(run))
        return {
            name: slice(begin, end)
            for name, begin, end in zip(
                run[begins].tolist(), begins.tolist(), ends.tolist(), strict=True
            )
        }

    def _legs(self) -> Iterator[tuple[str, LexicalLeg]]:
        for name in LEGS:
            yield name, LexicalLeg.load(name, self._data, self.manifest.counts)


@dataclass(frozen=True, slots=True)
class Contents:
    """A section's statements and passages, in document order."""

    statements: tuple[Statement, ...]
    passages: tuple[Passage, ...]


class _Excerpt:
    """A part of a file, cut by offsets in the file."""

    def __init__(self, start: int, text: str) -> None:
        self._start, self._text = start, text

    def __getitem__(self, span: slice) -> str:
        return self._text[span.start - self._start : span.stop - self._start]


def outline(files: Mapping[str, bytes]) -> Outline:
    """Return what ``Version.files`` wrote; raises ValueError or LookupError when it is none."""
    rows = {name: records.decode(files[name]) for name in _OUTLINE}
    sources = [records.Source(*row) for row in rows["sources.json"]]
    sections = tuple(records.section_of(row, sources) for row in rows["sections.json"])
    suggested: dict[str, str] = dict(rows["suggested.json"])
    names = {section.id for section in sections}
    return Outline(
        courses={row[0]: records.course_of(row) for row in rows["courses.json"]},
        documents=tuple((one.course, one.path, one.digest) for one in sources),
        sections=sections,
        refusals=tuple(Refusal(*row) for row in rows["refusals.json"]),
        suggestions=records.suggestions_of(rows["suggestions.json"], names, suggested),
        suggested=suggested,
        passage_starts=array_of(files["passages.starts"]),
        section_starts={unit: array_of(files[f"sections.{unit}"]) for unit in UNITS},
        japanese=array_of(files["japanese"]),
    )


def contents(section: Section, number: int, data: bytes) -> Contents:
    """Return what ``Version.sections`` wrote of ``section``, which has this number."""
    start, text, statement_rows, passage_rows = json.loads(data.decode("utf-8", "surrogatepass"))
    owners = {number: (section, _Excerpt(start, text))}
    statements = tuple(records.statement_of(row, owners) for row in statement_rows)
    names = [statement.id for statement in statements]
    passages, first = [], 0
    for row in passage_rows:
        passages.append(records.passage_of(row, owners, tuple(names[first : first + row[5]])))
        first += row[5]
    return Contents(statements, tuple(passages))


def packed(matrix: Matrix, run: slice) -> bytes:
    """Return positions and scores of a run as bytes: all positions, then all scores."""
    return matrix.texts[run].astype("<i4").tobytes() + matrix.scores[run].astype("<f4").tobytes()


def unpacked(data: bytes) -> tuple[NDArray[np.int32], Floats]:
    """Return the positions and scores that ``packed`` wrote."""
    half = len(data) // 2
    return np.frombuffer(data[:half], "<i4"), np.frombuffer(data[half:], "<f4")


def encoded(text: str) -> bytes:
    """Return text as bytes: a text of PostgreSQL's holds neither NUL nor a lone surrogate."""
    return text.encode("utf-8", "surrogatepass")


def json_bytes(made: object) -> bytes:
    """Return JSON in UTF-8."""
    return encoded(json.dumps(made, ensure_ascii=False, separators=(",", ":")))


def lengths_name(leg: str, unit: str) -> str:
    """Return the name of the file with the length of each text in a leg's terms.

    It is read when some courses alone are searched, and not before.
    """
    return f"{leg}.{unit}{LENGTHS}"


def _by_section(rows: list[list[Any]]) -> dict[int, list[list[Any]]]:
    return {number: list(run) for number, run in groupby(rows, key=lambda row: int(row[0]))}


def _starts(lengths: Sequence[int]) -> Positions:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
