"""The ledger is balanced, sealed and append-only by the database itself; `verify` finds what is gone."""

from collections.abc import Callable
from datetime import date

import pytest
from run_world import POLICY, SOME_MONTHS_LATER, HandClock, business
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.findings import Head, Place
from webvisio_billing.application.verification import verify
from webvisio_billing.domain.ledger import Account
from webvisio_billing.storage import ledger
from webvisio_billing.storage.database import Store

OpenStore = Callable[[], Store]

POSTING = "INSERT INTO ledger_postings (year, ordinal, line, account, amount_minor) VALUES "
ENTRY = (
    "INSERT INTO ledger_entries (year, ordinal, contract_id, sequence, journal, booked_on, kind, piece, "
    "about, currency, hash) VALUES (2026, 999, 'payer-1', 1, 'OD', '2026-01-15', 'x', '', '', 'EUR', :hash)"
)


def lived(open_store: OpenStore) -> Store:
    store = open_store()
    business(store)
    Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run().finish()
    return store


def test_the_database_refuses_an_entry_that_does_not_balance(open_store: OpenStore) -> None:
    store = lived(open_store)
    for amounts in ((), (100,), (100, -99), (100, -50, -51), (100, -100, 0)):
        with pytest.raises(DBAPIError, match="not balanced"), store.transaction() as session:
            for line, amount in enumerate(amounts, start=1):
                session.execute(text(f"{POSTING} (2026, 999, {line}, '411', {amount})"))
            session.execute(text(ENTRY), {"hash": bytes(32)})


def test_the_database_refuses_a_posting_without_an_entry(open_store: OpenStore) -> None:
    store = lived(open_store)
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), store.transaction() as session:
        session.execute(text(f"{POSTING} (2026, 999, 1, '411', 100)"))


def test_the_database_refuses_a_posting_to_an_entry_that_is_sealed(open_store: OpenStore) -> None:
    store = lived(open_store)
    with pytest.raises(DBAPIError, match="sealed"), store.transaction() as session:
        session.execute(text(f"{POSTING} (2026, 1, 9, '411', 100)"))


def test_the_database_refuses_to_change_what_was_written_in_any_way(open_store: OpenStore) -> None:
    store = lived(open_store)
    is_sqlite = store.engine.dialect.name == "sqlite"
    for table in ("ledger_entries", "ledger_postings", "journal", "operator_actions", "chronicle"):
        column = {"journal": "type", "operator_actions": "actor", "chronicle": "actor"}.get(table, "year")
        statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]  # noqa: S608
        if is_sqlite:
            statements.append(f"REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608
        else:
            statements.append(f"TRUNCATE {table} CASCADE")
        for statement in statements:
            with pytest.raises(DBAPIError, match=r"append-only|sealed"), store.transaction() as session:
                session.execute(text(statement))


def test_every_event_of_money_is_booked_and_the_whole_balances(open_store: OpenStore) -> None:
    store = lived(open_store)
    with store.transaction() as session:
        assert ledger.years(session) == [2026]
        booked = list(ledger.read(session, 2026))
    assert [one.ordinal for one in booked] == list(range(1, len(booked) + 1))
    assert {one.entry.kind for one in booked} >= {"invoice_issued", "payment_received", "payment_allocated"}
    totals: dict[Account, int] = {}
    for one in booked:
        assert sum(posting.amount_minor for posting in one.entry.postings) == 0
        for posting in one.entry.postings:
            totals[posting.account] = totals.get(posting.account, 0) + posting.amount_minor
    assert sum(totals.values()) == 0
    assert totals[Account.BANK] == 40_000
    assert all(date(2026, 1, 15) <= one.entry.booked_on <= date(2026, 3, 31) for one in booked)


def test_all_is_well_where_nobody_touched_anything(open_store: OpenStore) -> None:
    report = verify(lived(open_store), {})
    assert report.findings == []
    assert report.contracts == 6
    assert report.events > 50
    assert report.entries > 10


def is_well(store: Store) -> bool:
    return verify(store, {}).is_well


@pytest.mark.parametrize("table", ["journal", "ledger_entries", "blocks", "entitlements"])
def test_verify_finds_a_row_that_is_gone(open_store: OpenStore, table: str) -> None:
    store = lived(open_store)
    with store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for suffix in ("_refuses_delete", "_refuses_update"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}{suffix}")
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        where = {
            "journal": "contract_id = 'debtor-1' AND type IN ('block_opened')",
            "ledger_entries": "ordinal = (SELECT MAX(ordinal) FROM ledger_entries)",
            "blocks": "1 = 1",
            "entitlements": "contract_id = 'payer-1'",
        }[table]
        if table == "ledger_entries":
            drop = (
                "DROP TRIGGER ledger_postings_refuses_delete"
                if connection.dialect.name == "sqlite"
                else "ALTER TABLE ledger_postings DISABLE TRIGGER ALL"
            )
            connection.exec_driver_sql(drop)
            connection.exec_driver_sql(f"DELETE FROM ledger_postings WHERE {where}")  # noqa: S608
        deleted = connection.exec_driver_sql(f"DELETE FROM {table} WHERE {where}").rowcount  # noqa: S608
    assert deleted
    assert not is_well(store)


def test_an_anchor_shows_a_journal_that_was_rewritten_as_a_whole(open_store: OpenStore) -> None:
    """A chain that is consistent in itself, but not the one that was anchored, is found."""
    store = lived(open_store)
    report = verify(store, {})
    anchored = {head.chain: head for head in report.heads}
    assert verify(store, anchored).is_well
    for chain in ("payer-1", "ledger-2026"):
        head = anchored[chain]
        other = Head(chain, head.position, "00" * 32)
        findings = verify(store, {**anchored, chain: other}).findings
        assert [(finding.place, finding.subject) for finding in findings] == [(Place.ANCHOR, chain)]
        longer = Head(chain, head.position + 1, head.hash)
        assert [f.place for f in verify(store, {**anchored, chain: longer}).findings] == [Place.ANCHOR]
    gone = Head("nobody-1", 3, "00" * 32)
    assert [f.subject for f in verify(store, {**anchored, "nobody-1": gone}).findings] == ["nobody-1"]


def test_an_anchor_holds_when_the_journal_has_grown(open_store: OpenStore) -> None:
    store = open_store()
    business(store)
    anchored = {head.chain: head for head in verify(store, {}).heads}
    Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run().finish()
    assert verify(store, anchored).is_well
