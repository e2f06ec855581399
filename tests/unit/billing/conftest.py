"""A database a test, on SQLite and (where its programs are installed) on PostgreSQL too."""

import pytest
from billing_scenario import HandClock

from billing_databases import (  # noqa: F401 - fixtures
    migrated,
    open_store,
    postgresql,
    store,
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
