"""A model's name ▶ an encoder, converted at first use and kept in the cache folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from coursebot.encoder import bundled, layers, quiet
from coursebot.encoder.compiled import Compiled, precisions, read_manifest
from coursebot.errors import ModelError
from coursebot.types import Encoder

_FORMAT = "1"
"""Of the cache: changed when what is written there changes."""
_REFUSED = "refused.txt"
BUNDLED, BASE = "bundled", "bundled:base"
LAYERS = Path(__file__).parent / "layers.safetensors"
"""The layers of coursebot's own encoder, on the embedding table of the bundled model."""
HUB_TIMEOUT = 5.0
"""Seconds until the model hub counts as out of reach."""
Report = Callable[[str], None]


def load(
    model: str = BUNDLED,
    *,
    cache: Path,
    threads: int = 0,
    report: Report | None = None,
) -> Encoder:
    """Return the encoder of ``model``: ``bundled``, ``bundled:base``, or what the library loads.

    ``bundled`` is coursebot's own, ``bundled:base`` the model that it was trained from, anything
    else a name or path that sentence-transformers loads.

    The first call for a model converts it (half a minute) and says so through ``report``.
    ``threads`` 0 takes every core. Raises ModelError when the model cannot be loaded or
    ``cache`` cannot be written.
    """
    quiet.switch_off()
    say = report or (lambda _: None)
    cache = Path(cache).expanduser().absolute()
    try:
        source, name = _source(model, cache, say)
        return _load(source, name, cache, threads, say)
    except OSError as error:
        raise ModelError(
            f"The cache folder {cache} cannot be used: {error.strerror or error}.",
            "Name a folder that can be written: COURSEBOT_CACHE=/path/to/a/folder.",
        ) from error


def reference(model: str = BUNDLED, *, cache: Path, threads: int = 0) -> Encoder:
    """Return the encoder of ``model`` served by sentence-transformers, to measure against."""
    from coursebot.encoder.reference import Reference, sentence_transformer

    source, name = _source(model, cache, lambda _: None)
    return Reference(sentence_transformer(str(source), threads), name, "reference")


def source_of(model: str, cache: Path) -> tuple[Path | str, str]:
    """Return the folder (or the hub's name) that ``model`` is loaded from, and its name."""
    return _source(model, cache, lambda _: None)


def _source(model: str, cache: Path, say: Report) -> tuple[Path | str, str]:
    """Return the folder to load (or the hub's name) and the encoder's name."""
    if model in (BUNDLED, BASE):
        file = bundled.source()
        if file is None:
            return _hub(bundled.NAME), model
        return _unpacked(file, cache, say, LAYERS if model == BUNDLED else None), model
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.absolute(), model
    if model.startswith(("/", ".", "~", "\\")):
        raise ModelError(
            f"There is no folder {model!r}.",
            "Give a folder that holds a sentence-transformers model: "
            "COURSEBOT_MODEL=/path/to/the/folder, or --model.",
        )
    return _hub(model), model


