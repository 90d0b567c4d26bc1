"""Token ids ▶ vectors by OpenVINO."""

from __future__ import annotations

import json
import os
import queue
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursebot.encoder import quiet
from coursebot.encoder.reference import unit
from coursebot.encoder.rows import Rows
from coursebot.encoder.tokenise import Counter, tokenizer
from coursebot.types import Floats

MODEL = "transformer.xml"
TABLE = "embeddings.npy"
MANIFEST = "manifest.json"
TOKENS_A_BATCH = 1024
"""Tokens of a batch, padding included."""
TOKENS_A_CORE = 128
"""Tokens from which another core is worth its while: with fewer, one is used best alone."""
STEP = 16
"""Tokens that a batch's length is rounded up to: OpenVINO keeps memory for each new shape."""
HALF = "bf16"
SINGLE = "f32"
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a converted model is."""

    fingerprint: str
    dimension: int
    max_tokens: int
    query_prompt: str
    passage_prompt: str
    pieces: bool
    """Whether text is read by a SentencePiece model; by ``tokenizer.json`` otherwise."""
    precision: str
    """What the model computes in: one of ``precisions()`` on the machine that converted it."""


class Network:
    """An OpenVINO form in a folder, fed with ids; any number of threads may use it at once.

    Each core computes a batch by itself: two that share one wait for each other at every step,
    which takes more of the processor for little less time.
    """

    def __init__(self, folder: Path, precision: str, threads: int = 0) -> None:
        self._table = Rows(folder / TABLE)
        self._folder, self._precision = folder, precision
        self.threads = threads or os.cpu_count() or 1
        self._model = self._compile()
        self._requests: queue.LifoQueue[Any] = queue.LifoQueue()
        self._many: Any = None
        self._turn = threading.Lock()

    def spread(self, rows: Sequence[Sequence[int]]) -> list[tuple[list[int], Floats]]:
        """Return positions in ``rows`` and the output for them: a batch a core, all at once.

        Rows are padded to the longest of their batch. Calls of several threads share the cores,
        each of which computes one batch at a time.
        """
        lengths = [len(row) for row in rows]
        batches = evenly(lengths, min(self.threads, max(sum(lengths) // TOKENS_A_CORE, 1)))
        with ExitStack() as held:
            started = []
            for batch in batches:
                request = held.enter_context(_borrowed(self._requests, self._model))
                request.start_async(self._inputs([rows[at] for at in batch]))
                held.callback(request.wait)  # also when another one fails: it goes back idle
                started.append((batch, request))
            found = []
            for batch, request in started:
                request.wait()
                found.append((batch, request.get_output_tensor(0).data.copy()))
            return found

    def side_by_side(
        self,
        rows: Sequence[Sequence[int]],
        batches: Sequence[list[int]],
        keep: Callable[[list[int], Floats], None],
    ) -> None:
        """Give ``keep`` each batch and its output, each core computing a batch of its own.

        No core waits for another; calls take turns.
        """

        def done(request: Any, batch: list[int]) -> None:  # noqa: ANN401
            keep(batch, request.get_output_tensor(0).data)

        with self._turn:
            if self._many is None:
                self._many = quiet.openvino().AsyncInferQueue(self._model, self.threads)
            self._many.set_callback(done)
            try:
                for batch in batches:
                    self._many.start_async(self._inputs([rows[at] for at in batch]), batch)
            finally:
                self._many.wait_all()

    def _compile(self) -> Any:  # noqa: ANN401 - untyped library
        settings = {
            "CACHE_DIR": str(self._folder / "compiled"),
            "INFERENCE_PRECISION_HINT": self._precision,
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": self.threads,
        }
        return _core().compile_model(str(self._folder / MODEL), "CPU", settings)

    def _inputs(self, rows: Sequence[Sequence[int]]) -> list[NDArray[Any]]:
        tokens, mask = _padded(rows)
        return [self._table.of(tokens), mask]


class Compiled:
    """A converted model, served.

    Any number of threads may encode at once: calls of a few texts have a batch a core, and those of
    many batches take turns.
    """

    served_by = "openvino"

    def __init__(self, folder: Path, name: str, manifest: Manifest, threads: int = 0) -> None:
        self.name = name
        self.fingerprint = manifest.fingerprint
        self.dimension = manifest.dimension
        self.max_tokens = manifest.max_tokens
        self._query, self._passage = manifest.query_prompt, manifest.passage_prompt
        self._tokenizer = tokenizer(folder, pieces=manifest.pieces)
        self.counter = Counter(folder, manifest.pieces, manifest.passage_prompt)
        """``count_tokens`` for other processes."""
        self.table = folder / TABLE
        self._network = Network(folder, manifest.precision, threads)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension)."""
        return self._encode([self._query + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension), in the order of ``texts``."""
        return self._encode([self._passage + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, passage prompt and special tokens included."""
        return self._tokenizer.counts([self._passage + text for text in texts])

    def _encode(self, texts: list[str]) -> Floats:
        ids = self._tokenizer.ids(texts, self.max_tokens)
        vectors = np.zeros((len(ids), self.dimension), np.float32)

        def keep(batch: list[int], found: Floats) -> None:
            vectors[batch] = unit(found)

        split = list(batches([len(row) for row in ids]))
        if len(split) > 1:
            self._network.side_by_side(ids, split, keep)
        else:
            for batch, found in self._network.spread(ids):
                keep(batch, found)
        return vectors


def precisions() -> list[str]:
    """Return what this machine's processor computes in, fastest first."""
    able = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return [HALF, SINGLE] if "BF16" in able else [SINGLE]


def _core() -> Any:  # noqa: ANN401 - untyped library
    """Return OpenVINO's core, one for the process and for as long as it runs.

    Each brings a stack for the signals of the thread that makes it, and puts back the one it found
    when it goes. Of two that do not go in the reverse order of their coming, the second puts back
    what the first has freed, and the next signal ends the process.
    """
    with _MAKING:
        return _made()


@cache
def _made() -> Any:  # noqa: ANN401 - untyped library
    return quiet.openvino().Core()


def read_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest; None when a file of it is missing or not as long as it was."""
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = data.pop("files")
        if any((folder / name).stat().st_size != size for name, size in files.items()):
            return None
        return Manifest(**data)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def batches(lengths: Sequence[int], most: int = TOKENS_A_BATCH) -> Iterator[list[int]]:
    """Yield positions, longest texts first, texts of like length together, ``most`` tokens."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > most:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def evenly(lengths: Sequence[int], parts: int) -> list[list[int]]:
    """Return positions as ``batches`` does, in at most ``parts`` batches of about equal cost."""
    costs = sorted({length * count for length in lengths for count in range(1, len(lengths) + 1)})
    most = bisect_left(costs, True, key=lambda cost: len(list(batches(lengths, cost))) <= parts)
    return list(batches(lengths, costs[most])) if costs else []


@contextmanager
def _borrowed(idle: queue.LifoQueue[Any], model: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield an inference request of a compiled model, one that is idle or a new one."""
    try:
        request = idle.get_nowait()
    except queue.Empty:
        request = model.create_infer_request()
    try:
        yield request
    finally:
        idle.put(request)


def _padded(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    longest = -(-max(map(len, rows)) // STEP) * STEP
    tokens = np.zeros((len(rows), longest), np.int64)
    mask = np.zeros((len(rows), longest), np.int64)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return tokens, mask
