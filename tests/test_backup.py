"""Backups, tested by restoring them: into the same kind of database, into the other, elsewhere."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from coursebot import backup
from coursebot.cli import app
from coursebot.config import Settings
from coursebot.errors import BackupError, PeopleError, StoreError
from coursebot.evaluation.run.folder import LOCK
from coursebot.feedback import Feedback, Reason, Row, Settled, Store, Unanswered, Verdict
from coursebot.people import People, Role
from tests.feedback.released import SCHEMAS, put, raw
from tests.postgres_server import Server

GOLDEN = '{"question": "How long?"}\n'


def feedback_of(text: str) -> Feedback:
    """Return a learner's word."""
    return Feedback(
        verdict=Verdict.DOWN,
        question=text,
        course="az-500",
        language="ja",
        state="answered",
        confidence=0.93,
        answer={"text": "3時間", "citations": [{"number": 1}]},
        index="0123abcd",
        settings={"top_k": 10},
        history=("ACR とは？",),
        reason=Reason.WRONG,
        comment="いいえ",
    )


def filled(chosen: Settings) -> None:
    """Put something of each kind where the settings say."""
    with closing(Store.open(chosen)) as store:
        for text in ("トークンの有効期間は？", "Second\n☃"):
            id = store.add(feedback_of(text))
        store.settle([id], Settled(item="g-1", note="done", by="sensei"))
        asked = feedback_of("Who?")
        common = {name: getattr(asked, name) for name in Unanswered.__dataclass_fields__}
        store.add_unanswered(Unanswered(**common))
    People(chosen.data / chosen.people).add("hana", "four quiet words here", Role.LEARNER, ["x"])
    for place in (chosen.corpus, chosen.corpus / "kites"):
        place.mkdir(parents=True, exist_ok=True)
    (chosen.corpus / "kites" / "golden.jsonl").write_text(GOLDEN, encoding="utf-8")
    (chosen.corpus / "golden.yaml").write_text("- question: x\n", encoding="utf-8")
    (chosen.corpus / "kites" / "notes.md").write_text("# Kites\n", encoding="utf-8")
    run = chosen.runs / "kites-1"
    (run / "more").mkdir(parents=True)
    (run / "run.json").write_text("{}", encoding="utf-8")
    (run / "more" / "items.jsonl").write_bytes(b"\x00\xff" * 5000)
    (run / LOCK).touch()


def held(chosen: Settings) -> tuple[list[Row], list[Row], dict[str, Settled]]:
    """Return all that the database holds."""
    with closing(Store.open(chosen)) as store:
        return list(store.feedback()), list(store.unanswered()), dict(store.settled())


def files(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder but locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != LOCK and not path.name.endswith(".lock")
    }


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str, str], Settings]:
    """Return a function that makes settings whose places are empty, on a kind of database."""

    def made(name: str, kind: str) -> Settings:
        folder = tmp_path / name
        url = ""
        if kind == "postgres":
            server: Server = request.getfixturevalue("postgres")
            url = server.new_database()
        return Settings.load(
            corpus=folder / "corpus",
            runs=folder / "runs",
            data=folder / "data",
            database_url=url,
        )

    return made


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
@pytest.mark.parametrize("of", ["sqlite", "postgres"])
def test_a_backup_is_restored_elsewhere(
    settings: Callable[[str, str], Settings], tmp_path: Path, of: str, to: str
) -> None:
    """From either database into either: the same rows in their order, the same files."""
    here, there = settings("here", of), settings("there", to)
    filled(here)
    before = held(here)
    contents = backup.backup(here, tmp_path / "a.zip")
    assert contents.database == {"sqlite": "feedback.sqlite3", "postgres": "feedback.jsonl"}[of]
    assert contents.golden == ["golden.yaml", "kites/golden.jsonl"]
    assert contents.runs == ["kites-1"]
    assert contents.people
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600
    assert held(here) == before
    backup.restore(there, tmp_path / "a.zip")
    assert held(there) == before
    assert files(there.runs) == files(here.runs)
    golden = files(here.corpus)
    del golden["kites/notes.md"]
    assert files(there.corpus) == golden
    people = there.data / "people.json"
    assert people.read_bytes() == (here.data / "people.json").read_bytes()
    assert stat.S_IMODE(people.stat().st_mode) == 0o600
    with closing(Store.open(there)) as store:
        store.add(feedback_of("new"))
    assert [row.question for row in held(there)[0]][-1] == "new"


