"""Messages ▶ a language model's words, from any OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Generator, Sequence
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from coursebot.answer.wording.words import ModelFailure
from coursebot.errors import LanguageModelError, SettingsError

_log = logging.getLogger(__name__)

RETRIES = 1
"""Further attempts after a failed connection, 429 or 5xx; all within one deadline."""
PAUSE = 10.0
"""Longest silence between two tokens, in seconds."""
_UNSENT = (
    *(f"X-Stainless-{name}" for name in ("Lang", "Package-Version", "OS", "Arch")),
    *(f"X-Stainless-{name}" for name in ("Runtime", "Runtime-Version", "Async")),
    # The client would take these from the environment of another program.
    *("OpenAI-Organization", "OpenAI-Project"),
)


class ModelFailedError(LanguageModelError):
    """A language model's failure, with its kind."""

    def __init__(self, failure: ModelFailure, detail: str = "") -> None:
        super().__init__(f"The language model failed: {failure}{detail and f' ({detail})'}.")
        self.failure = failure


class Endpoint:
    """A model behind ``<base_url>/chat/completions``; safe to use from many threads."""

    def __init__(self, base_url: str, model: str, key: str, timeout: float) -> None:
        """Raise SettingsError when no request could be made with these."""
        self.base_url = _checked_url(base_url)
        if not model.strip():
            raise SettingsError(
                "COURSEBOT_LLM_URL is set but COURSEBOT_LLM_MODEL is not.",
                "Set COURSEBOT_LLM_MODEL to the model's name, or unset COURSEBOT_LLM_URL.",
            )
        if not key.isascii() or not key.isprintable() or " " in key:
            raise SettingsError(
                "COURSEBOT_LLM_KEY holds a character that cannot be sent in a header.",
                "Copy the key again, without spaces or line breaks.",
            )
        # A second of import time, and needed by nobody who has no language model.
        import openai

        self._openai = openai
        self.model = model.strip()
        self.timeout = timeout
        self._key = key

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, {self.model!r}, timeout={self.timeout})"

    def words(self, messages: Sequence[dict[str, str]]) -> Generator[str, None, None]:
        """Yield the reply in pieces; closing the iterator ends the request.

        Raises ModelFailedError when no whole reply came within ``timeout`` seconds, or none
        of it for ``PAUSE`` seconds once it had begun.
        """
        pipe: SimpleQueue[str | ModelFailedError | None] = SimpleQueue()
        # A thread with a loop of its own: only there can a whole exchange, name look-up included,
        # be given one deadline and be cut off, whether or not the caller runs a loop.
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._relay(messages, pipe))
        worker = threading.Thread(target=_drive, args=(loop, task), daemon=True, name="model")
        worker.start()
        try:
            while (item := pipe.get()) is not None:
                if isinstance(item, ModelFailedError):
                    raise item
                yield item
        finally:
            if not loop.is_closed():
                _cancel(loop, task)

    async def _relay(
        self,
        messages: Sequence[dict[str, str]],
        pipe: SimpleQueue[str | ModelFailedError | None],
    ) -> None:
        begun = False
        try:
            async with asyncio.timeout(self.timeout), self._client() as client:
                stream = await client.chat.completions.create(
                    model=self.model,
                    messages=messages,
                    stream=True,
                    extra_headers=self._headers(),
                )
                finish = None
                async with stream:
                    chunks = aiter(stream)
                    while True:
                        limit = min(PAUSE, self.timeout) if begun else self.timeout
                        async with asyncio.timeout(limit):
                            chunk = await anext(chunks, None)
                        if chunk is None:
                            break
                        text, ended = _read(chunk)
                        finish = ended or finish
                        if text:
                            begun = True
                            pipe.put(text)
            if finish != "stop":
                raise ModelFailedError(ModelFailure.BROKEN, f"finish reason: {finish}")
            pipe.put(None)
        except asyncio.CancelledError:
            pipe.put(None)
            raise
        except ModelFailedError as failure:
            pipe.put(failure)
        # Whatever bytes a server sends, and whatever the client makes of them, ends here.
        except Exception as error:
            pipe.put(self._failed(error, begun))

    def _client(self) -> Any:  # noqa: ANN401 — importing the class for its name costs a second
        return self._openai.AsyncOpenAI(
            base_url=self.base_url,
            api_key=self._key or "none",
            timeout=self.timeout,
            max_retries=RETRIES,
        )

    def _headers(self) -> dict[str, Any]:
        """Return what takes unwanted headers out of a request; without a key, it names none."""
        unsent = _UNSENT if self._key else (*_UNSENT, "Authorization")
        return dict.fromkeys(unsent, self._openai.Omit())

    def _failed(self, error: Exception, begun: bool) -> ModelFailedError:
        """Return the kind of a failure; a server's own words are left out, they may hold a key."""
        client = self._openai
        if isinstance(error, TimeoutError | client.APITimeoutError):
            return ModelFailedError(ModelFailure.TIMEOUT)
        if isinstance(error, client.APIConnectionError):
            return ModelFailedError(ModelFailure.BROKEN if begun else ModelFailure.UNREACHABLE)
        if isinstance(error, client.APIStatusError):
            status = error.status_code
            kinds = {401: ModelFailure.REJECTED, 403: ModelFailure.REJECTED, 429: ModelFailure.BUSY}
            return ModelFailedError(kinds.get(status, ModelFailure.ERROR), f"HTTP {status}")
        if isinstance(error, client.APIError) and type(error) is client.APIError:
            return ModelFailedError(ModelFailure.ERROR)
        return ModelFailedError(ModelFailure.BROKEN, type(error).__name__)


def _drive(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        _log.debug("The learner did not wait for the language model.")
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _cancel(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        loop.call_soon_threadsafe(task.cancel)
    except RuntimeError:
        _log.debug("The language model was done already.")


def _read(chunk: Any) -> tuple[str, str | None]:  # noqa: ANN401 — the client checks no types
    """Return the text and the finish reason of a chunk; chunks without choices carry neither."""
    if not chunk.choices:
        return "", None
    choice = chunk.choices[0]
    text = choice.delta.content if choice.delta is not None else None
    return text if isinstance(text, str) else "", choice.finish_reason


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            "COURSEBOT_LLM_URL is not an address that starts with http:// or https://.",
            "Give the endpoint's base address, such as http://127.0.0.1:11434/v1.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "COURSEBOT_LLM_URL holds more than an address.",
            "Put the key in COURSEBOT_LLM_KEY, and leave out what follows ? or #.",
        )
    return url.strip().rstrip("/").removesuffix("/chat/completions")
