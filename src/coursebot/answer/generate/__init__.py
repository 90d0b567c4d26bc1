"""Answer ▶ the same answer in a language model's words, where one is set and does its part."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Self

from coursebot.answer.generate.clean import Cleaner
from coursebot.answer.generate.endpoint import Endpoint, ModelFailedError
from coursebot.answer.generate.prompt import messages
from coursebot.answer.wording.text import render_text
from coursebot.answer.wording.words import ModelFailure, wording
from coursebot.config import Settings
from coursebot.errors import SettingsError
from coursebot.types import Answer, State, Turn

__all__ = ["Generator"]

_log = logging.getLogger(__name__)

LONGEST = 8000
"""Characters of a reply, reasoning included; a model that goes on beyond is cut off."""
_SECRET = 12
"""Keys from this length are looked for in replies; shorter ones are placeholders (``ollama``)."""


class Generator:
    """Has a language model put an answer's statements into words, held to its citations."""

    def __init__(self, base_url: str, model: str, key: str = "", timeout: float = 30.0) -> None:
        """Take an endpoint's address and a deadline in seconds; raises SettingsError."""
        self._endpoint = Endpoint(base_url, model, key, timeout)
        self._key = key

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Return the generator that ``settings`` describe, or None; raises SettingsError."""
        key = settings.llm_key.get_secret_value()
        if settings.llm_url:
            return cls(settings.llm_url, settings.llm_model, key, settings.llm_timeout)
        if settings.llm_model:
            raise SettingsError(
                "COURSEBOT_LLM_MODEL is set but COURSEBOT_LLM_URL is not.",
                "Set COURSEBOT_LLM_URL to the endpoint's base address, or unset the model.",
            )
        return None

    def __repr__(self) -> str:
        return f"Generator({self._endpoint!r})"

    def generate(
        self,
        answer: Answer,
        *,
        history: Sequence[Turn] = (),
        on_delta: Callable[[str], None] | None = None,
    ) -> Answer:
        """Return what ``stream`` yields last; ``on_delta`` is told of the words before it."""
        result = answer
        for part in self.stream(answer, history=history):
            if isinstance(part, Answer):
                result = part
            elif on_delta is not None:
                on_delta(part)
        return result

    def stream(self, answer: Answer, *, history: Sequence[Turn] = ()) -> Iterator[str | Answer]:
        """Yield the model's words, cleaned, as they come, and last the finished answer.

        The words, joined, are the answer's ``generated``; its citations stay the given ones. No
        word is yielded before a sentence has cited a statement. When the model fails at any
        point, the last item is the given answer with ``notice`` set, in place of all words. An
        answer that is ``not_covered`` comes back as it is, and the model is not asked.
        """
        if answer.state is State.NOT_COVERED or not answer.citations:
            yield answer
            return
        started = time.perf_counter()
        cleaner = Cleaner(answer)
        try:
            yield from self._words(answer, history, cleaner)
        except ModelFailedError as error:
            _log.warning("%s", error)
            finished = replace(answer, notice=wording(answer.language).notices[error.failure])
        else:
            finished = replace(answer, generated=cleaner.text)
            finished = replace(finished, text=render_text(finished))
        spent = (time.perf_counter() - started) * 1000
        timings = {**answer.timings_ms, "model": spent}
        if "total" in timings:
            timings["total"] += spent
        yield replace(finished, timings_ms=timings)

    def _words(self, answer: Answer, history: Sequence[Turn], cleaner: Cleaner) -> Iterator[str]:
        raw = ""
        words = self._endpoint.words(messages(answer, history))
        try:
            for piece in words:
                raw += piece
                if len(raw) > LONGEST:
                    raise ModelFailedError(ModelFailure.BROKEN, f"more than {LONGEST} characters")
                if len(self._key) >= _SECRET and self._key in raw:
                    raise ModelFailedError(ModelFailure.UNCITED, "the reply holds the key")
                if shown := cleaner.feed(piece):
                    yield shown
        finally:
            words.close()
        if not raw.strip():
            raise ModelFailedError(ModelFailure.EMPTY)
        if shown := cleaner.finish():
            yield shown
        if not cleaner.text:
            raise ModelFailedError(ModelFailure.UNCITED)
