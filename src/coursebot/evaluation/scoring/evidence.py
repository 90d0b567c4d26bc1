"""A row ▶ whether what is read first of its answer has the evidence."""

from __future__ import annotations

from coursebot.evaluation.golden.records import AnswerKind
from coursebot.evaluation.run.records import Row
from coursebot.evaluation.scoring.containing import contains


def evidence_within(row: Row, characters: int) -> bool | None:
    """Tell whether the first ``characters`` that are shown hold a gold quote or the answer.

    Shown are the citations' quotes and then the passages that are not quoted whole already,
    whatever the state. The answer is there when each required part stands there in some wording;
    a yes or a no and a freeform answer never do, since only their source is evidence. None for a
    question without either, and for one that does not count.
    """
    if row.verdict is None or row.unanswerable:
        return None
    quotes = [source.quote for source in row.sources if source.quote]
    required = [answer for answer in row.answers if answer.required]
    unsaid = (AnswerKind.YESNO, AnswerKind.FREEFORM)
    worded = bool(required) and all(answer.kind not in unsaid for answer in required)
    if not quotes and not worded:
        return None
    text = shown(row)[:characters]
    if any(contains(text, quote) for quote in quotes):
        return True
    return worded and all(
        any(contains(text, wording) for wording in (answer.text, *answer.aliases))
        for answer in required
    )


def shown(row: Row) -> str:
    """Return the citations' quotes and the passages, as they follow each other."""
    quotes = [one.quote for one in row.given.citations] if row.given else []
    return "\n".join([*quotes, *(one.text for one in row.passages if one.text not in quotes)])
