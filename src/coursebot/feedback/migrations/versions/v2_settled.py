"""What was done about a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Make the table of what was settled."""
    op.create_table(
        "coursebot_settled",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item", sa.String(255), nullable=False),
        sa.Column("note", sa.String(4000), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
    )
    op.execute("UPDATE coursebot_version SET version = 2")
