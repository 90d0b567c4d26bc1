"""The bundled model, converted once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.config import Settings
from coursebot.encoder import load
from coursebot.types import Encoder


@pytest.fixture(scope="session")
def lines() -> list[str]:
    """Return the shipped course's lines: unique, not empty."""
    file = Path(__file__).parents[2] / "corpus" / "az-500" / "mod02" / "mod02-04.md"
    stripped = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return list(dict.fromkeys(line for line in stripped if line))


@pytest.fixture(scope="session")
def bundled() -> Encoder:
    """Return the bundled model from the user's cache."""
    return load(cache=Settings.load().cache)
