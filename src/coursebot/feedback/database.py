"""Settings ▶ a database: how it is connected to, and where one kind differs from the other."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Connection, Engine

from coursebot.config import Settings
from coursebot.feedback.postgres import Postgres
from coursebot.feedback.sqlite import Sqlite

FILE = "feedback.sqlite3"
"""In the data folder."""


class Database(Protocol):
    """Where feedback is kept."""

    @property
    def place(self) -> str:
        """Where it is, for people; without user and password."""

    @property
    def hint(self) -> str:
        """What to do when it cannot be used."""

    def identity(self) -> object:
        """Return what changes when another database takes its place; None: there is none yet.

        Raises OSError when that cannot be seen.
        """

    def make_room(self) -> None:
        """Make the folder that it lies in; raises OSError."""

    def why_no_room(self) -> str:
        """Return why it could not be made where there is none yet; empty when it could."""

    def engine(self) -> Engine:
        """Return a pool of connections, none of them open yet; raises StoreError."""

    def lock(self, connection: Connection) -> None:
        """Keep other processes from making or changing the tables until the transaction ends."""

    def why_not_writable(self, connection: Connection) -> str:
        """Return, or raise in the driver's way, why nothing can be written; empty when it can."""

    def may_alter(self, connection: Connection) -> bool:
        """Whether who may write may also change the tables."""

    def in_words(self, reason: str) -> str:
        """Return a driver's message without what must not be shown."""


def database(chosen: Settings) -> Database:
    """Return the database that the settings name; raises StoreError for an unusable address."""
    address = chosen.database_url.get_secret_value().strip()
    return Postgres(address) if address else Sqlite(chosen.data / FILE)
