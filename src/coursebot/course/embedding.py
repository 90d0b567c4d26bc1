"""Passages and statements ▶ the text that is embedded for them; only ``text`` is ever quoted."""

from __future__ import annotations

import re

from coursebot.types import Kind, Passage, Section, Statement

_HEADING = re.compile(r"[^\n]*(?:\n(?:=+|-+)[ \t]*(?=\n|\Z))?\s*")


def heading_text(section: Section) -> str:
    """Return the heading path as it is embedded: outermost first, joined by `` > ``."""
    return " > ".join(section.heading_path)


def passage_text(section: Section, passage: Passage) -> str:
    """Return heading path, lead and verbatim text; the section's own heading stands there once."""
    text = passage.text
    if section.level and passage.span[0] == section.span[0]:
        text = _HEADING.sub("", text, count=1)
    return _joined(heading_text(section), passage.lead, text)


def statement_text(section: Section, statement: Statement) -> str:
    """Return heading path, context and plain text; of the section's heading, the path alone."""
    path = heading_text(section)
    own = section.heading_path[-1] if section.heading_path else ""
    if statement.kind is Kind.HEADING and statement.plain == own:
        return path
    return _joined(path, "\n".join(statement.context), statement.plain)


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
