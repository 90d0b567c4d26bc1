"""A map of code points ▶ SentencePiece's precompiled normalisation (a double-array trie)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_LEAF = 1 << 8
_VALUE = 1 << 31
_Node = dict[int, "_Node"]


def precompiled(replacements: Mapping[int, str]) -> bytes:
    """Return the map as ``tokenizers.normalizers.Precompiled`` and SentencePiece read it.

    Layout: the trie's length in bytes (u32), its units (u32 each, as in darts-clone), then the
    replacements, each closed by NUL. NUL itself cannot be replaced and is left out.
    """
    strings = bytearray()
    trie: _Node = {}
    values: dict[int, int] = {}
    for point, replacement in sorted(replacements.items()):
        if point == 0:
            continue
        node = trie
        for byte in chr(point).encode():
            node = node.setdefault(byte, {})
        # UTF-8 of one code point is never the beginning of another's: every value is at a leaf.
        values[id(node)] = len(strings)
        strings += replacement.encode() + b"\0"
    units = _units(trie, values)
    packed = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(packed)) + packed + bytes(strings)


def _units(trie: _Node, values: Mapping[int, int]) -> list[int]:
    used: dict[int, int] = {0: 0}
    bases: set[int] = set()
    waiting = [(0, trie)]
    # Leaves need one free unit each and come by the thousand: they search on from the last one.
    free = 1
    while waiting:
        position, node = waiting.pop()
        labels = sorted(node) or [0]
        base = 1 if node else free
        while base in bases or any(base ^ label in used for label in labels):
            base += 1
        bases.add(base)
        free = free if node else base
        used[position] |= (position ^ base) << 10
        if not node:
            used[position] |= _LEAF
            used[base] = values[id(node)] | _VALUE
        for label, child in node.items():
            used[base ^ label] = label
            waiting.append((base ^ label, child))
    # A reader may look up any byte below any base.
    size = (max(used.keys() | bases) | 255) + 1
    return [used.get(position, 0) for position in range(size)]
