"""Runs migrations on the connection that `storage.database.migrate` hands over."""

from alembic import context

from webvisio_rooms.storage import custody_tables, document_tables, file_tables  # noqa: F401 - they add their tables
from webvisio_rooms.storage.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a column otherwise
    version_table="rooms_alembic_version",
)
with context.begin_transaction():
    context.run_migrations()
