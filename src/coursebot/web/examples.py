"""Index ▶ questions that the page offers: its courses' own, or about headings that it answers."""

from __future__ import annotations

from coursebot.assistant import Assistant
from coursebot.terms import is_japanese
from coursebot.types import Language, State

OFFERED = 4
TRIED = 40
"""Headings that are tried; each costs one question when the page is made."""
LONGEST = 40
"""Characters of a heading that still makes a readable question."""


def examples(assistant: Assistant) -> list[str]:
    """Return up to four questions that the material answers, in both languages where it can."""
    given = [question for course in assistant.courses.values() for question in course.examples]
    if answered := [question for question in given if _answered(assistant, question)]:
        return answered[:OFFERED]
    headings: dict[str, None] = {}
    for section in assistant.index.sections.values():
        name = section.heading_path[-1] if section.heading_path else ""
        if 2 <= len(name) <= LONGEST and not name.endswith(("？", "?", "。")):
            headings.setdefault(name)
    found: dict[Language, list[str]] = {Language.EN: [], Language.JA: []}
    half = OFFERED // 2
    for name in list(headings)[:TRIED]:
        language = Language.JA if is_japanese(name) else Language.EN
        for wanted in (language, Language.JA if language is Language.EN else Language.EN):
            if len(found[wanted]) < half and _answered(assistant, _question(name, wanted)):
                found[wanted].append(_question(name, wanted))
                break
    return [*found[Language.EN], *found[Language.JA]]


def _question(name: str, language: Language) -> str:
    return f"What is {name}?" if language is Language.EN else f"{name}とは？"


def _answered(assistant: Assistant, question: str) -> bool:
    return assistant.ask(question).state is State.ANSWERED
