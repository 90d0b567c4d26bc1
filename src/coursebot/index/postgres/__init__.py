"""An index in PostgreSQL with pgvector, on one server, on standbys, or distributed by Citus."""

from coursebot.index.postgres.shelf import PostgresShelf

__all__ = ["PostgresShelf"]
