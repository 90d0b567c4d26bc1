"""Candidates ▶ suggestions: each is asked, and kept when the material answers it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib import resources
from importlib.metadata import version

from coursebot.assistant import extract_from
from coursebot.config import Settings
from coursebot.conversation import make_query
from coursebot.errors import QuestionError
from coursebot.index import Progress, Searchable
from coursebot.reader import shipped
from coursebot.retrieval import Weights, retrieve
from coursebot.suggestions.candidates import ORIGINS, Candidate, candidates
from coursebot.terms import normalise
from coursebot.types import Answer, Encoder, Kind, Reader, Retrieved, State, Suggestion

VERSION = 2
"""Raised when what is made of a course, or what is kept of it, changes."""
SURE = {"example": 0.5, "golden": 0.5, "definition": 0.5, "heading": 0.55}
"""Least confidence of the answer to a suggestion, by its origin, whatever the settings say."""
WORTH_READING = 0.4
"""Least confidence by retrieval alone of what is read before it is suggested."""
BY_NAME, BY_MEANING = 0.6, 0.7
"""Least confidence of the answer to what a heading is; the first where the quote has its name."""


class Suggester:
    """Finds the questions that an index answers with confidence, with no language model."""

    def __init__(self, encoder: Encoder, chosen: Settings, reader: Reader | None = None) -> None:
        self._encoder = encoder
        self._chosen = chosen
        self._reader = reader

    @property
    def version(self) -> str:
        """Changes with everything but corpus and model that decides what is suggested."""
        return version_for(self._chosen)

    def __call__(self, index: Searchable, progress: Progress) -> tuple[Suggestion, ...]:
        """Return the suggestions for ``index``, course by course, in document order."""
        waiting = candidates(index)
        progress.start(len(waiting), "questions tried")
        kept: dict[tuple[str, str, str], Suggestion] = {}
        for candidate in waiting:
            suggestion = self._tried(index, candidate)
            if suggestion is not None:
                place = (suggestion.course, suggestion.statement, suggestion.language)
                kept[place] = min(kept.get(place, suggestion), suggestion, key=_rank)
            progress.advance(1)
        progress.done()
        return _in_order(index, list(kept.values()))

    def _tried(self, index: Searchable, candidate: Candidate) -> Suggestion | None:
        """Ask; return what may be offered, None when the answer is not one to be led to."""
        found = self._found(index, candidate)
        if found is None:
            return None
        answer = extract_from(found, self._chosen)
        # Reading takes ten times as long: only what retrieval alone finds likely is read as well.
        if self._reader is not None:
            if answer.confidence < WORTH_READING:
                return None
            answer = extract_from(found, self._chosen, self._reader)
        if answer.state is not State.ANSWERED:
            return None
        if answer.confidence < SURE[candidate.origin]:
            return None
        first = answer.statements[0]
        if candidate.section and not _tells(answer, candidate):
            return None
        return Suggestion(
            question=candidate.question,
            language=candidate.language,
            course=candidate.course,
            section=first.section,
            statement=first.id,
            confidence=round(answer.confidence, 4),
            origin=candidate.origin,
        )

    def _found(self, index: Searchable, candidate: Candidate) -> Retrieved | None:
        chosen = self._chosen
        try:
            query = make_query(candidate.question, (), chosen.question_characters)
        except QuestionError:  # an example that cannot be asked
            return None
        return retrieve(index, self._encoder, query, course=candidate.course, top_k=chosen.top_k)


def version_for(chosen: Settings) -> str:
    """Return the version of a suggester with these settings, without loading a model."""
    weights = resources.files("coursebot.answer").joinpath("weights.json").read_bytes()
    decisive = {
        "version": VERSION,
        "release": version("coursebot"),
        "weights": hashlib.sha256(weights).hexdigest(),
        "legs": asdict(Weights()),
        "reader": shipped() if chosen.reader else "",
        "settings": chosen.model_dump(
            include={"answered_above", "unsure_above", "top_k", "question_characters"}
        ),
    }
    described = json.dumps(decisive, sort_keys=True).encode("ascii")
    return f"{VERSION}-{hashlib.sha256(described).hexdigest()[:16]}"


def _tells(answer: Answer, candidate: Candidate) -> bool:
    """Whether the answer to a question made of the material is what it was made from."""
    first = answer.statements[0]
    if first.section != candidate.section or first.kind in {Kind.HEADING, Kind.LINK}:
        return False
    # A picture's description, a question, or the lead-in of a list that is not quoted.
    if first.text.startswith("![") or first.plain.endswith(("?", "？")):
        return False
    if first.plain.endswith((":", "：")) and len(answer.statements) == 1:
        return False
    if candidate.statement:
        return candidate.statement in {statement.id for statement in answer.statements}
    if not candidate.names:
        return True
    opening = normalise(first.plain)
    named = any(normalise(name) in opening for name in candidate.names)
    return answer.confidence >= (BY_NAME if named else BY_MEANING)


def _rank(suggestion: Suggestion) -> int:
    return ORIGINS.index(suggestion.origin)


def _in_order(index: Searchable, found: list[Suggestion]) -> tuple[Suggestion, ...]:
    """Return the suggestions course by course, in the order of what they cite.

    Examples come first, in the order that the course gives them.
    """
    courses = {name: n for n, name in enumerate(index.courses)}
    given = {
        (name, question): n
        for name, course in index.courses.items()
        for n, question in enumerate(course.examples)
    }

    def place(suggestion: Suggestion) -> tuple[int, int, int]:
        example = given.get((suggestion.course, suggestion.question))
        at = index.statement_position(suggestion.statement) or 0
        if example is not None:
            return courses[suggestion.course], 0, example
        return courses[suggestion.course], 1, at

    return tuple(sorted(found, key=place))
