"""Index ▶ questions that it may answer: given ones, and ones made of definitions and headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from coursebot.conversation import is_follow_up
from coursebot.index import Searchable
from coursebot.suggestions.phrases import (
    about_heading,
    about_term,
    about_the_course,
    asks_what_it_is,
    names,
)
from coursebot.terms import language_of, normalise
from coursebot.types import Kind, Language, Section, Statement

ORIGINS = ("example", "golden", "definition", "heading")
"""What a question is made from, best first."""
OF_A_SECTION = 6
"""Questions that are made from one section, in each language."""
OF_A_COURSE = 400
"""Questions of one course that are tried."""
LONGEST = 120
"""Characters of a given question that is still offered."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that has not been asked yet."""

    question: str
    language: Language
    course: str
    origin: str
    """One of ``ORIGINS``."""
    section: str = ""
    """Id of the section that it was made from; empty for a given question."""
    statement: str = ""
    """Id of the defining statement that it was made from; empty for others."""
    names: tuple[str, ...] = ()
    """What a heading calls the thing that is asked about, when the question is what that is."""


def candidates(index: Searchable) -> tuple[Candidate, ...]:
    """Return what may be asked, course by course, best origin first, then in document order.

    No two of a course are the same question; none needs another question before it.
    """
    sections: dict[str, list[Section]] = {name: [] for name in index.courses}
    for section in index.sections.values():
        sections[section.course].append(section)
    found: list[Candidate] = []
    for name, course in index.courses.items():
        given = [
            Candidate(" ".join(question.split()), language_of(question), name, origin)
            for origin, questions in (("example", course.examples), ("golden", course.questions))
            for question in questions
            if len(question) <= LONGEST and " ".join(question.split()).isprintable()
        ]
        made = [list(_of_section(index, section)) for section in sections[name]]
        found.extend(_distinct([*given, *_spread(made)])[:OF_A_COURSE])
    return tuple(found)


def key(question: str) -> str:
    """Return what two questions have in common that differ in signs, space or case alone."""
    return re.sub(r"[\W_]+", "", normalise(question))


def _distinct(found: Iterable[Candidate]) -> list[Candidate]:
    kept: dict[str, Candidate] = {}
    for candidate in found:
        # A learner who asks it must be understood, and in the language that it is offered in.
        question = candidate.question
        if language_of(question) is candidate.language and not is_follow_up(question):
            kept.setdefault(key(candidate.question), candidate)
    return list(kept.values())


def _spread(made: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Return the first of each section, then the second of each, and so on."""
    return [c for turn in zip_longest(*made) for c in turn if c is not None]


def _of_section(index: Searchable, section: Section) -> Iterator[Candidate]:
    if any(map(about_the_course, section.heading_path)):
        return
    statements = index.statements_of(section.id)
    written = index.source(section.path)
    headed = about_heading(section.heading_path[-1], written) if section.heading_path else {}
    room = {language: OF_A_SECTION - (language in headed) for language in Language}
    parents = {statement.parent for statement in statements}
    for statement in statements:
        term, article = _defined(statement, statement.id in parents)
        for language, question in about_term(term, written, article).items() if term else ():
            if room[language] > 0:
                room[language] -= 1
                yield Candidate(
                    question, language, section.course, "definition", section.id, statement.id
                )
    for language, question in headed.items():
        named = names(section.heading_path[-1]) if asks_what_it_is(question) else ()
        yield Candidate(question, language, section.course, "heading", section.id, "", named)


_LABELLED = re.compile(r"^※?\s*(?P<term>[^:：\n]{2,60}?)\s*[:：]\s*(?P<body>.*)$", re.DOTALL)
_BOLD = re.compile(
    r"^(?:\*\*|__)(?P<term>[^*_\n]{2,60}?)(?:[:：](?:\*\*|__)|(?:\*\*|__)\s*[-–—:：])\s*"
    r"(?P<body>\S.*)$",
    re.DOTALL,
)
_DASHED = re.compile(r"^(?P<term>[^-–—\n]{2,60}?) [-–—] (?P<body>\S.*)$", re.DOTALL)
_TOWA = re.compile(r"^「?(?P<term>[^「」、。とは]{2,30})」?とは、?(?P<body>[^？?]{8,})$", re.DOTALL)
_IS_A = re.compile(
    r"^(?:(?P<article>An?) )?(?P<term>[A-Za-z][\w./+-]*(?: [\w./+-]+){0,3}?) (?:is|are) "
    r"(?P<body>(?:an?|the|any|used|how|when) .+)$",
    re.DOTALL,
)
_THE_TERM = re.compile(
    r"\b[Tt]he term ['‘“\"](?P<term>[^'’”\"]{2,40})['’”\"] (?P<body>.+)", re.DOTALL
)
_NAMED_ONLY = frozenset({Kind.SENTENCE, Kind.ITEM})
SHORTEST = {Language.JA: 8, Language.EN: 12}
"""Letters that say what something is."""


def _defined(statement: Statement, has_children: bool) -> tuple[str, str]:
    """Return the term that a statement defines and its article; empty when it defines none."""
    if statement.kind not in _NAMED_ONLY or "://" in statement.plain[:60]:
        return "", ""
    patterns = [(_BOLD, statement.text), (_TOWA, statement.plain), (_THE_TERM, statement.plain)]
    patterns += [(_IS_A, statement.plain), (_LABELLED, statement.plain)]
    if statement.kind is Kind.ITEM:
        patterns.append((_DASHED, statement.plain))
    for pattern, text in patterns:
        found = pattern.search(text)
        if found is None:
            continue
        body = found["body"].strip()
        letters = sum(character.isalpha() for character in body)
        enough = letters >= SHORTEST[language_of(body)] if body else has_children
        if enough:
            return found["term"], (found.groupdict().get("article") or "")
    return "", ""
