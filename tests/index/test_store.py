"""Index contents ▶ folder: killed, interrupted, full, read-only, busy, damaged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from coursebot.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    IndexWriteError,
)
from coursebot.index import Index, build, store
from coursebot.index.dense import Dense
from coursebot.index.manifest import FORMAT, Manifest, entry_of
from coursebot.types import Encoder, Floats

KILLED = """
import os, signal, sys
from pathlib import Path
from coursebot.encoder.fake import HashEncoder
from coursebot.index import build

left, sync = int(sys.argv[3]), os.fsync

def fsync(descriptor):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(descriptor)

os.fsync = fsync
build(Path(sys.argv[1]), Path(sys.argv[2]), HashEncoder(), passage_tokens=128)
"""
FILES = len(store.LAYOUT)
# Every file, the manifest, the version's folder, its name, CURRENT beside the old one, its name.
LAST = FILES + 5


def np_header(shape: str, dtype: str) -> bytes:
    """Return the head of an array's file."""
    said = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + len(said).to_bytes(2, "little") + said


def change(corpus: Path) -> None:
    """Add a sentence to the corpus."""
    (corpus / "az" / "3.md").write_text("# 新\n\n加わった文。\n", encoding="utf-8")


def entries(folder: Path) -> list[str]:
    """Return what lies in the index folder."""
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def built(corpus: Path, out: Path, encoder: Encoder) -> Path:
    """Return an index folder with version 00001, and change the corpus after it."""
    build(corpus, out, encoder, passage_tokens=128)
    change(corpus)
    return out


