"""Query ▶ hits: dense passages, dense statements and BM25, fused.

The fused score of a passage is

    DENSE * (PASSAGE * cosine(passage) + (1 - PASSAGE) * best cosine(statement))
        + LEXICAL * (PART * BM25(passage) + (1 - PART) * best BM25(statement)) / ideal

divided by DENSE + LEXICAL, with BM25 over words and over character bigrams in equal parts, and
``ideal`` the sum of the inverse document frequencies of all of the question's terms, also of
informative ones that stand nowhere in the corpus. So the lexical part is the share of the question
that a passage matches: an English question over Japanese notes, of which only a product name
matches, is ranked by meaning, and a question in the material's own words by its words, with no
switch between the two. The weights and how they were fitted: ``docs/decisions/0002-fusion.md``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from coursebot.conversation import Query
from coursebot.errors import SettingsError, UnknownCourseError
from coursebot.index import LEGS, Index
from coursebot.terms import informative, surfaces, without_function_words
from coursebot.types import Encoder, Floats, Hit, Language, Leg, Retrieved, StatementHit

Positions = NDArray[np.int64]

DEPTH = 100
"""Passages that each leg puts forward; twice as many statements."""
CANDIDATES = 40
"""Statements, besides those of the hits, that may answer."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each leg counts for; the defaults are the fitted ones."""

    dense: float = 4.0
    """Cosines, against the lexical share; 0 ranks by wording alone."""
    lexical: float = 1.0
    """The lexical share, against cosines; 0 ranks by meaning alone."""
    passage: float = 1 / 3
    """The passage's own vector, against its best statement's."""
    passage_lexical: float = 0.6
    """BM25 of the passage, against its best statement's."""
    word: float = 0.5
    """Words, against character bigrams."""
    foreign: float = 0.02
    """Added to the cosine of a passage in the other language."""
    sure: float = 0.6
    """Lexical share of a passage in the question's own language from which nothing is added."""

    def __post_init__(self) -> None:
        for name in ("dense", "lexical", *_SHARES):
            value = getattr(self, name)
            most = 1 if name in _SHARES else math.inf
            if not 0 <= value <= most or math.isinf(value):
                limit = "0 to 1" if name in _SHARES else "0 or more"
                raise SettingsError(f"The weight {name} is {value}.", f"It must be {limit}.")
        if not self.dense + self.lexical or not self.sure:
            raise SettingsError(
                "With these weights nothing is ranked.",
                "One of dense and lexical must be above 0, and so must sure.",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``name=value,…``; what is not named, and all of ``default``, is as fitted.

        Raises SettingsError.
        """
        given: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if name == "default" and not equals:
                continue
            if name not in _WEIGHTS:
                raise SettingsError(
                    f"There is no weight {name[:40]!r}.", f"Weights: {', '.join(_WEIGHTS)}."
                )
            try:
                given[name] = float(value)
            except ValueError:
                raise SettingsError(
                    f"The weight {name} is {value[:40]!r}.", f"Write a number: {name}=0.5."
                ) from None
        return cls(**given)

    def __str__(self) -> str:
        """Return what differs from the fitted weights, as ``parse`` reads it."""
        fitted = type(self)()
        changed = {
            name: value for name, value in asdict(self).items() if value != getattr(fitted, name)
        }
        return ",".join(f"{name}={value:g}" for name, value in changed.items()) or "default"


_SHARES = ("passage", "passage_lexical", "word", "foreign", "sure")
_WEIGHTS = tuple(field.name for field in fields(Weights))


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found for a question, and what each leg alone would have found."""

    retrieved: Retrieved
    legs: Mapping[str, tuple[Hit, ...]]
    """By leg: its own ranking, best first, of the passages that any leg put forward."""


def retrieve(
    index: Index,
    encoder: Encoder,
    query: Query,
    *,
    course: str | None = None,
    top_k: int = 10,
    weights: Weights | None = None,
) -> Retrieved:
    """Return the ``top_k`` best passages and the statements that may answer.

    Raises UnknownCourseError when the index has no course of that name.
    """
    return _search(index, encoder, query, course, top_k, weights)[1]


def examine(
    index: Index,
    encoder: Encoder,
    query: Query,
    *,
    course: str | None = None,
    top_k: int = 10,
    weights: Weights | None = None,
) -> Examined:
    """Return what ``retrieve`` does, and the ``top_k`` best passages of each leg alone."""
    legs, found = _search(index, encoder, query, course, top_k, weights)
    return Examined(found, {name: legs.best(name, top_k) for name in legs.scores})


def _search(
    index: Index,
    encoder: Encoder,
    query: Query,
    course: str | None,
    top_k: int,
    weights: Weights | None,
) -> tuple[_Legs, Retrieved]:
    if course is not None and course not in index.courses:
        raise UnknownCourseError.among(course, index.courses)
    started = time.perf_counter()
    vector = _vector(encoder, query)
    encoded = time.perf_counter()
    legs = _Legs(index, vector, query, course, weights or Weights())
    hits, statements = legs.hits(top_k), legs.candidates(top_k, query.grounding)
    fused = time.perf_counter()
    written = surfaces(query.text)
    section_ids = dict.fromkeys(
        [hit.passage.section for hit in hits] + [hit.statement.section for hit in statements]
    )
    retrieved = Retrieved(
        question=query.question,
        language=query.language,
        hits=hits,
        statements=statements,
        sections={name: index.sections[name] for name in section_ids},
        siblings={name: index.statements_of(name) for name in section_ids},
        courses=index.courses,
        match=legs.match,
        idf=legs.idf,
        surfaces=written,
        grounding=query.grounding,
        given=query.given,
        asked=query.text,
        unknown=tuple(dict.fromkeys(written.get(term, term) for term in legs.unknown)),
        timings_ms={
            "encode": (encoded - started) * 1000,
            "search": (fused - encoded) * 1000,
            **legs.timings_ms,
        },
    )
    return legs, retrieved


def _vector(encoder: Encoder, query: Query) -> Floats:
    """Return the query's unit vector; a follow-up lies between itself and its topic."""
    if query.text == query.question:
        alone: Floats = encoder.encode_queries([query.text])[0]
        return alone
    both = encoder.encode_queries([query.text, query.question]).sum(axis=0)
    unit: Floats = both / np.linalg.norm(both)
    return unit


class _Lexical:
    """One lexical leg's scores for one question, as shares of the question that are matched."""

    def __init__(self, index: Index, leg: str, text: str, course: str | None) -> None:
        # In Japanese notes an English function word is rare, and would count as much as a name.
        found = without_function_words(LEGS[leg](text))
        subject = frozenset(informative(found))
        known = {term: index.idf(leg, term) for term in found}
        # A term that stands nowhere counts as one that stands in no passage would.
        unknown = math.log(1 + (len(index.passages) + 0.5) / 0.5)
        self.idf = {
            term: idf or (unknown if term in subject else 0.0) for term, idf in known.items()
        }
        ideal = sum(self.idf[term] for term in found)
        self.passages = index.bm25(leg, found, course)
        self.shares = self.passages / (ideal or 1.0)
        self.statement_shares = index.statement_bm25(leg, found, course) / (ideal or 1.0)
        wanted = [term for term in found if term in subject]
        self.unknown = tuple(term for term in wanted if not known[term])
        self.match = 1 - len(self.unknown) / len(wanted) if wanted else 0.0


class _Legs:
    """All legs of one query, on the passages that any of them puts forward."""

    def __init__(
        self,
        index: Index,
        vector: Floats,
        query: Query,
        course: str | None,
        weights: Weights,
    ) -> None:
        self.index = index
        self.vector = vector
        self.course = course
        self.language = query.language
        self.timings_ms: dict[str, float] = {}
        self.lexical: dict[str, _Lexical] = {}
        for leg in LEGS:
            with self._timed(leg):
                self.lexical[leg] = _Lexical(index, leg, query.text, course)
        self.match = self.lexical["word"].match
        self.unknown = self.lexical["word"].unknown
        self.idf = self.lexical["word"].idf
        share = {"bigram": 1 - weights.word, "word": weights.word}
        self.passage_share = _sum(share[leg] * found.shares for leg, found in self.lexical.items())
        self.statement_share = _sum(
            share[leg] * found.statement_shares for leg, found in self.lexical.items()
        )
        self.pool, self.statement_found = self._pool()
        with self._timed("fuse"):
            self._fuse(weights)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings_ms[stage] = (time.perf_counter() - started) * 1000

    def _pool(self) -> tuple[Positions, Positions]:
        """Return the passages found by any leg, in document order, and the nearest statements."""
        with self._timed("dense"):
            passages, _ = self.index.search_passages(self.vector, DEPTH, self.course)
        with self._timed("statement"):
            statements, _ = self.index.search_statements(self.vector, 2 * DEPTH, self.course)
        owners = self.index.passage_of_statement
        found = [
            passages,
            owners[statements],
            _best(self.passage_share, DEPTH),
            owners[_best(self.statement_share, DEPTH)],
        ]
        return np.unique(np.concatenate(found)).astype(np.int64), statements

    def _fuse(self, weights: Weights) -> None:
        index, pool = self.index, self.pool
        self.dense = index.passage_cosines(self.vector, pool)
        first, last = index.statement_ranges(pool)
        self.members = _concatenated_ranges(first, last)
        cosines = index.statement_cosines(self.vector, self.members)
        self.cosine = dict(zip(self.members.tolist(), cosines.tolist(), strict=True))
        starts = np.concatenate([[0], np.cumsum(last - first)[:-1]]).astype(np.int64)
        if len(pool):
            self.statement = np.maximum.reduceat(cosines, starts)
            best_share = np.maximum.reduceat(self.statement_share[self.members], starts)
        else:
            self.statement = best_share = np.zeros(0, np.float32)
        dense = weights.passage * self.dense + (1 - weights.passage) * self.statement
        part = weights.passage_lexical
        lexical = part * self.passage_share[pool] + (1 - part) * best_share
        foreign = index.japanese[pool] != (self.language is Language.JA)
        # A question lies nearer to all text in its own language than to an answer in the other.
        near = float(lexical[~foreign].max(initial=0.0))
        dense = dense + weights.foreign * max(1 - near / weights.sure, 0.0) * foreign
        # Divided so that a score is 1 for a passage that matches perfectly on every leg.
        self.score = (weights.dense * dense + weights.lexical * lexical) / (
            weights.dense + weights.lexical
        )
        self.order = np.argsort(-self.score, kind="stable")
        self.scores = {
            "dense": self.dense,
            "statement": self.statement,
            **{name: found.passages[pool] for name, found in self.lexical.items()},
        }
        self.ranks = {name: _ranks(scores) for name, scores in self.scores.items()}

    def hits(self, top_k: int) -> tuple[Hit, ...]:
        """Return the best passages of the pool."""
        return self._hits(self.order[:top_k])

    def best(self, leg: str, top_k: int) -> tuple[Hit, ...]:
        """Return the passages that one leg finds, best first."""
        order = np.argsort(self.ranks[leg])[:top_k]
        return self._hits(order if leg not in LEGS else order[self.scores[leg][order] > 0])

    def _hits(self, positions: Positions) -> tuple[Hit, ...]:
        return tuple(
            Hit(
                passage=self.index.passages[self.pool[at]],
                score=float(self.score[at]),
                legs={
                    name: Leg(
                        int(self.ranks[name][at]) if name not in LEGS or scores[at] > 0 else 0,
                        float(scores[at]),
                    )
                    for name, scores in self.scores.items()
                },
            )
            for at in positions.tolist()
        )

    def candidates(self, top_k: int, grounding: Sequence[str]) -> tuple[StatementHit, ...]:
        """Return the statements of the best passages, the nearest others, and the grounding."""
        index = self.index
        rank = {int(self.pool[at]): n for n, at in enumerate(self.order[:top_k].tolist(), 1)}
        score = {int(self.pool[at]): float(self.score[at]) for at in self.order.tolist()}
        owners = index.passage_of_statement
        wanted = {int(at): None for at in self.members.tolist() if int(owners[at]) in rank}
        wanted.update(dict.fromkeys(self.statement_found[:CANDIDATES].tolist()))
        for name in grounding:
            at = index.statement_position(name)
            if at is not None:
                wanted[at] = None
        positions = np.array(sorted(wanted), dtype=np.int64)
        cosines = index.statement_cosines(self.vector, positions)
        found = [
            StatementHit(
                statement=index.statements[at],
                cosine=float(cosine),
                lexical=float(self.statement_share[at]),
                passage_score=score.get(int(owners[at]), 0.0),
                passage_rank=rank.get(int(owners[at]), 0),
            )
            for at, cosine in zip(positions.tolist(), cosines.tolist(), strict=True)
        ]
        return tuple(sorted(found, key=lambda hit: -hit.cosine))


def _sum(parts: Iterable[Floats]) -> Floats:
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


def _best(scores: Floats, k: int) -> Positions:
    """Return the positions of the ``k`` highest positive scores, in any order."""
    top = np.argpartition(-scores, k)[:k] if len(scores) > k else np.arange(len(scores))
    return top[scores[top] > 0].astype(np.int64)


def _ranks(scores: Floats) -> Positions:
    """Return each score's rank from 1, ties in document order."""
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def _concatenated_ranges(first: Positions, last: Positions) -> Positions:
    """Return first[0]..last[0]-1, first[1]..last[1]-1, … as one array."""
    lengths = last - first
    if not len(lengths):
        return np.zeros(0, dtype=np.int64)
    offsets = np.repeat(first - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    positions: Positions = np.arange(int(lengths.sum()), dtype=np.int64) + offsets
    return positions
