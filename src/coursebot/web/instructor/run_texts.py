"""Texts and filters of the pages of runs, beside those of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from coursebot.evaluation.report.words import Say
from coursebot.web.instructor import speech
from coursebot.web.instructor.runs_words import RUNS

EXCERPT = 110
"""Characters of a passage that stand for it until it is opened."""


class Speech(speech.Speech):
    """Says the texts of these pages in one language; templates know it as ``s``."""

    __slots__ = ()
    texts = RUNS

    def duration(self, seconds: float) -> str:
        """Return a time as people say it."""
        whole = max(round(seconds), 0)
        if whole < 60:
            return self("time.seconds", n=whole)
        return self("time.minutes", m=whole // 60, s=whole % 60)

    def lines(self, lines: tuple[int, int]) -> str:
        """Return the lines of a place."""
        first, last = lines
        say = Say(self.language)
        return say("line", first=first) if first == last else say("lines", first=first, last=last)


def moment(text: str) -> str:
    """Return a time of ``run.json`` to the minute, in UTC; the text itself when it is none."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT]}…"


def segment(text: str) -> str:
    """Return a text as one segment of an address."""
    return quote(text, safe="", errors="replace")


def reader_address(cited: Any) -> str:  # noqa: ANN401
    """Return where the reader shows a citation's lines."""
    first, last = cited.lines
    return f"/read/{quote(cited.path, errors='replace')}?{urlencode({'lines': f'{first}-{last}'})}"


FILTERS: Mapping[str, Callable[..., str]] = {
    "moment": moment,
    "excerpt": excerpt,
    "segment": segment,
    "reader_address": reader_address,
}
"""By the name that templates use."""
