"""Answers about course material in the course's own words, cited to the sentence.

>>> from coursebot import Assistant
>>> assistant = Assistant.open("index")
>>> answer = assistant.ask("how long is an az acr login token valid?")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursebot.errors import CoursebotError

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.types import (
        Answer,
        Citation,
        Course,
        Hit,
        Language,
        Passage,
        State,
        Statement,
        Turn,
    )

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Course",
    "CoursebotError",
    "Hit",
    "Language",
    "Passage",
    "State",
    "Statement",
    "Turn",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 — a module attribute may be anything
    """Import the public names at first use: the command line must not wait for the models."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Assistant":
        from coursebot.assistant import Assistant

        return Assistant
    from coursebot import types

    return getattr(types, name)
