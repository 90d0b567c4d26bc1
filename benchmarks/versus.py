"""Chunks and questions ▶ each peer's rankings, made in the peers' own environment."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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


def environment(folder: Path, work: Path) -> Environment | None:
    """Return the peers' environment in ``folder``; None, saying so, when there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"peers: no environment in {folder}; make one with `make bench`", file=sys.stderr)
        return None
    return Environment(python.absolute(), work)


def rankings(
    where: Environment,
    encoder: Encoder,
    name: str,
    chunks: Sequence[str],
    questions: Sequence[str],
    depth: int,
) -> dict[str, list[list[int]]]:
    """Return each peer's chunk numbers for each question; a peer that fails is left out, said so.

    All get the same vectors: the ranking is what is compared.
    """
    folder = where.work / "peers" / name
    folder.mkdir(parents=True, exist_ok=True)
    task = {"chunks": list(chunks), "questions": list(questions), "depth": depth}
    text = json.dumps(task, ensure_ascii=False)
    (folder / "task.json").write_text(text, encoding="utf-8")
    key = hashlib.sha256(f"{encoder.fingerprint}{text}".encode()).hexdigest()
    _save_vectors(folder, key, encoder, chunks, questions)
    found = {}
    for peer, script in PEERS.items():
        command = [str(where.python), str(SCRIPTS / f"{script}.py"), str(folder.absolute())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"peers: {peer} failed: {last}", file=sys.stderr)
            continue
        found[peer] = json.loads((folder / f"{script}.json").read_text(encoding="utf-8"))
    return found


def _save_vectors(
    folder: Path, key: str, encoder: Encoder, chunks: Sequence[str], questions: Sequence[str]
) -> None:
    target, mark = folder / "vectors.npz", folder / "vectors.sha256"
    if mark.exists() and mark.read_text(encoding="ascii") == key:
        return
    encoded: dict[str, Floats] = {
        "chunks": encoder.encode_passages(chunks),
        "questions": encoder.encode_queries(questions),
    }
    np.savez(target, **encoded)  # type: ignore[arg-type] # numpy types the keywords as its own options
    mark.write_text(key, encoding="ascii")
