"""A language model's words ▶ words that may be shown: cited, and without links or markup.

The words are cut into units (sentences, lines, list items, lines of code) and each is cleaned by
itself, so that what is shown early is what stands in the end, however the words were cut up.
"""

from __future__ import annotations

import re

from coursebot.answer.generate.scrub import Scrubber
from coursebot.answer.wording.words import wording
from coursebot.types import Answer

_OPEN, _CLOSE = "\\[【［〔", "\\]】］〕"
_NUMBERS = r"\d{1,6}(?:\s{0,2}[-–,、，;~〜]\s{0,2}\d{1,6}){0,20}"
_CITE = re.compile(
    rf"[{_OPEN}]\s{{0,2}}(?:\^|#|sources? |statements? |出典|文)?(?P<numbers>{_NUMBERS})\s{{0,2}}"
    rf"(?:†[^{_CLOSE}\n]{{0,30}})?[{_CLOSE}]",
    re.IGNORECASE,
)
_LONGEST_CITE = 240
_RANGE = re.compile(r"(\d+)\s*[-–~〜]\s*(\d+)")
_NUMBER = re.compile(r"\d+")
_END = re.compile(r"\n|[。！？.!?]+")
_AFTER_END = re.compile(rf"(?:[ \t　]*{_CITE.pattern.replace('?P<numbers>', '?:')})*[ \t　]*", re.I)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|no|fig|dr|mr|ms|approx)|^\s*\d{1,3})\.$", re.IGNORECASE
)
_FENCE = re.compile(r"\s*(?:```|~~~)")
_LINE_START = re.compile(r"^\s*(?:#{1,6}\s+|>\s?)+")
_CODE = re.compile(r"(`+[^`\n]+`+)")
_EMPHASIS = re.compile(r"\*\*|__(?=\w)|(?<=\w)__")
_GAP = re.compile(r"[ \t]+(?=[.,;:!?。、！？])|(?<=[ \t])[ \t]+")
_WORD = re.compile(r"\w")
_THINK, _THOUGHT = "<think>", "</think>"


class Cleaner:
    """Cleans a reply to one answer as it comes in; the same for any way of cutting it up."""

    def __init__(self, answer: Answer) -> None:
        self._scrubber = Scrubber(answer)
        self._quotes = {citation.number: citation.quote for citation in answer.citations}
        self._mark = wording(answer.language).unsourced
        self._rest = ""
        """What came in and is not a whole unit yet."""
        self._thinking = True
        """Whether the reply may still be (before) a model's reasoning."""
        self._in_fence = False
        self._led: set[int] = set()
        """What the last sentence cites: code below it may come from there."""
        self._cited = False
        self._waiting = ""
        """Clean words that no citation has let out yet, or white space at the end."""
        self.text = ""
        """All words let out so far."""

    def feed(self, piece: str) -> str:
        """Take the next piece of the reply and return the words that may be shown now."""
        self._rest += piece
        return self._advance(final=False)

    def finish(self) -> str:
        """Return the last words; ``text`` is empty when no sentence cited a statement."""
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> str:
        if self._thinking and not self._past_reasoning(final):
            return ""
        while self._rest and (end := self._unit_end(final)):
            unit, self._rest = self._rest[:end], self._rest[end:]
            self._waiting += self._clean(unit)
        if not self._cited:
            return ""
        if not self.text:
            self._waiting = self._waiting.lstrip()
        shown = self._waiting.rstrip()
        self._waiting = self._waiting[len(shown) :]
        self.text += shown
        return shown

    def _past_reasoning(self, final: bool) -> bool:
        """Drop a ``<think>`` block at the start; return False while it may go on."""
        start = self._rest.lstrip()
        if start.startswith(_THINK):
            if _THOUGHT not in start:
                return False
            self._rest = start.partition(_THOUGHT)[2]
        elif _THINK.startswith(start) and not final:
            return False
        self._thinking = False
        return True

    def _unit_end(self, final: bool) -> int:
        """Return where the first unit of the rest ends; 0 when more must come in to tell."""
        text = self._rest
        for found in _END.finditer(text):
            end = found.end()
            if found.group() == "\n":
                return end
            if self._in_fence:
                continue
            after = _AFTER_END.match(text, end)
            at = after.end() if after else end
            if not final and _undecided(text, at):
                return 0
            if at == len(text):
                continue
            if text[at] in "」』" or (text[at] == "(" and at > end):
                continue
            spaced = found.group()[-1] in ".!?"
            if spaced and (at == end or _ABBREVIATION.search(text[:end])) and text[at] != "\n":
                continue
            return at
        return len(text) if final else 0

    def _clean(self, unit: str) -> str:
        """Return one unit, cleaned and marked, or only its line break when nothing is left."""
        body = unit.rstrip()
        space = unit[len(body) :]
        line_break = "\n" if "\n" in space else ""
        if _FENCE.match(body):
            self._in_fence = not self._in_fence and body.count("```") < 2
            return ""
        if self._in_fence:
            return self._clean_code(body) + line_break
        cleaned, numbers = self._once(body)
        # Taking something out can put a tag, an address or a citation together.
        while cleaned != body:
            body = cleaned
            cleaned, numbers = self._once(body)
        # Half an image could become a whole one with what comes next.
        body = _LINE_START.sub("", cleaned).rstrip().replace("![", "! [")
        if not _WORD.search(_CITE.sub("", body)):
            return body + space if numbers else line_break
        self._led = numbers
        if numbers:
            self._cited = True
            return body + space
        return self._marked(body) + space

    def _once(self, body: str) -> tuple[str, set[int]]:
        """Return a unit, cleaned once over, and the numbers of the statements that it cites."""
        scrubbed = self._scrubber.scrub(body)
        if scrubbed != body:
            scrubbed = _GAP.sub("", scrubbed).lstrip()
        numbers: set[int] = set()
        parts = _CODE.split(scrubbed)
        for i in range(0, len(parts), 2):
            parts[i] = self._cite(_EMPHASIS.sub("", parts[i]), numbers)
        return "".join(parts), numbers

    def _clean_code(self, body: str) -> str:
        """Return a line of code; it is sourced if the sentence before it cites where it stands."""
        code = self._scrubber.scrub(body).strip().replace("`", "'")
        if not code:
            return ""
        sourced = any(code in self._quotes[number] for number in self._led)
        return f"`{code}`" if sourced else self._marked(f"`{code}`")

    def _cite(self, text: str, numbers: set[int]) -> str:
        """Bring citations into the form ``[1][2]``, without unknown ones; add to ``numbers``."""

        def known(found: re.Match[str]) -> str:
            cited = {int(number) for number in _NUMBER.findall(found["numbers"])}
            for first, last in _RANGE.findall(found["numbers"]):
                cited |= {number for number in self._quotes if int(first) <= number <= int(last)}
            cited &= self._quotes.keys()
            numbers.update(cited)
            return "".join(f"[{number}]" for number in sorted(cited))

        cited = _CITE.sub(known, text)
        return cited if cited == text else _GAP.sub("", cited)

    def _marked(self, body: str) -> str:
        space = " " if self._mark.isascii() else ""
        return f"{body}{space}{self._mark}"


def _undecided(text: str, at: int) -> bool:
    """Whether what follows a sentence's end at ``at`` may still turn out to be a citation."""
    if at == len(text):
        return True
    if not re.match(f"[{_OPEN}]", text[at]):
        return False
    rest = text[at : at + _LONGEST_CITE]
    return len(rest) < _LONGEST_CITE and not re.search(f"[{_CLOSE}\n]", rest)
