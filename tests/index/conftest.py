"""A small corpus of two courses, and an encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.encoder.fake import HashEncoder
from coursebot.types import Encoder

CONTAINERS = """# コンテナー

Azure Container Registryの説明。

## az acr login

- `az acr login`でログインする。
  - このログイン（トークン）は3時間有効。
- [公式ドキュメント](https://learn.microsoft.com/ja-jp/azure/container-registry/)

| SKU | 容量 |
|---|---|
| Basic | 10 GiB |
| Premium | 500 GiB |
"""

NETWORKS = """# Networks

A virtual network isolates machines. Peering joins two networks.

```bash
az network vnet create --name lab
```
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus folder with the courses ``az`` (two files) and ``net``."""
    folder = tmp_path / "corpus"
    for name, title in (("az", "コンテナー"), ("net", "Networks")):
        (folder / name).mkdir(parents=True)
        (folder / name / "course.toml").write_text(f'title = "{title}"\n', encoding="utf-8")
    (folder / "az" / "1.md").write_text(CONTAINERS, encoding="utf-8")
    (folder / "az" / "2.md").write_text("# AKS\n\nKubernetesの管理。\n", encoding="utf-8")
    (folder / "net" / "1.md").write_text(NETWORKS, encoding="utf-8")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return where the index is to be written."""
    return tmp_path / "index"


@pytest.fixture
def encoder() -> Encoder:
    """Return the deterministic encoder."""
    return HashEncoder()
