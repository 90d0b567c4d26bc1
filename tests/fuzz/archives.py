"""Backups made by anybody: nothing is written outside of what is restored."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from coursebot import backup
from coursebot.config import Settings
from coursebot.errors import BackupError, PeopleError, StoreError
from coursebot.feedback import Store
from tests.fuzz.choices import Choices, damaged
from tests.test_backup import filled

NAMES = (
    *("golden/golden.jsonl", "golden/kites/golden.yaml", "runs/a/run.json", "people/people.json"),
    *("feedback.jsonl", "feedback.sqlite3", "runs/a/b/c.json", "../escaped", "/escaped"),
    *("runs/../../escaped", "golden/../../golden.jsonl", "runs/a\\..\\b", "C:/x", "runs//a/b"),
    *(
        "golden/./golden.jsonl",
        "runs/a/../../../x",
        "runs/.x/y",
        "",
        ".",
        "runs/a/b\0c",
        "runs/\ud800/x",
    ),
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class Archives:
    """Chooses entries of an archive, or damage to a whole one."""

    words = (
        "PK\3\4",
        "PK\1\2",
        "PK\5\6",
        "PK\6\6",
        '"entries": {',
        '"size": ',
        '"format": 1',
        "1e999",
    )

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="archives-"))
        chosen = self._settings("made")
        filled(chosen)
        backup.backup(chosen, self._folder / "whole.zip")
        self._whole = (self._folder / "whole.zip").read_bytes()
        self._target = self._settings("home")
        Store.open(self._target).close()
        self._sentinels = {path.name for path in self._folder.iterdir()} | {"tried.zip", "home"}

    def _settings(self, name: str) -> Settings:
        place = self._folder / name / "inner"
        return Settings.load(corpus=place / "corpus", data=place / "data", runs=place / "runs")

    def seeds(self) -> Iterator[bytes]:
        """Yield archives of one entry each, and damage here and there."""
        for number in range(len(NAMES)):
            yield bytes([1, number, 0, 0, 2]) + b"{}"
        for at in range(0, len(self._whole), 97):
            yield b"\0\0" + at.to_bytes(4, "little") + b"\0\xff"
        yield b"\2" + b'{"format": 1, "entries": {"feedback.jsonl": {"size": 1e999, "sha256": ""}}}'
        yield b"\2" + b"[" * 5000

    def __call__(self, data: bytes) -> None:
        """Restore the archive; raises AssertionError when it leaves its place."""
        choices = Choices(data)
        match choices.number() % 3:
            case 0:
                archive = damaged(self._whole, choices)
            case 1:
                archive = self._made(choices)
            case _:
                archive = zipped({backup.MANIFEST: (choices.rest(), zipfile.ZIP_DEFLATED)})
        file = self._folder / "tried.zip"
        file.write_bytes(archive)
        try:
            backup.check(file)
        except BackupError as error:
            assert error.message
            return
        try:
            backup.restore(self._target, file)
        except (BackupError, PeopleError, StoreError, OSError) as error:
            assert str(error)
        self._check()

    def _made(self, choices: Choices) -> bytes:
        entries: dict[str, tuple[bytes, int]] = {}
        while choices and len(entries) < 8:
            name = choices.pick(NAMES)
            if choices.number() % 4 == 3:
                name += choices.piece(6).decode("utf-8", "replace")
            method = choices.pick(METHODS)
            entries[name] = (choices.piece(choices.number(1)), method)
        listed = {
            name: {"size": len(held), "sha256": hashlib.sha256(held).hexdigest()}
            for name, (held, _) in entries.items()
        }
        told = {"format": backup.FORMAT, "made_at": "", "coursebot": "", "entries": listed}
        manifest = json.dumps(told).encode()
        return zipped({**entries, backup.MANIFEST: (manifest, zipfile.ZIP_DEFLATED)})

    def _check(self) -> None:
        assert {path.name for path in self._folder.iterdir()} <= self._sentinels
        home = self._folder / "home"
        assert {path.name for path in home.iterdir()} <= {"inner"}
        inner = home / "inner"
        assert {path.name for path in inner.iterdir()} <= {"corpus", "data", "runs"}
        for path in (inner / "corpus").rglob("*"):
            assert path.is_dir() or path.stem in ("golden", ".golden.jsonl", ".golden.yaml")
        for name in ("corpus", "runs"):
            shutil.rmtree(inner / name, ignore_errors=True)


def zipped(entries: dict[str, tuple[bytes, int]]) -> bytes:
    """Return an archive of entries by name, each compressed in its way."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, (held, method) in entries.items():
            shown = name.encode("utf-8", "replace").decode()
            archive.writestr(zipfile.ZipInfo(shown), held, method)
    return out.getvalue()
