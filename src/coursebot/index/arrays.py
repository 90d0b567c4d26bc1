"""Arrays ▶ the bytes of their files, and back."""

from __future__ import annotations

from io import BytesIO
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray


def array_bytes(array: NDArray[Any]) -> bytes:
    """Return the contents of an array's file."""
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def array_of(data: bytes) -> NDArray[Any]:
    """Return what ``array_bytes`` wrote; raises ValueError when ``data`` is anything else."""
    # Not np.load: it also opens archives, and makes room for whatever size a header claims.
    stream = BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array of another version of NumPy's format")
    try:
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    except TokenError:  # NumPy reads the header as Python's source
        raise ValueError("an array's header cannot be read") from None
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape)
