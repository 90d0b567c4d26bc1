"""How far a build has come ▶ whoever shows it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told how far a build has come."""

    def start(self, total: int, what: str) -> None:
        """Begin a step of ``total`` units; ``what`` names it for people."""

    def advance(self, n: int) -> None:
        """Count ``n`` units as done."""

    def done(self) -> None:
        """End the step."""


class Silent:
    """Tells nobody."""

    def start(self, total: int, what: str) -> None:
        """Say nothing."""

    def advance(self, n: int) -> None:
        """Say nothing."""

    def done(self) -> None:
        """Say nothing."""
