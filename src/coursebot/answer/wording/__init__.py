"""Answer ▶ words: fixed wording in each language, plain text and Markdown."""

from coursebot.answer.wording.markdown import escape, render_generated, render_markdown
from coursebot.answer.wording.text import render_text, short_line
from coursebot.answer.wording.words import (
    WORDINGS,
    ModelFailure,
    Wording,
    confidence_in_words,
    confidence_level,
    wording,
)

__all__ = [
    "WORDINGS",
    "ModelFailure",
    "Wording",
    "confidence_in_words",
    "confidence_level",
    "escape",
    "render_generated",
    "render_markdown",
    "render_text",
    "short_line",
    "wording",
]
