"""Answer ▶ plain text, as a learner reads it in a terminal or a file."""

from __future__ import annotations

from coursebot.answer.wording.words import wording
from coursebot.types import Answer, Kind, ShortAnswer, State


def render_text(answer: Answer) -> str:
    """Return the short answer, if there is one to add, and the quotes, each with its ``[n]``.

    A language model's wording, where there is one, stands in place of both. Neither heading
    paths nor links nor ``notice`` are part of it.
    """
    words = wording(answer.language)
    if answer.generated:
        return answer.generated
    if answer.state is State.NOT_COVERED or not answer.citations:
        return words.not_covered
    quotes = plain_quotes(answer)
    lines = [words.unsure] if answer.state is State.UNSURE else []
    short = answer.short_answer
    if short is not None and not _repeats(short, quotes):
        lines.append(short_line(answer, short))
    lines.extend(
        f"{quote} [{citation.number}]"
        for quote, citation in zip(quotes, answer.citations, strict=True)
    )
    return "\n".join(lines)


def short_line(answer: Answer, short: ShortAnswer) -> str:
    """Return the short answer with its conversion, as in ``3時間 · 3 hours``.

    Where the conversion is a yes or a no it comes first.
    """
    if not short.conversion or short.conversion == short.text:
        return short.text
    pair = (short.text, short.conversion)
    if short.kind == "yesno":
        pair = (short.conversion, short.text)
    return wording(answer.language).conversion.join(pair)


def plain_quotes(answer: Answer) -> list[str]:
    """Return each citation's quote without Markdown's marks; only code keeps its line breaks."""
    statements = {statement.id: statement for statement in answer.statements}
    quotes = []
    for citation in answer.citations:
        statement = statements.get(citation.statement)
        quote = citation.quote if statement is None else statement.plain
        is_code = statement is not None and statement.kind is Kind.CODE
        quotes.append(quote.strip("\n") if is_code else " ".join(quote.split()))
    return quotes


def _repeats(short: ShortAnswer, quotes: list[str]) -> bool:
    """Whether the short answer only says what the quotes say as briefly."""
    if short.conversion and short.conversion != short.text:
        return False
    return quotes in ([short.text], [*short.items])
