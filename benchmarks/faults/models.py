"""Converted models in the cache: damaged, removed, or not to be written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from benchmarks.faults.damages import flip
from benchmarks.faults.fault import OPERATIONS, CannotTryError, Group, expect
from benchmarks.faults.sandbox import ANSWER, Sandbox
from coursebot.config import Settings

group = Group("model cache")

REMADE = "All of it may be deleted at any time; the next start makes it again in half a minute"


def _copied(sandbox: Sandbox) -> Path:
    """Return a cache of the sandbox's own; its files are links to this machine's."""
    from coursebot import encoder

    encoder.load(cache=Settings.load().cache)  # where it was never made
    cache = sandbox.folder / "cache"
    shutil.copytree(Settings.load().cache, cache, copy_function=_linked, ignore=_unfinished)
    return cache


def _linked(source: str, to: str) -> None:
    try:
        os.link(source, to)
    except OSError:
        shutil.copy2(source, to)


def _unfinished(folder: str, names: list[str]) -> set[str]:
    """Leave out what other processes are writing, and their locks."""
    return {name for name in names if name.startswith(".e") or name.endswith(".lock")}


def _converted(cache: Path) -> Path:
    """Return the folder that the embedding model is served from."""
    from coursebot import encoder

    return cache / encoder.load(cache=cache).fingerprint


def _own(file: Path) -> Path:
    """Put a copy in the place of a link, so that nobody else's file is damaged."""
    copy = file.with_name(f"{file.name}.copy")
    shutil.copyfile(file, copy)
    copy.replace(file)
    return file


@group.fault("a converted model cut short", REMADE, OPERATIONS)
def cut_short(sandbox: Sandbox) -> str:
    """Take the end of its weights away."""
    sandbox.built()
    cache = _copied(sandbox)
    file = _own(_converted(cache) / "transformer.bin")
    shutil.rmtree(file.parent / "compiled", ignore_errors=True)
    os.truncate(file, 1000)
    told = sandbox.ask(COURSEBOT_CACHE=str(cache))
    expect(told.code == 0 and ANSWER in told.out, f"it said: {told.last}")
    expect("Converting" in told.err, "it was not converted again")
    return f"“{told.err.strip().splitlines()[-1]}”, and the right answer"


@group.fault("one bit of a converted model's weights flipped", REMADE, OPERATIONS)
def bit_flipped(sandbox: Sandbox) -> str:
    """Flip a bit in the middle of its weights."""
    sandbox.built()
    cache = _copied(sandbox)
    flip(_own(_converted(cache) / "transformer.bin"))
    shutil.rmtree(_converted(cache) / "compiled", ignore_errors=True)
    told = sandbox.ask(COURSEBOT_CACHE=str(cache))
    expect(told.code == 0 and ANSWER in told.out, f"it said: {told.last}")
    return "the right answer"


@group.fault("the cache removed under a running server", REMADE, OPERATIONS)
def removed(sandbox: Sandbox) -> str:
    """Remove it, and ask."""
    sandbox.built()
    cache = _copied(sandbox)
    server = sandbox.serve(COURSEBOT_CACHE=str(cache))
    expect(server.answers(), "it did not answer before")
    shutil.rmtree(cache)
    expect(server.answers(), "it did not answer any more")
    expect(server.answers("How many lines has a sport kite?", "two lines"), "nor another question")
    return "the running server answered on"


@group.fault("the cache folder cannot be written", "The cache folder … cannot be used", OPERATIONS)
def unwritable(sandbox: Sandbox) -> str:
    """Name a folder below a file, where none can be made."""
    sandbox.built()
    (sandbox.folder / "file").write_text("", encoding="utf-8")
    told = sandbox.ask(COURSEBOT_CACHE=str(sandbox.folder / "file" / "cache"))
    expect(told.code == 1 and "cannot be used" in told.last, f"it said: {told.last}")
    expect("COURSEBOT_CACHE" in told.last, f"it names no way out: {told.last}")
    return f"“{told.last}”"


@group.fault(
    "the disk full while a model is converted", "The cache folder … cannot be used", OPERATIONS
)
def full(sandbox: Sandbox) -> str:
    """Give it a disk that the model does not fit on."""
    from benchmarks.faults.disks import small_disk

    sandbox.built()
    disk = small_disk(sandbox, 20_000)
    if disk.limit is not None:
        raise CannotTryError("root, to mount a small disk")
    told = sandbox.ask(COURSEBOT_CACHE=str(disk.folder / "cache"))
    expect(told.code == 1 and "cannot be used" in told.last, f"it said: {told.last}")
    left = sum(f.stat().st_size for f in disk.folder.rglob("*") if f.is_file())
    expect(left < 1000, f"it left {left} bytes")
    return f"{disk.kind}: “{told.last}”; nothing left behind"
