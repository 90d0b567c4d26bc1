"""Index folders: what was damaged in any way is named as damaged, and never loaded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from coursebot.encoder.fake import HashEncoder
from coursebot.errors import IndexError_
from coursebot.index import Index, build
from coursebot.index.manifest import entry_of
from coursebot.index.store import CURRENT, LAYOUT, MANIFEST
from tests.fuzz.choices import Choices, damaged
from tests.index.conftest import CONTAINERS, NETWORKS

SEALED = tuple(name for name in LAYOUT if not name.endswith(".faiss"))
"""Files that are also read with a digest that fits them: FAISS's own reader trusts its input, and
what stands before it is the digest."""


class Indexes:
    """Chooses a file of a small index and what happens to it; it may be sealed anew."""

    words = ('"digest": "', '"format": 3', "[[", "null", "-1", "1e999", "\\ud800", "{'descr': ")

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="indexes-"))
        corpus = self._folder / "corpus"
        for name, text in (("az", CONTAINERS), ("net", NETWORKS)):
            (corpus / name).mkdir(parents=True)
            (corpus / name / "1.md").write_text(text, encoding="utf-8")
        self._index = self._folder / "index"
        build(corpus, self._index, HashEncoder(), passage_tokens=64)
        self._version = self._index / (self._index / CURRENT).read_text().strip()
        self._files = {name: (self._version / name).read_bytes() for name in (*LAYOUT, MANIFEST)}
        self._whole = Index.load(self._index)

    def seeds(self) -> Iterator[bytes]:
        """Yield a change of each file, in the middle and at the ends, sealed or not."""
        for sealed, names in enumerate(((*LAYOUT, MANIFEST), SEALED)):
            for number in range(len(names)):
                yield bytes([sealed, number, 0, 0x40, 0, 0, 0, 0, 0x7F])
        for number in range(len(SEALED)):
            for whole in (b"[" * 3000, b"", b"\x93NUMPY\1\0v\0{}", b"PK\3\4"):
                yield bytes([3, number]) + whole

    def __call__(self, data: bytes) -> None:
        """Load the index; raises AssertionError unless it is refused, or as it was."""
        choices = Choices(data)
        how = choices.number()
        sealed, whole = bool(how & 1), bool(how & 2)
        name = choices.pick(SEALED if sealed else (*LAYOUT, MANIFEST))
        before = self._files[name]
        after = choices.rest() if whole else damaged(before, choices)
        (self._version / name).write_bytes(after)
        if sealed:
            self._seal(name, after)
        try:
            index = Index.load(self._index)
        except IndexError_ as error:
            assert error.message
            assert error.hint
        else:
            assert sealed or after == before or name == MANIFEST
            if not sealed:
                assert index.manifest.digest == self._whole.manifest.digest
        finally:
            (self._version / name).write_bytes(before)
            (self._version / MANIFEST).write_bytes(self._files[MANIFEST])

    def _seal(self, name: str, data: bytes) -> None:
        manifest = self._whole.manifest
        made = replace(manifest, files={**manifest.files, name: entry_of(data)}).sealed()
        (self._version / MANIFEST).write_bytes(made.to_bytes())
