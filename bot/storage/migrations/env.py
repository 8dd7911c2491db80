"""Alembic runs on the connection that ``bot.storage.database`` hands over; it opens none itself."""

from __future__ import annotations

from alembic import context

from bot.storage import phrase_tables  # noqa: F401  # its tables belong to the same catalogue
from bot.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
