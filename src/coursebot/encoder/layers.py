"""Trained layers ▶ a small file and back: 8-bit integers in blocks of 32, one scale a block.

What coursebot ships of a model of its own are its layers alone; they stand on the embedding table
of the bundled model. Matrices are quantised, biases and norms are kept as they are. A block is
``scale * integers``, as in llama.cpp's Q8_0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from coursebot.errors import ModelError
from coursebot.types import Floats

BLOCK = 32
_SCALE = ".scale"
_MOST = 127.0


def quantise(matrix: Floats) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Return integers of the matrix's shape and the scale of each block of its rows."""
    blocks = matrix.astype(np.float32).reshape(len(matrix), -1, BLOCK)
    scales = (np.abs(blocks).max(axis=2) / _MOST).astype(np.float16)
    # A block of numbers too small for a scale is zero.
    divisors = np.where(scales > 0, scales.astype(np.float32), np.inf)
    integers = np.clip(np.rint(blocks / divisors[:, :, None]), -_MOST, _MOST)
    return integers.astype(np.int8).reshape(matrix.shape), scales


def restore(integers: NDArray[np.int8], scales: NDArray[np.float16]) -> Floats:
    """Return the matrix that ``quantise`` made these from, nearly."""
    blocks = integers.astype(np.float32).reshape(len(integers), -1, BLOCK)
    matrix: Floats = (blocks * scales.astype(np.float32)[:, :, None]).reshape(integers.shape)
    return matrix


def write(weights: Mapping[str, Floats], about: Mapping[str, object], file: Path) -> None:
    """Write the weights, and what they are, to ``file``."""
    stored: dict[str, NDArray[np.generic]] = {}
    for name, value in sorted(weights.items()):
        if value.ndim == 2 and value.shape[1] % BLOCK == 0:
            stored[name], stored[name + _SCALE] = quantise(value)
        else:
            stored[name] = value.astype(np.float32)
    new = file.with_name(f".{file.name}.new")
    save_file(stored, new, metadata={"about": json.dumps(about, sort_keys=True)})
    new.chmod(0o644)  # safetensors writes for its owner's eyes alone
    new.replace(file)


def about(file: Path) -> dict[str, str]:
    """Return what the weights in ``file`` are: name, version and what they were made from."""
    try:
        with safe_open(file, "numpy") as opened:
            told: dict[str, str] = json.loads((opened.metadata() or {})["about"])
            return told
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise damaged(file, error) from error


def read(file: Path) -> dict[str, Floats]:
    """Return the weights in ``file`` as float32. Raises ModelError when it is damaged."""
    try:
        with safe_open(file, "numpy") as opened:
            names = set(opened.keys())
            found: dict[str, Floats] = {}
            for name in sorted(names):
                if name.endswith(_SCALE):
                    continue
                value = opened.get_tensor(name)
                if name + _SCALE in names:
                    value = restore(value, opened.get_tensor(name + _SCALE))
                found[name] = value.astype(np.float32)
            return found
    except (OSError, SafetensorError, ValueError) as error:
        raise damaged(file, error) from error


def damaged(file: Path, error: Exception) -> ModelError:
    """Return the error that names the file and what is wrong with it."""
    return ModelError(
        f"{file} cannot be read as a model's layers: {error}.",
        "Install coursebot again: pip install --force-reinstall coursebot.",
    )
