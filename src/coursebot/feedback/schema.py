"""A database's tables ▶ their version, and the migrations to this coursebot's.

``coursebot_version`` says which tables these are, also to a coursebot from before Alembic.
Alembic's own table is written from it, in the same transaction, and nothing else reads that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection, inspect, text

from coursebot.feedback.tables import VERSION, SchemaVersion

ALEMBIC = "coursebot_alembic"
"""Alembic's own table."""
MIGRATING = Lock()
"""Alembic knows one migration a process. Whoever takes it does so before the database's lock."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What a database says of its tables."""

    version: int
    oldest: int
    """The oldest version whose coursebot may use them: new columns and tables leave it alone, what
    is renamed or removed raises it."""

    @property
    def older(self) -> bool:
        """Whether they lack something that this coursebot uses."""
        return self.version < VERSION

    @property
    def too_new(self) -> bool:
        """Whether this coursebot must not use them."""
        return self.version > VERSION and self.oldest > VERSION


def tables_of(connection: Connection) -> Tables | None:
    """Return what there is; None when there are no tables yet."""
    name = SchemaVersion.__tablename__
    if not inspect(connection).has_table(name):
        return None
    # Versions 1 and 2 had no second column.
    row = connection.execute(text(f"SELECT * FROM {name}")).mappings().one_or_none()
    return None if row is None else Tables(row["version"], row.get("oldest", row["version"]))


def migrate(connection: Connection, before: Tables | None) -> None:
    """Make the tables, or bring them up to date, inside the transaction that has begun.

    The caller holds ``MIGRATING`` and the database's lock, and has seen ``before`` under them.
    """
    # Of use once in a database's life: no start waits for its import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "coursebot.feedback:migrations")
    config.attributes["connection"] = connection
    command.stamp(config, "base" if before is None else str(before.version), purge=True)
    command.upgrade(config, "head")
