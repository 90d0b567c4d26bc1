"""Which older coursebot may go on working with the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add the column; SQLite cannot do so without a default, so the table is copied there."""
    with op.batch_alter_table("coursebot_version") as table:
        table.add_column(sa.Column("oldest", sa.Integer, nullable=False, server_default="3"))
    with op.batch_alter_table("coursebot_version") as table:
        table.alter_column("oldest", server_default=None)
    op.execute("UPDATE coursebot_version SET version = 3, oldest = 3")
