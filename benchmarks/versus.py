"""Chunks and questions ▶ each peer's rankings, made in the peers' own environment."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.report import Peers
from coursebot.types import Encoder, Floats

SCRIPTS = Path(__file__).parent / "peers"
PEERS = {
    "txtai hybrid": "txtai_hybrid",
    "Haystack hybrid": "haystack_hybrid",
    "LlamaIndex vector": "llamaindex_vector",
    "LlamaIndex hybrid": "llamaindex_hybrid",
    "LangChain FAISS": "langchain_faiss",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the peers run and what is kept between runs."""

    python: Path
    work: Path


@dataclass(frozen=True, slots=True)
class Task:
    """Chunks to be ranked for each question; each chunk is known by its number."""

    chunks: Sequence[str]
    questions: Sequence[str]
    depth: int


@dataclass(frozen=True, slots=True)
class Rankings:
    """What the peers made of some tasks."""

    found: Mapping[str, Mapping[str, list[list[int]]]]
    """By peer and task: each question's chunk numbers, best first."""
    failed: tuple[str, ...]
    """Peers that crashed."""
    best: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)
    """By peer and task: the peer's own score of each question's first chunk; 0 without one."""

    def scores(self, task: str, score: Callable[[list[list[int]]], list[float]]) -> Peers:
        """Return what ``score`` makes of each peer's rankings of ``task``."""
        return Peers({peer: score(of[task]) for peer, of in self.found.items()}, self.failed)


NONE = Rankings({}, ())
"""When there is no environment for the peers."""


def environment(folder: Path, work: Path) -> Environment | None:
    """Return the peers' environment in ``folder``; None, saying so, when there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"peers: no environment in {folder}; make one with `make bench`", file=sys.stderr)
        return None
    return Environment(python.absolute(), work)


def rankings(where: Environment | None, encoder: Encoder, tasks: Mapping[str, Task]) -> Rankings:
    """Return every peer's rankings of the named tasks; a peer that crashes is named as failed.

    All get the same vectors: the ranking is what is compared.
    """
    if where is None:
        return NONE
    folders = {
        name: _prepared(where.work / "peers" / name, encoder, task) for name, task in tasks.items()
    }
    found, best, failed = {}, {}, []
    for peer, script in PEERS.items():
        command = [str(where.python), str(SCRIPTS / f"{script}.py"), *map(str, folders.values())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"peers: {peer} failed: {last}", file=sys.stderr)
            failed.append(peer)
            continue
        ranked: dict[str, list[list[tuple[int, float]]]] = {
            name: json.loads((folder / f"{script}.json").read_text(encoding="utf-8"))
            for name, folder in folders.items()
        }
        found[peer] = {
            name: [[number for number, _ in row] for row in rows] for name, rows in ranked.items()
        }
        best[peer] = {
            name: [row[0][1] if row else 0.0 for row in rows] for name, rows in ranked.items()
        }
    return Rankings(found, tuple(failed), best)


def _prepared(folder: Path, encoder: Encoder, task: Task) -> Path:
    """Write the task and its vectors, unless they are there, and return the absolute folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {"chunks": list(task.chunks), "questions": list(task.questions), "depth": task.depth},
        ensure_ascii=False,
    )
    (folder / "task.json").write_text(text, encoding="utf-8")
    key = hashlib.sha256(f"{encoder.fingerprint}{text}".encode()).hexdigest()
    mark = folder / "vectors.sha256"
    if not mark.exists() or mark.read_text(encoding="ascii") != key:
        encoded: dict[str, Floats] = {
            "chunks": encoder.encode_passages(task.chunks),
            "questions": encoder.encode_queries(task.questions),
        }
        np.savez(folder / "vectors.npz", **encoded)  # type: ignore[arg-type] # numpy types the keywords as its own options
        mark.write_text(key, encoding="ascii")
    return folder.absolute()
