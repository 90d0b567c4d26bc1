"""What the engine found, with the weights tried and the fitted ones ▶ what the bench shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from coursebot.types import Answer, Citation, Hit, Leg, Passage, Span, StatementHit

if TYPE_CHECKING:
    from coursebot.evaluation.golden import Placed
    from coursebot.retrieval import Examined

LEGS = ("dense", "statement", "word", "bigram")
STAGES = ("encode", "dense", "statement", "word", "bigram", "fuse", "read", "answer")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage's text."""

    text: str
    gold: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage of the fused ranking."""

    rank: int
    passage: Passage
    heading_path: tuple[str, ...]
    score: float
    legs: Mapping[str, Leg]
    before: int
    """Rank with the fitted weights; 0 when it was not among the hits."""
    gold: bool
    pieces: tuple[Piece, ...]

    @property
    def moved(self) -> int:
        """Ranks gained (above 0) or lost against the fitted weights."""
        return self.before - self.rank if self.before else 0


@dataclass(frozen=True, slots=True)
class Alone:
    """A passage of one leg's own ranking."""

    passage: Passage
    leg: Leg
    fused: int
    """Rank after fusion; 0 when it is not among the hits."""
    text: str
    """What the leg read: the passage, or its nearest sentence."""
    gold: bool


@dataclass(frozen=True, slots=True)
class Dropped:
    """A passage that the fitted weights rank and the tried ones do not."""

    passage: Passage
    before: int
    gold: bool


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote of the answer."""

    citation: Citation
    gold: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """How long a part of the work took."""

    name: str
    ms: float
    begin: float
    """Where its bar begins, in percent of the whole."""
    width: float


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the results show."""

    answer: Answer
    fitted: Answer
    quotes: tuple[Quoted, ...]
    ranking: tuple[Ranked, ...]
    dropped: tuple[Dropped, ...]
    legs: Mapping[str, tuple[Alone, ...]]
    stages: tuple[Stage, ...]
    total_ms: float

    @property
    def first_gold(self) -> int:
        """Rank of the first gold passage; 0 when there is none."""
        return next((one.rank for one in self.ranking if one.gold), 0)


def view(
    tried: tuple[Answer, Examined], fitted: tuple[Answer, Examined], gold: Sequence[Placed]
) -> Shown:
    """Return what is shown of a question that was asked with two sets of weights."""
    answer, examined = tried
    hits, before_hits = examined.retrieved.hits, fitted[1].retrieved.hits
    before = {hit.passage.id: rank for rank, hit in enumerate(before_hits, 1)}
    after = {hit.passage.id: rank for rank, hit in enumerate(hits, 1)}
    sections = examined.retrieved.sections
    ranking = tuple(
        Ranked(
            rank=rank,
            passage=hit.passage,
            heading_path=sections[hit.passage.section].heading_path,
            score=hit.score,
            legs=hit.legs,
            before=before.get(hit.passage.id, 0),
            gold=_is_gold(hit.passage.path, hit.passage.span, gold),
            pieces=_pieces(hit.passage, gold),
        )
        for rank, hit in enumerate(hits, 1)
    )
    dropped = tuple(
        Dropped(hit.passage, rank, _is_gold(hit.passage.path, hit.passage.span, gold))
        for rank, hit in enumerate(before_hits, 1)
        if hit.passage.id not in after
    )
    nearest = _nearest(examined.retrieved.statements)
    return Shown(
        answer=answer,
        fitted=fitted[0],
        quotes=tuple(Quoted(c, _is_gold(c.path, c.span, gold)) for c in answer.citations),
        ranking=ranking,
        dropped=dropped,
        legs={
            name: tuple(_alone(name, hit, after, nearest, gold) for hit in examined.legs[name])
            for name in LEGS
        },
        stages=_stages(answer.timings_ms),
        total_ms=answer.timings_ms["total"],
    )


def _alone(
    leg: str,
    hit: Hit,
    after: Mapping[str, int],
    nearest: Sequence[StatementHit],
    gold: Sequence[Placed],
) -> Alone:
    passage = hit.passage
    text = passage.text
    if leg == "statement":
        inside = (h.statement for h in nearest if h.statement.id in passage.statements)
        text = next((one.plain for one in inside), text)
    return Alone(
        passage=passage,
        leg=hit.legs[leg],
        fused=after.get(passage.id, 0),
        text=text,
        gold=_is_gold(passage.path, passage.span, gold),
    )


def _nearest(statements: Sequence[StatementHit]) -> Sequence[StatementHit]:
    return sorted(statements, key=lambda hit: -hit.cosine)


def _is_gold(path: str, span: Span, gold: Sequence[Placed]) -> bool:
    return any(one.path == path and one.span[0] < span[1] and span[0] < one.span[1] for one in gold)


def _pieces(passage: Passage, gold: Sequence[Placed]) -> tuple[Piece, ...]:
    """Return a passage's text, cut where gold begins and ends; together it is the whole text."""
    start, end = passage.span
    # A passage is verbatim: an offset into the file is one into its text.
    spans = [one.span for one in gold if one.path == passage.path]
    cuts = sorted({start, end, *(at for span in spans for at in span if start < at < end)})
    return tuple(
        Piece(passage.text[a - start : b - start], any(s <= a and b <= e for s, e in spans))
        for a, b in pairwise(cuts)
    )


def _stages(timings: Mapping[str, float]) -> tuple[Stage, ...]:
    """Return the stages one after the other; ``rest`` is what none of them measures."""
    total = timings["total"] or 1.0
    taken = {name: timings.get(name, 0.0) for name in STAGES}
    taken["rest"] = max(total - sum(taken.values()), 0.0)
    found, begin = [], 0.0
    for name, ms in taken.items():
        width = 100 * ms / total
        found.append(Stage(name, ms, begin, width))
        begin += width
    return tuple(found)
