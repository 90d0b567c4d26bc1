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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Self

import numpy as np

from coursebot.conversation import Query
from coursebot.errors import SettingsError, UnknownCourseError
from coursebot.index import LEGS, Searchable
from coursebot.index.interface import Lexical, Positions, best_of_each, concatenated_ranges
from coursebot.terms import informative, surfaces, without_function_words
from coursebot.types import Encoder, Floats, Hit, Language, Leg, Retrieved, StatementHit

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
    index: Searchable,
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
    index: Searchable,
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
    index: Searchable,
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
    # In this order: whoever keeps the index reads the passages' texts along with the candidates'.
    statements, hits = legs.candidates(top_k, query.grounding), legs.hits(top_k)
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

    def __init__(self, found: Lexical, terms: list[str], passages: int) -> None:
        subject = frozenset(informative(terms))
        # A term that stands nowhere counts as one that stands in no passage would.
        unknown = math.log(1 + (passages + 0.5) / 0.5)
        self.idf = {
            term: idf or (unknown if term in subject else 0.0) for term, idf in found.idf.items()
        }
        ideal = sum(self.idf[term] for term in terms)
        self.passages = found.passages
        self.shares = found.passages / (ideal or 1.0)
        self.statement_shares = found.statements / (ideal or 1.0)
        wanted = [term for term in terms if term in subject]
        self.unknown = tuple(term for term in wanted if not found.idf[term])
        self.match = 1 - len(self.unknown) / len(wanted) if wanted else 0.0


class _Legs:
    """All legs of one query, on the passages that any of them puts forward."""

    def __init__(
        self,
        index: Searchable,
        vector: Floats,
        query: Query,
        course: str | None,
        weights: Weights,
    ) -> None:
        self.index = index
        self.language = query.language
        # In Japanese notes an English function word is rare, and would count as much as a name.
        terms = {leg: without_function_words(cut(query.text)) for leg, cut in LEGS.items()}
        self.search = index.search(vector, terms, DEPTH, course)
        self.timings_ms = dict(self.search.timings_ms)
        self.lexical = {
            leg: _Lexical(found, terms[leg], len(index.passages))
            for leg, found in self.search.lexical.items()
        }
        self.match = self.lexical["word"].match
        self.unknown = self.lexical["word"].unknown
        self.idf = self.lexical["word"].idf
        share = {"bigram": 1 - weights.word, "word": weights.word}
        self.passage_share = _sum(share[leg] * found.shares for leg, found in self.lexical.items())
        self.statement_share = _sum(
            share[leg] * found.statement_shares for leg, found in self.lexical.items()
        )
        started = time.perf_counter()
        self.found = self.search.gather(*self._put_forward())
        self.pool = self.found.passages
        self._fuse(weights)
        self.timings_ms["fuse"] = (time.perf_counter() - started) * 1000

    def _put_forward(self) -> tuple[Positions, Positions]:
        """Return the passages and the statements found by any leg."""
        search = self.search
        passages = _best(self.passage_share, DEPTH) + search.first_passage
        statements = _best(self.statement_share, DEPTH) + search.first_statement
        return (
            np.concatenate([search.passages, passages]),
            np.concatenate([search.statements, statements]),
        )

    def _fuse(self, weights: Weights) -> None:
        found = self.found
        members = concatenated_ranges(found.first, found.last)
        best_share = best_of_each(self._statement_shares(members), found.last - found.first)
        within = self.pool - self.search.first_passage
        passage_share = self.passage_share[within]
        dense = weights.passage * found.cosines + (1 - weights.passage) * found.nearest
        part = weights.passage_lexical
        lexical = part * passage_share + (1 - part) * best_share
        foreign = found.japanese != (self.language is Language.JA)
        # A question lies nearer to all text in its own language than to an answer in the other.
        near = float(lexical[~foreign].max(initial=0.0))
        dense = dense + weights.foreign * max(1 - near / weights.sure, 0.0) * foreign
        # Divided so that a score is 1 for a passage that matches perfectly on every leg.
        self.score = (weights.dense * dense + weights.lexical * lexical) / (
            weights.dense + weights.lexical
        )
        self.order = np.argsort(-self.score, kind="stable")
        self.scores = {
            "dense": found.cosines,
            "statement": found.nearest,
            **{name: leg.passages[within] for name, leg in self.lexical.items()},
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
        best = self.order[:top_k]
        rank = {passage: n for n, passage in enumerate(self.pool[best].tolist(), 1)}
        score = dict(zip(self.pool.tolist(), self.score.tolist(), strict=True))
        given = [at for at in map(index.statement_position, grounding) if at is not None]
        positions = np.unique(
            np.concatenate(
                [
                    concatenated_ranges(self.found.first[best], self.found.last[best]),
                    self.search.statements[:CANDIDATES],
                    np.array(given, dtype=np.int64),
                ]
            )
        )
        found = zip(
            positions.tolist(),
            self.search.cosines(positions).tolist(),
            self._statement_shares(positions).tolist(),
            index.owners(positions).tolist(),
            strict=True,
        )
        hits = [
            StatementHit(
                statement=index.statements[at],
                cosine=cosine,
                lexical=share,
                passage_score=score.get(owner, 0.0),
                passage_rank=rank.get(owner, 0),
            )
            for at, cosine, share, owner in found
        ]
        return tuple(sorted(hits, key=lambda hit: -hit.cosine))

    def _statement_shares(self, positions: Positions) -> Floats:
        """Return the lexical share of statements; 0 of those in a course that is not searched."""
        within = positions - self.search.first_statement
        known = (within >= 0) & (within < len(self.statement_share))
        shares: Floats = np.zeros(len(positions), dtype=self.statement_share.dtype)
        shares[known] = self.statement_share[within[known]]
        return shares


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
