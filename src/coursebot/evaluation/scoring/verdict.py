"""An answer and what was expected ▶ what was given, what was ranked, the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coursebot.evaluation.golden import Placed
from coursebot.evaluation.golden.records import AnswerKind, Asked
from coursebot.evaluation.run.records import (
    Cited,
    Given,
    LegScore,
    Outcome,
    Ranked,
    Reason,
    Verdict,
)
from coursebot.evaluation.scoring import text as texts
from coursebot.evaluation.scoring.ranking import measure
from coursebot.types import Answer, Language, Passage, Span, State


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
    """Judge one answer; ``source_of`` gives the text of a file by its path."""
    gold = () if asked.unanswerable else tuple(placed)
    given = _given(answer, gold, source_of)
    ranked = tuple(_ranked(hit.passage, hit.score, hit.legs, gold) for hit in answer.passages)
    values: dict[str, float] = {}
    shown = "\n".join(part for part in (given.short, given.conversion, given.text) if part)
    if given.generated:
        shown += "\n" + given.generated
    if asked.must_not:
        values["must_not_kept"] = float(
            not any(texts.contains(shown, one) for one in asked.must_not)
        )
    if given.citations:
        values["verbatim"] = sum(one.verbatim for one in given.citations) / len(given.citations)
    if asked.unanswerable:
        return Judged(given, ranked, _unanswerable(given, values))
    silent = given.state is State.NOT_COVERED
    content = _content(asked, lang, answer, "" if silent else shown, values)
    on_gold = any(one.gold for one in given.citations) and not silent
    if gold:
        cites = given.citations
        values["cited"] = float(on_gold)
        values["citation_precision"] = (
            sum(one.gold for one in cites) / len(cites) if cites and not silent else 0.0
        )
        # an extractive answer's sentences are its quotations: one citation each
        values["citation_recall"] = values["citation_precision"]
        found = [h.passage for h in answer.passages]
        missed = [one for one in gold if not any(_overlaps(p.path, p.span, one) for p in found)]
        values |= measure(ranked, gold, missed)
    kept = bool(values.get("must_not_kept", 1.0))
    right = not silent and content and kept and (on_gold or not gold)
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
        elif gold and not on_gold:
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


def _content(
    asked: Asked, lang: Language, answer: Answer, shown: str, values: dict[str, float]
) -> bool:
    """Add the answer's metrics; tell whether all required parts are said."""
    judged = [one for one in asked.answers if one.kind is not AnswerKind.FREEFORM]
    if not judged:
        return True
    required = [one for one in judged if one.required]
    said = [texts.satisfied(shown, one) for one in required]
    values["contains"] = float(
        all(any(texts.contains(shown, g) for g in (o.text, *o.aliases)) for o in required)
    )
    values["typed"] = float(all(texts.typed(shown, one) for one in required))
    values["required_parts"] = sum(said) / len(said) if said else 1.0
    short = answer.short_answer
    candidates = [""]
    if shown and short is not None:
        candidates = [one for one in (short.text, short.conversion) if one]
    elif shown and answer.statements:
        candidates = [answer.statements[0].plain]
    golds = [gold for one in judged for gold in (one.text, *one.aliases)]
    for name, metric in (("exact_match", texts.exact_match), ("f1", texts.f1)):
        values[name] = max(metric(ours, gold, lang) for ours in candidates for gold in golds)
    return all(said)


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


def _ranked(passage: Passage, score: float, legs: object, gold: Sequence[Placed]) -> Ranked:
    assert hasattr(legs, "items")
    return Ranked(
        id=passage.id,
        section=passage.section,
        path=passage.path,
        lines=passage.lines,
        text=passage.text,
        score=score,
        legs={name: LegScore(rank=leg.rank, score=leg.score) for name, leg in legs.items()},
        gold=max(
            (g.relevance for g in gold if _overlaps(passage.path, passage.span, g)), default=0
        ),
        gold_section=max((g.relevance for g in gold if passage.section in g.sections), default=0),
    )


def _overlaps(path: str, span: Span, place: Placed) -> bool:
    return path == place.path and span[0] < place.span[1] and place.span[0] < span[1]
