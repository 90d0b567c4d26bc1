"""A model in a local folder: its own vocabulary, prompts, pooling and dimensions, served."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from coursebot.encoder import compiled, convert, device, load
from coursebot.encoder.load import reference
from coursebot.encoder.reference import Reference, sentence_transformer
from coursebot.errors import ModelError
from coursebot.types import Encoder, Floats

TEXTS = ["token", "トークンの有効時間 3", "how long is it valid: a b c d", "", "x " * 200]


@pytest.fixture(scope="module")
def served(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Encoder, Path]:
    """Return the tiny model, converted, and its cache folder."""
    cache = tmp_path_factory.mktemp("tiny-cache")
    return load(str(tiny_model), cache=cache), cache


def manifest_of(cache: Path) -> compiled.Manifest:
    """Return the manifest of the only model that was converted there."""
    (file,) = cache.glob(f"*/{compiled.MANIFEST}")
    found = compiled.read_manifest(file.parent)
    assert found is not None
    return found


def spoiled(model: Path) -> None:
    """Let the words' vectors grow beyond what float16 holds; the layer norm scales them back."""
    from safetensors.numpy import load_file, save_file

    file = model / "model.safetensors"
    tensors = load_file(file)
    (name,) = (key for key in tensors if key.endswith("word_embeddings.weight"))
    tensors[name] = tensors[name] * np.float32(1e8)
    save_file(tensors, file, metadata={"format": "pt"})


