"""Answers and hits ▶ what a person reads in a terminal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from coursebot.answer.wording import short_line
from coursebot.types import Answer, Citation, Hit, State

if TYPE_CHECKING:
    from coursebot.config import Listed
    from coursebot.doctor import Finding

LEGS = ("dense", "statement", "bigram", "word")
PIPED_WIDTH = 140
"""Columns of a table that does not go to a terminal."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STATES = {
    State.ANSWERED: ("answered", "green"),
    State.UNSURE: ("not sure", "yellow"),
    State.NOT_COVERED: ("not in the material", "red"),
}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError again: Rich would leave with 1, which says that a gate is shut."""
        raise


def console(*, stderr: bool = False) -> Console:
    """Return a console; output that is piped on is not folded at 80 columns."""
    made = _Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = PIPED_WIDTH
    return made


def printable(text: str) -> str:
    """Return ``text`` without control characters: a course must not steer the terminal."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def answer(result: Answer, to: Console) -> None:
    """Print an answer: on a terminal set out for the eye, else as the plain text it is."""
    if not to.is_terminal:
        to.out(printable(result.text), highlight=False)
        return
    label, colour = _STATES[result.state]
    short = result.short_answer
    if short is not None:
        to.print(Text(printable(short_line(result, short)), style="bold"))
    to.print(Text(f"{label} · {result.confidence:.0%}", style=colour))
    if result.generated:
        to.print()
        to.print(Text(printable(result.generated)))
    if not result.citations:
        to.print()
        to.print(Text(printable(result.text)))
    for citation in result.citations:
        to.print()
        _citation(citation, to)
    if result.related:
        to.print()
        to.print(Text("Read on", style="dim"))
        for link in result.related:
            # An address without a text of its own is its own text, perhaps its twin's.
            text = "" if "://" in link.text else f"{printable(link.text)}  "
            to.print(_address(f"    {text}{link.url}"), soft_wrap=True)
    if result.notice:
        to.print()
        to.print(Text(printable(result.notice), style="yellow"))


def hits(found: Sequence[Hit], to: Console) -> None:
    """Print passages, best first, with each leg's rank and score side by side."""
    if not found:
        to.print("Nothing was found.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("#", justify="right")
    table.add_column("score", justify="right", style="bold")
    for leg in LEGS:
        table.add_column(leg, justify="right", no_wrap=True)
    table.add_column("passage", ratio=1, overflow="fold")
    for rank, hit in enumerate(found, 1):
        table.add_row(
            str(rank),
            f"{hit.score:.3f}",
            *(_leg(hit, leg) for leg in LEGS),
            _where(hit),
        )
    to.print(table)


def findings(found: Sequence[Finding], to: Console) -> None:
    """Print the doctor's findings, one a line, with what to do below each failure."""
    for finding in found:
        mark = Text("ok  ", style="green") if finding.ok else Text("FAIL", style="bold red")
        line = Text.assemble(mark, " ", (finding.name, "bold"), "  ", printable(finding.detail))
        to.print(line, soft_wrap=True)
        if not finding.ok and finding.hint:
            to.print(Text(f"       {finding.hint}", style="yellow"), soft_wrap=True)


def settings(listed: Sequence[Listed], to: Console) -> None:
    """Print every setting, one a line: how it is called, what it is, where that comes from."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("setting", "value", "from"):
        table.add_column(column, overflow="fold")
    for setting in listed:
        style = "dim" if setting.origin == "default" else "bold"
        table.add_row(
            Text(setting.variable), Text(printable(str(setting.value)), style), setting.origin
        )
    to.print(table)


def _citation(citation: Citation, to: Console) -> None:
    to.print(Text.assemble((f"[{citation.number}] ", "bold cyan"), printable(citation.quote)))
    where = " › ".join(printable(heading) for heading in citation.heading_path)
    lines = _lines(citation.lines)
    place = f"{printable(citation.path)}:{lines}"
    to.print(Padding(Text(f"{where}  {place}" if where else place, style="dim"), (0, 0, 0, 4)))
    to.print(_address(f"    {citation.url}"), soft_wrap=True)


def _address(line: str) -> Text:
    # Folding an address would break it; the terminal wraps what is too long.
    return Text(line, style="blue", no_wrap=True, overflow="ignore")


def _leg(hit: Hit, name: str) -> Text:
    leg = hit.legs.get(name)
    if leg is None or leg.rank == 0:
        return Text("–", style="dim")
    return Text.assemble(f"{leg.score:.3f} ", (f"#{leg.rank}", "dim"))


def _where(hit: Hit) -> Text:
    passage = hit.passage
    place = f"{printable(passage.path)}:{_lines(passage.lines)}"
    width = max(shutil.get_terminal_size((PIPED_WIDTH, 24)).columns - 60, 40)
    excerpt = " ".join(printable(passage.text).split())
    if len(excerpt) > width:
        excerpt = excerpt[:width] + "…"
    return Text.assemble((place, "dim"), "\n", excerpt)


def _lines(lines: tuple[int, int]) -> str:
    first, last = lines
    return str(first) if first == last else f"{first}-{last}"
