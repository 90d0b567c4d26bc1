"""Approximate against exact search: recall and time a query, 60,000 × 384 vectors.

Run ``python benchmarks/ann.py [VECTORS.npy]``. Without a file, vectors are drawn as sentence
embeddings of e5 lie: in a narrow cone (mean cosine about .8), in topics within subjects, with a
spectrum that falls off. A file's vectors, repeated with jitter up to the count, replace them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from coursebot.index import dense
from coursebot.index.dense import Dense
from coursebot.types import Floats

QUERIES = 300


def unit(vectors: Floats) -> Floats:
    """Return the rows of ``vectors`` at length 1."""
    scaled: Floats = np.asarray(vectors, dtype=np.float32)
    scaled = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return scaled


def drawn(count: int, dimension: int, generator: np.random.Generator) -> Floats:
    """Return made-up sentence vectors in a narrow cone."""
    spectrum = 1 / np.sqrt(1 + np.arange(dimension) / 24)
    cone = generator.normal(size=dimension)
    cone *= 2.0 / np.linalg.norm(cone)
    subjects = generator.normal(size=(64, dimension))
    topics = subjects[generator.integers(64, size=2048)] + generator.normal(size=(2048, dimension))
    noise = generator.normal(size=(count, dimension))
    own = (topics[generator.integers(2048, size=count)] + noise) * spectrum
    return unit(cone + own / np.linalg.norm(own, axis=1, keepdims=True))


def stretched(vectors: Floats, count: int, generator: np.random.Generator) -> Floats:
    """Return ``count`` vectors: the given ones, then mixtures of neighbours in the file."""
    first = generator.integers(len(vectors) - 1, size=count)
    share = generator.uniform(0.2, 0.8, size=(count, 1))
    jitter = generator.normal(scale=0.01, size=(count, vectors.shape[1]))
    mixed = share * vectors[first] + (1 - share) * vectors[first + 1] + jitter
    return unit(np.concatenate([vectors, mixed.astype(np.float32)])[:count])


def search_all(index: Dense, queries: Floats, k: int, last: int) -> tuple[list[set[int]], float]:
    """Return each query's ten best positions and the median milliseconds of a search for ``k``."""
    found: list[set[int]] = []
    times: list[float] = []
    for query in queries:
        started = time.perf_counter()
        positions, _ = index.search(query, k, 0, last)
        times.append((time.perf_counter() - started) * 1000)
        found.append(set(positions[:10].tolist()))
    return found, float(np.median(times))


def recall(found: list[set[int]], wanted: list[set[int]]) -> float:
    """Return the mean share of the wanted positions that were found."""
    return float(np.mean([len(f & w) / len(w) for f, w in zip(found, wanted, strict=True)]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vectors", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=60_000)
    chosen = parser.parse_args()
    generator = np.random.default_rng(7)
    if chosen.vectors:
        everything = stretched(np.load(chosen.vectors), chosen.count + QUERIES, generator)
        everything = everything[generator.permutation(len(everything))]
    else:
        everything = drawn(chosen.count + QUERIES, 384, generator)
    vectors, queries = everything[QUERIES:], everything[:QUERIES]

    exact = Dense.build(vectors, exact_up_to=len(vectors))
    started = time.perf_counter()
    graph = Dense.build(vectors, exact_up_to=0)
    built = time.perf_counter() - started
    print(f"{len(vectors)} × {vectors.shape[1]}; HNSW M={dense.NEIGHBOURS}, built in {built:.1f} s")
    print(f"{'search':<24}{'k':>5}{'recall@10':>11}{'ms/query':>10}")
    part = int(len(vectors) * 0.9)
    for name, last in (("all", len(vectors)), ("one course of 9/10", part)):
        for k in (10, 200):
            wanted, exact_ms = search_all(exact, queries, k, last)
            found, graph_ms = search_all(graph, queries, k, last)
            print(f"{'exact, ' + name:<24}{k:>5}{1:>11.3f}{exact_ms:>10.2f}")
            print(f"{'HNSW, ' + name:<24}{k:>5}{recall(found, wanted):>11.3f}{graph_ms:>10.2f}")


if __name__ == "__main__":
    main()
