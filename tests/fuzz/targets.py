"""Names ▶ targets: what is fuzzed, each in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Protocol

TARGETS = {
    "courses": "tests.fuzz.courses:Courses",
    "indexes": "tests.fuzz.indexes:Indexes",
    "goldens": "tests.fuzz.goldens:Goldens",
    "archives": "tests.fuzz.archives:Archives",
    "settings": "tests.fuzz.places:SettingsFiles",
    "people": "tests.fuzz.places:PeopleFiles",
    "runs": "tests.fuzz.places:Runs",
    "questions": "tests.fuzz.learners:Questions",
    "turns": "tests.fuzz.learners:Turns",
    "cookies": "tests.fuzz.learners:Cookies",
}
"""By name: what ``make fuzz ONLY=…`` knows."""

INSTRUMENTED = ["coursebot", "markdown_it", "mdit_py_plugins", "tomllib", "zipfile"]
"""Packages whose branches guide the fuzzer."""


class Target(Protocol):
    """Something that takes any bytes at all without failing."""

    words: Sequence[str]
    """Pieces that inputs are made of."""

    def seeds(self) -> Iterator[bytes]:
        """Yield inputs to begin with."""

    def __call__(self, data: bytes) -> None:
        """Try ``data``; whatever is raised is a crash."""


class Several:
    """Targets in one process; the first byte chooses one."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = targets
        self.words: Sequence[str] = [word for target in targets for word in target.words]

    def seeds(self) -> Iterator[bytes]:
        """Yield the seeds of all."""
        for number, target in enumerate(self._targets):
            for seed in target.seeds():
                yield bytes([number]) + seed

    def __call__(self, data: bytes) -> None:
        """Try ``data`` on one of them."""
        self._targets[data[0] % len(self._targets) if data else 0](data[1:])


def made(names: str) -> Target:
    """Return the target of a name, or of several with commas between; imports it only now."""
    found: list[Target] = []
    for name in names.split(","):
        module, kind = TARGETS[name].split(":")
        found.append(getattr(import_module(module), kind)())
    return found[0] if len(found) == 1 else Several(found)
