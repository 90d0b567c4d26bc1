"""The engine in this process, to look at what a process that died has left; loaded once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from coursebot import encoder, index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.index import LiveIndex
from coursebot.places import Place, place_of
from coursebot.types import Encoder


def build(corpus: Path, place: str | Place) -> None:
    """Bring an index up to date; raises an IndexError_."""
    index.build(corpus, place_of(place), _encoder(), passage_tokens=_settings().passage_tokens)


def quotes(place: str | Place, question: str) -> list[str]:
    """Return the sentences that an index answers with; raises an IndexError_."""
    assistant = Assistant(LiveIndex(place_of(place)), _encoder(), _settings())
    return [citation.quote for citation in assistant.ask(question).citations]


@lru_cache(maxsize=1)
def _encoder() -> Encoder:
    chosen = _settings()
    return encoder.load(chosen.model, cache=chosen.cache, threads=chosen.threads)


def _settings() -> Settings:
    return Settings.load(reader=False)
