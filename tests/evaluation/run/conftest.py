"""A small course with a golden set, and assistants on it that need no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from coursebot import index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.golden import GoldenSet, read, write
from coursebot.evaluation.golden.records import (
    Expected,
    Followup,
    GoldenItem,
    Source,
    Status,
)
from coursebot.index import LiveIndex
from coursebot.types import Answer, Language, Turn

NOTES = """# Registry

## Login

Sign in with the command `az acr login`. The token is valid for 3 hours.

## Tiers

There are three tiers: Basic, Standard and Premium. Only Premium has geo-replication.

# Cluster

A cluster has at most 5,000 nodes. Each node runs a kubelet.
"""


def item(id: str, question: str, answer: str, quote: str, **changes: object) -> GoldenItem:
    """Return a reviewed English item whose source is ``quote``."""
    fields: dict[str, object] = {
        "id": id,
        "lang": Language.EN,
        "question": question,
        "answers": (Expected(text=answer),),
        "sources": (Source(path="notes.md", quote=quote),),
        "status": Status.REVIEWED,
    }
    return GoldenItem(**{**fields, **changes})  # type: ignore[arg-type]


ITEMS = (
    item(
        "login",
        "Which command signs in?",
        "az acr login",
        "Sign in with the command `az acr login`.",
        tags=("must", "acr"),
        followups=(
            Followup(
                question="How long is the token valid?",
                answers=(Expected(text="3 hours"),),
                sources=(Source(path="notes.md", quote="The token is valid for 3 hours."),),
            ),
            Followup(question="And what does it cost?", unanswerable=True),
        ),
    ),
    item("tiers", "How many tiers are there?", "three", "There are three tiers", tags=("acr",)),
    item("draft", "Is this asked?", "no", "Only Premium", status=Status.DRAFT),
    item("geo", "Which tier has geo-replication?", "Premium", "Only Premium has geo-replication."),
    item("gone", "Which colour is the registry?", "blue", "The registry is blue."),
    item("nodes", "How many nodes has a cluster?", "5,000", "A cluster has at most 5,000 nodes."),
    item("kubelet", "What does each node run?", "a kubelet", "Each node runs a kubelet."),
    GoldenItem(
        id="capital",
        lang=Language.EN,
        question="What is the capital of France?",
        unanswerable=True,
        tags=("unrelated",),
        status=Status.REVIEWED,
    ),
)
"""Nine questions that are asked: one item is a draft, one has two follow-ups, one is stale."""

IDS = ("login", "login#2", "login#3", "tiers", "geo", "gone", "nodes", "kubelet", "capital")


class Interrupted(Assistant):
    """The real assistant, on which ``before`` is called with each question that is asked."""

    before: Callable[[str], None]

    def ask(
        self,
        question: str,
        *,
        course: str | None = None,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
    ) -> Answer:
        """Call ``before``, then answer."""
        self.before(question)
        return super().ask(question, course=course, history=history, top_k=top_k)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus folder of one course with a golden set."""
    folder = tmp_path / "corpus"
    (folder / "c").mkdir(parents=True)
    (folder / "c" / "notes.md").write_text(NOTES, encoding="utf-8")
    write(folder / "c" / "golden.jsonl", ITEMS)
    return folder


@pytest.fixture
def golden(corpus: Path) -> GoldenSet:
    """Return the course's golden set."""
    return read(corpus / "c" / "golden.jsonl")


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path) -> Assistant:
    """Return an assistant on the course, with the deterministic encoder."""
    return opened(corpus, tmp_path / "index")


@pytest.fixture
def interrupted(assistant: Assistant) -> Interrupted:
    """Return the same assistant, to be interrupted."""
    made = Interrupted(LiveIndex(assistant.settings.index), HashEncoder(), assistant.settings)
    made.before = lambda _question: None
    return made


def opened(corpus: Path, folder: Path) -> Assistant:
    """Return an assistant on the index of ``corpus`` in ``folder``, which is brought up to date."""
    encoder = HashEncoder()
    index.build(corpus, folder, encoder, passage_tokens=64)
    return Assistant(LiveIndex(folder), encoder, Settings(index=folder, corpus=corpus))
