"""Suggestions of an index ▶ the few to offer now: to begin with, to go on with, or instead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest

from coursebot.index import LEGS, Searchable
from coursebot.suggestions.candidates import ORIGINS, key
from coursebot.terms import informative
from coursebot.types import Answer, Language, State, Suggestion

NAMED, SAID = 0.15, 0.3
"""Share of a question's weight of words from which a suggestion is close to it: of words in the
suggestion and its headings, and of words in the statement that answers it."""
PLACE = 0.3
"""What standing in the section of the best passage counts for, against shared words."""
LIKELY = 0.3
"""Confidence of an unsure answer from which the sections of its best passages say something."""
PLACES = 3
"""Best sections that count."""


def starters(
    index: Searchable, language: Language, course: str | None = None, limit: int = 4
) -> tuple[str, ...]:
    """Return up to ``limit`` questions to begin with, of one course or of all.

    A course's own examples come first, then others from all over its sections. Those in the other
    language are offered only where there are none in ``language``.
    """
    there = _of_course(index, course)
    wanted = [s for s in there if s.language is language] or there
    turns = [_begin(index, [s for s in wanted if s.course == name]) for name in index.courses]
    mixed = [s for turn in zip_longest(*turns) for s in turn if s is not None]
    first = [s for s in mixed if s.origin == "example"]
    return _questions([*first, *(s for s in mixed if s.origin != "example")], (), limit)


def after(
    index: Searchable,
    answer: Answer,
    asked: Sequence[str] = (),
    course: str | None = None,
    limit: int = 3,
) -> tuple[str, ...]:
    """Return up to ``limit`` questions to go on with after ``answer``, in its language.

    From the section that it quotes first, the rest of that file, then the rest of its course;
    none that was ``asked`` already, and none whose answer is quoted. None without a citation.
    """
    if not answer.citations:
        return ()
    cited = index.statement_position(answer.citations[0].statement)
    if cited is None:
        return ()
    here = index.statements[cited]
    order = {section: n for n, section in enumerate(index.sections)}
    quoted = {citation.statement for citation in answer.citations}

    def distance(suggestion: Suggestion) -> tuple[int, int]:
        ahead = order[suggestion.section] - order[here.section]
        if ahead == 0:
            return 0, 0
        same_file = index.sections[suggestion.section].path == here.path
        # What follows comes before what went before; a file's start comes after its end.
        return (1 if same_file else 2), ahead if ahead > 0 else len(order) + ahead

    there = [
        s
        for s in _of_course(index, course or here.course)
        if s.language is answer.language and s.statement not in quoted
    ]
    return _questions(sorted(there, key=distance), [*asked, answer.question], limit)


def near(
    index: Searchable,
    answer: Answer,
    asked: Sequence[str] = (),
    course: str | None = None,
    limit: int = 3,
) -> tuple[str, ...]:
    """Return up to ``limit`` questions close to one that was not answered, in its language.

    They share its telling words, or stand in the sections of its best passages where those have
    something to do with it; for a question about something else there are none.
    """
    wanted = _telling(answer.question)
    weight = {word: _weight(index, word) for word in wanted}
    total = sum(weight.values()) or 1.0
    best: dict[str, int] = {}
    for hit in answer.passages:
        best.setdefault(hit.passage.section, len(best) + 1)
    scored: list[tuple[float, Suggestion]] = []
    for suggestion in _of_course(index, course):
        if suggestion.language is not answer.language:
            continue
        named, said = (
            sum(weight[word] for word in wanted & words) / total
            for words in _about(index, suggestion)
        )
        rank = best.get(suggestion.section, 0)
        # Passages are found for every question; only a likely answer makes them say something.
        likely = answer.state is State.UNSURE and answer.confidence >= LIKELY
        if named >= NAMED or said >= SAID or (likely and 0 < rank <= PLACES):
            place = PLACE / rank if rank else 0.0
            scored.append((named + said / 2 + place, suggestion))
    scored.sort(key=lambda pair: -pair[0])
    return _questions((s for _, s in scored), [*asked, answer.question], limit)


def _of_course(index: Searchable, course: str | None) -> list[Suggestion]:
    return [s for s in index.suggestions if course is None or s.course == course]


def _begin(index: Searchable, there: Sequence[Suggestion]) -> list[Suggestion]:
    """Return a course's suggestions: its examples, then one a section, far apart first."""
    given = [s for s in there if s.origin == "example"]
    best: dict[str, Suggestion] = {}
    for suggestion in sorted(there, key=_merit):
        if suggestion.origin != "example":
            best.setdefault(suggestion.section, suggestion)
    spread = [best[section] for section in index.sections if section in best]
    chosen = set(best.values())
    rest = [s for s in there if s.origin != "example" and s not in chosen]
    return [*given, *(spread[n] for n in _far_apart(len(spread))), *rest]


def _merit(suggestion: Suggestion) -> tuple[int, float]:
    return ORIGINS.index(suggestion.origin), -suggestion.confidence


def _far_apart(count: int) -> list[int]:
    """Return 0…count-1 so that each beginning of the list is spread over the whole."""
    bits = max(count - 1, 1).bit_length()
    turned = sorted(range(1 << bits), key=lambda n: int(f"{n:0{bits}b}"[::-1], 2))
    return [n for n in turned if n < count]


def _questions(found: Iterable[Suggestion], asked: Sequence[str], limit: int) -> tuple[str, ...]:
    """Return the first ``limit`` questions, none twice and none that was asked."""
    seen = {key(question) for question in asked}
    offered: list[str] = []
    for suggestion in found:
        if len(offered) >= limit:
            break
        if key(suggestion.question) not in seen:
            seen.add(key(suggestion.question))
            offered.append(suggestion.question)
    return tuple(offered)


def _weight(index: Searchable, word: str) -> float:
    """Return a word's inverse document frequency; one that stands nowhere weighs most."""
    return index.idf("word", word) or math.log(1 + (len(index.passages) + 0.5) / 0.5)


def _about(index: Searchable, suggestion: Suggestion) -> tuple[frozenset[str], frozenset[str]]:
    """Return the telling words of a suggestion and its headings, and of what answers it."""
    headings = index.sections[suggestion.section].heading_path
    told = _telling("\n".join([suggestion.question, *headings]))
    return told, _telling(index.suggested(suggestion))


@lru_cache(maxsize=4096)
def _telling(text: str) -> frozenset[str]:
    return frozenset(informative(LEGS["word"](text)))
