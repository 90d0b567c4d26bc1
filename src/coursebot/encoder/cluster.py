"""Chunks of texts ▶ vectors, by the workers of a Dask cluster.

Nothing but texts goes out and nothing but vectors comes in. Each worker has coursebot installed
and loads the model itself, from its own cache and on its own device.
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np

from coursebot.config import settings
from coursebot.encoder.device import on
from coursebot.encoder.load import load
from coursebot.errors import ClusterError, SettingsError, extra
from coursebot.types import Encoder, Floats

CONNECT = 10.0
"""Seconds until a scheduler counts as out of reach."""
WORKERS = 10.0
"""Seconds that are waited for the first worker."""
ALONE = 60.0
"""Seconds that a cluster may be without any worker."""
AHEAD = 2
"""Chunks that wait at each thread of the workers, so that none is idle."""
_LOOK = 2.0
_LOADING = threading.Lock()
_PACKAGES = ("distributed", "coursebot")
"""What must be of the same version everywhere."""

Chunk = tuple[int, list[str]]


class Cluster:
    """The workers of one scheduler."""

    def __init__(self, address: str, encoder: Encoder, model: str) -> None:
        self._address = address
        self._model, self._fingerprint = model, encoder.fingerprint

    def check(self) -> None:
        """Raise what embedding would raise at once, before anything else is done for it."""
        with self._client() as client, self._said_in_words():
            self._check(client)

    def __call__(self, chunks: Iterable[Chunk]) -> Iterator[tuple[int, Floats]]:
        """Yield each chunk's number and vectors once, in the order in which they are made.

        What a worker had that died is given to the others. Raises ClusterError or SettingsError.
        """
        with self._client() as client, self._said_in_words():
            self._check(client)
            yield from self._spread(client, iter(chunks))

    def _spread(self, client: Any, chunks: Iterator[Chunk]) -> Iterator[tuple[int, Floats]]:  # noqa: ANN401
        from distributed import wait

        waiting: dict[Any, int] = {}
        left, seen = True, time.monotonic()
        while left or waiting:
            room = AHEAD * sum(client.nthreads().values())
            while left and len(waiting) < max(room, 1):
                chunk = next(chunks, None)
                left = chunk is not None
                if chunk is not None:
                    number, texts = chunk
                    made = client.submit(encoded, self._model, self._fingerprint, texts, pure=False)
                    waiting[made] = number
            if not waiting:
                return
            try:
                with client.as_current():
                    ready = wait(list(waiting), _LOOK, return_when="FIRST_COMPLETED").done
                seen = time.monotonic()
            except TimeoutError:
                if client.nthreads():
                    seen = time.monotonic()
                elif time.monotonic() - seen > ALONE:
                    raise self._without_workers() from None
                continue
            for future in ready:
                vectors = np.asarray(future.result(), np.float32)
                yield waiting.pop(future), vectors
                future.release()

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from distributed import Client
        except ImportError as error:
            raise SettingsError(
                f"Courses are to be embedded by a cluster, but Dask cannot be imported ({error}).",
                extra("cluster"),
            ) from None
        try:
            with warnings.catch_warnings():
                # Other versions are told by ``_check``, as an error.
                warnings.simplefilter("ignore")
                client = Client(self._address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"No Dask scheduler answers at {self._address} ({_first_line(error)}).",
                "Start one, dask scheduler --no-dashboard, and name its address: "
                "coursebot index --cluster tcp://HOST:8786.",
            ) from None
        # What goes wrong is said once, in words.
        logs = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
        levels = [log.level for log in logs]
        try:
            for log in logs:
                log.setLevel(logging.CRITICAL)
            yield client
        finally:
            client.close(timeout=CONNECT)
            for log, level in zip(logs, levels, strict=True):
                log.setLevel(level)

    def _check(self, client: Any) -> None:  # noqa: ANN401
        """Raise ClusterError unless there are workers, and all of them give the same vectors."""
        if not client.nthreads():
            try:
                client.wait_for_workers(1, timeout=WORKERS)
            except TimeoutError:
                raise self._without_workers() from None
        here = {name: version(name) for name in _PACKAGES}
        # Loose: what a worker had that dies meanwhile may be answered by another.
        told = {
            worker: client.submit(
                described, self._model, workers=[worker], allow_other_workers=True, pure=False
            )
            for worker in client.nthreads()
        }
        for worker, answer in told.items():
            if (error := answer.exception()) is not None:
                raise ClusterError(
                    f"The worker {worker} cannot embed ({_first_line(error)}).",
                    "Install coursebot there with its extra cluster and the same versions, and see "
                    "that coursebot doctor finds the model.",
                )
            found = answer.result()
            for name, own in here.items():
                if found[name] != own:
                    raise ClusterError(
                        f"The worker {worker} has {name} {found[name]}, not {own}.",
                        f"Install the same version there: pip install {name}=={own}.",
                    )
            if found["fingerprint"] != self._fingerprint:
                raise _other_model(worker, self._model)

    def _without_workers(self) -> ClusterError:
        return ClusterError(
            f"The cluster at {self._address} has no workers.",
            f"Start one on each machine, dask worker {self._address} --nthreads 1 "
            "--no-dashboard, and run the same command again: what was embedded is taken over.",
        )

    @contextmanager
    def _said_in_words(self) -> Iterator[None]:
        """Raise ClusterError where the library has an error of its own."""
        from distributed import KilledWorker
        from distributed.utils import CancelledError

        try:
            yield
        except KilledWorker as error:
            raise ClusterError(
                f"A chunk of texts was tried on several workers, and each of them died ({error}).",
                "See whether they have enough memory: a worker needs about 600 MB for the model.",
            ) from None
        except (CancelledError, OSError) as error:  # its own class of that name
            raise ClusterError(
                f"The scheduler at {self._address} does not answer any more "
                f"({_first_line(error)}).",
                "Start it again and run the same command: what was embedded is taken over.",
            ) from None


def encoded(model: str, fingerprint: str, texts: list[str]) -> Floats:
    """Return the vectors of passages; runs on a worker. Raises ClusterError for another model."""
    encoder = _encoder(model)
    if encoder.fingerprint != fingerprint:  # a worker that came later
        raise _other_model("that came later", model)
    return encoder.encode_passages(texts)


def described(model: str) -> dict[str, str]:
    """Return the versions and the model's fingerprint; runs on a worker."""
    return {name: version(name) for name in _PACKAGES} | {
        "fingerprint": _encoder(model).fingerprint
    }


def _encoder(model: str) -> Encoder:
    with _LOADING:
        return _loaded(model)


@lru_cache(maxsize=1)
def _loaded(model: str) -> Encoder:
    own = settings()
    encoder = load(model, cache=own.cache, threads=own.threads)
    return on(own.device, encoder, model, cache=own.cache)


def _other_model(worker: str, model: str) -> ClusterError:
    return ClusterError(
        f"The worker {worker} has another model under the name {model!r}.",
        "Its vectors could not be compared with those made here: install the same one there.",
    )


def _first_line(error: object) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
