"""The databases of billing's tests, for those of the run."""

from billing_databases import (  # noqa: F401 - fixtures
    migrated,
    open_store,
    postgresql,
    store,
)
