"""Text ▶ vectors by sentence-transformers: what a model is, and the fallback of its service."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from coursebot.encoder import quiet
from coursebot.encoder.tokenise import clean
from coursebot.errors import ModelError
from coursebot.types import Floats


def sentence_transformer(source: str, threads: int = 0, device: str = "cpu") -> Any:  # noqa: ANN401 - untyped library
    """Return the SentenceTransformer of a folder or of a hub's name. Raises ModelError."""
    quiet.switch_off()
    with quiet.libraries():
        import torch
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        try:
            return SentenceTransformer(source, device=device).eval()
        except Exception as error:
            # What sentence-transformers raises for a bad folder is not one class of errors.
            reason = str(error).strip().splitlines() or [type(error).__name__]
            where = "offline" if os.environ.get("HF_HUB_OFFLINE") == "1" else "here"
            raise ModelError(
                f"The embedding model {source!r} cannot be loaded {where}: {reason[0]}",
                "Give a folder that holds a sentence-transformers model (modules.json, "
                "config.json, model.safetensors, tokenizer.json): "
                "COURSEBOT_MODEL=/path/to/the/folder, or --model.",
            ) from error


def prompts(model: Any) -> tuple[str, str]:  # noqa: ANN401 - untyped library
    """Return the model's own prompts for queries and passages; empty where it has none."""
    own = {name: text or "" for name, text in (model.prompts or {}).items()}
    default = own.get(model.default_prompt_name or "", "")
    query = own.get("query") or default
    passage = own.get("passage") or own.get("document") or default
    return query, passage


def unit(vectors: Floats) -> Floats:
    """Return the rows at length 1, as float32; a row of zeros stays."""
    wide = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    scaled: Floats = (wide / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


class Reference:
    """A model served by sentence-transformers itself."""

    served_by = "sentence-transformers"

    def __init__(self, model: Any, name: str, fingerprint: str) -> None:  # noqa: ANN401
        self._model = model
        self._lock = threading.Lock()
        self._query, self._passage = prompts(model)
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = int(model.get_embedding_dimension())
        self.max_tokens = int(model.max_seq_length or 512)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension)."""
        return self._encode([self._query + clean(text) for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors of shape (len(texts), dimension), in the order of ``texts``."""
        return self._encode([self._passage + clean(text) for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, passage prompt and special tokens included."""
        with self._lock, quiet.libraries():
            return [
                len(self._model.tokenizer.encode(self._passage + clean(text), truncation=False))
                for text in texts
            ]

    def _encode(self, texts: list[str]) -> Floats:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        with self._lock, quiet.libraries():
            # An empty prompt of our own: the default one is in the text already.
            found = self._model.encode(texts, prompt="", show_progress_bar=False, batch_size=32)
        return unit(found)
