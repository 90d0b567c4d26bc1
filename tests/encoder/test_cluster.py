"""A real Dask scheduler with two real workers: embedding is spread, and survives a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

import pytest

from coursebot.encoder import BUNDLED, cluster
from coursebot.encoder.cluster import Cluster
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import ClusterError, SettingsError
from coursebot.index import build
from coursebot.types import Encoder, Floats

pytestmark = pytest.mark.model


class Cast:
    """A scheduler and its workers, as processes."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "COURSEBOT_CACHE": str(cache),
        }
        file = folder / "scheduler.json"
        self._processes = [self._start("scheduler", "--port", "0", "--scheduler-file", str(file))]
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.05)
        self.address: str = json.loads(file.read_text())["address"]

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker; without the nanny that would start it again."""
        arguments = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0")
        place = ("--local-directory", str(self._folder / str(len(self._processes))))
        self._processes.append(self._start("worker", self.address, *arguments, *place))
        return self._processes[-1]

    def end(self) -> None:
        """Kill what was started."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{what}"]
        host = ("--host", "127.0.0.1", "--no-dashboard")
        log = (self._folder / f"{what}.log").open("ab")
        try:
            return subprocess.Popen(
                [*command, *arguments, *host], env=self._environment, stdout=log, stderr=log
            )
        finally:
            log.close()


@pytest.fixture(scope="module")
def cast(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """Return a scheduler with one worker."""
    started = Cast(tmp_path_factory.mktemp("dask"), cache)
    try:
        started.worker()
        yield started
    finally:
        started.end()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus whose texts fill many chunks."""
    folder = tmp_path / "corpus" / "numbers"
    folder.mkdir(parents=True)
    for file in range(8):
        lines = [f"# part {file}", *(f"token {file} of {n} is valid." for n in range(32))]
        (folder / f"{file:02}.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return folder.parent


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of the current version, without the time it was built at."""
    version = folder / (folder / "CURRENT").read_text().strip()
    return {f.name: f.read_bytes() for f in version.iterdir() if f.name != "manifest.json"}


class Killing:
    """A cluster of which a worker is killed while the others are at work."""

    def __init__(self, inner: Cluster, victim: subprocess.Popen[bytes], at: int) -> None:
        self._inner, self._victim, self._at = inner, victim, at
        self.numbers: list[int] = []
        self._given = 0

    def __call__(self, chunks: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, Floats]]:
        """Kill when ``at`` chunks came back; more are under way then."""
        for number, vectors in self._inner(self._counted(chunks)):
            self.numbers.append(number)
            if len(self.numbers) == self._at:
                assert self._given > self._at
                self._victim.kill()
                self._victim.wait()
            yield number, vectors

    def _counted(self, chunks: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        for chunk in chunks:
            self._given += 1
            yield chunk


def test_a_worker_that_is_killed_costs_nothing(
    bundled: Encoder, cast: Cast, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is missing, nothing comes twice, and the index is that of a build on this machine."""
    monkeypatch.setattr("coursebot.index.embedded.CHUNK", 16)
    victim = cast.worker()
    spread = Killing(Cluster(cast.address, bundled, BUNDLED), victim, at=4)
    report = build(corpus, tmp_path / "spread", bundled, passage_tokens=64, embedder=spread)
    assert victim.returncode == -signal.SIGKILL
    assert len(spread.numbers) > 12
    assert sorted(spread.numbers) == list(range(len(spread.numbers)))
    alone = build(corpus, tmp_path / "alone", bundled, passage_tokens=64)
    assert report.embedded == alone.embedded
    assert contents(tmp_path / "spread") == contents(tmp_path / "alone")


def asked(cast: Cast, encoder: Encoder, model: str = BUNDLED) -> None:
    """Have one text embedded."""
    list(Cluster(cast.address, encoder, model)([(0, ["token"])]))


def test_a_worker_with_another_model_is_refused(
    bundled: Encoder, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its vectors could not be compared with the rest; also when it comes later."""
    other = HashEncoder()
    with pytest.raises(ClusterError, match="has another model under the name 'bundled'"):
        asked(cast, other)
    monkeypatch.setattr(cluster, "_loaded", lambda _: bundled)
    with pytest.raises(ClusterError, match="that came later has another model"):
        cluster.encoded(BUNDLED, other.fingerprint, ["token"])


def test_a_worker_of_another_version_is_refused(
    bundled: Encoder, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names what to install there."""
    monkeypatch.setattr(cluster, "version", lambda name: f"9-{name}")
    with pytest.raises(ClusterError, match="pip install distributed==9-distributed"):
        asked(cast, bundled)


def test_a_model_that_a_worker_does_not_have_is_told(bundled: Encoder, cast: Cast) -> None:
    """With the reason that the worker gives."""
    with pytest.raises(ClusterError, match=r"cannot embed .*There is no folder '/no/model'"):
        asked(cast, bundled, "/no/model")


def test_a_cluster_that_is_not_there_is_told(
    bundled: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No scheduler, and a scheduler without workers: each names the next command."""
    empty = Cast(tmp_path, tmp_path)
    try:
        monkeypatch.setattr(cluster, "WORKERS", 0.1)
        with pytest.raises(ClusterError, match=r"has no workers.*dask worker tcp://127"):
            Cluster(empty.address, bundled, BUNDLED).check()
    finally:
        empty.end()
    monkeypatch.setattr(cluster, "CONNECT", 0.2)
    with pytest.raises(ClusterError, match=r"No Dask scheduler answers at .*dask scheduler"):
        asked(empty, bundled)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not part of what everybody installs."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError, match=r"\.\[cluster\]"):
        list(Cluster("tcp://127.0.0.1:1", HashEncoder(), BUNDLED)([(0, ["token"])]))


def test_a_scheduler_that_dies_is_told(bundled: Encoder, cache: Path, tmp_path: Path) -> None:
    """What came in before is there, and the message says that it is taken over."""
    started = Cast(tmp_path, cache)
    # Filled while it is read.
    came: list[int] = []

    def chunks() -> Iterator[tuple[int, list[str]]]:
        for number in count():  # until the scheduler is missed
            if came:
                started.end()
            yield number, [f"token {number}"]

    try:
        started.worker()
        with pytest.raises(ClusterError, match=r"does not answer any more.*taken over"):
            came.extend(n for n, _ in Cluster(started.address, bundled, BUNDLED)(chunks()))
    finally:
        started.end()
