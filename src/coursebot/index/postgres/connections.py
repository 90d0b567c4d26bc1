"""An address ▶ connections, and every failure of the database in words."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from coursebot.errors import (
    IndexError_,
    IndexMissingError,
    IndexReplacedError,
    IndexUnreachableError,
    IndexWriteError,
)
from coursebot.places import Address

T = TypeVar("T")
Connection = psycopg.Connection[Any]

CONNECT_SECONDS = 3
"""How long one server may take to answer before the next one in the address is tried."""
SILENT_MILLISECONDS = 5_000
"""How long a server that took a request may be silent before the connection is given up."""
PROBED_SECONDS = 5
"""After how long without a word the system asks whether the server's machine is still there."""
STATEMENT_SECONDS = 10
"""How long one statement of a question may take."""
FROZEN_SECONDS = 11
"""How long a server that acknowledges may say nothing: it ends a statement itself before that."""
PATIENCE_SECONDS = 15.0
"""How long a question goes on trying while servers come and go, or all connections are busy."""
PAUSE_SECONDS = 0.05
"""Between two tries."""
MOST = 10
"""Connections of one process: it answers eight questions at a time."""
LOCK_SECONDS = 10
"""How long a build waits for a lock that another holds."""
BREADTH = 256
"""Candidates that a search in an HNSW graph keeps, as in the folder's."""

BUILD = "Build one: coursebot index --to with this address."
CHECK = "See that the server is up and the address right; coursebot doctor checks both."

_GONE = (errors.UndefinedTable, errors.InvalidSchemaName)
_PASSING = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.SerializationFailure,  # what a standby replays took the rows away that were read
)
"""What another try, perhaps on another server, mends."""

_log = logging.getLogger(__name__)
# The pool tells of each connection that it loses or cannot make; what comes of it is told by us.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


class FrozenError(psycopg.OperationalError):
    """A server takes what it is sent, and says nothing."""


