"""The shipped layers ▶ the reader: a tiny one of the same make, converted as the real one is."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursebot import reader as readers
from coursebot.encoder import bundled, layers, quiet
from coursebot.encoder.bundled import ModelFile
from coursebot.encoder.compiled import MANIFEST, MODEL, TABLE
from coursebot.errors import ModelError
from coursebot.reader import windows
from coursebot.reader.served import OUTPUTS, Served
from coursebot.types import Floats, Reader
from tests.reader.conftest import section, statement

loading = import_module("coursebot.reader.load")  # the package's load is a function
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", *"abcdefghijklmnopqrstuvwxyz"]
SIZES = (32, 2, 2, 64, len(PIECES), 256, 1)
EPSILON = 1e-12
EVERY = [statement(n, text, block=n) for n, text in enumerate(("how to", "log in", "and out"))]
ASKED = ("where", EVERY[1:2], {"s": section("docs")}, {"s": EVERY})


def body(**options: float) -> Any:  # noqa: ANN401 - untyped library
    """Return a tiny BERT."""
    from transformers import BertConfig, BertModel

    hidden, depth, heads, wide, vocabulary, positions, types = SIZES
    config = BertConfig(
        vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=depth,
        num_attention_heads=heads, intermediate_size=wide, max_position_embeddings=positions,
        type_vocab_size=types, layer_norm_eps=EPSILON, **options,
    )  # fmt: skip
    return BertModel(config, add_pooling_layer=False).eval()


@pytest.fixture(scope="module")
def trained() -> dict[str, Floats]:
    """Return random weights of a tiny BERT, and of a head on it, as a training writes them."""
    with quiet.libraries():
        import torch

        torch.manual_seed(11)
        weights = body(initializer_range=0.2).state_dict()
        found = {f"trunk.{name}": value.numpy() for name, value in weights.items()}
    chance = np.random.default_rng(12)
    found["head.weight"] = chance.normal(size=(len(OUTPUTS), SIZES[0])).astype(np.float32)
    found["head.bias"] = chance.normal(size=len(OUTPUTS)).astype(np.float32)
    return found


def own(trained: dict[str, Floats]) -> dict[str, Floats]:
    """Return what is shipped: all but the embeddings."""
    return {name: value for name, value in trained.items() if "embeddings." not in name}


@pytest.fixture
def tiny(trained: dict[str, Floats], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the tiny model in the place of the shipped one; return the cache folder."""
    layers.write(own(trained), {"name": "tiny-reader", "version": "3"}, tmp_path / "layers")
    (tmp_path / "e5.bin").write_bytes(b"whatever")
    # The base has other layers than those that were trained.
    base = {
        name.removeprefix("trunk."): value if "embeddings." in name else value * 0
        for name, value in trained.items()
        if name.startswith("trunk.")
    }
    scores = [-float(n) for n in range(len(PIECES))]
    model = ModelFile(SIZES, EPSILON, (0, 2, 1, 3), PIECES, scores, {}, base)
    monkeypatch.setattr(loading, "LAYERS", tmp_path / "layers")
    monkeypatch.setattr(bundled, "source", lambda: tmp_path / "e5.bin")
    monkeypatch.setattr(bundled, "read", lambda _file: model)
    return tmp_path / "cache"


def opened(cache: Path, said: list[str] | None = None, table: Path | None = None) -> Served:
    """Return the reader; ``said`` gets what is reported."""
    report = (said if said is not None else []).append
    found = readers.load(cache=cache, threads=1, table=table, report=report)
    assert isinstance(found, Served)
    return found


def expected(trained: dict[str, Floats], ids: tuple[int, ...]) -> Floats:
    """Return what PyTorch computes for one window."""
    with quiet.libraries():
        import torch

        tensors = {
            name.removeprefix("trunk."): torch.from_numpy(value)
            for name, value in trained.items()
            if name.startswith("trunk.")
        }
        model = body()
        model.load_state_dict(tensors)
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
    found: Floats = hidden @ trained["head.weight"].T + trained["head.bias"]
    return found


