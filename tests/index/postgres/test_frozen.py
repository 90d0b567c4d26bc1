"""A database that is there for the network, and answers nothing."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import IndexUnreachableError
from coursebot.feedback import Store
from coursebot.index import LiveIndex, build
from coursebot.index.postgres import connections
from coursebot.places import place_of
from coursebot.web.exchange import Exchange
from coursebot.web.wire import AnswerRecord
from tests.api_server import COURSE, LONG, NOTES
from tests.postgres_server import PASSWORD, Server


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Write the small course."""
    folder = tmp_path / "corpus" / "kites"
    folder.mkdir(parents=True)
    (folder / "course.toml").write_text(COURSE, encoding="utf-8")
    (folder / "kites.md").write_text(NOTES, encoding="utf-8")
    return folder.parent


@pytest.fixture
def assistant(corpus: Path, postgres: Server) -> Assistant:
    """Return an assistant on the small course in a database of its own."""
    place = place_of(postgres.new_database())
    build(corpus, place, HashEncoder(), passage_tokens=128)
    return Assistant(LiveIndex(place, interval=1e9), HashEncoder(), Settings.load())


def test_a_frozen_server_is_given_up(
    assistant: Assistant, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for its word is told so in one line, and it is asked again when it goes on."""
    right = assistant.ask(LONG)
    monkeypatch.setattr(connections, "FROZEN_SECONDS", 0.5)
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 2)
    monkeypatch.setattr(connections, "PATIENCE_SECONDS", 4.0)
    postgres.freeze()
    try:
        with pytest.raises(IndexUnreachableError, match="cannot be reached") as told:
            assistant.ask(LONG)
    finally:
        postgres.thaw()
    assert "\n" not in str(told.value)
    assert PASSWORD not in str(told.value)
    assert assistant.ask(LONG).text == right.text


def test_a_slow_statement_is_no_frozen_server(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each word of the server begins the wait anew; a connection that is silent is closed."""
    uri = assistant.index.connections.address.uri  # type: ignore[attr-defined]
    monkeypatch.setattr(connections, "FROZEN_SECONDS", 1.0)
    with connections.Heard.connect(uri, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT repeat('x', 100000), pg_sleep(0.02) FROM generate_series(1, 100)"
        ).fetchall()
        assert len(rows) == 100
        with pytest.raises(psycopg.OperationalError, match=re.escape("no word for 1.0 seconds")):
            connection.execute("SELECT pg_sleep(60)")
        assert connection.closed


def test_a_question_goes_over_to_a_new_version(
    assistant: Assistant, corpus: Path, tmp_path: Path
) -> None:
    """Its version is dropped while it is asked on the page or the API: the new one answers."""
    place = place_of(assistant.index.connections.address.uri)  # type: ignore[attr-defined]
    store = Store.open(Settings.load(data=tmp_path / "data"))
    exchange = Exchange(assistant, store, LONG)
    notes = corpus / "kites" / "kites.md"
    notes.write_text(NOTES.replace("30 metres", "40 metres"), encoding="utf-8")
    build(corpus, place, HashEncoder(), passage_tokens=128)
    *_, record = exchange.parts()
    assert isinstance(record, AnswerRecord)
    assert "40 metres" in record.citations[0].quote
    assert record.index == assistant.index.manifest.digest
