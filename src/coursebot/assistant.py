"""The main path: question ▶ query ▶ hits ▶ answer, on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Self, TypeVar

from coursebot import encoder as encoders
from coursebot import reader as readers
from coursebot.answer import compose
from coursebot.answer.generate import Generator
from coursebot.config import Settings
from coursebot.config import settings as _environment
from coursebot.conversation import make_query
from coursebot.encoder.queued import Queued
from coursebot.errors import IndexReplacedError, QuestionError
from coursebot.index import FixedIndex, LiveIndex, Searchable, SeenIndex
from coursebot.places import Place, place_of
from coursebot.retrieval import Examined, Weights, examine, retrieve
from coursebot.types import (
    Answer,
    Course,
    Encoder,
    Hit,
    Reader,
    Reading,
    Retrieved,
    Section,
    Statement,
    Turn,
)

T = TypeVar("T")


class Assistant:
    """Answers questions about the courses of one index; safe to use from many threads."""

    def __init__(
        self, index: LiveIndex, encoder: Encoder, chosen: Settings, reader: Reader | None = None
    ) -> None:
        self._live: LiveIndex | FixedIndex | SeenIndex = index
        self._encoder = encoder
        self._reader = reader
        self._settings = chosen
        self._generator = Generator.from_settings(chosen)
        self._weights = Weights()

    @classmethod
    def open(
        cls,
        index: str | Place | None = None,
        *,
        model: str | None = None,
        settings: Settings | None = None,
        report: Callable[[str], None] | None = None,
    ) -> Self:
        """Open the index in a folder or database, with the model that it was made with.

        ``report`` is told of long work, such as converting a model for the first time. Raises
        an IndexError_, ModelError or SettingsError.
        """
        chosen = settings or _environment()
        live = LiveIndex(place_of(index) if index is not None else chosen.index)
        loaded = encoders.load(
            model or chosen.model, cache=chosen.cache, threads=chosen.threads, report=report
        )
        encoder = Queued(loaded)
        live.check_encoder(encoder)
        return cls(live, encoder, chosen, reader_for(encoder, chosen, report))

    def pinned(self, *, newest: bool = False) -> Self:
        """Return this assistant on the index as it is now, whatever comes into the folder.

        With ``newest`` it waits for an index that is about to be taken up.
        """
        fixed = copy(self)
        fixed._live = FixedIndex(self._live.refresh() if newest else self.index)
        return fixed

    def seen(self, sees: Callable[[Course], bool]) -> Self:
        """Return this assistant with the courses alone for which ``sees`` says yes.

        It is asked for every question and every look at the index, so it may depend on who is
        served; nothing of another course is in what this assistant answers, finds or shows.
        """
        assert not isinstance(self._live, SeenIndex), "what is held back once stays so"
        other = copy(self)
        other._live = SeenIndex(self._live, sees)
        return other

    def weighted(self, weights: Weights) -> Self:
        """Return this assistant with other weights of its legs."""
        other = copy(self)
        other._weights = weights
        return other

    @property
    def weights(self) -> Weights:
        """What each leg of its retrieval counts for."""
        return self._weights

    @property
    def index(self) -> Searchable:
        """The newest usable index of the folder."""
        return self._live.get()

    @property
    def encoder(self) -> Encoder:
        """The model that questions are encoded with."""
        return self._encoder

    @property
    def reader(self) -> Reader | None:
        """What reads question and candidates together; None when it is switched off."""
        return self._reader

    @property
    def settings(self) -> Settings:
        """The settings that it was opened with."""
        return self._settings

    @property
    def problem(self) -> str:
        """Why a newer index in the folder is not used; empty when there is none."""
        return self._live.problem

    @property
    def reloads(self) -> tuple[int, int]:
        """How many newer indexes were taken up since, and how many could not be used."""
        return self._live.reloads

    @property
    def courses(self) -> Mapping[str, Course]:
        """The courses of the index, by name."""
        return self.index.courses

    def ask(
        self,
        question: str,
        *,
        course: str | None = None,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
    ) -> Answer:
        """Answer ``question`` from one course, or from all of them.

        ``history`` holds the turns before, oldest first; a follow-up goes on from the last one.
        Raises QuestionError or UnknownCourseError.
        """
        *_, answer = self.stream(question, course=course, history=history, top_k=top_k)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        course: str | None = None,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
    ) -> Iterator[str | Answer]:
        """Yield a language model's words as they come, if one is set, and the answer last.

        The first words are empty: the material's answer is there, and the model is asked next.
        """
        answer = self._extract(question, course, history, top_k)
        if self._generator is None:
            yield answer
        else:
            yield ""  # from here on it is another machine that works
            yield from self._generator.stream(answer, history=history)

    def search(
        self, query: str, *, course: str | None = None, top_k: int | None = None
    ) -> tuple[Hit, ...]:
        """Return the best passages for ``query``; raises as ``ask`` does."""
        asked = make_query(query, (), self._settings.question_characters)
        found = self._newest(
            lambda index: retrieve(
                index,
                self._encoder,
                asked,
                course=course,
                top_k=top_k or self._settings.top_k,
                weights=self._weights,
            )
        )
        return found.hits

    def examine(
        self,
        question: str,
        *,
        course: str | None = None,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
    ) -> tuple[Answer, Examined]:
        """Return the extractive answer and what each retrieval leg found; raises as ``ask`` does.

        No language model is asked.
        """
        started = time.perf_counter()
        query = make_query(question, history, self._settings.question_characters)
        examined = self._newest(
            lambda index: examine(
                index,
                self._encoder,
                query,
                course=course,
                top_k=top_k or self._settings.top_k,
                weights=self._weights,
            )
        )
        answer = extract_from(examined.retrieved, self._settings, self._reader, started)
        return answer, examined

    def turns(self, questions: Sequence[str], *, course: str | None = None) -> tuple[Turn, ...]:
        """Return ``questions``, oldest first, with the answers that a follow-up goes on from.

        No language model is asked. Raises as ``ask`` does.
        """
        found: tuple[Turn, ...] = ()
        for question in questions:
            found = (*found, Turn(question, self._extract(question, course, found, None)))
        return found

    def source(self, path: str) -> str:
        """Return the text of the file at ``path``; raises QuestionError when it is not indexed."""
        try:
            return self.index.source(path)
        except KeyError:
            raise QuestionError(f"There is no section {path[:200]!r} in the index.") from None

    def _extract(
        self, question: str, course: str | None, history: Sequence[Turn], top_k: int | None
    ) -> Answer:
        return self._newest(
            lambda index: extract(
                index,
                self._encoder,
                self._settings,
                question,
                course=course,
                history=history,
                top_k=top_k,
                weights=self._weights,
                reader=self._reader,
            )
        )

    def _newest(self, ask: Callable[[Searchable], T]) -> T:
        """Ask the newest usable index; asks again where a database dropped it meanwhile."""
        try:
            return ask(self._live.get())
        except IndexReplacedError:
            return ask(self._live.refresh())


def reader_for(
    encoder: Encoder, chosen: Settings, report: Callable[[str], None] | None = None
) -> Reader | None:
    """Return the reader that is used beside ``encoder``, converted at first use; None if none is.

    Raises ModelError.
    """
    if not chosen.reader:
        return None
    table = (
        getattr(encoder, "table", None)
        if encoder.name in (encoders.BUNDLED, encoders.BASE)
        else None
    )
    return readers.load(cache=chosen.cache, threads=chosen.threads, table=table, report=report)


def extract(
    index: Searchable,
    encoder: Encoder,
    chosen: Settings,
    question: str,
    *,
    course: str | None = None,
    history: Sequence[Turn] = (),
    top_k: int | None = None,
    weights: Weights | None = None,
    reader: Reader | None = None,
) -> Answer:
    """Return the answer in the material's own words; raises as ``Assistant.ask`` does."""
    started = time.perf_counter()
    query = make_query(question, history, chosen.question_characters)
    found = retrieve(
        index, encoder, query, course=course, top_k=top_k or chosen.top_k, weights=weights
    )
    return extract_from(found, chosen, reader, started)


