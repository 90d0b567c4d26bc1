"""Text ▶ the same text without images, HTML, links and addresses that its sources do not hold."""

from __future__ import annotations

import re
from collections.abc import Callable

from coursebot.types import Answer

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_DEFINITION = re.compile(r"^\s*\[[^\]\n]{1,200}\]:\s*<?(?:[a-zA-Z][\w+.-]*:|www\.|/).*$")
_IMAGE = re.compile(r"!\[[^\]\n]{0,500}\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,500}\])")
_LINK = re.compile(r"\[([^\]\n]{0,500})\]\(([^)\n]{0,2000})\)")
_TAG = re.compile(r"<!--.*?(?:-->|$)|<[/!?]?[a-zA-Z][^<>]{0,2000}>")
_TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
_ADDRESS = re.compile(
    r"(?<![a-zA-Z0-9])(?:[a-zA-Z][a-zA-Z0-9+.-]{1,20}://|www\.|(?:javascript|vbscript|mailto):"
    r"|data:(?=[a-zA-Z]+/))[!#$%&(-;=?-Z\\^_a-z{|}~]*"
    r"|(?<![a-zA-Z0-9])(?:[a-zA-Z0-9-]{1,63}\.){1,8}[a-zA-Z]{2,24}/[!#$%&(-;=?-Z\\^_a-z{|}~]+",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)*_"
_CITATION_LABEL = re.compile(r"\s*\^?\d{1,6}\s*")


class Scrubber:
    """Knows what the statements of one answer hold, and lets only that through."""

    def __init__(self, answer: Answer) -> None:
        texts = [citation.quote for citation in answer.citations]
        texts += [statement.url for statement in answer.statements]
        self._sources = "\n".join(texts)
        self._addresses = {
            found.group().rstrip(_TRAILING) for found in _ADDRESS.finditer(self._sources)
        }

    def scrub(self, text: str) -> str:
        """Return ``text``, one line, without what its sources do not hold."""
        text = _INVISIBLE.sub("", text.replace("\t", " "))
        # Taking something out can put something else together; every round makes it shorter.
        while (scrubbed := self._once(text)) != text:
            text = scrubbed
        return text

    def _once(self, text: str) -> str:
        text = _DEFINITION.sub("", text)
        text = _IMAGE.sub("", text)
        text = _LINK.sub(self._unlinked, text)
        text = _TAG.sub(self._if_quoted, text)
        text = _TAG_START.sub(self._unless_tag(text), text)
        return _ADDRESS.sub(self._if_known, text)

    def _unlinked(self, found: re.Match[str]) -> str:
        label, target = found.groups()
        if _CITATION_LABEL.fullmatch(label):
            return f"[{label}]"
        known = target.strip("<> ") in self._addresses
        return f"{label} {target.strip('<> ')}" if known and target not in label else label

    def _if_quoted(self, found: re.Match[str]) -> str:
        return found.group() if found.group() in self._sources else ""

    def _unless_tag(self, text: str) -> Callable[[re.Match[str]], str]:
        """Keep the ``<`` that opens a quoted tag; any other would open one without an end."""
        quoted = {tag.start() for tag in _TAG.finditer(text)}
        return lambda found: "<" if found.start() in quoted else ""

    def _if_known(self, found: re.Match[str]) -> str:
        return found.group() if found.group().rstrip(_TRAILING) in self._addresses else ""
