"""The shipped layers ▶ the reader, converted at first use and kept in the cache folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock

from coursebot.encoder import bundled, layers, quiet
from coursebot.encoder.compiled import MANIFEST, MODEL, TABLE, precisions
from coursebot.encoder.load import beside
from coursebot.encoder.tokenise import Pieces
from coursebot.errors import ModelError
from coursebot.reader.served import Served
from coursebot.types import Floats, Reader

LAYERS = Path(__file__).parent / "layers.safetensors"
"""What coursebot ships of the reader; the embedding table is the bundled model's."""
_FORMAT = "1"
"""Of the cache: changed when what is written there changes."""
HEAD = "head."
TRUNK = "trunk."

Report = Callable[[str], None]


def load(
    *, cache: Path, threads: int = 0, table: Path | None = None, report: Report | None = None
) -> Reader | None:
    """Return the shipped reader; None where the bundled model is missing, on Windows.

    The first call converts it and says so through ``report``. ``table`` is the embedding table of
    the bundled model where it lies unpacked already. Raises ModelError.
    """
    file = bundled.source()
    if file is None:
        return None
    quiet.switch_off()
    fingerprint = _fingerprint(file)
    folder = Path(cache).expanduser().absolute() / f"reader-{fingerprint}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        found = _kept(folder, fingerprint, threads)
        if found is None:
            with FileLock(f"{folder}.lock"):
                found = _kept(folder, fingerprint, threads)
                if found is None:
                    (report or (lambda _: None))("Converting the reader (once, some seconds).")
                    with beside(folder) as new:
                        _convert(file, table, new)
                    found = _opened(folder, fingerprint, threads)
    except OSError as error:
        raise ModelError(
            f"The cache folder {cache} cannot be used: {error.strerror or error}.",
            "Name a folder that can be written: COURSEBOT_CACHE=/path/to/a/folder.",
        ) from error
    return found


def shipped() -> str:
    """Return the fingerprint of the reader that ``load`` returns, without loading it; or ""."""
    file = bundled.source()
    return _fingerprint(file) if file is not None else ""


def _fingerprint(file: Path) -> str:
    """Return a digest of the layers' contents and of the bundled file's size; or raise."""
    whole = hashlib.sha256(f"{_FORMAT} {file.stat().st_size}".encode())
    try:
        with LAYERS.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    except OSError as error:
        raise layers.damaged(LAYERS, error) from error
    return whole.hexdigest()[:16]


def _kept(folder: Path, fingerprint: str, threads: int) -> Served | None:
    """Return the reader that a folder holds; None when it must be made, or made again."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if any((folder / name).stat().st_size != size for name, size in told["files"].items()):
            return None
        return _opened(folder, fingerprint, threads)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError):
        return None  # damaged, perhaps within its length


def _opened(folder: Path, fingerprint: str, threads: int) -> Served:
    told = layers.about(LAYERS)
    tokens = Pieces(folder / bundled.PIECES, folder / bundled.NORMALISATION)
    name = f"{told['name']} {told['version']}"
    return Served(folder, tokens, name, fingerprint, precisions()[0], threads)


def _convert(file: Path, table: Path | None, folder: Path) -> None:
    """Fill the empty ``folder`` with the OpenVINO form, the embedding table and the tokenizer."""
    model = bundled.read(file)
    own = layers.read(LAYERS)
    for name in ("weight", "bias"):
        if HEAD + name not in own:
            raise ModelError(f"{LAYERS} lacks {HEAD}{name}.", "Install coursebot again.")
    words = model.weights["embeddings.word_embeddings.weight"]
    weights = {n: v for n, v in model.weights.items() if "word_embeddings" not in n}
    weights |= {n.removeprefix(TRUNK): v for n, v in own.items() if n.startswith(TRUNK)}
    head = {n.removeprefix(HEAD): v for n, v in own.items() if n.startswith(HEAD)}
    _network(model.sizes, model.epsilon, weights, head, folder / MODEL)
    try:
        if table is None:
            raise OSError
        os.link(table, folder / TABLE)
    except OSError:
        np.save(folder / TABLE, words.astype(np.float16))
    bundled.write_pieces(model, folder)
    files = {f.name: f.stat().st_size for f in folder.iterdir() if f.is_file()}
    (folder / MANIFEST).write_text(json.dumps({"files": files}), encoding="utf-8")


def _network(
    sizes: tuple[int, ...],
    epsilon: float,
    weights: dict[str, Floats],
    head: dict[str, Floats],
    file: Path,
) -> None:
    openvino = quiet.openvino()
    with quiet.libraries():
        import torch
        from transformers import BertConfig, BertModel

        hidden, depth, heads, wide, _, positions, types = sizes
        config = BertConfig(
            vocab_size=1, hidden_size=hidden, num_hidden_layers=depth, num_attention_heads=heads,
            intermediate_size=wide, max_position_embeddings=positions, type_vocab_size=types,
            layer_norm_eps=epsilon, pad_token_id=0,
        )  # fmt: skip
        body = BertModel(config, add_pooling_layer=False)
        tensors = {name: torch.from_numpy(value) for name, value in weights.items()}
        missing = body.load_state_dict(tensors, strict=False).missing_keys
        unfilled = [n for n in missing if "word_embeddings" not in n and "_ids" not in n]
        if unfilled:
            raise ModelError(f"The reader lacks {unfilled[0]}.", "Install coursebot again.")
        linear = torch.nn.Linear(hidden, len(head["bias"]))
        linear.load_state_dict({name: torch.from_numpy(value) for name, value in head.items()})

        class Network(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.body, self.linear = body, linear

            def forward(self, inputs_embeds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
                said = self.body(inputs_embeds=inputs_embeds, attention_mask=mask)
                return self.linear(said.last_hidden_state)  # type: ignore[no-any-return]

        example = (torch.randn(2, 7, hidden), torch.ones(2, 7, dtype=torch.int64))
        with torch.no_grad():
            converted = openvino.convert_model(Network().eval(), example_input=example)
        openvino.save_model(converted, str(file), compress_to_fp16=True)
