"""Question ▶ words as they come, and the answer's record; the page and the API share it."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Sequence
from contextlib import nullcontext

from coursebot import suggestions
from coursebot.assistant import Assistant
from coursebot.conversation import clean, thread
from coursebot.errors import UnknownCourseError
from coursebot.feedback import Store
from coursebot.types import Answer, State
from coursebot.web import unanswered
from coursebot.web.watch import Face, Watch
from coursebot.web.wire import AnswerRecord, answer_record


class Exchange:
    """One question on its way to an answer, on the index as it is when it is asked."""

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
            self._history = self._assistant.turns(self._after, course=self._course)
        except Exception as error:
            if watch is not None:
                watch.not_asked(question, self._course, face, error)
            raise

    def parts(self) -> Generator[str | AnswerRecord, None, None]:
        """Yield a language model's words, if there is one, the first empty; the record last."""
        watch = self._watch
        watched = watch.question(self._question, self._course, self._face) if watch else None
        with watched or nullcontext() as asked:
            for part in self._assistant.stream(
                self._question, course=self._course, history=self._history, top_k=self._top_k
            ):
                if not isinstance(part, Answer):
                    yield part
                    continue
                record = self._record(part)
                if asked is not None:
                    asked.answer = record
                yield record

    def _record(self, answer: Answer) -> AnswerRecord:
        index = self._assistant.index
        digest = index.manifest.digest
        choose = suggestions.after if answer.state is State.ANSWERED else suggestions.near
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
            suggestions=choose(index, answer, [*self._before, answer.question], self._course),
            index=digest,
        )
