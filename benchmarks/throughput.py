"""Passages a second: the served encoder against sentence-transformers in float32, in one run.

Run ``python benchmarks/throughput.py [PASSAGES.jsonl]``. The file has one object with ``text`` a
line; without it the shipped course's lines are joined to passages of about 200 tokens.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from coursebot.config import Settings
from coursebot.encoder import load
from coursebot.encoder.load import reference
from coursebot.types import Floats

COURSE = Path(__file__).parents[1] / "corpus"
ROUNDS = 4
"""Turns that each engine takes."""


def course_passages(count: int) -> list[str]:
    """Return ``count`` passages of about 200 tokens, made of the shipped course's lines."""
    lines = [
        line.strip()
        for file in sorted(COURSE.rglob("*.md"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    passages: list[str] = []
    at = 0
    while len(passages) < count:
        text = ""
        while len(text) < 380:
            text += lines[at % len(lines)] + "\n"
            at += 1
        passages.append(text[:420])
    return passages


def read_passages(file: Path, count: int) -> list[str]:
    """Return the first ``count`` texts of a ``.jsonl`` file."""
    with file.open(encoding="utf-8") as stream:
        return [json.loads(line)["text"] for line, _ in zip(stream, range(count), strict=False)]


def seconds(encode: Callable[[Sequence[str]], Floats], texts: Sequence[str]) -> float:
    """Return how long ``texts`` take."""
    started = time.perf_counter()
    encode(texts)
    return time.perf_counter() - started


def compare(texts: Sequence[str], model: str = "bundled", threads: int = 0) -> dict[str, float]:
    """Return both rates, their ratio, a query's median milliseconds and the least cosine.

    The engines take turns, a quarter of the texts each, so that a busy machine slows both.
    """
    cache = Settings.load().cache
    served = load(model, cache=cache, threads=threads, report=print)
    original = reference(model, cache=cache, threads=threads)
    ours = theirs = 0.0
    served.encode_passages(texts[:8])
    original.encode_passages(texts[:8])
    for first in range(ROUNDS):
        part = texts[first::ROUNDS]
        theirs += seconds(original.encode_passages, part)
        ours += seconds(served.encode_passages, part)
    times = []
    for text in texts[:100]:
        started = time.perf_counter()
        served.encode_queries([text[:40]])
        times.append((time.perf_counter() - started) * 1000)
    few = texts[:40]
    cosines = (served.encode_passages(few) * original.encode_passages(few)).sum(axis=1)
    return {
        "served, passages/s": len(texts) / ours,
        "sentence-transformers, passages/s": len(texts) / theirs,
        "ratio": theirs / ours,
        "query p50, ms": statistics.median(times),
        "least cosine": float(cosines.min()),
    }


def main() -> None:
    """Print the machine and the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("passages", nargs="?", type=Path)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    texts = (
        read_passages(options.passages, options.count)
        if options.passages
        else course_passages(options.count)
    )
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, value in compare(texts, options.model, options.threads).items():
        print(f"{name:36}{value:10.4g}")


if __name__ == "__main__":
    main()