def extract_from(
    found: Retrieved, chosen: Settings, reader: Reader | None = None, started: float | None = None
) -> Answer:
    """Return the answer in the material's own words from what was retrieved.

    Its ``total`` counts from ``started``, a time of ``time.perf_counter``, or from now on.
    """
    retrieved = time.perf_counter()
    started = retrieved if started is None else started
    timed = _Timed(reader) if reader is not None else None
    answer = compose(
        found,
        answered_above=chosen.answered_above,
        unsure_above=chosen.unsure_above,
        reader=timed,
    )
    done = time.perf_counter()
    timings = {
        **found.timings_ms,
        **({"read": timed.seconds * 1000} if timed is not None else {}),
        "answer": (done - retrieved - (timed.seconds if timed is not None else 0)) * 1000,
        "total": (done - started) * 1000,
    }
    return replace(answer, timings_ms=timings)


class _Timed:
    """A reader, and how long it read."""

    def __init__(self, reader: Reader) -> None:
        self.name, self.fingerprint = reader.name, reader.fingerprint
        self.seconds = 0.0
        self._reader = reader

    def read(
        self,
        question: str,
        candidates: Sequence[Statement],
        sections: Mapping[str, Section],
        siblings: Mapping[str, Sequence[Statement]],
    ) -> Mapping[str, Reading]:
        """Return what the reader says."""
        started = time.perf_counter()
        found = self._reader.read(question, candidates, sections, siblings)
        self.seconds += time.perf_counter() - started
        return found
