"""Layers in a file: what quantising loses, and what a file that is not whole says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import save_file

from coursebot.encoder import layers
from coursebot.encoder.load import LAYERS
from coursebot.errors import ModelError
from coursebot.types import Floats

TINY = 127 * 2.0**-25
"""What the scale's own rounding costs at most, below float16's normal numbers."""
MATRICES = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 3).map(lambda n: n * layers.BLOCK)),
    elements=st.floats(-1000, 1000, width=32),
)
ABOUT = {"name": "coursebot-encoder", "version": "7"}


def example() -> dict[str, Floats]:
    """Return a matrix, one that does not divide into blocks, and a bias."""
    chance = np.random.default_rng(3)
    return {
        "a.weight": chance.normal(size=(3, 64)).astype(np.float32),
        "b.weight": chance.normal(size=(2, 5)).astype(np.float32),
        "b.bias": chance.normal(size=64).astype(np.float32),
    }


@given(MATRICES)
def test_a_number_is_restored_to_half_a_step(matrix: Floats) -> None:
    """The step is a 127th of the largest number of its block."""
    integers, scales = layers.quantise(matrix)
    assert integers.shape == matrix.shape
    assert integers.dtype == np.dtype(np.int8)
    assert scales.shape == (len(matrix), matrix.shape[1] // layers.BLOCK)
    most = np.abs(matrix.reshape(len(matrix), -1, layers.BLOCK)).max(axis=2) / 127
    bound = np.repeat(most * (0.5 + 2.0**-9) + TINY, layers.BLOCK, axis=1)
    assert (np.abs(layers.restore(integers, scales) - matrix) <= bound).all()


@given(MATRICES)
def test_what_was_restored_is_restored_again(matrix: Floats) -> None:
    """To quantise twice costs no more than a step of the scale's own rounding."""
    once = layers.restore(*layers.quantise(matrix))
    again = layers.restore(*layers.quantise(once))
    largest = np.abs(once).reshape(len(once), -1, layers.BLOCK).max(axis=2)
    bound = np.repeat(largest / 127 * (0.5 + 2.0**-9) + TINY, layers.BLOCK, axis=1)
    assert (np.abs(again - once) <= bound).all()


def test_a_block_of_zeros_stays_one() -> None:
    """Beside a block that is not; so does one too small for a scale."""
    matrix = np.zeros((2, 64), np.float32)
    matrix[0, 32:] = 127
    matrix[1, :32] = 1e-9
    integers, scales = layers.quantise(matrix)
    assert scales.tolist() == [[0, 1], [0, 0]]
    restored = layers.restore(integers, scales)
    assert restored[0].tolist() == matrix[0].tolist()
    assert not restored[1].any()


def test_the_ends_of_a_block_are_kept() -> None:
    """The largest number, of either sign, is the integer 127."""
    matrix = np.linspace(-2, 2, 32, dtype=np.float32)[None]
    integers, _ = layers.quantise(matrix)
    assert (integers[0, 0], integers[0, -1]) == (-127, 127)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Matrices come back as they are restored, the rest bit by bit, and what they are."""
    weights, file = example(), tmp_path / "layers.safetensors"
    layers.write(weights, ABOUT, file)
    found = layers.read(file)
    assert set(found) == set(weights)
    assert all(value.dtype == np.float32 for value in found.values())
    restored = layers.restore(*layers.quantise(weights["a.weight"]))
    assert found["a.weight"].tolist() == restored.tolist()
    assert found["b.weight"].tolist() == weights["b.weight"].tolist()
    assert found["b.bias"].tolist() == weights["b.bias"].tolist()
    assert layers.about(file) == ABOUT


def test_the_same_weights_are_the_same_bytes(tmp_path: Path) -> None:
    """In whatever order they are given."""
    weights = example()
    layers.write(weights, ABOUT, tmp_path / "a")
    layers.write(dict(reversed(weights.items())), dict(reversed(ABOUT.items())), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_everybody_may_read_the_file(tmp_path: Path) -> None:
    """Who installs coursebot need not be who runs it."""
    layers.write(example(), ABOUT, tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode & 0o444 == 0o444


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks off while the new one is written leaves the old one."""
    file = tmp_path / "layers.safetensors"
    layers.write(example(), ABOUT, file)
    before = file.read_bytes()

    def broken(_weights: object, target: Path, **_options: object) -> None:
        target.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(layers, "save_file", broken)
    with pytest.raises(OSError, match="No space"):
        layers.write({"c.bias": np.ones(2, np.float32)}, {}, file)
    assert file.read_bytes() == before
    monkeypatch.undo()
    layers.write({"c.bias": np.ones(2, np.float32)}, {}, file)
    assert list(layers.read(file)) == ["c.bias"]
    assert [one.name for one in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "noise", "header"])
def test_a_damaged_file_is_named(damage: str, tmp_path: Path) -> None:
    """Whatever is wrong with it; the hint says what to do."""
    file = tmp_path / "layers.safetensors"
    layers.write(example(), ABOUT, file)
    whole = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(
            {
                "empty": b"",
                "cut": whole[:-9],
                "noise": b"\xff" * len(whole),
                "header": whole[:40] + b"\0" * 40 + whole[80:],
            }[damage]
        )
    for look in (layers.read, layers.about):
        with pytest.raises(ModelError) as caught:
            look(file)
        assert str(file) in caught.value.message
        assert "Install coursebot again" in caught.value.hint


def test_scales_that_do_not_fit_are_damage(tmp_path: Path) -> None:
    """And so is a file that does not say what it is."""
    file = tmp_path / "layers.safetensors"
    integers = np.ones((2, 64), np.int8)
    save_file({"a": integers, "a.scale": np.ones((2, 3), np.float16)}, file)
    with pytest.raises(ModelError, match=str(file)):
        layers.read(file)
    with pytest.raises(ModelError, match=str(file)):
        layers.about(file)


def test_the_shipped_layers_are_an_encoders() -> None:
    """They have a name and a version, and no embedding table."""
    told = layers.about(LAYERS)
    assert told["name"] == "coursebot-encoder"
    assert told["version"]
    weights = layers.read(LAYERS)
    assert {name.split(".")[0] for name in weights} == {"encoder"}
    assert {name.split(".")[2] for name in weights} == {str(n) for n in range(12)}
    assert all(np.isfinite(value).all() for value in weights.values())
