"""What the benchmarks' tests share."""

from __future__ import annotations

import asyncio

import pytest

from tests.loops import run_apart


@pytest.fixture
def loops_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``asyncio.run`` work where a browser test has left a running loop."""
    monkeypatch.setattr(asyncio, "run", run_apart)