def _hub(name: str) -> Path | str:
    """Return the local snapshot of a hub's model; its name when there is none yet."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for candidate in (name, f"sentence-transformers/{name}"):
        try:
            return Path(snapshot_download(candidate, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            continue
    return name


def _reach_hub(name: str) -> None:
    """Raise ModelError at once where the hub cannot be reached: a download tries for minutes."""
    import httpx
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return  # sentence-transformers refuses by itself
    try:
        httpx.head(constants.ENDPOINT, timeout=HUB_TIMEOUT)
    except httpx.HTTPError as error:
        raise ModelError(
            f"The embedding model {name!r} is in no local folder, and the model hub cannot be "
            f"reached ({type(error).__name__}).",
            "Give a folder that holds a sentence-transformers model: "
            "COURSEBOT_MODEL=/path/to/the/folder, or --model.",
        ) from None


def _unpacked(file: Path, cache: Path, say: Report, own: Path | None) -> Path:
    """Return the sentence-transformers folder of a bundled model, written when missing.

    ``own`` holds the layers that take the place of the file's.
    """
    name = layers.about(own)["name"] if own else "multilingual-e5-small"
    folder = cache / f"{name}-{_identity([file, *([own] if own else [])])}"
    if _whole(folder):
        return folder
    with _lock(folder):
        if not _whole(folder):
            say("Unpacking the bundled embedding model (once).")
            with beside(folder) as new:
                read = bundled.read(file)
                if own:
                    read = replace(read, weights=read.weights | layers.read(own))
                bundled.write(read, new)
                sizes = {f.name: f.stat().st_size for f in new.iterdir() if f.is_file()}
                (new / ".complete").write_text(json.dumps(sizes))
    return folder


def _whole(folder: Path) -> bool:
    try:
        sizes = json.loads((folder / ".complete").read_text())
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def _load(source: Path | str, name: str, cache: Path, threads: int, say: Report) -> Encoder:
    if isinstance(source, Path):
        identity = _identity(_files(source))
        pointer = cache / f"{identity}.fingerprint"
        found = _served(pointer, name, cache, threads)
        if found is not None:
            return found
    return _converted(source, name, cache, threads, say)


def _served(pointer: Path, name: str, cache: Path, threads: int) -> Encoder | None:
    try:
        fingerprint = pointer.read_text().strip()
    except FileNotFoundError:
        return None
    folder = cache / fingerprint
    manifest = read_manifest(folder) if fingerprint else None
    # A cache that another machine filled may compute in what this one cannot.
    if manifest is None or manifest.precision not in precisions():
        return None
    try:
        return Compiled(folder, name, manifest, threads)
    except (RuntimeError, ValueError, OSError):
        # Damaged within its length: the caller converts it again.
        return None


def _converted(source: Path | str, name: str, cache: Path, threads: int, say: Report) -> Encoder:
    from coursebot.encoder.convert import Unfit, convert
    from coursebot.encoder.reference import Reference, sentence_transformer

    model = None
    if not isinstance(source, Path):
        say(f"Loading {source} from the model hub.")
        _reach_hub(source)
        model = sentence_transformer(source, threads)
        source = _hub(source)
        if not isinstance(source, Path):
            raise ModelError(
                f"The embedding model {name!r} was loaded but is in no local folder.",
                "Download it and give its folder: COURSEBOT_MODEL=/path/to/the/folder.",
            )
    pointer = cache / f"{_identity(_files(source))}.fingerprint"
    with _lock(pointer):
        found = _served(pointer, name, cache, threads)
        if found is not None:
            return found
        fingerprint = _digest(source)
        folder = cache / fingerprint
        refused = folder / _REFUSED
        with _lock(folder):
            # The same files under another path or date, as after an upgrade, are the same model.
            pointer.write_text(fingerprint)
            found = _served(pointer, name, cache, threads)
            if found is not None:
                return found
            if not refused.is_file():
                say(f"Converting the embedding model {name} (once, about half a minute).")
            model = model if model is not None else sentence_transformer(str(source), threads)
            if not refused.is_file():
                try:
                    with beside(folder) as new:
                        convert(model, source, name, fingerprint, new)
                    manifest = read_manifest(folder)
                    if manifest is not None:
                        return Compiled(folder, name, manifest, threads)
                except Unfit as reason:
                    with beside(folder) as new:
                        (new / _REFUSED).write_text(str(reason), encoding="utf-8")
    why = refused.read_text(encoding="utf-8")
    say(f"The model {name} is served by sentence-transformers, which is slower: {why}.")
    return Reference(model, name, fingerprint)


@contextmanager
def _lock(target: Path) -> Iterator[None]:
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        yield


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Yield a new folder that takes the place of ``folder`` once it is filled."""
    new = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    new.mkdir(parents=True)
    try:
        yield new
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    finally:
        if new.exists():
            shutil.rmtree(new)


def _files(folder: Path) -> list[Path]:
    """Return the files that make the model: no hidden ones, no other engines' forms of it."""
    others = {"onnx", "openvino"}
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and file.suffix != ".md"
        and not any(part.startswith(".") or part in others
                    for part in file.relative_to(folder).parts)
    )  # fmt: skip


def _identity(files: list[Path]) -> str:
    """Return a digest of paths, sizes and times: quick, and changed by any edit."""
    seen = [_FORMAT]
    for file in files:
        status = os.stat(file)  # noqa: PTH116 - follows the links of a hub's snapshot
        seen.append(f"{file}|{status.st_size}|{status.st_mtime_ns}")
    return hashlib.sha256("\n".join(seen).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _digest(folder: Path) -> str:
    """Return the fingerprint: a digest of the contents of the model's files."""
    whole = hashlib.sha256(_FORMAT.encode())
    for file in _files(folder):
        whole.update(file.relative_to(folder).as_posix().encode() + b"\0")
        with file.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()[:16]
