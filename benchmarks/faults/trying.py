"""Faults ▶ what came of each, several at once."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from benchmarks.faults import (
    backups,
    builds,
    clients,
    damages,
    databases,
    disks,
    endpoints,
    models,
    runs,
    servers,
    stores,
)
from benchmarks.faults.fault import Fault, Group, Outcome, chosen, tried
from benchmarks.faults.sandbox import Sandbox

MODULES = (
    *(builds, damages, disks, stores, databases, servers, clients),
    *(endpoints, models, runs, backups),
)


def groups() -> list[Group]:
    """Return all groups of faults, in the table's order."""
    return [module.group for module in MODULES]


def outcomes(faults: Sequence[Fault], jobs: int) -> Iterator[Outcome]:
    """Yield what came of each, in their order; ``jobs`` at once, each in a process of its own."""
    if jobs < 2 or len(faults) < 2:
        yield from map(tried, faults)
        return
    # A fork would share what this process has loaded with one that a fault may end.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        places = [(fault.group, fault.name) for fault in faults]
        yield from pool.map(_tried_there, *zip(*places, strict=True))


def _tried_there(group: str, name: str) -> Outcome:
    """Try a fault in a process that was only told which."""
    end_in_order()
    every = chosen(groups(), "")
    outcome = tried(next(f for f in every if (f.group, f.name) == (group, name)))
    return replace(outcome, fault=replace(outcome.fault, inject=_nothing))


def end_in_order() -> None:
    """Let SIGTERM end this process as Ctrl-C does, with nothing of a sandbox left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _nothing(_sandbox: Sandbox) -> str:
    """Stand for what cannot be sent between processes."""
    return ""
