"""Alembic's entry: runs on the connection that `database.migrations` hands over."""

from alembic import context

from webvisio_billing.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
