"""Bytes ▶ a file, in one step: whoever reads it sees all of the old one or all of the new one."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path``, flush it to the disk, and move it over what is there.

    The mode of the file that was there is kept. Raises OSError; the file is then as it was.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        _replace(path, beside, data)
    except BaseException as error:
        with suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError) and str(error.filename) == str(beside):
            error.filename = str(path)  # nobody knows the one beside it
        raise


def _replace(path: Path, beside: Path, data: bytes) -> None:
    # As any new file; whatever the umask says. The mode of the file there is, is kept.
    descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o666)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileNotFoundError):
        beside.chmod(stat.S_IMODE(path.stat().st_mode))
    beside.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


_BINARY: int = getattr(os, "O_BINARY", 0)
