"""Corpus folder ▶ index, with progress on a terminal and plain lines elsewhere."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from coursebot import encoder as encoders
from coursebot import index as indexes
from coursebot.assistant import reader_for
from coursebot.cli.failures import say
from coursebot.cli.show import console
from coursebot.config import Settings
from coursebot.places import Place
from coursebot.suggestions import Suggester, version_for
from coursebot.types import Encoder

EVERY = 5.0
"""Seconds between two plain lines of progress."""


class Bar:
    """Progress drawn in place, with counts and the time that remains."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None

    def start(self, total: int, what: str, *, done: int = 0) -> None:
        """Begin ``total`` steps of ``what``, of which ``done`` were done before."""
        self._bar.start()
        self._task = self._bar.add_task(what, total=total, completed=done, note="")

    def advance(self, n: int, note: str = "") -> None:
        """Count ``n`` steps as done; ``note`` stands behind the bar."""
        if self._task is not None:
            self._bar.update(self._task, advance=n, note=note)

    def done(self) -> None:
        """Take the bar away, also when a build was broken off."""
        self._bar.stop()
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None


class Lines:
    """Progress as plain lines, one every few seconds."""

    def __init__(self) -> None:
        self._what = ""
        self._total = self._count = self._before = 0
        self._started = self._said = 0.0

    def start(self, total: int, what: str, *, done: int = 0) -> None:
        """Begin ``total`` steps of ``what``, of which ``done`` were done before."""
        self._what, self._total, self._count, self._before = what, total, done, done
        self._started = self._said = monotonic()
        if total:
            say(f"{what}: {total:,}" + (f", {done:,} of them done before" if done else ""))

    def advance(self, n: int, note: str = "") -> None:
        """Count ``n`` steps as done; ``note`` is said with them."""
        self._count += n
        now = monotonic()
        if now - self._said >= EVERY and self._before < self._count < self._total:
            self._said = now
            rate = (self._count - self._before) / (now - self._started)
            left = (self._total - self._count) / rate
            more = f", {note}" if note else ""
            say(f"{self._what}: {self._count:,} of {self._total:,}, {left:.0f} s left{more}")

    def done(self) -> None:
        """End the step; what came of it stands in the summary."""
        self._total = 0


def build(
    corpus: Path, out: Place, chosen: Settings, *, beside: Path | None = None
) -> indexes.BuildReport:
    """Bring the index in ``out`` up to date with ``corpus``; each refused file is one line.

    Vectors that the index in the folder ``beside`` has are not made again.
    Raises CorpusError, ModelError, ClusterError, SettingsError or an IndexError_.
    """
    encoder = encoders.load(chosen.model, cache=chosen.cache, threads=chosen.threads, report=say)
    embedder = _embedder(encoder, chosen)
    progress: indexes.Progress = Bar() if console(stderr=True).is_terminal else Lines()
    try:
        report = indexes.build(
            corpus,
            out,
            encoder,
            passage_tokens=chosen.passage_tokens,
            progress=progress,
            suggest=Suggester(encoder, chosen, reader_for(encoder, chosen, say)),
            beside=beside,
            workers=chosen.workers,
            counter=encoder.counter if isinstance(encoder, encoders.Compiled) else None,
            embedder=embedder,
        )
    finally:
        progress.done()
    if report.refusals:
        for refusal in indexes.LiveIndex(out).get().refusals:
            say(f"Not indexed: {refusal.path}: {refusal.reason}")
    return report


def _embedder(encoder: Encoder, chosen: Settings) -> indexes.Embedder | None:
    """Return what embeds in the place of ``encoder``, when the settings name something else."""
    if chosen.cluster:
        from coursebot.encoder.cluster import Cluster

        cluster = Cluster(chosen.cluster, encoder, chosen.model)
        cluster.check()
        return cluster
    if chosen.device != "cpu":
        from coursebot.encoder.device import on

        return indexes.Here(on(chosen.device, encoder, chosen.model, cache=chosen.cache))
    return None


def copy(folder: Path, out: Place) -> indexes.BuildReport:
    """Make what ``folder`` holds the index at ``out``, without reading courses or a model.

    Raises an IndexError_.
    """
    progress: indexes.Progress = Bar() if console(stderr=True).is_terminal else Lines()
    try:
        return indexes.copy(folder, out, progress)
    finally:
        progress.done()


def build_if_needed(chosen: Settings) -> None:
    """Build the index unless it is there and made from this corpus by this model.

    Raises as ``build`` does.
    """
    freshness = indexes.status(
        chosen.corpus,
        chosen.index,
        passage_tokens=chosen.passage_tokens,
        suggester=version_for(chosen),
    )
    # Asked of the manifest, without loading the model; a model that is another under the same name
    # is noticed when the assistant is opened.
    current = freshness is indexes.Freshness.CURRENT
    if current and indexes.manifest_of(chosen.index).model == chosen.model:
        return
    say(summary(build(chosen.corpus, chosen.index, chosen), chosen.index))


def summary(report: indexes.BuildReport, out: Place) -> str:
    """Return what a build did, in one line."""
    holds = (
        f"{out}: {_count(report.courses, 'course')}, {_count(report.files, 'file')}, "
        f"{_count(report.statements, 'statement')}, {_count(report.passages, 'passage')}, "
        f"{_count(report.suggestions, 'suggested question')}"
    )
    refused = f"; {_count(report.refusals, 'file')} not indexed" if report.refusals else ""
    if report.unchanged:
        return f"{holds}{refused}; nothing had changed ({report.seconds:.1f} s)."
    return (
        f"{holds}{refused}; {_count(report.embedded, 'text')} embedded, "
        f"{report.reused:,} taken over ({report.seconds:.1f} s)."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
