"""Corpus folder ▶ coursebot's own index and assistant, as a user gets them."""

from __future__ import annotations

import argparse
import sys
from functools import cache
from pathlib import Path

from coursebot import encoder as encoders
from coursebot.assistant import Assistant, reader_for
from coursebot.config import settings
from coursebot.index import LiveIndex, build
from coursebot.types import Encoder, Reader

WORK = Path(".bench")
"""Corpora, indexes and vectors kept between runs; may be deleted at any time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the data lies and where a run keeps its files."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the data sets")
    parser.add_argument("--work", type=Path, default=WORK, help="folder kept between runs")


@cache
def load_encoder(model: str = "") -> Encoder:
    """Load the encoder of a model, by default of the one that the settings name."""
    chosen = settings()
    model = model or chosen.model
    return encoders.load(model, cache=chosen.cache, threads=chosen.threads, report=None)


@cache
def load_reader() -> Reader | None:
    """Load the reader; None where the settings switch it off or there is none."""
    return reader_for(load_encoder(), settings())


def indexed(corpus: Path, work: Path, encoder: Encoder | None = None) -> Assistant:
    """Index ``corpus`` below ``work`` (only what changed) and open it with the settings' encoder.

    ``encoder`` may stand in for that one while the index is built.
    """
    out = work / "indexes" / corpus.name
    _build(corpus, out, encoder or load_encoder())
    return Assistant.open(out)


def opened(corpus: Path, work: Path, *, model: str = "", reader: bool) -> Assistant:
    """Index ``corpus`` below ``work`` with a model, each in a folder of its own, and open it."""
    encoder = load_encoder(model)
    mark = f"-{model.replace(':', '-')}" if model else ""
    out = work / "indexes" / f"{corpus.name}{mark}"
    _build(corpus, out, encoder)
    chosen = settings()
    return Assistant(LiveIndex(out), encoder, chosen, load_reader() if reader else None)


def _build(corpus: Path, out: Path, encoder: Encoder) -> None:
    report = build(corpus, out, encoder, passage_tokens=settings().passage_tokens)
    print(
        f"{out.name}: {report.files} files, {report.passages} passages,"
        f" {report.statements} statements, {report.embedded} embedded, {report.seconds:.1f} s",
        file=sys.stderr,
    )
