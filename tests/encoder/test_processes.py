"""Several processes, and processes without torch, a network or a cache that can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENCODE = """
import hashlib, sys
from pathlib import Path
from coursebot.encoder import load
encoder = load(sys.argv[1], cache=Path(sys.argv[2]), report=lambda line: print(line, flush=True))
vectors = encoder.encode_queries(["token", "トークン"])
heavy = [m for m in ("torch", "transformers", "sentence_transformers") if m in sys.modules]
print(encoder.served_by, encoder.fingerprint, hashlib.sha256(vectors.tobytes()).hexdigest(), heavy)
"""
NO_NETWORK = """
import socket
def refuse(*_, **__): raise SystemExit("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = refuse
"""
NO_TELEMETRY = """
assert not [m for m, loaded in sys.modules.items() if "openvino_telemetry" in m and loaded]
"""

A_SIGNAL = """
import os, signal, sys
from pathlib import Path
from coursebot.encoder import load
signal.signal(signal.SIGTERM, lambda *_: print("told"))
def again(): return load(sys.argv[1], cache=Path(sys.argv[2]))
first, second = again(), again()
del first
del second
os.kill(os.getpid(), signal.SIGTERM)
print("goes on")
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start Python on ``script``."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )


def test_two_first_uses_at_once(tiny_model: Path, tmp_path: Path) -> None:
    """Of two processes that start on an empty cache one converts; both serve the same vectors.

    Neither opens a socket or loads what would report on its users. A third process finds the
    cache, and imports no library of training.
    """
    both = [start(NO_NETWORK + ENCODE + NO_TELEMETRY, tiny_model, tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    results = {out.splitlines()[-1].rpartition(" [")[0] for out, _ in outputs}
    said = [line for out, _ in outputs for line in out.splitlines()[:-1]]
    assert len(results) == 1
    assert said == [f"Converting the embedding model {tiny_model} (once, about half a minute)."]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]

    third = start(NO_NETWORK + ENCODE, tiny_model, tmp_path)
    out, err = third.communicate(timeout=60)
    assert (out.strip(), err) == (f"{results.pop()} []", "")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_cache_without_write_permission(tiny_model: Path, tmp_path: Path) -> None:
    """A cache folder that may not be written is named with the setting that moves it."""
    tmp_path.chmod(0o500)
    process = start(ENCODE, tiny_model, tmp_path / "cache")
    _, err = process.communicate(timeout=60)
    assert "COURSEBOT_CACHE=/path/to/a/folder" in err


def test_a_signal_comes_after_models_that_have_gone(tiny_model: Path, tmp_path: Path) -> None:
    """A process that has loaded several and dropped some of them is told, and goes on."""
    process = start(A_SIGNAL, tiny_model, tmp_path)
    out, err = process.communicate(timeout=100)
    assert (out.splitlines()[-2:], err, process.returncode) == (["told", "goes on"], "", 0)
