"""The versions of an index in a PostgreSQL database: opened, and replaced in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pgvector.psycopg import register_vector
from psycopg import errors, sql

from coursebot.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexError_,
    IndexMismatchError,
    IndexWriteError,
)
from coursebot.index import lexical, store
from coursebot.index.dense import stored_at
from coursebot.index.kept import Kept, keys_of
from coursebot.index.manifest import REBUILD, Manifest
from coursebot.index.postgres import loading, tables
from coursebot.index.postgres.connections import Connection, Connections, connected, missing
from coursebot.index.postgres.engine import PostgresIndex
from coursebot.index.postgres.rows import LENGTHS, Version, outline
from coursebot.places import Address

_BUILDING = 0x636F75727365_01
"""Number of the advisory lock that a build holds; the letters "course"."""


@dataclass(frozen=True, slots=True)
class PostgresBefore:
    """The version that a build finds in the database."""

    manifest: Manifest
    version: int
    connection: Connection

    def vectors(self, staged: Path) -> list[Kept]:
        """Read all of its vectors into a file."""
        keys: list[bytes] = []
        file = staged / ".before"
        with file.open("wb") as stream:
            for unit in lexical.UNITS:
                read = sql.SQL(
                    "COPY (SELECT key, vector FROM {}) TO STDOUT (FORMAT BINARY)"
                ).format(tables.table(self.version, unit))
                with self.connection.cursor().copy(read) as copy:
                    copy.set_types(["bytea", "vector"])
                    for key, vector in copy.rows():
                        keys.append(bytes(key))
                        stream.write(vector.to_numpy().astype("<f4").tobytes())
        dimension = self.manifest.dimension
        offsets = stored_at(file.stat().st_size, len(keys), dimension)
        return [Kept(file, keys_of(b"".join(keys)), offsets, dimension)]


class PostgresShelf:
    """A database, whose tables ``tables`` describes."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connections = Connections(address)
        self._writer: Connection | None = None

    def load(self) -> PostgresIndex:
        """Return the version that counts: its outline is read, the rest stays in the database."""
        version, files = self._connections.run(self._read)
        manifest = self._checked(files)
        try:
            return PostgresIndex(self._connections, version, manifest, outline(files))
        except (ValueError, LookupError, TypeError) as error:
            raise IndexDamagedError(
                f"The index at {self._address} is damaged ({error}).", REBUILD
            ) from None

    def stamp(self) -> int | None:
        """Return the number of the version that counts; None when there is none."""
        try:
            return self._connections.run(self._version)
        except IndexError_:
            return None

    def unchanged(self, since: object) -> bool:
        """Return False: to know it takes a round trip, which nobody should wait for."""
        return False

    def manifest(self) -> Manifest:
        """Return the manifest of the version that counts."""
        with connected(self._address) as connection:
            version = self._version(connection)
            return self._checked(self._files(connection, version, "manifest.json"))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the database for one build, and clear up after dead ones."""
        with connected(self._address, writes=True) as connection:
            (held,) = connection.execute(
                "SELECT pg_try_advisory_lock(%s)", [_BUILDING]
            ).fetchone() or (False,)
            if not held:
                raise IndexBusyError(
                    f"Another build is writing {self._address}.",
                    "Wait until it is done, then try again.",
                )
            loading.prepare(connection, self._address)
            register_vector(connection)
            loading.drop_all_but(connection, self._current(connection))
            self._writer = connection
            try:
                yield
            finally:
                self._writer = None

    def before(self) -> PostgresBefore | None:
        """Return the version that counts, if it can be used; inside ``writing``."""
        connection = self._held()
        version = self._current(connection)
        if version is None:
            return None
        try:
            manifest = self._checked(self._files(connection, version, "manifest.json"))
        except IndexError_:
            return None
        return PostgresBefore(manifest, version, connection)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Hold a folder among this machine's temporary files."""
        with TemporaryDirectory(prefix="coursebot-") as folder:
            yield Path(folder)

    def log(self, staged: Path) -> Path:
        """Return a file in ``staged``, which goes with it."""
        return staged / store.EMBEDDED

    def forget(self) -> None:
        """Do nothing: it went with its folder."""

    def write(self, manifest: Manifest, staged: Path) -> None:
        """Load a version beside the one before, switch in one transaction, drop that one."""
        connection = self._held()
        number = (self._current(connection) or 0) + 1
        try:
            loading.load(connection, number, Version(manifest, store.Files(staged)))
        except BaseException:
            # Also Ctrl-C; what cannot be taken away now goes when the next build begins.
            if not connection.closed:
                loading.drop_all_but(connection, self._current(connection))
            raise
        with connection.transaction():
            connection.execute(tables.SWITCH, {"version": number, "layout": tables.LAYOUT})
        loading.drop_all_but(connection, number)

    def close(self) -> None:
        """Close the connections that questions are answered over."""
        self._connections.close()

    def _held(self) -> Connection:
        if self._writer is None:
            raise IndexWriteError(f"Nothing holds {self._address} for a build.")
        return self._writer

    def _read(self, connection: Connection) -> tuple[int, dict[str, bytes]]:
        version = self._version(connection)
        return version, self._files(connection, version)

    def _version(self, connection: Connection) -> int:
        try:
            row = connection.execute(tables.READ_CURRENT).fetchone()
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            row = None
        if row is None:
            raise missing(self._address)
        if row[1] != tables.LAYOUT:
            raise IndexMismatchError(
                f"The index at {self._address} has layout {row[1]}; this coursebot reads layout "
                f"{tables.LAYOUT}.",
                REBUILD,
            )
        return int(row[0])

    def _current(self, connection: Connection) -> int | None:
        """Return the number that the switch names, of any layout; None before the first."""
        row = connection.execute(tables.READ_CURRENT).fetchone()
        return None if row is None else int(row[0])

    def _files(self, connection: Connection, version: int, *names: str) -> dict[str, bytes]:
        """Read the files of these names; without any, all that a process needs at once."""
        wanted = "name = ANY(%s)" if names else "name NOT LIKE %s"
        read = sql.SQL("SELECT name, data FROM {} WHERE {}").format(
            tables.table(version, "files"), sql.SQL(wanted)
        )
        given = [list(names) if names else f"%{LENGTHS}"]
        rows = connection.execute(read, given, binary=True).fetchall()
        return {name: bytes(data) for name, data in rows}

    def _checked(self, files: Mapping[str, bytes]) -> Manifest:
        """Return the manifest, if this coursebot can search the index."""
        manifest = Manifest.from_bytes(files.get("manifest.json", b""), str(self._address))
        if manifest.lexical != lexical.VERSION:
            raise IndexMismatchError(
                f"The index in {self._address} was made for {manifest.lexical!r}; "
                f"this coursebot searches by {lexical.VERSION!r}.",
                REBUILD,
            )
        return manifest
