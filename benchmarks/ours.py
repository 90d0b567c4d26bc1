"""Corpus folder ▶ coursebot's own index and assistant, as a user gets them."""

from __future__ import annotations

import argparse
import sys
from functools import cache
from pathlib import Path

from coursebot import encoder as encoders
from coursebot.assistant import Assistant
from coursebot.config import settings
from coursebot.index import build
from coursebot.types import Encoder

WORK = Path(".bench")
"""Corpora, indexes and vectors kept between runs; may be deleted at any time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the data lies and where a run keeps its files."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the data sets")
    parser.add_argument("--work", type=Path, default=WORK, help="folder kept between runs")


@cache
def load_encoder() -> Encoder:
    """Load the encoder that the settings name."""
    chosen = settings()
    return encoders.load(chosen.model, cache=chosen.cache, threads=chosen.threads, report=None)


def indexed(corpus: Path, work: Path, encoder: Encoder | None = None) -> Assistant:
    """Index ``corpus`` below ``work`` (only what changed) and open it with the settings' encoder.

    ``encoder`` may stand in for that one while the index is built.
    """
    out = work / "indexes" / corpus.name
    report = build(corpus, out, encoder or load_encoder(), passage_tokens=settings().passage_tokens)
    print(
        f"{corpus.name}: {report.files} files, {report.passages} passages,"
        f" {report.statements} statements, {report.embedded} embedded, {report.seconds:.1f} s",
        file=sys.stderr,
    )
    return Assistant.open(out)
