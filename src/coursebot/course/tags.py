"""HTML ▶ its text: tags, comments, scripts and styles told apart, in one pass over the text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|font|i|img|ins|kbd|mark|q|rb|rp|rt|ruby|s|samp|"
    "small|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_ATTRIBUTE = re.compile(
    r"""\s([A-Za-z][\w:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""", re.DOTALL
)
_HIDDEN = ("script", "style", "template")


def tag_name(tag: str) -> str:
    """Return a tag's element name in lower case; empty for a comment or declaration."""
    match = _NAME.match(tag)
    return match.group(1).lower() if match else ""


def is_inline_tag(tag: str) -> bool:
    """Whether a tag stands within a sentence, as ``<b>`` does and ``<p>`` does not."""
    return _INLINE.fullmatch(tag_name(tag)) is not None


def attribute(tag: str, name: str) -> str:
    """Return the value of a tag's attribute, entities decoded; empty when it has none."""
    for match in _ATTRIBUTE.finditer(tag):
        if match.group(1).lower() == name:
            return html.unescape(match.group(2) or match.group(3) or match.group(4) or "")
    return ""


def scan(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield ``(start, end, is_text)`` for all of ``text``; comments and scripts are not text."""
    at = written = 0
    absent: set[str] = set()
    while (at := text.find("<", at)) >= 0:
        end = _markup_end(text, at, absent)
        if end < 0:
            at += 1
            continue
        if written < at:
            yield written, at, True
        yield at, end, False
        at = written = end
    if written < len(text):
        yield written, len(text), True


def _markup_end(text: str, at: int, absent: set[str]) -> int:
    """Return where the markup that begins at ``at`` ends; -1 when it is only a ``<``."""
    if text.startswith("<!--", at):
        return _after(text, "-->", at + 4, absent, otherwise=len(text))
    if not (text.startswith(("<!", "<?"), at) or _NAME.match(text, at)):
        return -1
    end = _after(text, ">", at, absent, otherwise=-1)
    name = tag_name(text[at : at + 64])
    if end > 0 and name in _HIDDEN and text[at + 1] != "/" and text[end - 2] != "/":
        return _after(text, f"</{name}>", end, absent, otherwise=len(text))
    return end


def _after(text: str, needle: str, at: int, absent: set[str], otherwise: int) -> int:
    # What was not found once is not looked for again: many openings stay linear.
    found = -1 if needle in absent else text.find(needle, at)
    if found < 0:
        absent.add(needle)
        return otherwise
    return found + len(needle)
