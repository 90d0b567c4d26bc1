"""A corpus of two courses whose questions the deterministic encoder can answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.index import Index, build
from coursebot.suggestions import Suggester
from coursebot.types import Encoder, Floats


class NearEncoder(HashEncoder):
    """The deterministic encoder, with all texts as close together as a real model has them."""

    fingerprint = "near"
    dimension = HashEncoder.dimension + 1

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return unit vectors whose cosines lie between 0.75 and 1."""
        hashed = HashEncoder().encode_queries(texts)
        same = np.full((len(texts), 1), 0.75**0.5, np.float32)
        return np.hstack([hashed * np.float32(0.5), same])


REGISTRY = """# Container Registry (ACR)

Container Registry is a service that stores container images.

## Tokens

- Access Token: the credential that a client sends with each request.
- Refresh Token: the credential that a client gets a new access token with.

# 見出し

## コンテナーレジストリ

コンテナーレジストリとは、コンテナーイメージを保存して配布するサービスのことです。

## まとめ

以上です。
"""

NETWORKS = """# Virtual networks

A virtual network is a private space that isolates machines from each other.

# Peering

Peering is the connection of two virtual networks so that machines can reach each other.
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus folder with the courses ``acr`` and ``net``."""
    folder = tmp_path / "corpus"
    for name, text in (("acr", REGISTRY), ("net", NETWORKS)):
        (folder / name).mkdir(parents=True)
        (folder / name / "1.md").write_text(text, encoding="utf-8")
    (folder / "acr" / "course.toml").write_text(
        'examples = ["Which service stores container images?", "???", "What are tokens?"]\n',
        encoding="utf-8",
    )
    rows = [
        {"question": "コンテナーイメージを保存するサービスは？", "status": "reviewed"},
        {"question": "how about that one?", "status": "reviewed"},
        {"question": "What does a client send with each request?", "status": "draft"},
    ]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "acr" / "golden.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
def chosen() -> Settings:
    """Return settings with which the deterministic encoder's answers count."""
    return Settings.load(answered_above=0.5, unsure_above=0.1)


@pytest.fixture
def encoder() -> Encoder:
    """Return the encoder that the index is made with."""
    return NearEncoder()


@pytest.fixture
def built(corpus: Path, tmp_path: Path, chosen: Settings, encoder: Encoder) -> Index:
    """Return the index of that corpus, with its suggestions."""
    suggest = Suggester(encoder, chosen)
    build(corpus, tmp_path / "index", encoder, passage_tokens=64, suggest=suggest)
    return Index.load(tmp_path / "index")
