"""Issued bytes are kept as they are: by the code, and by the database itself on both kinds of server."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from billing_scenario import ATELIER, MORNING, HandClock, month_contract
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.findings import Place
from webvisio_billing.application.verification import verify
from webvisio_billing.storage import documents
from webvisio_billing.storage.database import Store, migrations
from webvisio_billing.storage.documents import WaitingDocument
from webvisio_billing.storage.errors import DocumentBroken
from webvisio_protocol.identifiers import ContractId

OpenStore = Callable[[], Store]
PDF = b"%PDF-1.7 the exact bytes"
HASH = hashlib.sha256(PDF).digest()
NUMBER = "F2026-000001"


def issued(open_store: OpenStore) -> tuple[Store, WaitingDocument]:
    """A contract whose first invoice waits to be made."""
    store = open_store()
    month_contract(Billing(store, HandClock()))
    with store.transaction() as session:
        (waiting,) = documents.due(session, MORNING, 10)
    return store, waiting


def kept(open_store: OpenStore) -> Store:
    store, waiting = issued(open_store)
    with store.transaction() as session:
        assert documents.keep(session, waiting, PDF, HASH, MORNING)
    return store


def test_a_number_is_queued_in_the_transaction_that_gives_it(open_store: OpenStore) -> None:
    _, waiting = issued(open_store)

    assert (waiting.number, waiting.kind, waiting.issued_on) == (NUMBER, "invoice", date(2026, 11, 23))


def test_kept_bytes_are_read_back_and_wait_no_more(open_store: OpenStore) -> None:
    store = kept(open_store)

    with store.transaction() as session:
        assert documents.document_bytes(session, NUMBER) == PDF
        assert documents.waiting_count(session) == 0
        (one,) = documents.kept(session, ContractId(f"{ATELIER}-1"))
    assert (one.number, one.sha256, one.made_at) == (NUMBER, HASH, MORNING)


def test_the_first_bytes_stand(open_store: OpenStore) -> None:
    store, waiting = issued(open_store)
    with store.transaction() as session:
        documents.keep(session, waiting, PDF, HASH, MORNING)

    with store.transaction() as session:
        assert not documents.keep(session, waiting, b"others", hashlib.sha256(b"others").digest(), MORNING)

    with store.transaction() as session:
        assert documents.document_bytes(session, NUMBER) == PDF


@pytest.mark.clause("6.1")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE documents SET pdf = pdf",
        "UPDATE documents SET number = 'F2026-000002'",
        "DELETE FROM documents",
        "INSERT INTO documents SELECT * FROM documents",
    ],
)
def test_the_database_refuses_to_change_an_issued_document(open_store: OpenStore, change: str) -> None:
    store = kept(open_store)

    with pytest.raises(DatabaseError), store.transaction() as session:
        session.execute(text(change))

    with store.transaction() as session:
        assert documents.document_bytes(session, NUMBER) == PDF


def test_nothing_replaces_or_empties_the_table(open_store: OpenStore) -> None:
    store = kept(open_store)
    is_sqlite = store.engine.dialect.name == "sqlite"
    change = "INSERT OR REPLACE INTO documents SELECT * FROM documents" if is_sqlite else "TRUNCATE documents"

    with pytest.raises(DatabaseError), store.transaction() as session:
        session.execute(text(change))


def test_a_changed_byte_is_found(open_store: OpenStore) -> None:
    store = kept(open_store)
    unlock = (
        "DROP TRIGGER documents_refuses_update"
        if store.engine.dialect.name == "sqlite"
        else "DROP TRIGGER documents_append_only ON documents"
    )
    with store.transaction() as session:
        session.execute(text(unlock))
        session.execute(text("UPDATE documents SET pdf = :pdf"), {"pdf": PDF + b" "})

    with store.transaction() as session:
        assert documents.broken(session) == [NUMBER]
        with pytest.raises(DocumentBroken):
            documents.document_bytes(session, NUMBER)


def test_the_operators_verification_finds_changed_bytes_and_a_missing_document(
    open_store: OpenStore,
) -> None:
    store = kept(open_store)
    assert verify(store, {}).findings == []
    is_sqlite = store.engine.dialect.name == "sqlite"
    triggers = ("refuses_update", "refuses_delete") if is_sqlite else ("append_only",)
    with store.transaction() as session:
        for trigger in triggers:
            session.execute(
                text(f"DROP TRIGGER documents_{trigger}" + ("" if is_sqlite else " ON documents"))
            )
        session.execute(text("UPDATE documents SET pdf = :pdf"), {"pdf": PDF[:-1]})

    (changed,) = verify(store, {}).findings
    with store.transaction() as session:
        session.execute(text("DELETE FROM documents"))
    missing, gone = verify(store, {}).findings

    assert (changed.place, changed.subject) == (Place.DOCUMENTS, NUMBER)
    assert (missing.place, missing.problem) == (Place.DOCUMENTS, "is neither made nor waiting")
    assert (gone.place, gone.subject) == (Place.RECORDS, f"documents/{NUMBER}")


def test_what_cannot_be_made_is_tried_again_later_or_when_the_customer_changes(open_store: OpenStore) -> None:
    store, waiting = issued(open_store)
    later = MORNING + timedelta(minutes=10)
    with store.transaction() as session:
        documents.postpone(session, waiting.number, ["buyer.siren", "seller.iban"], later)

    with store.transaction() as session:
        assert documents.due(session, MORNING, 10) == []
        assert documents.due(session, later, 10)[0].problems == ("buyer.siren", "seller.iban")
        documents.retry(session, MORNING, ATELIER)

    with store.transaction() as session:
        assert len(documents.due(session, MORNING, 10)) == 1


def test_what_was_numbered_before_the_table_existed_is_queued_by_the_migration(tmp_path: object) -> None:
    from alembic import command

    store = Store(f"sqlite:///{tmp_path}/old.sqlite")
    with store.engine.begin() as connection:
        command.upgrade(migrations(connection), "0003")
        connection.execute(
            text(
                "INSERT INTO customers (customer_id, name, kind, contact_name, contact_email, created_at) "
                "VALUES ('a', 'A', 'professional', '', '', '2026-01-01')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO contracts (contract_id, customer_id, sequence, lifecycle) "
                "VALUES ('a-1', 'a', 1, 'active')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO journal (contract_id, sequence, type, at, recorded_at, payload, hash) "
                "VALUES ('a-1', 1, 'credit_note_issued', '2026-01-01', '2026-01-01', :payload, x'00')"
            ),
            {"payload": b'{"number": "A2026-000007", "issued_on": "2026-01-01"}'},
        )
    with store.engine.begin() as connection:
        command.upgrade(migrations(connection), "0004")

    with store.transaction() as session:
        (waiting,) = documents.due(session, MORNING, 10)
    store.close()
    assert (waiting.number, waiting.kind) == ("A2026-000007", "credit_note")
