"""An encoder ▶ one that embeds on a GPU, seen to give the same vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from coursebot.encoder import quiet
from coursebot.encoder.convert import COSINE, PROBES
from coursebot.encoder.load import source_of
from coursebot.encoder.reference import Reference, sentence_transformer
from coursebot.errors import ModelError
from coursebot.types import Encoder

Device = Literal["cpu", "cuda"]

LEAST = min(COSINE.values())
"""Least similarity of a GPU's vectors to those that questions are encoded as."""


def on(device: Device, encoder: Encoder, model: str, *, cache: Path) -> Encoder:
    """Return what embeds for ``encoder`` on a device: for the CPU, that encoder itself.

    Elsewhere it is ``model`` served by sentence-transformers under the encoder's fingerprint,
    which it gets only when its vectors are the same. Raises ModelError.
    """
    if device == "cpu":
        return encoder
    with quiet.libraries():
        import torch

        if not torch.cuda.is_available():
            raise ModelError(
                f"PyTorch {torch.__version__} sees no GPU.",
                "Look whether nvidia-smi shows one, install a build of torch for its CUDA, or "
                "embed on the processor: --device cpu.",
            )
    source, name = source_of(model, Path(cache).expanduser().absolute())
    served = Reference(sentence_transformer(str(source), device=device), name, encoder.fingerprint)
    ours, theirs = encoder.encode_passages(PROBES), served.encode_passages(PROBES)
    least = float((ours * theirs).sum(axis=1).min()) if ours.shape == theirs.shape else 0.0
    if not least >= LEAST:
        raise ModelError(
            f"On the GPU, {name} gives other vectors: cosine {least:.4f} instead of {LEAST}.",
            "Embed on the processor: coursebot index --device cpu.",
        )
    return served
