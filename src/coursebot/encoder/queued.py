"""Questions from many threads ▶ micro-batches: what comes while the model computes goes together.

Nobody waits for company: a call that finds the model free is computed at once.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from coursebot.types import Encoder, Floats

MOST = 32
"""Texts of a batch; a call that has more is computed alone."""


class _Call:
    """One thread's texts, and what becomes of them."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.turn = threading.Event()
        """Set when there is a result, or when this thread is to compute the next batch."""
        self.leads = False
        self.vectors: Floats | None = None
        self.error: Exception | None = None

    def result(self) -> Floats:
        if self.error is not None:
            raise self.error
        assert self.vectors is not None
        return self.vectors


class Queued:
    """An encoder whose questions are encoded in batches when they queue; all else is passed on.

    One thread computes at a time, for itself and those that waited; then the first of those that
    came meanwhile does.
    """

    def __init__(self, encoder: Encoder, most: int = MOST) -> None:
        self._encoder = encoder
        self._most = most
        self._lock = threading.Lock()
        self._computing = False
        self._waiting: list[_Call] = []
        self._batches: Counter[int] = Counter()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the encoder has
        return getattr(self._encoder, name)

    @property
    def name(self) -> str:
        """The model's name or path, as it was asked for."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """Digest of weights, tokenizer, prompts and pooling: same fingerprint, same vectors."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    @property
    def max_tokens(self) -> int:
        """Tokens that the model reads; longer text is cut."""
        return self._encoder.max_tokens

    @property
    def batches(self) -> Mapping[int, int]:
        """How many batches of each number of texts were computed."""
        with self._lock:
            return dict(self._batches)

    @property
    def waiting(self) -> int:
        """Calls that wait for the model."""
        return len(self._waiting)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension); raises what the encoder does."""
        call = _Call(list(texts))
        with self._lock:
            if self._computing:
                self._waiting.append(call)
            else:
                self._computing = call.leads = True
        if not call.leads:
            self._wait(call)
        if call.leads:
            self._lead(call)
        return call.result()

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension), in the order of ``texts``."""
        return self._encoder.encode_passages(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, passage prompt and special tokens included."""
        return self._encoder.count_tokens(texts)

    def _wait(self, call: _Call) -> None:
        try:
            call.turn.wait()
        except BaseException:  # this thread gives up, by Ctrl-C say
            with self._lock:
                if call in self._waiting:
                    self._waiting.remove(call)
                elif call.leads:
                    self._hand_on()
            raise

    def _lead(self, call: _Call) -> None:
        """Compute the batch of ``call`` and of those that wait, and hand on."""
        with self._lock:
            batch = [call, *self._company(len(call.texts))]
        try:
            self._compute(batch)
        except BaseException:  # this thread gives up: the others have their turn after it
            with self._lock:
                self._waiting[:0] = [other for other in batch[1:] if not other.turn.is_set()]
            raise
        finally:
            with self._lock:
                self._hand_on()

    def _company(self, texts: int) -> list[_Call]:
        """Take those that wait and fit into a batch, first come first; the lock is held."""
        taken = 0
        for other in self._waiting:
            texts += len(other.texts)
            if texts > self._most:
                break
            taken += 1
        company, self._waiting[:taken] = self._waiting[:taken], []
        return company

    def _compute(self, batch: Sequence[_Call]) -> None:
        texts = [text for call in batch for text in call.texts]
        with self._lock:
            self._batches[len(texts)] += 1
        try:
            vectors = self._encoder.encode_queries(texts)
        except Exception as error:
            if len(batch) > 1:
                # Whose text it is shows itself; the others are not to suffer from it.
                for call in batch:
                    self._compute([call])
                return
            batch[0].error = error
        else:
            end = 0
            for call in batch:
                first, end = end, end + len(call.texts)
                call.vectors = vectors[first:end]
        for call in batch:
            call.turn.set()

    def _hand_on(self) -> None:
        """Let the first that waits compute next; the lock is held."""
        self._computing = bool(self._waiting)
        if self._waiting:
            following = self._waiting.pop(0)
            following.leads = True
            following.turn.set()
