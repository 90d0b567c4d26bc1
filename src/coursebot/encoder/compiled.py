"""Token ids ▶ vectors by OpenVINO."""

from __future__ import annotations

import json
import os
import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursebot.encoder import quiet
from coursebot.encoder.reference import unit
from coursebot.encoder.tokenise import Fast, Pieces, Tokenizer
from coursebot.types import Floats

MODEL = "transformer.xml"
TABLE = "embeddings.npy"
MANIFEST = "manifest.json"
TOKENS_A_BATCH = 2048
"""Tokens of a batch, padding included."""
HALF = "bf16"
SINGLE = "f32"


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


class Compiled:
    """A converted model, served.

    Any number of threads may encode at once: each call takes an inference request of its own.
    """

    served_by = "openvino"

    def __init__(self, folder: Path, name: str, manifest: Manifest, threads: int = 0) -> None:
        openvino = quiet.openvino()
        self.name = name
        self.fingerprint = manifest.fingerprint
        self.dimension = manifest.dimension
        self.max_tokens = manifest.max_tokens
        self._query, self._passage = manifest.query_prompt, manifest.passage_prompt
        self._tokenizer = tokenizer(folder, pieces=manifest.pieces)
        self._table: NDArray[np.float16] = np.load(folder / TABLE, mmap_mode="r")
        self._requests: queue.LifoQueue[Any] = queue.LifoQueue()
        core = openvino.Core()
        core.set_property({"CACHE_DIR": str(folder / "compiled")})
        self._model = core.compile_model(
            str(folder / MODEL),
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": manifest.precision,
                "INFERENCE_NUM_THREADS": threads or os.cpu_count() or 1,
            },
        )

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
        with self._request() as request:
            for batch in _batches([len(row) for row in ids]):
                tokens, mask = _padded([ids[index] for index in batch])
                embeds = self._table[tokens].astype(np.float32)
                found = request.infer([embeds, mask])
                vectors[batch] = unit(found[self._model.output(0)])
        return vectors

    @contextmanager
    def _request(self) -> Iterator[Any]:
        try:
            request = self._requests.get_nowait()
        except queue.Empty:
            request = self._model.create_infer_request()
        try:
            yield request
        finally:
            self._requests.put(request)


def precisions() -> list[str]:
    """Return what this machine's processor computes in, fastest first."""
    able = quiet.openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return [HALF, SINGLE] if "BF16" in able else [SINGLE]


def tokenizer(folder: Path, *, pieces: bool) -> Tokenizer:
    """Return the tokenizer of a converted model."""
    if pieces:
        return Pieces(folder / "sentencepiece.model", folder / "normalisation.json")
    return Fast(folder / "tokenizer.json")


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


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Yield positions, longest texts first, texts of like length together."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > TOKENS_A_BATCH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _padded(rows: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    longest = max(map(len, rows))
    tokens = np.zeros((len(rows), longest), np.int64)
    mask = np.zeros((len(rows), longest), np.int64)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return tokens, mask
