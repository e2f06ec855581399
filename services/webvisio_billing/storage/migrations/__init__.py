"""Alembic's own folder: `env` runs the revisions in `versions` on an open connection."""
