"""Question and history ▶ query: what is asked, and what it goes on from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from coursebot.errors import QuestionError
from coursebot.terms import informative, language_of, terms
from coursebot.types import Language, State, Turn

_OPENS_A_FOLLOW_UP = re.compile(
    r"(?:and|but|so|then|also|or|what about|how about|what if|why|why not|really|ok(?:ay)?)\b"
    r"|(?:では|じゃあ?|それでは|それなら|で[、,は]|あと[はで、]?|また[はで、]?|なぜ|どうして|ちなみに|その|それ|そこ|これ|この|ほかに|他に)"
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|that|this|those|these|they|them|their|there|one|ones|the same|instead|else)\b"
    r"|それ|その|そこ|そちら|これ|この|ここ|あれ|あの|同じ|同様|前者|後者|上記|両方|どちらも|ほかに|他に"
)
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+"
)
_SPACE = re.compile(r"\s+")


THREAD = 4
"""Earlier questions that a follow-up goes on from."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready for retrieval."""

    question: str
    """As asked, without control characters."""
    text: str
    """What is embedded and matched: the question, after the topic that it goes on from."""
    language: Language
    grounding: tuple[str, ...] = ()
    """Ids of the statements that the last answer cited; empty unless this is a follow-up."""
    given: str = ""
    """Id of the statement that the last short answer was taken from."""


def clean(question: str, limit: int) -> str:
    """Return ``question`` without control characters and needless space.

    Raises QuestionError when nothing that can be asked is left, or it is longer than ``limit``
    characters.
    """
    if len(question) > limit:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {limit:,} are read.",
            "Shorten it and ask again.",
        )
    text = question.encode("utf-8", "replace").decode("utf-8")
    text = _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip()
    if not text:
        raise QuestionError("The question is empty.", "Type a question and ask again.")
    if not any(unicodedata.category(character)[0] in "LN" for character in text):
        raise QuestionError(
            "The question has no words in it.", "Type a question in Japanese or English."
        )
    return text


def is_follow_up(question: str) -> bool:
    """Whether ``question`` needs the turn before it to be understood.

    True when it opens as a continuation or points back, and says too little by itself.
    """
    folded = unicodedata.normalize("NFKC", question).casefold().strip()
    own = informative(terms(folded))
    opens = _OPENS_A_FOLLOW_UP.match(folded) is not None
    if opens and len(own) <= 6:
        return True
    return _POINTS_BACK.search(folded) is not None and len(own) <= 10


def thread(question: str, before: Sequence[str]) -> tuple[str, ...]:
    """Return those questions of ``before``, oldest first, that ``question`` goes on from.

    They reach back to the last one that stands by itself, and are none when ``question`` does. Of
    a long thread that one and the latest are returned, ``THREAD`` in all.
    """
    needed: list[str] = []
    asked = question
    for earlier in reversed(before):
        if not is_follow_up(asked):
            break
        needed.insert(0, earlier)
        asked = earlier
    return tuple(needed[:1] + needed[1:][1 - THREAD :])


def make_query(question: str, history: Sequence[Turn], limit: int) -> Query:
    """Return the query for ``question``, which may go on from the last turn of ``history``.

    Raises QuestionError as ``clean`` does.
    """
    text = clean(question, limit)
    language = language_of(text)
    if not history or not is_follow_up(text):
        return Query(text, text, language)
    last = history[-1]
    if last.answer.state is State.NOT_COVERED:
        return Query(text, text, language)
    topic = _topic(history)
    grounding = tuple(citation.statement for citation in last.answer.citations)
    short = last.answer.short_answer
    given = next(
        (c.statement for c in last.answer.citations if short and c.number == short.citation), ""
    )
    return Query(text, f"{topic} {text}", language, grounding, given)


def _topic(history: Sequence[Turn]) -> str:
    """Return the latest question that stands by itself."""
    for turn in reversed(history):
        if not is_follow_up(turn.question):
            return turn.question
    return history[-1].question
