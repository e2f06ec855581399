"""`verify` finds a changed value in any column of any table, or the column stands here with the reason.

Tables and columns come from the schema itself, so a new one is tried without
being asked for. Triggers and foreign keys are off, as for whoever has the
database in hand; each change is rolled back.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from run_world import OPERATOR, POLICY, START, HandClock, order
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement, and_

from webvisio_billing.application.bank import Bank, Imported
from webvisio_billing.application.catalogue import Catalogue
from webvisio_billing.application.contacts import Contacts
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.findings import Place
from webvisio_billing.application.requests import NewMember
from webvisio_billing.application.verification import verify, verify_in
from webvisio_billing.domain.terms import Formula
from webvisio_billing.storage import checkouts, chronicle, documents, registry
from webvisio_billing.storage.checkouts import Checkout, KeptReturn
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.tables import Base, Instant
from webvisio_protocol.identifiers import ContractId, CustomerId, Role, RoomId

FREE: Final = {
    "answered_requests": "answers to be repeated for seven days; what they tell of is in the journal",
    "outbox": "messages under way, forgotten once delivered; what they tell of is in the journal",
    "contracts.next_due_at": "earlier does no harm, later is found: a test of its own",
    "documents_to_make.retry_at": "when to try again",
    "documents_to_make.problems": "what was missing at the last try",
    "stuck_contracts": "what waits for the operator; each run writes it anew",
    "entitlements.version": "a place in the stream; what is published is reckoned",
    "entitlements.published_at": "when it was told; what is published is reckoned",
    **{f"{table}.{column}": why for (table, column), why in chronicle.NOT_NOTED.items() if column != "pdf"},
}
"""What is deliberately not guarded, and why."""

TABLES: Final = {table.name: table for table in Base.metadata.sorted_tables}
COLUMNS: Final = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if table.name not in FREE and f"{table.name}.{column.name}" not in FREE
]
STATEMENT: Final = (
    "Date;Libellé;Débit;Crédit\n02/02/2026;VIR PAYER F2026-000001;;180,00\n03/02/2026;VIR INCONNU;;17,00\n"
)


def went_back(now: datetime) -> KeptReturn:
    return KeptReturn(
        return_id="REFUND1",
        checkout_id="c0ffee",
        contract_id=ContractId("payer-1"),
        amount_minor=1_000,
        currency="EUR",
        is_reversal=False,
        outcome="booked",
        noted_at=now,
    )


def everything(store: Store) -> None:
    """A small business with something in every table: one customer pays, the other is suspended."""
    for name in ("payer", "debtor"):
        order(Billing(store, HandClock(), policy=POLICY), name, START.date())
    clock = HandClock(START + timedelta(days=20))
    billing = Billing(store, clock, policy=POLICY)
    billing.run().finish()
    Contacts(billing, clock).add(CustomerId("payer"), "amina", OPERATOR)
    billing.customers.give_role(NewMember(RoomId("room-payer-0115"), "louis", Role.HOST), OPERATOR)
    catalogue = Catalogue(billing, clock)
    catalogue.put_plan("Salle", "Room", Formula.MONTH, 10_000, 5_000, OPERATOR)
    catalogue.put_service("Assistance", "Help", 3_000, OPERATOR, is_recurring=True)
    catalogue.add_exemption("article 261-4-4 du CGI", OPERATOR)
    catalogue.add_rate("legal", "2027-H1", "2.5", OPERATOR)
    assert isinstance(Bank(billing, clock).import_statement(STATEMENT.encode(), OPERATOR), Imported)
    with store.transaction() as session:
        registry.put_grants(session, {("webvisio-hosts", "louis")}, set(), clock.now())
        checkout = Checkout(
            checkout_id="c0ffee",
            contract_id=ContractId("payer-1"),
            amount_minor=12_000,
            currency="EUR",
            terms_sha256="0" * 64,
            locale="fr",
            actor="amina",
            accepted_at=clock.now(),
            state="accepted",
            updated_at=clock.now(),
        )
        checkouts.add(session, checkout)
        checkouts.move(session, "c0ffee", "opened", clock.now(), "ORDER1", "CAPTURE1")
        checkouts.hear(session, "WH-1", "CHECKOUT.ORDER.APPROVED", clock.now())
        checkouts.add_return(session, went_back(clock.now()))
        (one,) = documents.due(session, clock.now(), 1)
        documents.keep(session, one, b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").digest(), clock.now())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database with all of it, whose locks are off."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('guarded') / 'billing.sqlite'}"
    else:
        server = request.getfixturevalue("postgresql")
        admin = create_engine(
            server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS guarded WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE guarded"))
        admin.dispose()
        url = server.replace("/postgres?", "/guarded?")
    store = Store(url)
    store.migrate()
    everything(store)
    assert verify(store, {}).findings == []
    if request.param == "sqlite":
        with store.engine.begin() as connection:
            triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in triggers.scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        event.listen(store.engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = OFF"))
        store.engine.dispose()
    yield store
    store.close()


def other(column: Column[object], value: object) -> object:
    """Change a value by one byte, or by the smallest step that its kind has."""
    kind = column.type
    match kind:
        case Boolean():
            return not value
        case Integer():
            assert isinstance(value, int)
            return value + 1_000_003  # beyond every key that is taken
        case LargeBinary():
            assert isinstance(value, bytes)
            return bytes([value[0] ^ 1]) + value[1:]
        case Date():
            assert isinstance(value, date)
            return value + timedelta(days=1)
        case JSON():
            return [*value, "x"] if isinstance(value, list) else {**dict(value or {}), "x": "y"}  # type: ignore[call-overload]
        case Instant():
            before = value if isinstance(value, datetime) else datetime(2026, 1, 1, tzinfo=UTC)
            return before + timedelta(microseconds=1)
        case String():
            if not value:
                return "x"
            assert isinstance(value, str)
            return value[:-1] + ("y" if value[-1] == "x" else "x")
    raise AssertionError(f"{column} is of a kind that this test does not know")


def place_of(table: Table, row: dict[str, object]) -> ColumnElement[bool]:
    return and_(*(column == row[column.name] for column in table.primary_key.columns))


def row_in_the_middle(session: Session, table: Table) -> dict[str, object]:
    rows = session.execute(table.select().order_by(*table.primary_key.columns)).all()
    assert rows, f"the world of this test has nothing in {table}"
    return dict(rows[len(rows) // 2]._mapping)


@contextmanager
def tampering(store: Store) -> Iterator[Session]:
    """A transaction in which no trigger and no foreign key holds, and of which nothing stays."""
    with store.engine.connect() as connection, connection.begin() as transaction:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        with Session(connection) as session:
            yield session
            transaction.rollback()


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[".".join(pair) for pair in COLUMNS])
def test_a_changed_value_is_found_and_its_place_is_told(lived: Store, table: str, column: str) -> None:
    its = TABLES[table]
    with tampering(lived) as session:
        row = row_in_the_middle(session, its)
        changed = {column: other(its.c[column], row[column])}
        session.execute(its.update().where(place_of(its, row)).values(changed))
        findings = verify_in(session, {}).findings
    assert findings
    if its in {kind.__table__ for kind in chronicle.GUARDED} and column not in its.primary_key.columns:
        subject = "/".join(str(row[name]) for name in its.primary_key.columns.keys())  # noqa: SIM118
        told = [f for f in findings if f.place is Place.RECORDS and f.subject == f"{table}/{subject}"]
        assert [f.problem.split(":")[0] for f in told] == ([] if column == "pdf" else [column])


@pytest.mark.parametrize(
    "table", [name for name in TABLES if name not in FREE and name != "documents_to_make"]
)
def test_a_row_that_is_gone_is_found(lived: Store, table: str) -> None:
    its = TABLES[table]
    with tampering(lived) as session:
        session.execute(its.delete().where(place_of(its, row_in_the_middle(session, its))))
        assert verify_in(session, {}).findings
