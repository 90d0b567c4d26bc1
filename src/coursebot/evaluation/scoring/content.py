"""What an answer says ▶ whether that is what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coursebot.answer.polarity import decide
from coursebot.answer.wording.text import plain_quotes
from coursebot.evaluation.golden.records import AnswerKind, Asked, Expected
from coursebot.evaluation.run.records import Given
from coursebot.evaluation.scoring.citations import without_marks
from coursebot.evaluation.scoring.containing import contains
from coursebot.evaluation.scoring.text import exact_match, f1, over_parts
from coursebot.evaluation.scoring.typed import has_value, polarities, polarity, values
from coursebot.types import Answer, Language, State

_QUANTITIES = (AnswerKind.NUMBER, AnswerKind.DURATION)


@dataclass(frozen=True, slots=True)
class Said:
    """What a learner reads as the answer, without marks, heading paths and places."""

    short: tuple[str, ...] = ()
    """The short answer and its conversion."""
    short_kind: str = ""
    items: tuple[str, ...] = ()
    """The pieces of the short answer."""
    quotes: tuple[str, ...] = ()
    """Plain text; a model's wording stands in place of them and of the short answer."""
    links: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, a piece a line."""
        return "\n".join((*self.short, *self.quotes, *self.links))

    @property
    def pole(self) -> bool | None:
        """Whether it says yes or no in so many words; None when it says neither."""
        if self.short_kind == AnswerKind.YESNO:
            found = [pole for one in self.short if (pole := polarity(one)) is not None]
            if found:
                return found[0]
        return polarity(self.text)


def said(answer: Answer) -> Said:
    """Return what ``answer`` says; nothing when it is not covered."""
    if answer.state is State.NOT_COVERED:
        return Said()
    if answer.generated:
        return Said(quotes=(without_marks(answer.generated),))
    short = answer.short_answer
    links = tuple(statement.url for statement in answer.statements if statement.url)
    quotes = tuple(plain_quotes(answer))
    if short is None:
        return Said(quotes=quotes, links=links)
    pair = tuple(one for one in (short.text, short.conversion) if one)
    return Said(pair, short.kind, short.items, quotes, links)


def recalled(given: Given) -> Said:
    """Return what a recorded answer says; its quotes are verbatim, as no statements are kept."""
    if given.state is State.NOT_COVERED:
        return Said()
    if given.generated:
        return Said(quotes=(without_marks(given.generated),))
    pair = tuple(one for one in (given.short, given.conversion) if one)
    quotes = tuple(one.quote for one in given.citations)
    return Said(pair, given.short_kind if pair else "", (), quotes)


def rate(asked: Asked, lang: Language, answer: Answer, shown: Said, into: dict[str, float]) -> bool:
    """Add the answer's metrics to ``into``; tell whether all required parts are said.

    Parts that are ``freeform`` are left to the sources; without any other there are no metrics.
    """
    judged = [one for one in asked.answers if one.kind is not AnswerKind.FREEFORM]
    required = [one for one in judged if one.required]
    if not required:
        return True
    into["contains"] = float(all(stated(shown, one) for one in required))
    into["typed"] = float(
        all(_typed(asked, lang, answer, shown, one, len(required)) for one in required)
    )
    met = [satisfied(shown, one) for one in required]
    into["required_parts"] = sum(met) / len(met)
    candidates = _candidates(shown, len(required))
    into["exact_match"] = over_parts(exact_match, candidates, required, lang)
    into["f1"] = over_parts(f1, candidates, required, lang)
    return all(met)


def satisfied(shown: Said, expected: Expected) -> bool:
    """Tell whether ``shown`` says ``expected`` or an alias, by containment or by value."""
    if stated(shown, expected):
        return True
    return expected.kind in _QUANTITIES and has_value(shown.text, expected)


def stated(shown: Said, expected: Expected) -> bool:
    """Tell whether ``expected`` or an alias stands in ``shown``.

    A yes or a no is what the answer begins with, not a word somewhere in it: where the answer has
    one it decides, else another wording of the expected answer may stand in it.
    """
    golds = (expected.text, *expected.aliases)
    if expected.kind is AnswerKind.YESNO:
        poles = polarities(golds)
        if poles and shown.pole is not None:
            return shown.pole in poles
        golds = tuple(gold for gold in golds if polarity(gold) is None)
    return any(contains(shown.text, gold) for gold in golds)


def _typed(
    asked: Asked, lang: Language, answer: Answer, shown: Said, expected: Expected, parts: int
) -> bool:
    """Tell whether the answer has the value of ``expected``.

    A short answer that is a quantity is the answer; other numbers in its quotes do not count for a
    question that asks for one thing. A yes or a no that is not said is read from the first quote
    where its wording decides it.
    """
    golds = (expected.text, *expected.aliases)
    if expected.kind in _QUANTITIES and any(values(gold) for gold in golds):
        alone = parts == 1 and shown.short_kind in _QUANTITIES
        return has_value("\n".join(shown.short) if alone else shown.text, expected)
    if expected.kind is AnswerKind.YESNO and (poles := polarities(golds)):
        pole = shown.pole
        if pole is None and shown.quotes:
            verdict = decide(asked.question, shown.quotes[0], answer.language)
            pole = polarity(verdict.answer) if verdict else None
        return pole in poles
    return stated(shown, expected)


def _candidates(shown: Said, parts: int) -> Sequence[str]:
    """Return what exact match and F1 are taken of: the short answer, else the first quote.

    For several parts these are the short answer's pieces, else all quotes.
    """
    if parts > 1:
        return (*shown.items, *shown.short) or shown.quotes
    return shown.short or shown.quotes[:1]
