"""Index folder ▶ the newest usable index of a running process."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from coursebot.errors import IndexMissingError
from coursebot.index import LiveIndex, build
from coursebot.types import Encoder


def wait_for(live: LiveIndex, version: str) -> None:
    """Ask until the version is there; a test's timeout ends it."""
    while live.get().version != version:
        time.sleep(0.01)


def change(corpus: Path, text: str) -> None:
    """Write a file into the corpus."""
    (corpus / "az" / "3.md").write_text(f"# 新\n\n{text}\n", encoding="utf-8")


@pytest.fixture
def live(corpus: Path, out: Path, encoder: Encoder) -> LiveIndex:
    """Return a live index on version 00001 that looks at the folder at each question."""
    build(corpus, out, encoder, passage_tokens=128)
    found = LiveIndex(out, interval=0)
    found.check_encoder(encoder)
    return found


def test_a_new_index_is_noticed(live: LiveIndex, corpus: Path, out: Path, encoder: Encoder) -> None:
    """Asking is enough; a question under way keeps the index that it has."""
    before = live.get()
    change(corpus, "加わった文。")
    build(corpus, out, encoder, passage_tokens=128)
    wait_for(live, "00002")
    assert live.get().passages[-1].course == "net"
    assert len(live.get().passages) > len(before.passages)
    assert before.version == "00001"
    assert before.source("az/2.md") == "# AKS\n\nKubernetesの管理。\n"
    assert live.problem == ""


def test_a_broken_new_index_changes_nothing(
    live: LiveIndex, corpus: Path, out: Path, encoder: Encoder
) -> None:
    """The old one goes on, the problem is told, and the next good one ends it."""
    change(corpus, "一。")
    build(corpus, out, encoder, passage_tokens=128)
    file = out / "00002" / "passages.faiss"
    file.write_bytes(file.read_bytes()[:-1])
    assert live.refresh().version == "00001"
    assert str(file) in live.problem
    change(corpus, "二。")
    build(corpus, out, encoder, passage_tokens=128)
    assert live.refresh().version == "00003"
    assert live.problem == ""


def test_a_removed_index_changes_nothing(live: LiveIndex, out: Path) -> None:
    """Who deletes the folder under a running server does not stop it."""
    (out / "CURRENT").unlink()
    assert live.refresh().version == "00001"
    assert live.problem == f"There is no index in {out}. Build one: coursebot index."


def test_a_new_index_of_another_model_is_not_used(
    live: LiveIndex, corpus: Path, out: Path, encoder: Encoder
) -> None:
    """The encoder that questions go through decides."""

    class Other:
        name, fingerprint = "other", "other"
        dimension, max_tokens = encoder.dimension, encoder.max_tokens
        encode_queries = staticmethod(encoder.encode_queries)
        encode_passages = staticmethod(encoder.encode_passages)
        count_tokens = staticmethod(encoder.count_tokens)

    build(corpus, out, Other(), passage_tokens=128)
    assert live.refresh().version == "00001"
    assert "was made with the model 'other'" in live.problem


def test_the_folder_is_looked_at_once_an_interval(
    corpus: Path, out: Path, encoder: Encoder
) -> None:
    """Between two looks a new index is not noticed."""
    build(corpus, out, encoder, passage_tokens=128)
    live = LiveIndex(out, interval=3600)
    build(corpus, out, encoder, passage_tokens=64)
    assert live.get().version == live.get().version == "00001"
    assert live.refresh().version == "00002"


def test_no_index_is_told_at_once(tmp_path: Path) -> None:
    """A server does not start on nothing."""
    with pytest.raises(IndexMissingError):
        LiveIndex(tmp_path)
