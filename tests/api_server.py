"""The HTTP API on a real server: a small course, the deterministic encoder, a store of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.feedback import Store
from coursebot.index import LiveIndex, build
from coursebot.web import api

COURSE = 'title = "Kites"\nlanguage = "en"\ndescription = "How kites fly."\n'
NOTES = """# Kites

A kite is a tethered craft that is heavier than air.

## Lines

The main line of the kite is 30 metres long.

- A sport kite has two lines.
- A [box kite](https://example.org/box) has one line.
"""
LONG = "How long is the main line of the kite?"
UNKNOWN = "Who invented the violin in Cremona?"


@dataclass(frozen=True, slots=True)
class Desk:
    """A server's parts, and a client that talks to it."""

    assistant: Assistant
    store: Store
    client: httpx.Client


def open_assistant(folder: Path, **settings: object) -> Assistant:
    """Return an assistant on the small course; its index and its data are in ``folder``."""
    notes = folder / "corpus" / "kites"
    notes.mkdir(parents=True)
    (notes / "course.toml").write_text(COURSE, encoding="utf-8")
    (notes / "kites.md").write_text(NOTES, encoding="utf-8")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=128)
    chosen = Settings.load(data=folder / "data", **settings)
    return Assistant(LiveIndex(folder / "index"), HashEncoder(), chosen)


def host(assistant: Assistant, store: Store) -> FastAPI:
    """Return an application that has nothing but the API."""
    server = FastAPI(openapi_url=None)
    api.mount(server, assistant, store)
    return server


def ask_page(client: httpx.Client, question: str, request_id: str) -> str:
    """Ask as the page does, over Gradio's own protocol; return all events that came."""
    config = client.get("/config").json()
    number = next(
        dependency["id"]
        for dependency in config["dependencies"]
        if any(event == "submit" for _, event in dependency["targets"])
    )
    session = f"session-{request_id}"
    event = {"data": [question, "{}"], "fn_index": number, "session_hash": session}
    joined = client.post("/gradio_api/queue/join", json=event, headers={"X-Request-ID": request_id})
    assert joined.headers["x-request-id"] == request_id
    return client.get("/gradio_api/queue/data", params={"session_hash": session}).text
