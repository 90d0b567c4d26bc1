"""Feedback and unanswered questions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "coursebot_version", sa.Column("version", sa.Integer, primary_key=True, autoincrement=False)
    )
    op.create_table(
        "coursebot_feedback",
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("comment", sa.String(4000), nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        *_asked(),
    )
    op.create_table("coursebot_unanswered", *_asked())
    for table in ("coursebot_feedback", "coursebot_unanswered"):
        op.create_index(f"ix_{table}_created_at", table, ["created_at"])
    op.execute("INSERT INTO coursebot_version (version) VALUES (1)")


def _asked() -> list[sa.Column[object]]:
    return [
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.String(20000), nullable=False),
        sa.Column("course", sa.String(255)),
        sa.Column("language", sa.String(255), nullable=False),
        sa.Column("state", sa.String(255), nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("index_digest", sa.String(255), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("history", sa.JSON, nullable=False),
    ]
