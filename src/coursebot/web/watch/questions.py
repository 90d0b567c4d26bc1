"""Questions, whichever way they came ▶ counted, timed and logged; how many are open."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar

from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from coursebot.errors import QuestionError
from coursebot.types import Language, State
from coursebot.web.watch import logs
from coursebot.web.watch.metrics import Metrics
from coursebot.web.watch.traces import Traces

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.feedback import Store
    from coursebot.web.admission import Admission

T = TypeVar("T")
_log = logs.logger(__name__)


class Face(StrEnum):
    """By which way a question came."""

    PAGE = "page"
    API = "api"
    TOOL = "tool"


class Answered(Protocol):
    """What is looked at of an answer; also of its record."""

    @property
    def state(self) -> State:
        """Whether it is one."""

    @property
    def language(self) -> Language:
        """Of the question."""

    @property
    def confidence(self) -> float:
        """How sure it is."""

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """How long each stage took."""


class Asked:
    """A question under way."""

    def __init__(self) -> None:
        self.answer: Answered | None = None
        """Set as soon as there is one."""


class Watch:
    """One server's eyes: what is under way, what came of it, and whether it is being ended."""

    def __init__(self, assistant: Assistant, store: Store) -> None:
        """Watch a server on these; raises SettingsError when traces cannot be sent."""
        self.assistant = assistant
        self.store = store
        self.draining = False
        """Whether questions that are new are refused, as the server is about to end."""
        self.queues: dict[str, Callable[[], int]] = {"open": lambda: self.open}
        """How many wait, by the name of what they wait for."""
        self.metrics = Metrics(
            assistant, lambda: {name: count() for name, count in self.queues.items()}
        )
        self._traces = Traces(assistant.settings.traces_url)
        self._lock = Lock()
        self._open = 0
        self._requests = 0

    def admit(self, admission: Admission) -> None:
        """Show who waits for a place, and who was refused one."""
        self.queues["places"] = lambda: admission.waiting
        self.metrics.admission = admission

    @property
    def open(self) -> int:
        """Questions that are being answered."""
        return self._open

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer, or for the rest of one."""
        return self._requests == 0 and not any(count() for count in self.queues.values())

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request as open as long as it is."""
        with self._lock:
            self._requests += 1
        try:
            yield
        finally:
            with self._lock:
                self._requests -= 1

    @contextmanager
    def question(self, text: str, course: str | None, face: Face) -> Iterator[Asked]:
        """Watch a question until it is answered, refused, given up or failed."""
        asked = Asked()
        state = "failed"
        started = time.perf_counter()
        with self._lock:
            self._open += 1
        try:
            yield asked
            state = _state(asked, "failed")
        except GeneratorExit:
            state = _state(asked, "left")
            raise
        except QuestionError:
            state = "refused"
            raise
        finally:
            with self._lock:
                self._open -= 1
            self._over(asked, text, state, course, face, time.perf_counter() - started)

    def not_asked(self, text: str, course: str | None, face: Face, error: Exception) -> None:
        """Count a question that could not even be asked."""
        state = "refused" if isinstance(error, QuestionError) else "failed"
        self._over(Asked(), text, state, course, face, 0.0)

    def close(self) -> None:
        """Send the traces that are left."""
        self._traces.close()

    def _over(
        self,
        asked: Asked,
        text: str,
        state: str,
        course: str | None,
        face: Face,
        seconds: float,
    ) -> None:
        self.metrics.over(state, course, face)
        said: dict[str, object] = {
            "state": state,
            "course": self._named(course),
            "face": face.value,
        }
        if asked.answer is not None:
            self.metrics.timed(asked.answer.timings_ms)
            said["language"] = asked.answer.language.value
            said["confidence"] = round(asked.answer.confidence, 3)
        if self.assistant.settings.log_questions:
            said["question"] = text
        _log.info("question", **said, ms=round(seconds * 1000, 1))
        told = {**said, "request_id": get_contextvars().get("request_id", "")}
        self._traces.question(seconds, told, asked.answer.timings_ms if asked.answer else {})

    def _named(self, course: str | None) -> str:
        """Return a course's name; one that is not there may be any text."""
        return course if course and course in self.assistant.courses else ""


def within(request_id: str, items: Generator[T, None, None]) -> Iterator[T]:
    """Yield what ``items`` yields, each made where the request's id is known to the log.

    Gradio runs each step of an event in a context of its own, that of no request.
    """
    context = copy_context()
    context.run(clear_contextvars)
    if request_id:
        context.run(lambda: bind_contextvars(request_id=request_id))
    try:
        while True:
            try:
                item = context.run(next, items)
            except StopIteration:
                return
            yield item
    finally:
        context.run(items.close)


def request_id_of(request: object) -> str:
    """Return the id of a request, Gradio's or Starlette's; empty when there is none."""
    scope = getattr(getattr(request, "request", None) or request, "scope", None)
    state = scope.get("state") if isinstance(scope, Mapping) else None
    return str(state.get("request_id", "")) if isinstance(state, Mapping) else ""


def _state(asked: Asked, otherwise: str) -> str:
    return otherwise if asked.answer is None else asked.answer.state.value
