"""An address ▶ a PostgreSQL database, by psycopg 3."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from coursebot.errors import StoreError, extra
from coursebot.feedback.bounds import json_text

DRIVER = "postgresql+psycopg"
SCHEMES = ("postgresql", "postgres", DRIVER)
CONNECT_SECONDS = 5
"""How long a server may take to answer before it counts as down."""
LOCK_SECONDS = 10
"""How long a statement waits for a lock that another holds."""
SILENT_MILLISECONDS = 10_000
"""How long a server that took a request may be silent before the connection is given up."""

_MAKING_TABLES = 0x636F75727365
"""Number of the advisory lock; the letters "course"."""
_RIGHTS = """
SELECT current_setting('transaction_read_only') = 'on',
       coalesce(has_table_privilege(to_regclass('coursebot_feedback')::oid, 'INSERT'),
                has_schema_privilege(current_schema(), 'CREATE'),
                false)
"""
_MAY_ALTER = """
SELECT pg_has_role(relowner, 'USAGE') AND has_schema_privilege(relnamespace, 'CREATE')
FROM pg_class WHERE oid = to_regclass('coursebot_version')
"""

_HOST = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?")


class Postgres:
    """A database of a PostgreSQL server."""

    hint = (
        "See that the server is up and COURSEBOT_DATABASE_URL right; coursebot doctor checks both."
    )

    def __init__(self, address: str) -> None:
        self._url = _parsed(address)
        host = self._url.host or self._url.query.get("host") or "its socket"
        port = f":{self._url.port}" if self._url.port else ""
        self.place = f"PostgreSQL at {host}{port}, database {self._url.database or '(default)'}"
        self._secrets = {
            str(value)
            for value in (
                self._url.password,
                *(value for key, value in self._url.query.items() if "password" in key),
            )
            if value
        }

    def identity(self) -> object:
        """Return the address: what lies behind it is the server's affair."""
        return self._url

    def make_room(self) -> None:
        """Do nothing: the database must be there."""

    def why_no_room(self) -> str:
        """Return nothing: the database must be there."""
        return ""

    def engine(self) -> Engine:
        """Return a pool of connections, none of them open yet; raises StoreError."""
        arguments: dict[str, object] = {
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": SILENT_MILLISECONDS,
            # Statements prepared on the server break behind a pooler such as PgBouncer.
            "prepare_threshold": None,
        }
        try:
            made = create_engine(
                self._url,
                connect_args={k: v for k, v in arguments.items() if k not in self._url.query},
                pool_pre_ping=True,
                pool_timeout=CONNECT_SECONDS,
                hide_parameters=True,
                json_serializer=json_text,
            )
        except ImportError:
            raise StoreError(
                "COURSEBOT_DATABASE_URL is set, but the PostgreSQL driver psycopg cannot be "
                "imported.",
                extra("postgres"),
            ) from None
        event.listen(made, "begin", _begin)
        return made

    def lock(self, connection: Connection) -> None:
        """Keep other processes from making or changing the tables until the transaction ends."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING_TABLES})

    def why_not_writable(self, connection: Connection) -> str:
        """Return why nothing can be written; empty when it can."""
        read_only, allowed = connection.execute(text(_RIGHTS)).one()
        if read_only:
            return "it is read-only"
        return "" if allowed else "this user may not write there"

    def may_alter(self, connection: Connection) -> bool:
        """Whether this user owns the tables and may make further ones."""
        return bool(connection.scalar(text(_MAY_ALTER)))

    def in_words(self, reason: str) -> str:
        """Return the message without any password."""
        for secret in self._secrets:
            reason = reason.replace(secret, "***")
        return reason


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")


def _parsed(address: str) -> URL:
    # The address holds a password: no message quotes any of it.
    hint = "It should read postgresql://user:password@host:5432/database."
    try:
        url = _of_several(address) or make_url(address)
    except (ArgumentError, ValueError):
        raise StoreError("COURSEBOT_DATABASE_URL is not a database's address.", hint) from None
    if url.drivername not in SCHEMES:
        raise StoreError("COURSEBOT_DATABASE_URL is not the address of a PostgreSQL.", hint)
    if "@" in f"{url.host}{url.database}":
        # What stands before it is the rest of a password.
        raise StoreError(
            "COURSEBOT_DATABASE_URL has more than one @.", "In a password, write it %40."
        )
    if "," in (url.host or ""):
        # Left in one piece, since a password's # or ? ended what stands before the path.
        raise StoreError(
            "COURSEBOT_DATABASE_URL is not a database's address.",
            "In a password, write # %23 and ? %3F.",
        )
    return url.set(drivername=DRIVER)


def _of_several(address: str) -> URL | None:
    """Return the address of servers that stand in for each other; None for that of one.

    SQLAlchemy wants hosts and ports as options. Of the servers, one that can be written to counts.
    """
    parts = urlsplit(address)
    login, at, named = parts.netloc.rpartition("@")
    if "," not in named or "@" in login:
        return None
    # By hand: of an address without any host, urlsplit's geturl() leaves out the slashes.
    options = f"?{parts.query}" if parts.query else ""
    url = make_url(f"{parts.scheme}://{login}{at}{parts.path}{options}")
    found = [_HOST.fullmatch(host) for host in named.split(",")]
    if not all(found):
        raise ValueError
    hosts = [host[1] or host[2] for host in found if host]
    ports = [host[3] or "5432" for host in found if host]
    several = {"host": ",".join(hosts), "port": ",".join(ports)}
    return url.set(query={"target_session_attrs": "read-write", **url.query, **several})