def test_people_are_put_back_whole_or_not_at_all(
    settings: Callable[[str, str], Settings], tmp_path: Path
) -> None:
    """Over a damaged file, and without changing anything when the copy is the damaged one."""
    here = settings("here", "sqlite")
    filled(here)
    people = here.data / here.people
    before = people.read_bytes()
    backup.backup(here, tmp_path / "a.zip")
    people.write_text("{", encoding="utf-8")
    backup.restore(here, tmp_path / "a.zip")
    assert people.read_bytes() == before
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{", encoding="utf-8")
    with pytest.raises(PeopleError, match="damaged"):
        People(people).put_back(damaged)
    assert people.read_bytes() == before
    people.unlink()
    assert not backup.backup(here, tmp_path / "b.zip").people


def test_what_came_after_a_backup_is_replaced(
    settings: Callable[[str, str], Settings], tmp_path: Path
) -> None:
    """What it lacks is left as it is; a store that is open sees the restored rows."""
    chosen = settings("here", "sqlite")
    filled(chosen)
    before, runs = held(chosen), files(chosen.runs)
    backup.backup(chosen, tmp_path / "a.zip")
    with closing(Store.open(chosen)) as store:
        store.add(feedback_of("later"))
        (chosen.runs / "kites-1" / "run.json").write_text("later", encoding="utf-8")
        (chosen.runs / "kites-1" / "later").touch()
        (chosen.runs / "kites-2").mkdir()
        golden = chosen.corpus / "kites" / "golden.jsonl"
        golden.write_text("later", encoding="utf-8")
        result = CliRunner().invoke(
            app,
            [
                *("--set", f"data={chosen.data}", "restore", str(tmp_path / "a.zip")),
                *("--corpus", str(chosen.corpus), "--runs", str(chosen.runs)),
            ],
            input="y\n",
        )
        assert result.exit_code == 0, result.stderr
        assert f"replaces {golden}" in result.stderr
        assert list(store.feedback()) == before[0]
    assert files(chosen.runs) == runs
    assert (chosen.runs / "kites-2").is_dir()
    assert golden.read_text(encoding="utf-8") == GOLDEN
    assert {path.name for path in chosen.runs.iterdir()} == {"kites-1", "kites-2"}


def test_a_damaged_backup_changes_nothing(
    settings: Callable[[str, str], Settings], tmp_path: Path
) -> None:
    """Cut short, altered, or with an entry that would lie elsewhere: it is refused at once."""
    chosen = settings("here", "sqlite")
    filled(chosen)
    good = tmp_path / "good.zip"
    backup.backup(chosen, good)
    before = held(chosen), files(tmp_path / "here")

    def rewritten(change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
        bad = tmp_path / "bad.zip"
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as to:
            for name in source.namelist():
                to.writestr(*change(name, source.read(name)))
        return bad

    def elsewhere(name: str, data: bytes) -> tuple[str, bytes]:
        old, new = "runs/kites-1/run.json", "runs/../../evil.json"
        if name == "manifest.json":
            return name, data.replace(old.encode(), new.encode())
        return (new if name == old else name), data

    def altered(name: str, data: bytes) -> tuple[str, bytes]:
        return name, data.replace(b"How long?", b"How wide?")

    def newer(name: str, data: bytes) -> tuple[str, bytes]:
        if name == "manifest.json":
            data = json.dumps({**json.loads(data), "format": 99}).encode()
        return name, data

    cut = tmp_path / "cut.zip"
    cut.write_bytes(good.read_bytes()[:-100])
    cases: list[tuple[Callable[[], Path], str]] = [
        (lambda: cut, "is no backup, or is cut short"),
        (lambda: rewritten(altered), "golden.jsonl is not what was backed up"),
        (lambda: rewritten(elsewhere), "does not hold what its manifest lists"),
        (lambda: rewritten(newer), "of format 99"),
        (lambda: tmp_path / "none.zip", "There is no file"),
    ]
    for bad, why in cases:
        with pytest.raises(BackupError, match=why):
            backup.restore(chosen, bad())
    assert (held(chosen), files(tmp_path / "here")) == before
    assert not (tmp_path / "evil.json").exists()


def archive(names: Sequence[str], manifest: bytes = b"") -> bytes:
    """Return an archive of empty entries that its manifest lists, or of another manifest."""
    empty = {"size": 0, "sha256": hashlib.sha256(b"").hexdigest()}
    listed = {"made_at": "", "coursebot": "", "entries": dict.fromkeys(names, empty)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(zipfile.ZipInfo(name), b"")
        made.writestr("manifest.json", manifest or json.dumps({"format": 1, **listed}))
    return out.getvalue()


HOSTILE = {
    "no name": archive(["."]),
    "an absolute path": archive(["/runs/a/b"]),
    "steps up": archive(["runs/../../b"]),
    "hidden": archive(["runs/.restoring/x"]),
    "a backslash": archive(["runs\\a\\b"]),
    "an infinite size": archive(
        [], b'{"format": 1, "entries": {"a": {"size": 1e999, "sha256": ""}}}'
    ),
    "too deep": archive([], b"[" * 3000),
    "a huge manifest": archive([], b"0" * 10_001),
    "encrypted": archive(["runs/a/b"]).replace(
        b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"
    ),
    "an entry before the file": archive(["runs/a/b"])[:-6] + b"\xff\xff\xff\x7f\0\0",
    "nothing": b"",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_an_archive_that_somebody_made_up_is_refused(
    settings: Callable[[str, str], Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hostile: bytes,
) -> None:
    """In words, and nothing of it is written anywhere."""
    monkeypatch.setattr(backup, "LARGEST", 10_000)
    chosen = settings("here", "sqlite")
    (tmp_path / "made-up.zip").write_bytes(hostile)
    with pytest.raises(BackupError, match=r"made-up\.zip"):
        backup.restore(chosen, tmp_path / "made-up.zip")
    assert files(tmp_path) == {"made-up.zip": hostile}


def test_a_failure_leaves_the_old_rows(
    settings: Callable[[str, str], Settings], tmp_path: Path
) -> None:
    """Rows that cannot be read end the one transaction that they are in."""
    from coursebot.feedback import put_back

    chosen = settings("here", "sqlite")
    filled(chosen)
    before = held(chosen)
    rows = tmp_path / "feedback.jsonl"
    good = json.dumps({"table": "coursebot_settled", "row": {"id": "0" * 32, "item": "x"}})
    for lines in ('{"version": 1}\n' + good + "\nnonsense\n", '{"version": 99}\n', ""):
        rows.write_text(lines, encoding="utf-8")
        with pytest.raises(StoreError):
            put_back(chosen, rows)
        assert held(chosen) == before


def test_a_backup_of_nothing(settings: Callable[[str, str], Settings], tmp_path: Path) -> None:
    """A new installation has one too; restored, it changes nothing."""
    chosen = settings("here", "sqlite")
    assert backup.backup(chosen, tmp_path / "a.zip").entries == {}
    filled(chosen)
    before = held(chosen)
    backup.restore(chosen, tmp_path / "a.zip")
    assert held(chosen) == before
    with pytest.raises(BackupError, match="is there already"):
        backup.backup(chosen, tmp_path / "a.zip")
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_full_disk(
    settings: Callable[[str, str], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to do, nothing is left behind, and with room the same command ends it."""
    chosen, file = settings("here", "sqlite"), tmp_path / "a.zip"
    filled(chosen)
    run = chosen.runs / "kites-1" / "more" / "items.jsonl"

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as fault:
        fault.setattr(os, "fsync", full)
        with pytest.raises(BackupError) as told:
            backup.backup(chosen, file)
    assert str(told.value) == (
        f"The backup {file} cannot be made: No space left on device. Make room or correct "
        "permissions, or give another place; nothing was left behind."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    backup.backup(chosen, file)
    wanted = run.read_bytes()
    run.write_bytes(b"changed")
    with monkeypatch.context() as fault:
        fault.setattr(os, "fsync", full)
        with pytest.raises(
            BackupError, match="cannot be restored: No space left on device"
        ) as told:
            backup.restore(chosen, file)
    assert told.value.hint == "Make room or correct permissions, then give the same command again."
    assert run.read_bytes() == b"changed"
    assert [path.name for path in chosen.runs.iterdir()] == ["kites-1"]
    backup.restore(chosen, file)
    assert run.read_bytes() == wanted


def test_a_run_that_is_being_made_is_not_replaced(
    settings: Callable[[str, str], Settings], tmp_path: Path
) -> None:
    """It is told which; what was there stays whole."""
    chosen = settings("here", "sqlite")
    filled(chosen)
    backup.backup(chosen, tmp_path / "a.zip")
    before = files(chosen.runs)
    with (
        FileLock(chosen.runs / "kites-1" / LOCK),
        pytest.raises(BackupError, match=r"The run kites-1 is being made\."),
    ):
        backup.restore(chosen, tmp_path / "a.zip")
    assert files(chosen.runs) == before


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
@pytest.mark.parametrize("of", ["sqlite", "postgres"])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_older_database_is_backed_up_as_it_is(
    settings: Callable[[str, str], Settings], tmp_path: Path, of: str, to: str, schema: int
) -> None:
    """A backup changes nothing; what is restored of it is brought up to date on the way."""
    here, there = settings("here", of), settings("there", to)
    put(here, schema)
    before = raw(here)
    backup.backup(here, tmp_path / "a.zip")
    assert raw(here) == before
    backup.restore(there, tmp_path / "a.zip")
    said, unanswered, settled = held(there)
    assert [row.question for row in said] == ["トークンの有効期間は？", "How long is it valid?"]
    assert [row.question for row in unanswered] == ["Who wrote it?"]
    assert [one.note for one in settled.values()] == (["直した"] if schema == 2 else [])
    assert held(here) == (said, unanswered, settled)
