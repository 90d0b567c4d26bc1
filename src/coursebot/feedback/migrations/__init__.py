"""Alembic's folder: ``versions`` has one step for each version of the tables, never changed."""
