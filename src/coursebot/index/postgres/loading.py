"""A version's rows ▶ its tables: copied in, then indexed; and versions nobody needs, dropped."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from psycopg import errors, sql

from coursebot.errors import IndexWriteError
from coursebot.index import dense
from coursebot.index.postgres import tables
from coursebot.index.postgres.connections import BREADTH, Connection
from coursebot.index.postgres.rows import Row, Version
from coursebot.places import Address

OLDEST = (0, 8)
"""The first pgvector whose HNSW goes on searching until enough rows of a course are found."""


def prepare(connection: Connection, address: Address) -> None:
    """Make what all versions share; raises IndexWriteError without a usable pgvector."""
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile):
        raise IndexWriteError(
            f"The database at {address} has no pgvector.",
            "Install it on the server, and as its administrator run: CREATE EXTENSION vector.",
        ) from None
    (version,) = connection.execute(tables.EXTENSION, ["vector"]).fetchone() or ("0",)
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise IndexWriteError(
            f"The pgvector of the database at {address} is {version}.",
            "Version 0.8 or newer is needed: update it, then ALTER EXTENSION vector UPDATE.",
        )
    # Asked first: IF NOT EXISTS wants the right to make one even where there is one.
    missing = connection.execute(tables.NO_SCHEMA).fetchone() == (True,)
    try:
        if missing:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {tables.SCHEMA}")
        connection.execute(tables.CURRENT)
    except errors.InsufficientPrivilege as error:
        raise IndexWriteError(
            f"The user of the index at {address} may not write there "
            f"({error.diag.message_primary}).",
            f"As the database's administrator: {_cure(connection, missing)}",
        ) from None


def _cure(connection: Connection, missing: bool) -> str:
    """Return the command that lets the user make the schema, or write to the one there is."""
    what, whose = "SCHEMA", tables.SCHEMA
    if missing:
        what, whose = "DATABASE", connection.info.dbname
    owner = sql.Identifier(connection.info.user).as_string()
    return f"ALTER {what} {sql.Identifier(whose).as_string()} OWNER TO {owner};"


def load(connection: Connection, version: int, found: Version) -> None:
    """Make the tables of a version, copy its rows in, and index them."""
    dimension = found.manifest.dimension
    spread = _has_citus(connection)
    for name, columns in (tables.SHARED | tables.BY_COURSE).items():
        connection.execute(tables.create(version, name, columns, dimension))
        if spread:
            _distribute(connection, version, name)
        _copy(connection, tables.table(version, name), columns, getattr(found, name)())
    for name, key in tables.KEYS.items():
        parts = sql.SQL(", ").join(map(sql.Identifier, key.split(", ")))
        connection.execute(
            # Named, as older releases of Citus want it; each version's by its own name.
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY ({})").format(
                tables.table(version, name),
                sql.Identifier(f"{tables.prefix(version)}{name}_key"),
                parts,
            )
        )
    for unit, vectors in found.vectors.items():
        if len(vectors) > dense.EXACT_UP_TO and dimension <= tables.LIMIT:
            _graph(connection, version, unit, spread=spread)
    for name in tables.SHARED | tables.BY_COURSE:
        connection.execute(sql.SQL("ANALYZE {}").format(tables.table(version, name)))


def drop_all_but(connection: Connection, version: int | None) -> None:
    """Drop the tables of every other version; one that is being read goes with the next build."""
    keep = tables.prefix(version) if version is not None else ""
    found = [name for (name,) in connection.execute(tables.ALL_TABLES).fetchall()]
    for name in found:
        if not keep or not name.startswith(keep):
            with suppress(errors.LockNotAvailable):
                connection.execute(
                    sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(tables.SCHEMA, name))
                )


def _copy(
    connection: Connection, target: sql.Identifier, columns: tables.Columns, rows: Iterable[Row]
) -> None:
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        target, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(command) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)


def _graph(connection: Connection, version: int, unit: str, *, spread: bool) -> None:
    """Make the HNSW graph of a unit's vectors, with the folder's parameters."""
    connection.execute(
        sql.SQL(
            f"CREATE INDEX {{}} ON {{}} USING hnsw (vector vector_ip_ops) "
            f"WITH (m = {dense.NEIGHBOURS}, ef_construction = {dense.BUILD_BREADTH})"
        ).format(
            sql.Identifier(f"{tables.prefix(version)}{unit}_graph"), tables.table(version, unit)
        )
    )
    if spread:
        _set_breadth_everywhere(connection)


def _has_citus(connection: Connection) -> bool:
    return connection.execute(tables.EXTENSION, ["citus"]).fetchone() is not None


def _distribute(connection: Connection, version: int, name: str) -> None:
    """Spread a table over Citus' nodes: by course beside the others, or whole on each."""
    target = f"{tables.SCHEMA}.{tables.prefix(version)}{name}"
    if name in tables.SHARED:
        connection.execute("SELECT create_reference_table(%s)", [target])
        return
    first = next(iter(tables.BY_COURSE))
    beside = f"{tables.SCHEMA}.{tables.prefix(version)}{first}" if name != first else "none"
    connection.execute(
        "SELECT create_distributed_table(%s, 'course', colocate_with => %s)", [target, beside]
    )


def _set_breadth_everywhere(connection: Connection) -> None:
    """Set on each node what a session's SET does not reach; raises IndexWriteError."""
    shown = "SELECT bool_and(result = %s) FROM run_command_on_all_nodes(%s)"
    ask = [str(BREADTH), "SELECT coalesce(current_setting('hnsw.ef_search', true), '')"]
    if connection.execute(shown, ask).fetchone() == (True,):
        return
    (name,) = connection.execute("SELECT quote_ident(current_database())").fetchone() or ("",)
    settings = {"hnsw.ef_search": str(BREADTH), "hnsw.iterative_scan": "strict_order"}
    for setting, value in settings.items():
        command = f"ALTER DATABASE {name} SET {setting} = {value}"
        done = "SELECT bool_and(success) FROM run_command_on_all_nodes(%s)"
        if connection.execute(done, [command]).fetchone() != (True,):
            raise IndexWriteError(
                "A node of the Citus cluster did not take the breadth of a search.",
                f"As its administrator, run on every node: {command};",
            )