def holds_the_change(folder: Path) -> bool:
    """Whether the index loads with the changed corpus."""
    return any(p.path == "az/3.md" for p in Index.load(folder).passages)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("sync", [1, FILES // 2, FILES + 1, FILES + 2, FILES + 3, FILES + 4, LAST])
def test_killed_at_any_moment_the_old_index_answers(
    corpus: Path, built: Path, encoder: Encoder, sync: int
) -> None:
    """Until CURRENT is replaced the old version counts, then the new one; litter is cleaned."""
    command = [sys.executable, "-c", KILLED, str(corpus), str(built), str(sync)]
    done = subprocess.run(command, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert holds_the_change(built) is (sync == LAST)
    build(corpus, built, encoder, passage_tokens=128)
    assert holds_the_change(built)
    assert entries(built) == sorted([".lock", "CURRENT", Index.load(built).version])


def test_old_versions_are_removed(corpus: Path, built: Path, encoder: Encoder) -> None:
    """After a build one version is left, with the files of the layout and no others."""
    build(corpus, built, encoder, passage_tokens=128)
    assert entries(built) == [".lock", "00002", "CURRENT"]
    assert entries(built / "00002") == sorted([*store.LAYOUT, "manifest.json"])


def test_other_files_in_the_folder_are_left_alone(
    corpus: Path, built: Path, encoder: Encoder
) -> None:
    """The README of the folder is nobody's litter."""
    (built / "README.md").write_text("keep")
    build(corpus, built, encoder, passage_tokens=128)
    assert (built / "README.md").read_text() == "keep"


class Interrupted:
    """An encoder at which the user presses Ctrl-C."""

    def __init__(self, inner: Encoder) -> None:
        self.name, self.fingerprint = inner.name, inner.fingerprint
        self.dimension, self.max_tokens = inner.dimension, inner.max_tokens
        self.count_tokens = inner.count_tokens
        self.encode_queries = inner.encode_queries

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Be interrupted."""
        raise KeyboardInterrupt


def test_ctrl_c_while_embedding(corpus: Path, built: Path, encoder: Encoder) -> None:
    """The interrupt reaches the caller, the old index stays, and nothing else is left."""
    with pytest.raises(KeyboardInterrupt):
        build(corpus, built, Interrupted(encoder), passage_tokens=128)
    assert entries(built) == [".lock", "00001", "CURRENT"]
    assert not holds_the_change(built)


@pytest.mark.parametrize("sync", [3, FILES + 3, FILES + 4])
def test_ctrl_c_while_writing(
    corpus: Path, built: Path, encoder: Encoder, sync: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same between any two files, and before CURRENT is replaced; vectors wait."""
    count = 0

    def fsync(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == sync:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(KeyboardInterrupt):
        build(corpus, built, encoder, passage_tokens=128)
    assert entries(built) == [".embedded", ".lock", "00001", "CURRENT"]
    assert not holds_the_change(built)


def test_a_second_build_is_refused_at_once(corpus: Path, built: Path, encoder: Encoder) -> None:
    """Two builds never write one folder."""
    with FileLock(built / ".lock"), pytest.raises(IndexBusyError, match="Another build is writing"):
        build(corpus, built, encoder, passage_tokens=128)
    build(corpus, built, encoder, passage_tokens=128)
    assert holds_the_change(built)


FULL = """
import resource, signal, sys
from pathlib import Path
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import IndexWriteError
from coursebot.index import build

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
try:
    build(Path(sys.argv[1]), Path(sys.argv[2]), HashEncoder(), passage_tokens=128)
except IndexWriteError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of a file's size")
def test_a_full_disk_leaves_the_old_index(corpus: Path, built: Path) -> None:
    """A file that cannot be written to its end is an IndexWriteError, and leaves no litter."""
    command = [sys.executable, "-c", FULL, str(corpus), str(built)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith(f"The index folder {built} cannot be written: File too large. ")
    assert "--out DIR" in done.stdout
    assert entries(built) == [".lock", "00001", "CURRENT"]
    assert not holds_the_change(built)


READ_ONLY = """
import ctypes, sys
from pathlib import Path
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import IndexWriteError
from coursebot.index import Index, build

if sys.platform == "linux":  # root may write everywhere unless it gives up its capabilities
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    ctypes.CDLL(None).capset(header, none)
try:
    build(Path(sys.argv[1]), Path(sys.argv[2]), HashEncoder(), passage_tokens=128)
except IndexWriteError as error:
    print(error)
print(len(Index.load(Path(sys.argv[2])).courses))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize("lock", [True, False])
def test_a_read_only_folder_leaves_the_old_index(corpus: Path, built: Path, lock: bool) -> None:
    """A folder that cannot be written is an IndexWriteError, and can still be read."""
    if not lock:
        (built / ".lock").unlink()
    built.chmod(0o555)
    try:
        command = [sys.executable, "-c", READ_ONLY, str(corpus), str(built)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    finally:
        built.chmod(0o755)
    assert done.stdout.splitlines()[0].startswith(f"The index folder {built} cannot be written: ")
    assert "Permission denied" in done.stdout
    assert done.stdout.splitlines()[1] == "2"


def test_a_folder_below_a_file_cannot_be_written(
    corpus: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """A path that cannot be a folder is an IndexWriteError, and no index to load."""
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexWriteError, match="cannot be written"):
        build(corpus, tmp_path / "file" / "index", encoder, passage_tokens=128)
    with pytest.raises(IndexMissingError):
        Index.load(tmp_path / "file" / "index")


def test_no_index_names_the_command(tmp_path: Path) -> None:
    """A missing index says what to run."""
    with pytest.raises(IndexMissingError) as caught:
        Index.load(tmp_path)
    assert str(caught.value) == f"There is no index in {tmp_path}. Build one: coursebot index."


@pytest.mark.parametrize("name", [*store.LAYOUT, "manifest.json"])
def test_damage_names_the_file(built: Path, name: str) -> None:
    """A file that is truncated, altered or missing is found, whichever it is."""
    file = built / "00001" / name
    data = file.read_bytes()
    cases = [data[: len(data) // 2], data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]]
    for damaged in cases if data else [b"x"]:
        file.write_bytes(damaged)
        with pytest.raises(IndexDamagedError) as caught:
            Index.load(built)
        assert str(file) in caught.value.message
        assert caught.value.hint == "Build it again: coursebot index."
    file.unlink()
    with pytest.raises(IndexDamagedError, match="is missing") as caught:
        Index.load(built)
    assert str(file) in caught.value.message


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[" * 3000, b"[[]]", b"PK\3\4", b"\x93NUMPY\1\0\5\0{'a':"),
        np_header("(1000000000000,)", "<f4"),
        np_header("(1,)", "|O") + b"x" * 8,
    ],
    ids=lambda data: repr(data[:12]),
)
@pytest.mark.parametrize("name", ["courses.json", "bigram.terms.json", "word.passages.scores.npy"])
def test_what_was_sealed_over_nonsense_is_damaged(built: Path, name: str, data: bytes) -> None:
    """A digest that fits is no reason to believe a file, to make room for it, or to run it."""
    version = built / "00001"
    manifest = Manifest.from_bytes((version / "manifest.json").read_bytes(), "")
    (version / name).write_bytes(data)
    sealed = replace(manifest, files={**manifest.files, name: entry_of(data)}).sealed()
    (version / "manifest.json").write_bytes(sealed.to_bytes())
    with pytest.raises(IndexDamagedError) as caught:
        Index.load(built)
    assert caught.value.hint == "Build it again: coursebot index."


def test_a_manifest_that_is_too_deep_is_damaged(built: Path) -> None:
    """It is read before any digest is known."""
    (built / "00001" / "manifest.json").write_bytes(b"[" * 3000)
    with pytest.raises(IndexDamagedError, match=r"manifest.json is damaged"):
        Index.load(built)


def test_no_vector_is_read_before_its_digest(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAISS's own reader trusts its input."""
    monkeypatch.setattr(Dense, "from_bytes", lambda _: pytest.fail("it was read"))
    file = built / "00001" / "passages.faiss"
    file.write_bytes(b"x" + file.read_bytes()[1:])
    with pytest.raises(IndexDamagedError, match="was altered"):
        Index.load(built)


@pytest.mark.parametrize("text", ["", "../..", "00002", "\u00e9"])
def test_a_damaged_pointer_is_told(built: Path, text: str) -> None:
    """CURRENT must name a version that is there."""
    (built / "CURRENT").write_text(text, encoding="utf-8")
    with pytest.raises(IndexDamagedError):
        Index.load(built)


def test_a_damaged_index_is_built_again(corpus: Path, built: Path, encoder: Encoder) -> None:
    """The hint of the message holds: one build repairs it."""
    (built / "00001" / "passages.faiss").write_bytes(b"")
    build(corpus, built, encoder, passage_tokens=128)
    assert holds_the_change(built)


@pytest.mark.parametrize("other", [FORMAT - 1, 99])
def test_another_format_is_a_mismatch(built: Path, other: int) -> None:
    """An index of an earlier or later coursebot is not called damaged."""
    manifest = built / "00001" / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(f'"format": {FORMAT}', f'"format": {other}'), encoding="utf-8")
    with pytest.raises(IndexMismatchError, match=f"is of index format {other}"):
        Index.load(built)


def test_another_model_is_a_mismatch(built: Path, encoder: Encoder) -> None:
    """The hint names both ways out."""
    other = Interrupted(encoder)
    other.name, other.fingerprint = "other/model", "other"
    index = Index.load(built)
    index.check_encoder(encoder)
    with pytest.raises(IndexMismatchError) as caught:
        index.check_encoder(other)
    assert "coursebot index --model other/model" in caught.value.hint
    assert f"--model {encoder.name}" in caught.value.hint


def test_a_reader_that_races_with_a_removal_reads_again(
    corpus: Path, built: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that is removed while it is read is no damage: CURRENT is read again."""
    read, calls = store._bytes, 0

    def slow(file: Path) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 5:
            monkeypatch.setattr(store, "_bytes", read)
            build(corpus, built, encoder, passage_tokens=128)
        return read(file)

    monkeypatch.setattr(store, "_bytes", slow)
    assert Index.load(built).version == "00002"


def test_readers_never_fail_while_builds_go_on(corpus: Path, built: Path, encoder: Encoder) -> None:
    """Loading again and again beside a dozen builds always succeeds."""
    stop, failures = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            try:
                Index.load(built)
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(12):
            (corpus / "az" / "3.md").write_text(f"# 新\n\n{number}番。\n", encoding="utf-8")
            build(corpus, built, encoder, passage_tokens=128)
    finally:
        stop.set()
        reader.join()
    assert failures == []
