"""Migrations up from the first version, with the data that it had: nothing is lost, and all is booked."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from run_world import POLICY, SOME_MONTHS_LATER, HandClock, business
from sqlalchemy import text

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.verification import verify
from webvisio_billing.storage import chronicle
from webvisio_billing.storage.database import Store, migrations
from webvisio_billing.storage.tables import Base

OpenStore = Callable[[], Store]
FIRST = {
    "customers": "customer_id, name, kind, siren, contact_name, contact_email, created_at",
    "contracts": "contract_id, customer_id, sequence, lifecycle, next_due_at",
    "journal": "contract_id, sequence, type, at, recorded_at, payload, hash",
    "rooms": "room_id, customer_id, name, created_at",
    "blocks": "contract_id, reason, opened_at",
    "entitlements": "contract_id, version, payload, published_at",
}
"""The first version's tables and their columns, parents first."""


def revisions() -> list[str]:
    """All revisions, oldest first."""
    store = Store("sqlite://")
    with store.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations(connection))
        found = [revision.revision for revision in script.walk_revisions()]
    return found[::-1]


def at_revision(store: Store, revision: str) -> None:
    with store.engine.begin() as connection:
        command.upgrade(migrations(connection), revision)


@pytest.fixture
def lived(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    """A business with some months behind it, in today's schema, on SQLite."""
    path = tmp_path / "lived.sqlite"
    shutil.copyfile(migrated, path)
    store = Store(f"sqlite:///{path}")
    business(store)
    Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run().finish()
    yield store
    store.close()


@pytest.fixture
def first(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Iterator[Store]:
    """An empty database of the first version, on each kind of server."""
    if kind == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'first.sqlite'}")
    else:
        store = Store(request.getfixturevalue("postgresql"))
        with store.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    at_revision(store, "0001")
    yield store
    store.close()


def copy(source: Store, target: Store) -> None:
    """Put the business into the first version's tables, as that version would have written it."""
    with source.engine.connect() as old, target.engine.begin() as new:
        for name, columns in FIRST.items():
            table = Base.metadata.tables[name]
            wanted = [table.c[column.strip()] for column in columns.split(",")]
            rows = [dict(row) for row in old.execute(table.select().with_only_columns(*wanted)).mappings()]
            if rows:
                new.execute(table.insert().values({column.name: None for column in wanted}), rows)
        for name, value in old.execute(text("SELECT name, value FROM counters")):
            if name == "entitlements":
                new.execute(text("UPDATE counters SET value = :v WHERE name = :n"), {"v": value, "n": name})
            elif name[0] in "FAD":
                new.execute(text("INSERT INTO counters VALUES (:n, :v)"), {"v": value, "n": name})


def test_there_is_one_line_of_revisions() -> None:
    store = Store("sqlite://")
    with store.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations(connection))
        assert len(script.get_heads()) == 1
        assert len(script.get_bases()) == 1
    assert revisions()[0] == "0001"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_first_versions_data_comes_up_whole_and_is_booked(lived: Store, first: Store) -> None:
    """A database from before the ledger: every event of money is booked, in order, and all verifies."""
    copy(lived, first)
    before = _journal(first)
    first.migrate()
    assert _journal(first) == before == _journal(lived)
    report = verify(first, {})
    assert report.findings == []
    assert report.entries == verify(lived, {}).entries > 10
    with first.transaction() as session:
        noted = {(one.line.kind, one.line.actor) for one in chronicle.read(session)}
    assert noted == {("customers", ""), ("rooms", "")}
    with first.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    later = Billing(first, HandClock(SOME_MONTHS_LATER + timedelta(days=60)), policy=POLICY).run()
    later.finish()
    assert later.happened["invoice_issued"] > 0
    assert verify(first, {}).findings == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_each_step_up_keeps_the_data(lived: Store, first: Store) -> None:
    copy(lived, first)
    before = _journal(first)
    for revision in revisions()[1:]:
        at_revision(first, revision)
        assert _journal(first) == before, revision


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_step_that_fails_leaves_the_version_it_found(
    lived: Store, first: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webvisio_billing.storage import ledger

    copy(lived, first)

    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ledger, "book_everything", broken)
    with pytest.raises(ZeroDivisionError):
        first.migrate()
    with first.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0001"
    monkeypatch.undo()
    first.migrate()
    assert verify(first, {}).findings == []


def _journal(store: Store) -> list[tuple[object, ...]]:
    with store.engine.connect() as connection:
        table = Base.metadata.tables["journal"]
        return [
            tuple(row)
            for row in connection.execute(table.select().order_by(table.c.contract_id, table.c.sequence))
        ]
