"""Text ▶ token ids."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import sentencepiece

_SPACES = re.compile(" {2,}")


def clean(text: str) -> str:
    """Return ``text`` as every tokenizer can read it: lone surrogates and NUL replaced."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


class Tokenizer(Protocol):
    """Text ▶ token ids, special tokens included."""

    def ids(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Return each text's ids, cut to ``limit``."""

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return each text's number of ids before any cut."""


def tokenizer(folder: Path, *, pieces: bool) -> Tokenizer:
    """Return the tokenizer of a converted model: of SentencePiece, or ``tokenizer.json``."""
    if pieces:
        return Pieces(folder / "sentencepiece.model", folder / "normalisation.json")
    return Fast(folder / "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts tokens as a converted model does, in any process that it is sent to."""

    folder: Path
    pieces: bool
    prompt: str
    """Of passages."""

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, passage prompt and special tokens included."""
        return _tokenizer(self.folder, self.pieces).counts([self.prompt + text for text in texts])


@lru_cache(maxsize=1)
def _tokenizer(folder: Path, pieces: bool) -> Tokenizer:
    return tokenizer(folder, pieces=pieces)


class Pieces:
    """A SentencePiece model behind a table of replacements."""

    def __init__(self, model: Path, normalisation: Path) -> None:
        table = json.loads(normalisation.read_text(encoding="utf-8"))
        self._table = {int(point): replacement for point, replacement in table.items()}
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
        self._first, self._last = self._pieces.bos_id(), self._pieces.eos_id()

    def ids(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Return each text's ids, cut to ``limit``."""
        return [[self._first, *self._inner(t)[: limit - 2], self._last] for t in texts]

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return each text's number of ids before any cut."""
        return [len(self._inner(text)) + 2 for text in texts]

    def located(self, text: str) -> list[tuple[int, int, int]]:
        """Return each id of ``text`` with the characters that it stands for, without special ones.

        Offsets are into ``text``, the end exclusive.
        """
        origins: list[int] = []
        normal: list[str] = []
        for at, character in enumerate(clean(text)):
            for new in self._table.get(ord(character), character):
                if new != " " or normal[-1:] != [" "]:
                    normal.append(new)
                    origins.append(at)
        ids = self._inner(text)
        written = self._pieces.encode(_spaced("".join(normal)), out_type=str) if ids else []
        at = 0 if normal[:1] == [" "] else -1  # the space that stands in front of every text
        found = []
        for number, piece in zip(ids, written, strict=True):
            first, last = max(at, 0), max(at + len(piece) - 1, 0)
            if piece.startswith("▁") and len(piece) > 1:
                first = max(at + 1, 0)
            found.append((number, origins[first], origins[last] + 1))
            at += len(piece)
        return found

    def _inner(self, text: str) -> list[int]:
        text = _SPACES.sub(" ", clean(text).translate(self._table))
        if not text:
            return []
        found: list[int] = self._pieces.encode(_spaced(text))
        return found


def _spaced(text: str) -> str:
    """Return ``text`` with the one space that stands in front of every text."""
    return text if text.startswith(" ") else " " + text


class Fast:
    """A ``tokenizer.json``."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer as Backend

        self._backend = Backend.from_file(str(file))
        self._backend.no_truncation()
        self._backend.no_padding()
        self._special = self._backend.num_special_tokens_to_add(False)

    def ids(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Return each text's ids, cut to ``limit``."""
        found = []
        for text in texts:
            encoding = self._backend.encode(clean(text), add_special_tokens=False)
            encoding.truncate(limit - self._special)
            found.append(list(self._backend.post_process(encoding).ids))
        return found

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return each text's number of ids before any cut."""
        return [len(self._backend.encode(clean(text)).ids) for text in texts]
