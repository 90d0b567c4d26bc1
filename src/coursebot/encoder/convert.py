"""A sentence-transformers model ▶ its OpenVINO form, verified."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from coursebot.encoder import bundled, quiet
from coursebot.encoder.compiled import (
    HALF,
    MANIFEST,
    MODEL,
    SINGLE,
    TABLE,
    Compiled,
    Manifest,
    precisions,
)
from coursebot.encoder.reference import Reference, prompts
from coursebot.encoder.tokenise import Fast, Pieces
from coursebot.types import Floats

COSINE = {HALF: 0.9995, SINGLE: 0.999}
"""Least similarity to sentence-transformers with which a converted model is served."""

PROBES = (
    "このログイン（トークン）は3時間有効。",
    "How long is an az acr login token valid?",
    "",
    "Azure Container Registry",
    "ＡＣＲ　の①ﾄｰｸﾝ  と\tregistry.azurecr.io/samples:v1 … 😀",
    "コンテナーイメージは、レジストリーに格納され、クラスターのノードがそれを取得する。" * 4,
    "The registry stores container images; the nodes of the cluster pull them. " * 8,
    "仮想ネットワークのサブネットに、ネットワークセキュリティグループを割り当てる。" * 40,
    "role assignment, scope, principal; " * 120,
)


class Unfit(Exception):
    """The model has no faithful OpenVINO form; says why."""


def convert(model: Any, source: Path | None, name: str, fingerprint: str, folder: Path) -> None:  # noqa: ANN401
    """Write the OpenVINO form of a SentenceTransformer into the empty ``folder``.

    ``source`` is the model's own folder. The form computes in the fastest precision that is
    faithful. Raises Unfit when the model cannot be converted or differs in every precision from
    the original by more than COSINE allows, on any probe, alone or in a batch.
    """
    query, passage = prompts(model)
    manifest = Manifest(
        fingerprint=fingerprint,
        dimension=int(model.get_embedding_dimension()),
        max_tokens=int(model.max_seq_length or 512),
        query_prompt=query,
        passage_prompt=passage,
        pieces=_tokenizer(model, source, folder),
        precision=SINGLE,
    )
    _transformer(model, folder)
    files = {file.name: file.stat().st_size for file in folder.iterdir() if file.is_file()}
    expected = Expected(Reference(model, name, fingerprint))
    reason = Unfit()
    for precision in precisions():
        served = replace(manifest, precision=precision)
        try:
            # The very files and settings that will be served, loaded as they will be.
            expected.verify(Compiled(folder, name, served), COSINE[precision])
        except Unfit as difference:
            reason = difference
            continue
        (folder / MANIFEST).write_text(json.dumps(asdict(served) | {"files": files}))
        return
    raise reason


def _tokenizer(model: Any, source: Path | None, folder: Path) -> bool:  # noqa: ANN401
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise Unfit("it has no fast tokenizer")
    backend.save(str(folder / "tokenizer.json"))
    own = [source / n for n in (bundled.PIECES, bundled.NORMALISATION)] if source else []
    if not own or not all(file.is_file() for file in own):
        return False
    for file in own:
        shutil.copyfile(file, folder / file.name)
    limit = int(model.max_seq_length or 512)
    fast = Fast(folder / "tokenizer.json").ids(PROBES, limit)
    same = Pieces(folder / bundled.PIECES, folder / bundled.NORMALISATION).ids(PROBES, limit)
    return fast == same


def _transformer(model: Any, folder: Path) -> None:  # noqa: ANN401
    openvino = quiet.openvino()
    with quiet.libraries():
        import torch

        try:
            first, *rest = list(model)
            network = first.auto_model
            words = network.get_input_embeddings().weight.detach().float().numpy()
        except (AttributeError, ValueError) as error:
            raise Unfit(f"its first module is not a transformer: {error}") from error

        class Sentence(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.network = network
                self.rest = torch.nn.ModuleList(rest)

            def forward(self, inputs_embeds: Any, attention_mask: Any) -> Any:  # noqa: ANN401
                tokens = self.network(inputs_embeds=inputs_embeds, attention_mask=attention_mask)
                features = {
                    "token_embeddings": tokens.last_hidden_state,
                    "attention_mask": attention_mask,
                }
                for module in self.rest:
                    features = module(features)
                return features["sentence_embedding"]

        example = {
            "inputs_embeds": torch.randn(2, 7, words.shape[1]),
            "attention_mask": torch.ones(2, 7, dtype=torch.int64),
        }
        try:
            with torch.no_grad():
                converted = openvino.convert_model(Sentence().eval(), example_input=example)
        except Exception as error:
            # Tracing runs the model's own code: anything may be raised there.
            logging.getLogger(__name__).debug("conversion failed", exc_info=True)
            raise Unfit(f"OpenVINO cannot convert it ({type(error).__name__})") from error
        try:
            openvino.save_model(converted, str(folder / MODEL), compress_to_fp16=True)
        except RuntimeError as error:  # a full disk, which says nothing of the model
            raise OSError(f"{folder / MODEL} cannot be written") from error
    with np.errstate(over="ignore"):  # what float16 cannot hold shows in the verification
        np.save(folder / TABLE, words.astype(np.float16))


class Expected:
    """What sentence-transformers says of the probes."""

    def __init__(self, reference: Reference) -> None:
        self._queries = _alone(reference.encode_queries)
        self._passages = _alone(reference.encode_passages)
        self._counts = reference.count_tokens(PROBES)

    def verify(self, served: Compiled, least: float) -> None:
        """Compare ``served``. Raises Unfit when a cosine is below ``least`` or a count differs."""
        for found, expected in (
            (served.encode_queries(PROBES), self._queries),
            # More than one batch, as an index is built.
            (served.encode_passages(PROBES * 5), np.tile(self._passages, (5, 1))),
            (_alone(served.encode_passages), self._passages),
        ):
            worst = float((found * expected).sum(axis=1).min())
            if not worst >= least:
                raise Unfit(f"its OpenVINO form differs from it (cosine {worst:.4f})")
        if served.count_tokens(PROBES) != self._counts:
            raise Unfit("its tokenizer counts differently when served")


def _alone(encode: Callable[[Sequence[str]], Floats]) -> Floats:
    return np.concatenate([encode([text]) for text in PROBES])
