"""Stores on both databases: SQLite in a folder, and a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coursebot.config import Settings
from coursebot.feedback import Feedback, Store, Verdict
from tests.postgres_server import Server


@pytest.fixture(params=["sqlite", "postgres"])
def chosen(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Return the settings of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return Settings.load(data=tmp_path / "data")
    server: Server = request.getfixturevalue("postgres")
    return Settings.load(data=tmp_path / "data", database_url=server.new_database())


@pytest.fixture
def store(chosen: Settings) -> Iterator[Store]:
    """Return an empty store, of each kind in turn."""
    made = Store.open(chosen)
    yield made
    made.close()


@pytest.fixture
def make_feedback() -> Callable[..., Feedback]:
    """Return a function that makes feedback, with some fields changed."""

    def make(**changes: object) -> Feedback:
        fields: dict[str, object] = {
            "verdict": Verdict.DOWN,
            "question": "トークンの有効期間は？",
            "course": "az-500",
            "language": "ja",
            "state": "answered",
            "confidence": 0.93,
            "answer": {"text": "3時間", "citations": [{"number": 1, "quote": "3時間有効。"}]},
            "index": "0123abcd",
            "settings": {"model": "bundled", "top_k": 10},
            "history": ("ACR とは？",),
        }
        return Feedback(**{**fields, **changes})  # type: ignore[arg-type]

    return make