class Heard(psycopg.Connection[Any]):
    """A connection that is given up when its server is alive for the network alone."""

    def wait(self, gen: Generator[Any, Any, T], *arguments: Any, **options: Any) -> T:  # noqa: ANN401
        """Wait for what ``gen`` does, as long as the server says something now and then."""
        return super().wait(self._listened(gen), *arguments, **options)

    def _listened(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        until = time.monotonic() + FROZEN_SECONDS
        try:
            state = next(gen)
            while True:
                ready = yield state
                now = time.monotonic()
                if ready:
                    until = now + FROZEN_SECONDS
                elif now > until:
                    self.pgconn.finish()
                    raise FrozenError(f"no word for {FROZEN_SECONDS} seconds")
                state = gen.send(ready)
        except StopIteration as end:
            found: T = end.value
            return found


class Connections:
    """Connections that read, kept open between questions; safe for many threads.

    What was asked is asked again when a server goes down meanwhile: it only reads.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._pool: ConnectionPool[Connection] | None = None
        self._making = threading.Lock()
        self._checking = threading.Lock()

    def run(self, ask: Callable[[Connection], T]) -> T:
        """Return what ``ask`` returns; raises IndexUnreachableError or IndexReplacedError."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            left = deadline - time.monotonic()
            lost: psycopg.Error
            pool = self._opened(left)
            try:
                with pool.connection(timeout=max(left, 0.1)) as connection:
                    try:
                        return ask(connection)
                    except psycopg.Error as error:
                        if not (connection.closed or isinstance(error, _PASSING)):
                            raise in_words(self.address, error) from None
                        lost = error
            except PoolTimeout:
                raise self._unreachable() from None
            except PoolClosed as error:  # another question found its server frozen
                lost = error
            if time.monotonic() > deadline:
                raise in_words(self.address, lost) from None
            if isinstance(lost, FrozenError):
                self._leave(pool)
            else:
                self._drop_dead(pool)
            time.sleep(PAUSE_SECONDS)

    def close(self) -> None:
        """Close all connections; the next question opens new ones."""
        with self._making:
            pool, self._pool = self._pool, None
        if pool is not None:
            self._forgotten.detach()
            pool.close()

    def _opened(self, patience: float) -> ConnectionPool[Connection]:
        if not self._making.acquire(timeout=max(patience, 0.1)):
            raise self._unreachable()  # others wait for a server that does not answer
        try:
            if self._pool is None:
                # A pool would go on trying for long where the address is wrong: ask once before.
                with connected(self.address):
                    pass
                self._pool = ConnectionPool(
                    self.address.uri,
                    connection_class=Heard,
                    kwargs=_arguments(self.address),
                    configure=_for_questions,
                    min_size=1,
                    max_size=MOST,
                    timeout=PATIENCE_SECONDS,
                    open=True,
                )
                self._forgotten = weakref.finalize(self, _close_aside, self._pool)
                self._forgotten.atexit = False
            return self._pool
        finally:
            self._making.release()

    def _drop_dead(self, pool: ConnectionPool[Connection]) -> None:
        """Take the connections to a dead server out of the pool; one thread does it for all."""
        if self._checking.acquire(blocking=False):
            try:
                pool.check()
            finally:
                self._checking.release()

    def _leave(self, pool: ConnectionPool[Connection]) -> None:
        """Begin with new connections: to ask a frozen server of each of them takes long."""
        with self._making:
            if self._pool is not pool:
                return
            self._pool = None
            self._forgotten.detach()
        _close_aside(pool)

    def _unreachable(self) -> IndexUnreachableError:
        """Say why there was no connection: no server, or too many questions."""
        try:
            with connected(self.address):
                pass
        except IndexError_ as error:
            return IndexUnreachableError(error.message, error.hint)
        return IndexUnreachableError(
            f"All {MOST} connections to the index at {self.address} were busy for "
            f"{PATIENCE_SECONDS:.0f} seconds.",
            "Ask again later, or run more server processes.",
        )


def _close_aside(pool: ConnectionPool[Connection]) -> None:
    """Close a pool that nobody has any more, in a thread of its own.

    Python may notice in one of the pool's threads, which cannot wait for itself to end.
    """
    threading.Thread(target=pool.close, name="pool", daemon=True).start()


@contextmanager
def connected(address: Address, *, writes: bool = False) -> Iterator[Connection]:
    """Hold one connection, to a server that can be written to if it ``writes``.

    Raises IndexUnreachableError, IndexWriteError or IndexMissingError for what fails on it.
    """
    arguments = _arguments(address)
    if writes:
        arguments["target_session_attrs"] = "read-write"
    try:
        connection = (psycopg.Connection[Any] if writes else Heard).connect(
            address.uri, **arguments
        )
    except psycopg.Error as error:
        raise _no_connection(address, error, writes=writes) from None
    with connection:
        try:
            if writes:
                connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
                connection.execute("SET statement_timeout = 0")
            yield connection
        except psycopg.Error as error:
            raise in_words(address, error, writes=writes) from None


def in_words(address: Address, error: psycopg.Error, *, writes: bool = False) -> IndexError_:
    """Return what is said of a failure of the database."""
    reason = _reason(address, error)
    if writes:
        return IndexWriteError(f"The index at {address} cannot be written ({reason}).", CHECK)
    if isinstance(error, _GONE):
        return IndexReplacedError(
            f"The index at {address} was replaced while it was read.", "Ask again."
        )
    if isinstance(error, errors.QueryCanceled):
        return IndexUnreachableError(
            f"The index at {address} took more than {STATEMENT_SECONDS} seconds to answer.",
            "Ask again later; see docs/operations.md for what a server needs.",
        )
    return IndexUnreachableError(f"The index at {address} cannot be read ({reason}).", CHECK)


def missing(address: Address) -> IndexMissingError:
    """Return what is said of a database without an index."""
    return IndexMissingError(f"There is no index in {address}.", BUILD)


def _no_connection(address: Address, error: psycopg.Error, *, writes: bool) -> IndexError_:
    reason = _reason(address, error)
    if writes and "read-only" in str(error):
        return IndexWriteError(
            f"The index at {address} cannot be written: only a standby answers ({reason}).",
            "Try again when the primary is back, or make the standby the primary: "
            "SELECT pg_promote().",
        )
    return IndexUnreachableError(f"The index at {address} cannot be reached ({reason}).", CHECK)


def _reason(address: Address, error: psycopg.Error) -> str:
    lines = [line.strip() for line in address.hidden(str(error)).splitlines()]
    return "; ".join(line for line in lines if line)[:500] or type(error).__name__


def _arguments(address: Address) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": SILENT_MILLISECONDS,
        # That bounds what was not received yet. A machine that took a question and then lost its
        # power is noticed by these alone, else after hours.
        "keepalives_idle": PROBED_SECONDS,
        "keepalives_interval": 1,
        "keepalives_count": SILENT_MILLISECONDS // 1000,
        "application_name": "coursebot",
    }
    given = {name: value for name, value in wanted.items() if name not in address.options}
    # Statements prepared on the server break behind a pooler such as PgBouncer.
    return {**given, "autocommit": True, "prepare_threshold": None}


def _for_questions(connection: Connection) -> None:
    connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
    connection.execute(f"SET hnsw.ef_search = {BREADTH}")
    connection.execute("SET hnsw.iterative_scan = strict_order")
