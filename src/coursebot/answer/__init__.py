"""Hits ▶ answer: evidence, short answer, confidence and wording."""

from coursebot.answer.assemble import compose

__all__ = ["compose"]