def test_vectors_are_those_of_sentence_transformers(
    served: tuple[Encoder, Path], tiny_model: Path
) -> None:
    """OpenVINO serves the vectors that the model gives with its own prompts and pooling."""
    encoder, _ = served
    model = sentence_transformer(str(tiny_model))
    assert (encoder.served_by, encoder.dimension, encoder.max_tokens) == ("openvino", 16, 64)  # type: ignore[attr-defined]
    for ours, name in (
        (encoder.encode_queries(TEXTS), "query"),
        (encoder.encode_passages(TEXTS), "document"),
    ):
        theirs = model.encode(TEXTS, prompt_name=name, normalize_embeddings=True)
        assert (ours * theirs).sum(axis=1).min() >= 0.999
        assert np.linalg.norm(ours, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_counts_are_those_of_its_tokenizer(served: tuple[Encoder, Path], tiny_model: Path) -> None:
    """Tokens are counted with the passage prompt and before the cut."""
    original = reference(str(tiny_model), cache=served[1])
    assert served[0].count_tokens(TEXTS) == original.count_tokens(TEXTS)
    assert served[0].count_tokens(["token"]) == [2 + len("text:") + len("token")]


def test_second_load_converts_nothing(served: tuple[Encoder, Path], tiny_model: Path) -> None:
    """The cache serves the same vectors without a word."""
    said: list[str] = []
    again = load(str(tiny_model), cache=served[1], report=said.append)
    assert (said, again.fingerprint) == ([], served[0].fingerprint)
    assert again.encode_passages(TEXTS).tobytes() == served[0].encode_passages(TEXTS).tobytes()


def test_the_same_model_elsewhere_is_not_converted_again(
    served: tuple[Encoder, Path], own_model: Path
) -> None:
    """Its files decide, not their path and dates: an upgrade writes all of them anew."""
    encoder, cache = served
    said: list[str] = []
    found = load(str(own_model), cache=cache, report=said.append)
    assert found.fingerprint == encoder.fingerprint
    assert not said


def test_edited_model_is_converted_again(
    served: tuple[Encoder, Path], own_model: Path, tmp_path: Path
) -> None:
    """A copy of a model is the same model; a changed prompt makes it another one."""
    cache = Path(shutil.copytree(served[1], tmp_path / "cache"))
    copy = load(str(own_model), cache=cache)
    file = own_model / "config_sentence_transformers.json"
    file.write_text(file.read_text().replace("find: ", "seek: "))
    said: list[str] = []
    edited = load(str(own_model), cache=cache, report=said.append)
    assert copy.fingerprint == served[0].fingerprint != edited.fingerprint
    assert said == [f"Converting the embedding model {own_model} (once, about half a minute)."]
    assert not np.allclose(edited.encode_queries(["token"]), copy.encode_queries(["token"]))


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / compiled.TABLE).write_bytes(b"\x93NUMPY"),
        lambda folder: (folder / compiled.MANIFEST).write_text("{"),
        lambda folder: (folder / compiled.MODEL).unlink(),
        lambda folder: (folder / compiled.MODEL).write_bytes(
            b"x" * (folder / compiled.MODEL).stat().st_size
        ),
    ],
    ids=["truncated", "manifest", "missing", "overwritten"],
)
def test_damaged_cache_is_rebuilt(
    served: tuple[Encoder, Path], tiny_model: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    """A truncated, missing or overwritten file of the cache is written anew."""
    cache = Path(shutil.copytree(served[1], tmp_path / "cache"))
    folder = cache / served[0].fingerprint
    damage(folder)
    said: list[str] = []
    again = load(str(tiny_model), cache=cache, report=said.append)
    assert len(said) == 1
    assert again.encode_queries(TEXTS).tobytes() == served[0].encode_queries(TEXTS).tobytes()
    assert manifest_of(cache) == manifest_of(served[1])


def test_precision_that_is_not_faithful_is_not_served(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where bfloat16 differs too much, float32 is served."""
    monkeypatch.setattr(convert, "precisions", lambda: [compiled.HALF, compiled.SINGLE])
    monkeypatch.setitem(convert.COSINE, compiled.HALF, 1.1)
    encoder = load(str(tiny_model), cache=tmp_path)
    assert manifest_of(tmp_path).precision == compiled.SINGLE
    assert encoder.served_by == "openvino"  # type: ignore[attr-defined]


def test_precision_of_another_machine_is_not_served(
    served: tuple[Encoder, Path], tiny_model: Path, tmp_path: Path
) -> None:
    """A cache that computes in what this processor cannot is converted again."""
    cache = Path(shutil.copytree(served[1], tmp_path / "cache"))
    file = cache / served[0].fingerprint / compiled.MANIFEST
    file.write_text(file.read_text().replace(f'"{manifest_of(cache).precision}"', '"fp4"'))
    said: list[str] = []
    load(str(tiny_model), cache=cache, report=said.append)
    assert len(said) == 1
    assert manifest_of(cache) == manifest_of(served[1])


def test_unfaithful_form_falls_back(own_model: Path, tmp_path: Path) -> None:
    """A model that OpenVINO's form would not equal is served by sentence-transformers, aloud."""
    spoiled(own_model)
    for first in (True, False):
        said: list[str] = []
        encoder = load(str(own_model), cache=tmp_path / "cache", report=said.append)
        assert encoder.served_by == "sentence-transformers"  # type: ignore[attr-defined]
        assert said[0].startswith("Converting") == first
        assert said[-1] == (
            f"The model {own_model} is served by sentence-transformers, which is slower: "
            "its OpenVINO form differs from it (cosine nan)."
        )
    model = sentence_transformer(str(own_model))
    theirs = model.encode(TEXTS, prompt_name="query", normalize_embeddings=True)
    assert np.allclose(encoder.encode_queries(TEXTS), theirs, atol=1e-5)
    assert encoder.count_tokens(["token"]) == [2 + len("text:") + len("token")]
    assert encoder.encode_passages([]).shape == (0, 16)


def test_a_gpu_embeds_under_the_same_fingerprint(
    served: tuple[Encoder, Path], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What PyTorch would serve on it is compared with what questions are encoded by."""
    import torch

    model, cache = served
    assert device.on("cpu", model, str(tiny_model), cache=cache) is model
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=r"sees no GPU.*--device cpu"):
        device.on("cuda", model, str(tiny_model), cache=cache)
    places: list[str] = []

    def on_the_processor(source: str, threads: int = 0, device: str = "cpu") -> object:
        places.append(device)
        return sentence_transformer(source, threads)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("coursebot.encoder.device.sentence_transformer", on_the_processor)
    gpu = device.on("cuda", model, str(tiny_model), cache=cache)
    assert (places, gpu.fingerprint) == (["cuda"], model.fingerprint)
    assert gpu is not model
    ours, theirs = model.encode_passages(TEXTS), gpu.encode_passages(TEXTS)
    assert (ours * theirs).sum(axis=1).min() >= 0.999


def test_a_gpu_with_other_vectors_is_refused(
    served: tuple[Encoder, Path], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could not be compared with those of questions."""
    import torch

    class Turned(Reference):
        def encode_passages(self, texts: Sequence[str]) -> Floats:
            return np.roll(super().encode_passages(texts), 1, axis=1)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("coursebot.encoder.device.Reference", Turned)
    monkeypatch.setattr(
        "coursebot.encoder.device.sentence_transformer",
        lambda source, device: sentence_transformer(source),
    )
    with pytest.raises(ModelError, match=r"On the GPU, .* gives other vectors: cosine"):
        device.on("cuda", served[0], str(tiny_model), cache=served[1])
