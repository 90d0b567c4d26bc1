"""Processes and engines under the clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import report, speed, throughput


def test_a_process_is_measured_to_its_end() -> None:
    """Its time and its greatest size, not those of this process."""
    program = "import time; held = bytes(range(256)) * 400_000; time.sleep(0.2)"
    spent = speed.spent([sys.executable, "-S", "-c", program])
    assert 0.2 <= spent.seconds < 20
    assert spent.mebibytes > 97


def test_the_size_of_this_process_is_not_counted() -> None:
    """A large benchmark starts a small process."""
    held = b"ab" * 200_000_000
    assert speed.spent([sys.executable, "-S", "-c", ""]).mebibytes < 100
    assert len(held) == 400_000_000


def test_a_process_that_fails_is_not_measured() -> None:
    """The error carries what the process wrote."""
    with pytest.raises(subprocess.CalledProcessError) as failed:
        speed.spent([sys.executable, "-S", "-c", "raise SystemExit('no index')"])
    assert failed.value.stderr.strip() == "no index"


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(3.0, report.Verdict.MET), (2.9, report.Verdict.MISSED)]
)
def test_throughput_is_a_ratio_to_the_other_engine(
    ratio: float, verdict: report.Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without JSQuAD the shipped course is embedded."""
    rates = {
        "served, passages/s": 10 * ratio,
        "sentence-transformers, passages/s": 10.0,
        "ratio": ratio,
        "least cosine": 0.99999,
    }
    monkeypatch.setattr(throughput, "compare", lambda texts: rates)
    (row,) = speed.embedding(tmp_path)
    assert row.what == "embedding throughput, 200 shipped-course passages"
    assert row.measured.startswith(f"{ratio:.2f}× (")
    assert (row.peers, row.verdict) == ("sentence-transformers 10.0/s", verdict)
