"""Question ▶ words as they come, and the answer's record; the page and the API share it."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator, Sequence
from contextlib import nullcontext

from coursebot import suggestions
from coursebot.assistant import Assistant
from coursebot.conversation import clean, thread
from coursebot.errors import IndexReplacedError, UnknownCourseError
from coursebot.feedback import Store
from coursebot.index import Searchable
from coursebot.types import Answer, State
from coursebot.web import unanswered
from coursebot.web.watch import Face, Watch
from coursebot.web.wire import AnswerRecord, answer_record


class Exchange:
    """One question on its way to an answer, on the index as it is when it is asked.

    Where that was dropped from a database before anything was said, on the one after it.
    """

    def __init__(
        self,
        assistant: Assistant,
        store: Store,
        question: str,
        *,
        course: str | None = None,
        before: Sequence[str] = (),
        top_k: int | None = None,
        allowed: bool = False,
        watch: Watch | None = None,
        face: Face = Face.API,
    ) -> None:
        """Check the question and read what it goes on from; raises as ``Assistant.ask`` does.

        ``before`` are the questions before, oldest first; ``allowed`` says that the learner lets
        the question be kept when it is not answered; ``watch`` counts it as one of ``face``.
        """
        self._given = assistant
        self._assistant = assistant.pinned()
        self._store = store
        self._allowed = allowed
        self._course = course or None
        self._top_k = top_k
        self._before = tuple(before)
        self._watch = watch
        self._face = face
        try:
            self._question = clean(question, assistant.settings.question_characters)
            if self._course is not None and self._course not in self._assistant.courses:
                raise UnknownCourseError.among(self._course, self._assistant.courses)
            self._after = thread(self._question, self._before)
            try:
                self._history = self._assistant.turns(self._after, course=self._course)
            except IndexReplacedError:
                self._begin_anew()
        except Exception as error:
            if watch is not None:
                watch.not_asked(question, self._course, face, error)
            raise

    def parts(self) -> Generator[str | AnswerRecord, None, None]:
        """Yield a language model's words, if there is one, the first empty; the record last."""
        watch = self._watch
        watched = watch.question(self._question, self._course, self._face) if watch else None
        with watched or nullcontext() as asked:
            for part in self._answer():
                if not isinstance(part, Answer):
                    yield part
                    continue
                record = self._record(part)
                if asked is not None:
                    asked.answer = record
                yield record

    def _answer(self) -> Generator[str | Answer, None, None]:
        """Yield what the assistant says; anew where a database dropped its index meanwhile."""
        said = False
        try:
            for part in self._stream():
                said = True
                yield part
        except IndexReplacedError:
            if said:
                raise
            self._begin_anew()
            yield from self._stream()

    def _stream(self) -> Iterator[str | Answer]:
        return self._assistant.stream(
            self._question, course=self._course, history=self._history, top_k=self._top_k
        )

    def _begin_anew(self) -> None:
        """Go over to the newest index, with what the question goes on from."""
        self._assistant = self._given.pinned(newest=True)
        self._history = self._assistant.turns(self._after, course=self._course)

    def _suggestions(self, index: Searchable, answer: Answer) -> tuple[str, ...]:
        choose = suggestions.after if answer.state is State.ANSWERED else suggestions.near
        try:
            return choose(index, answer, [*self._before, answer.question], self._course)
        except IndexReplacedError:
            return ()  # the answer is there, and need not wait for what could be asked next

    def _record(self, answer: Answer) -> AnswerRecord:
        index = self._assistant.index
        digest = index.manifest.digest
        unanswered.keep(
            self._store,
            self._assistant.settings,
            answer,
            course=self._course,
            history=self._after,
            index=digest,
            allowed=self._allowed,
        )
        return answer_record(
            answer,
            index.sections,
            id=secrets.token_hex(8),
            course=self._course,
            after=self._after,
            suggestions=self._suggestions(index, answer),
            index=digest,
        )
