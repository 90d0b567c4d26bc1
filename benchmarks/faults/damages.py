"""An index that is damaged, under a running server and before one starts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults.fault import ARCHITECTURE, Group, Inject, expect
from benchmarks.faults.sandbox import NEWER_ANSWER, NEWER_QUESTION, NEWS, Sandbox, until

group = Group("index")

PROMISED = (
    "whatever does not fit is named together with the command that repairs it. A server looks at"
    " `CURRENT` once a second at most, loads a new version in a thread of its own, and moves over"
    " between two questions. A new version that cannot be used changes nothing: the old one goes"
    " on answering."
)


def _damaged(name: str) -> Callable[[Callable[[Path], None]], Inject]:
    """Make a fault of a function that damages the newest version, given its folder."""

    def made(damage: Callable[[Path], None]) -> Inject:
        def inject(sandbox: Sandbox) -> str:
            return _under_a_server(sandbox, damage)

        inject.__qualname__ = inject.__name__ = f"{damage.__name__}"
        inject.__module__ = __name__
        return group.fault(name, PROMISED, ARCHITECTURE)(inject)

    return made


def _under_a_server(sandbox: Sandbox, damage: Callable[[Path], None]) -> str:
    """Damage a new version before a server takes it up, then start another on it, then repair."""
    sandbox.built()
    server = sandbox.serve()
    expect(server.answers(), "the server did not answer before")
    # The new version is damaged where no server sees it, and then comes in one step.
    whole = sandbox.folder / "beside"
    shutil.copytree(sandbox.index, whole)
    sandbox.write_course(NEWS)
    sandbox.build(whole)
    damage(whole / _version(whole))
    for entry in whole.iterdir():
        if entry.is_dir() and not (sandbox.index / entry.name).exists():
            shutil.copytree(entry, sandbox.index / entry.name)
    shutil.copy(whole / "CURRENT", sandbox.index / "CURRENT.new")
    (sandbox.index / "CURRENT.new").replace(sandbox.index / "CURRENT")

    def noticed() -> bool:
        expect(server.answers(), "the running server did not answer any more")
        return bool(server.ready()["checks"]["index"]["reason"])

    expect(until(noticed, 20), "the running server never said that it cannot use the new index")
    ready = server.ready()
    expect(ready["ready"], "the running server was not ready any more")
    told = sandbox.ask()
    expect(told.code == 1, f"a command at its start ended with {told.code}: {told.out}")
    expect("coursebot index" in told.last, f"the message names no command: {told.last}")
    expect("Traceback" not in told.err, "a traceback")
    sandbox.built(NEWS)
    expect(
        until(lambda: server.answers(NEWER_QUESTION, NEWER_ANSWER), 20),
        "the running server did not take up the repaired index",
    )
    return f"the server answered on; at start “{told.last}”; built anew, it was taken up"


def _version(index: Path) -> str:
    return (index / "CURRENT").read_text(encoding="ascii").strip()


@_damaged("a file of a new version cut short")
def cut_short(version: Path) -> None:
    """Take the end of a file away."""
    file = version / "passages.faiss"
    file.write_bytes(file.read_bytes()[:-100])


@_damaged("one bit of a new version flipped")
def bit_flipped(version: Path) -> None:
    """Change one bit in the middle of a file, whose length stays."""
    flip(version / "statements.faiss")


@_damaged("a file of a new version missing")
def missing(version: Path) -> None:
    """Remove a file."""
    (version / "statements.json").unlink()


@_damaged("`CURRENT` names a version that is not there")
def pointing_nowhere(version: Path) -> None:
    """Let it name another."""
    (version.parent / "CURRENT").write_text("00099\n", encoding="ascii")


@_damaged("`CURRENT` is garbage")
def garbage(version: Path) -> None:
    """Fill it with what is no text."""
    (version.parent / "CURRENT").write_bytes(b"\xff\x00\xfe" * 100)


@_damaged("a new version in the format of another coursebot")
def another_format(version: Path) -> None:
    """Raise the format in the manifest."""
    file = version / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["format"] += 1
    file.write_text(json.dumps(manifest), encoding="utf-8")


@group.fault("the index folder removed under a running server", PROMISED, ARCHITECTURE)
def removed(sandbox: Sandbox) -> str:
    """Remove all of it, and build it again."""
    sandbox.built()
    server = sandbox.serve()
    shutil.rmtree(sandbox.index)

    def noticed() -> bool:
        expect(server.answers(), "the running server did not answer any more")
        return bool(server.ready()["checks"]["index"]["reason"])

    expect(until(noticed, 20), "the running server never said that there is no index")
    told = sandbox.ask()
    expect(told.code == 1 and "coursebot index" in told.last, f"at start: {told.last}")
    sandbox.built(NEWS)
    expect(
        until(lambda: server.answers(NEWER_QUESTION, NEWER_ANSWER), 20),
        "the running server did not take up the index that was built again",
    )
    return f"the server answered on; at start “{told.last}”; built again, it was taken up"


def flip(file: Path) -> None:
    """Flip one bit in the middle of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x10
    file.write_bytes(bytes(data))
