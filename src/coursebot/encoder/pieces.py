"""Pieces and scores ▶ a SentencePiece model file.

Fields and numbers are those of ``sentencepiece_model.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3


def write_model(
    file: Path, pieces: Sequence[str], scores: Sequence[float], special: tuple[int, int, int, int]
) -> None:
    """Write a unigram model that takes text as it is: no normalisation, no space added.

    ``special`` are the ids of bos, eos, pad and unk; the index of a piece is its id.
    """
    bos, eos, pad, unk = special
    kinds = {bos: _CONTROL, eos: _CONTROL, pad: _CONTROL, unk: _UNKNOWN}
    parts = bytearray()
    for index, (piece, score) in enumerate(zip(pieces, scores, strict=True)):
        kind = _CONTROL if piece == "<mask>" else kinds.get(index, _NORMAL)
        entry = _bytes(1, piece.encode()) + b"\x15" + struct.pack("<f", score) + _number(3, kind)
        parts += _bytes(1, entry)
    trainer = b"".join(
        [_number(3, 1), _number(4, len(pieces))]
        + [_number(field, index) for field, index in ((40, unk), (41, bos), (42, eos), (43, pad))]
        + [
            _bytes(field, pieces[index].encode())
            for field, index in ((45, unk), (46, bos), (47, eos), (48, pad))
        ]
    )
    normaliser = _bytes(1, b"identity") + _number(3, 0) + _number(4, 0) + _number(5, 1)
    file.write_bytes(bytes(parts) + _bytes(2, trainer) + _bytes(3, normaliser))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
