"""What Alembic runs to reach the database: it is given the connection, and leaves its transaction.

Only Alembic imports this file.
"""

from __future__ import annotations

from alembic import context

from coursebot.feedback.schema import ALEMBIC
from coursebot.feedback.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=ALEMBIC,
)
with context.begin_transaction():
    context.run_migrations()