def test_the_reader_is_what_was_trained(tiny: Path, trained: dict[str, Floats]) -> None:
    """It computes what PyTorch does, but for the quantising; alone and beside longer windows."""
    reader = opened(tiny)
    told: Reader = reader
    assert told.name == "tiny-reader 3"
    assert told.fingerprint == readers.shipped() != ""
    cut = windows(reader._tokens, *ASKED)
    longer = windows(reader._tokens, "where " * 9, *ASKED[1:])
    exact = expected(trained, cut[0].ids)
    for found in (reader.said(cut)[0], reader.said([*longer, *cut])[1]):
        assert np.abs(found[: len(exact)] - exact).max() < 0.03 * np.abs(exact).max()
    assert set(reader.read(*ASKED)) == {one.id for one in EVERY}


def test_it_is_converted_once(tiny: Path) -> None:
    """And said to be; the folder holds the form, the table and the tokenizer."""
    said: list[str] = []
    first = opened(tiny, said)
    assert said == ["Converting the reader (once, some seconds)."]
    again = opened(tiny, said)
    assert len(said) == 1
    assert again.read(*ASKED) == first.read(*ASKED)
    (folder,) = tiny.glob("reader-*/")
    assert folder.name == f"reader-{first.fingerprint}"
    assert {MODEL, TABLE, MANIFEST, bundled.PIECES, bundled.NORMALISATION} <= {
        file.name for file in folder.iterdir()
    }


@pytest.mark.parametrize("damage", ["missing", "cut", "noise"])
def test_a_damaged_form_is_converted_again(damage: str, tiny: Path) -> None:
    """Also when it is as long as it was."""
    before = opened(tiny).read(*ASKED)
    (file,) = tiny.glob(f"reader-*/{MODEL}")
    whole = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(whole[:-20] if damage == "cut" else b"x" * len(whole))
        shutil.rmtree(file.parent / "compiled")  # which would stand in for it
    said: list[str] = []
    assert opened(tiny, said).read(*ASKED) == before
    assert len(said) == 1


def test_the_encoders_table_is_not_kept_twice(tiny: Path, tmp_path: Path) -> None:
    """It is one file under two names, where the file system can do that."""
    before = opened(tiny).read(*ASKED)
    (own,) = tiny.glob(f"reader-*/{TABLE}")
    table = tmp_path / "encoder.npy"
    table.write_bytes(own.read_bytes())
    shared = opened(tmp_path / "other", table=table)
    (linked,) = (tmp_path / "other").glob(f"reader-*/{TABLE}")
    assert linked.samefile(table)
    assert shared.read(*ASKED) == before
    missing = opened(tmp_path / "third", table=tmp_path / "none.npy")
    assert missing.read(*ASKED) == before


def test_other_layers_are_another_reader(tiny: Path, trained: dict[str, Floats]) -> None:
    """Another fingerprint, so that readings are never taken for each other's."""
    before = readers.shipped()
    other = own(trained) | {"head.bias": trained["head.bias"] + 1}
    layers.write(other, {"name": "tiny-reader", "version": "4"}, loading.LAYERS)
    assert readers.shipped() not in ("", before)


def test_without_the_package_there_is_none(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where the bundled model comes from the hub."""
    monkeypatch.setattr(bundled, "source", lambda: None)
    assert readers.load(cache=tiny) is None
    assert readers.shipped() == ""
    assert not tiny.exists()


def test_missing_layers_are_an_error(tiny: Path) -> None:
    """An installation that is not whole is named, with what to do."""
    loading.LAYERS.unlink()
    for look in (readers.shipped, lambda: readers.load(cache=tiny)):
        with pytest.raises(ModelError) as caught:
            look()
        assert str(loading.LAYERS) in caught.value.message
        assert "Install coursebot again" in caught.value.hint


@pytest.mark.parametrize("lacking", ["head.weight", "head.bias"])
def test_layers_without_a_head_are_refused(
    lacking: str, tiny: Path, trained: dict[str, Floats]
) -> None:
    """What is missing is named; nothing is left in the cache."""
    rest = {name: value for name, value in own(trained).items() if name != lacking}
    layers.write(rest, {"name": "tiny-reader", "version": "5"}, loading.LAYERS)
    with pytest.raises(ModelError, match=lacking):
        readers.load(cache=tiny)
    assert not list(tiny.glob("*/"))


def test_a_cache_that_cannot_be_written_is_named(tiny: Path) -> None:
    """With the setting that moves it."""
    tiny.write_text("")
    with pytest.raises(ModelError) as caught:
        readers.load(cache=tiny)
    assert str(tiny) in caught.value.message
    assert "COURSEBOT_CACHE" in caught.value.hint
