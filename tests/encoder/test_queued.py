"""Questions that queue for the model ▶ batches, by an encoder that computes when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from coursebot.encoder.fake import HashEncoder
from coursebot.encoder.queued import Queued
from coursebot.types import Floats

BAD = "bad"


class Held(HashEncoder):
    """The deterministic encoder: it says what it is given, and waits until it may go on."""

    served_by = "nobody"

    def __init__(self) -> None:
        self.given: list[list[str]] = []
        self.go = threading.Semaphore(0)

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Encode when there is leave; what is bad fails, and ends the whole batch."""
        self.given.append(list(texts))
        self.go.acquire()
        if BAD in texts:
            raise ValueError(BAD)
        if "gives up" in texts:
            raise KeyboardInterrupt
        return super().encode_queries(texts)


@pytest.fixture
def held() -> Held:
    """Return the model."""
    return Held()


@pytest.fixture
def queued(held: Held) -> Queued:
    """Return the queue before it."""
    return Queued(held, most=4)


@pytest.fixture
def asks(queued: Queued) -> Iterator[Callable[..., Future[Floats]]]:
    """Return a function that encodes texts in a thread of its own, once it is under way."""
    with ThreadPoolExecutor(16) as pool:

        def ask(*texts: str) -> Future[Floats]:
            before = len(queued._encoder.given), queued.waiting  # type: ignore[attr-defined]
            future = pool.submit(queued.encode_queries, texts)
            while before == (len(queued._encoder.given), queued.waiting):  # type: ignore[attr-defined]
                time.sleep(0.001)
            return future

        yield ask


def test_what_comes_meanwhile_goes_together(
    asks: Callable[..., Future[Floats]], held: Held, queued: Queued
) -> None:
    """The first at once and alone, the next in one batch, each with its own vectors."""
    texts = [("a kite",), ("a line", "two lines"), ("wind",)]
    futures = [asks(*each) for each in texts]
    assert held.given == [["a kite"]]
    held.go.release(2)
    for future, each in zip(futures, texts, strict=True):
        np.testing.assert_array_equal(future.result(), HashEncoder().encode_queries(each))
    assert held.given == [["a kite"], ["a line", "two lines", "wind"]]
    assert queued.batches == {1: 1, 3: 1}
    assert not queued._computing


def test_a_batch_is_bounded(asks: Callable[..., Future[Floats]], held: Held) -> None:
    """In the order in which they came; a call that is larger than a batch is computed alone."""
    futures = [asks(*each) for each in (["1"], ["2", "3"], ["4", "5"], ["6"], list("abcdef"))]
    held.go.release(4)
    for future in futures:
        future.result()
    assert held.given == [["1"], ["2", "3", "4", "5"], ["6"], list("abcdef")]


def test_an_error_is_for_whose_text_it_is(asks: Callable[..., Future[Floats]], held: Held) -> None:
    """The others of the batch get their vectors, and the model is free for the next."""
    futures = [asks(text) for text in ("first", "good", BAD, "fine")]
    held.go.release(5)
    with pytest.raises(ValueError, match=BAD):
        futures.pop(2).result()
    assert [future.result().shape for future in futures] == [(1, 256)] * 3
    assert held.given[1:] == [["good", BAD, "fine"], ["good"], [BAD], ["fine"]]
    held.go.release()
    assert asks("later").result().shape == (1, 256)


def test_who_gives_up_while_computing_leaves_nothing(
    asks: Callable[..., Future[Floats]], held: Held, queued: Queued
) -> None:
    """Those that were in its batch, or waited behind it, are computed without it."""
    futures = [asks(text) for text in ("first", "gives up", "good", "fine")]
    held.go.release(3)
    with pytest.raises(KeyboardInterrupt):
        futures.pop(1).result()
    assert [future.result().shape for future in futures] == [(1, 256)] * 3
    assert held.given[2:] == [["good", "fine"]]
    assert (queued.waiting, queued._computing) == (0, False)


def test_who_gives_up_while_waiting_leaves_nothing(
    asks: Callable[..., Future[Floats]], held: Held, queued: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its texts are not computed."""
    first = asks("first")

    here, wait = threading.get_ident(), threading.Event.wait

    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.get_ident() != here:
            return wait(event, timeout)  # servers of other tests run in other threads
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            queued.encode_queries(["impatient"])
    assert queued.waiting == 0
    held.go.release()
    first.result()
    assert held.given == [["first"]]
    assert not queued._computing


def test_many_threads_lose_nothing() -> None:
    """Whatever the order, each gets what it would get alone."""
    queued = Queued(HashEncoder())
    texts = [f"line {n} of the kite" for n in range(300)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda text: queued.encode_queries([text])[0], texts))
    np.testing.assert_array_equal(found, HashEncoder().encode_queries(texts))
    assert sum(size * count for size, count in queued.batches.items()) == len(texts)


def test_all_else_is_the_encoders(held: Held, queued: Queued) -> None:
    """Its description, its other methods, and what it has beyond the interface."""
    assert (queued.name, queued.fingerprint) == (held.name, held.fingerprint)
    assert (queued.dimension, queued.max_tokens) == (256, 512)
    assert queued.count_tokens(["a line"]) == held.count_tokens(["a line"])
    # HashEncoder's passages are encoded as its queries are.
    held.go.release()
    assert queued.encode_passages(["a line"]).shape == (1, 256)
    assert queued.served_by == "nobody"
    assert not hasattr(queued, "table")
