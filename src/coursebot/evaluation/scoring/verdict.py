"""An answer and what was expected ▶ what was given, what was ranked, the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coursebot.evaluation.golden import Placed
from coursebot.evaluation.golden.records import Asked
from coursebot.evaluation.run.records import (
    Cited,
    Given,
    LegScore,
    Outcome,
    Ranked,
    Reason,
    Verdict,
)
from coursebot.evaluation.scoring.citations import Carried, carried
from coursebot.evaluation.scoring.containing import contains
from coursebot.evaluation.scoring.content import rate, said
from coursebot.evaluation.scoring.ranking import measure
from coursebot.types import Answer, Hit, Language, Span, State


@dataclass(frozen=True, slots=True)
class Judged:
    """What a row keeps of an answer."""

    given: Given
    passages: tuple[Ranked, ...]
    verdict: Verdict


def judge(
    asked: Asked,
    lang: Language,
    answer: Answer,
    placed: Sequence[Placed],
    source_of: Callable[[str], str],
) -> Judged:
    """Judge one answer; ``source_of`` gives the text of a file by its path.

    An answer that is not covered says nothing: no content, no citations, nothing forbidden.
    """
    gold = () if asked.unanswerable else tuple(placed)
    given = _given(answer, gold, source_of)
    ranked = tuple(_ranked(hit, gold) for hit in answer.passages)
    values: dict[str, float] = {}
    shown = said(answer)
    if asked.must_not:
        values["must_not_kept"] = float(not any(contains(shown.text, o) for o in asked.must_not))
    if given.citations:
        values["verbatim"] = sum(one.verbatim for one in given.citations) / len(given.citations)
    if asked.unanswerable:
        return Judged(given, ranked, _unanswerable(given, values))
    silent = given.state is State.NOT_COVERED
    content = rate(asked, lang, answer, shown, values)
    numbers = {one.number for one in given.citations if one.gold and not silent}
    if gold:
        values["cited"] = float(bool(numbers))
        # an extractive answer's sentences are its quotations, each with its own citation
        share = 0.0 if silent or not given.citations else len(numbers) / len(given.citations)
        found = Carried(share, share)
        if given.generated and not silent:
            found = carried(given.generated, numbers)
        values |= {"citation_recall": found.recall, "citation_precision": found.precision}
        values |= _rankings(answer.passages, gold)
    kept = bool(values.get("must_not_kept", 1.0))
    right = not silent and content and kept and (bool(numbers) or not gold)
    values["right"] = float(right)
    values["answered"] = float(given.state is State.ANSWERED)
    outcome = {
        State.ANSWERED: Outcome.RIGHT if right else Outcome.WRONG,
        State.UNSURE: Outcome.HEDGED,
        State.NOT_COVERED: Outcome.ABSTAINED,
    }[given.state]
    values["score"] = _score(outcome)
    reason = None
    if not right:
        if gold and not any(one.gold for one in ranked):
            reason = Reason.NOT_RETRIEVED
        elif silent:
            reason = Reason.WRONGLY_ABSTAINED
        elif gold and not numbers:
            reason = Reason.WRONG_CITATION if content and kept else Reason.NOT_USED
        else:
            reason = Reason.WRONG_ANSWER
    verdict = Verdict(passed=right, outcome=outcome, reason=reason, values=values)
    return Judged(given, ranked, verdict)


def _unanswerable(given: Given, values: dict[str, float]) -> Verdict:
    outcome = {
        State.ANSWERED: Outcome.WRONG,
        State.UNSURE: Outcome.HEDGED,
        State.NOT_COVERED: Outcome.RIGHT,
    }[given.state]
    passed = given.state is not State.ANSWERED
    values |= {"abstained_rightly": float(passed), "score": _score(outcome)}
    reason = None if passed else Reason.SHOULD_HAVE_ABSTAINED
    return Verdict(passed=passed, outcome=outcome, reason=reason, values=values)


def _score(outcome: Outcome) -> float:
    return {Outcome.RIGHT: 1.0, Outcome.WRONG: -1.0}.get(outcome, 0.0)


def _rankings(hits: Sequence[Hit], gold: Sequence[Placed]) -> dict[str, float]:
    """Return the retrieval measures of passages and of sections, ranked by their best passage."""
    relevance: dict[int, int] = {}
    for one in gold:
        relevance[one.source] = max(one.relevance, relevance.get(one.source, 0))
    passages = [
        (p.id, frozenset(g.source for g in gold if _overlaps(p.path, p.span, g)))
        for p in (hit.passage for hit in hits)
    ]
    sections = [
        (section, frozenset(g.source for g in gold if section in g.sections))
        for section in (hit.passage.section for hit in hits)
    ]
    return measure(passages, relevance) | measure(sections, relevance, "section ")


def _given(answer: Answer, gold: Sequence[Placed], source_of: Callable[[str], str]) -> Given:
    short = answer.short_answer
    cited = tuple(
        Cited(
            number=one.number,
            course=one.course,
            path=one.path,
            heading_path=one.heading_path,
            lines=one.lines,
            span=one.span,
            quote=one.quote,
            url=one.url,
            verbatim=source_of(one.path)[one.span[0] : one.span[1]] == one.quote,
            gold=any(_overlaps(one.path, one.span, place) for place in gold),
        )
        for one in answer.citations
    )
    return Given(
        state=answer.state,
        confidence=answer.confidence,
        text=answer.text,
        short=short.text if short else "",
        conversion=short.conversion if short else "",
        short_kind=short.kind if short else "",
        citations=cited,
        generated=answer.generated,
        notice=answer.notice,
    )


def _ranked(hit: Hit, gold: Sequence[Placed]) -> Ranked:
    passage = hit.passage
    return Ranked(
        id=passage.id,
        section=passage.section,
        path=passage.path,
        lines=passage.lines,
        text=passage.text,
        score=hit.score,
        legs={name: LegScore(rank=leg.rank, score=leg.score) for name, leg in hit.legs.items()},
        gold=max(
            (g.relevance for g in gold if _overlaps(passage.path, passage.span, g)), default=0
        ),
        gold_section=max((g.relevance for g in gold if passage.section in g.sections), default=0),
    )


def _overlaps(path: str, span: Span, place: Placed) -> bool:
    return path == place.path and span[0] < place.span[1] and place.span[0] < span[1]
