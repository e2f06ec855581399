"""The same storage suite on SQLite and on PostgreSQL: append-only, dense, chained, ordered."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from billing_scenario import ATELIER, MORNING
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from webvisio_billing.domain.events import ContractEnded, Event
from webvisio_billing.domain.terms import CustomerKind
from webvisio_billing.storage import journal, publication, registry
from webvisio_billing.storage.counters import take_numbers
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import JournalBroken, JournalConflict
from webvisio_billing.storage.registry import CustomerRecord, RoomRecord
from webvisio_billing.storage.tables import Base
from webvisio_protocol.entitlements import Block, BlockReason, ContractAccess
from webvisio_protocol.identifiers import ContractId, CustomerId, Role, RoomId

CONTRACT = ContractId("atelier-lumiere-1")
OpenStore = Callable[[], Store]


def customer(customer_id: CustomerId = ATELIER) -> CustomerRecord:
    return CustomerRecord(customer_id, "Atelier Lumière", CustomerKind.PROFESSIONAL, None, "", "", MORNING)


def events(count: int) -> list[Event]:
    return [ContractEnded(at=MORNING + timedelta(minutes=minute)) for minute in range(count)]


def append(session: Session, what: list[Event], after: int = 0, last: bytes = journal.ROOT_HASH) -> bytes:
    return journal.append(
        session,
        CONTRACT,
        ATELIER,
        what,
        after=after,
        last=last,
        recorded_at=MORNING,
        lifecycle="active",
        next_due_at=MORNING + timedelta(days=1),
    )


def seeded(open_store: OpenStore) -> tuple[Store, bytes]:
    store = open_store()
    with store.transaction() as session:
        registry.add_customer(session, customer())
        last = append(session, events(2))
    return store, last


def access(name: str = "Atelier", contract_id: ContractId = CONTRACT) -> ContractAccess:
    return ContractAccess(contract_id, ATELIER, name, "Europe/Paris", ())


def test_migrations_make_the_tables_that_the_code_uses(open_store: OpenStore) -> None:
    store = open_store()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_again_changes_nothing(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    store.migrate()
    with open_store().transaction() as session:
        assert registry.customer(session, ATELIER) == customer()


def test_what_is_appended_is_read_in_order(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    with store.transaction() as session:
        recorded = journal.read(session, CONTRACT)
    assert [r.sequence for r in recorded] == [1, 2]
    assert [r.event for r in recorded] == events(2)
    assert recorded[0].recorded_at == MORNING
    assert recorded[0].recorded_at.tzinfo is UTC


def test_the_tail_is_read_from_a_known_place(open_store: OpenStore) -> None:
    store, last = seeded(open_store)
    with store.transaction() as session:
        append(session, events(1), 2, last)
    with store.transaction() as session:
        assert [r.sequence for r in journal.read(session, CONTRACT, 2, last)] == [3]


def test_two_writers_from_the_same_place_cannot_both_succeed(open_store: OpenStore) -> None:
    store, last = seeded(open_store)
    with store.transaction() as session:
        append(session, events(1), 2, last)
    with pytest.raises(JournalConflict), store.transaction() as session:
        append(session, events(1), 2, last)
    with store.transaction() as session:
        assert len(journal.read(session, CONTRACT)) == 3


def test_the_same_contract_is_not_begun_twice(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    with pytest.raises(JournalConflict), store.transaction() as session:
        append(session, events(1))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET type = 'other'",
        "DELETE FROM journal",
        "UPDATE operator_actions SET outcome = 'done'",
        "DELETE FROM operator_actions",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_written(open_store: OpenStore, change: str) -> None:
    store, _ = seeded(open_store)
    with store.transaction() as session:
        registry.record_action(session, MORNING, "operator", "open_block", CONTRACT, "refused", {})
    with pytest.raises(DBAPIError, match="append-only"), store.transaction() as session:
        session.execute(text(change))


@pytest.mark.parametrize("sequence", [1, 2])
def test_a_tampered_journal_is_noticed(store: Store, sequence: int) -> None:
    with store.transaction() as session:
        registry.add_customer(session, customer())
        append(session, events(2))
    with store.transaction() as session:
        session.execute(text("DROP TRIGGER journal_refuses_update"))
        session.execute(
            text("UPDATE journal SET payload = CAST(replace(CAST(payload AS TEXT), '2026', '2025') AS BLOB) ")
            if sequence == 1
            else text("UPDATE journal SET hash = zeroblob(32) WHERE sequence = 2")
        )
    with pytest.raises(JournalBroken, match=f"sequence {sequence}"), store.transaction() as session:
        journal.read(session, CONTRACT)


@pytest.mark.parametrize("column", ["type", "at", "recorded_at"])
def test_every_column_of_a_row_is_covered(store: Store, column: str) -> None:
    with store.transaction() as session:
        registry.add_customer(session, customer())
        append(session, events(2))
    with store.transaction() as session:
        session.execute(text("DROP TRIGGER journal_refuses_update"))
        value = "'other'" if column == "type" else "'2020-01-01 00:00:00.000000'"
        session.execute(text(f"UPDATE journal SET {column} = {value} WHERE sequence = 2"))  # noqa: S608
    with pytest.raises(JournalBroken, match="sequence 2"), store.transaction() as session:
        journal.read(session, CONTRACT)


def test_a_missing_row_is_noticed(store: Store) -> None:
    with store.transaction() as session:
        registry.add_customer(session, customer())
        append(session, events(3))
        session.execute(text("DROP TRIGGER journal_refuses_delete"))
        session.execute(text("DELETE FROM journal WHERE sequence = 2"))
    with pytest.raises(JournalBroken), store.transaction() as session:
        journal.read(session, CONTRACT)


def test_a_failed_transaction_leaves_nothing(open_store: OpenStore) -> None:
    store, last = seeded(open_store)
    with pytest.raises(RuntimeError), store.transaction() as session:
        append(session, events(1), 2, last)
        take_numbers(session, "F2026", 3)
        raise RuntimeError("half-way")
    with store.transaction() as session:
        assert len(journal.read(session, CONTRACT)) == 2
        assert take_numbers(session, "F2026") == 0


def test_numbers_of_a_series_have_no_gap(open_store: OpenStore) -> None:
    store = open_store()
    given = []
    for count in (1, 3, 1):
        with store.transaction() as session:
            given.append(take_numbers(session, "F2026", count))
    assert given == [0, 1, 4]


def test_versions_grow_and_only_news_is_published(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    with store.transaction() as session:
        assert publication.publish(session, access(), MORNING)
        assert not publication.publish(session, access(), MORNING)
        assert publication.publish(session, access("New name"), MORNING)
    with store.transaction() as session:
        assert publication.snapshot(session).version == 2
        assert [c.contract for c in publication.changes_since(session, 0)] == [access("New name")]
        assert publication.changes_since(session, 2) == []


def test_an_empty_database_publishes_version_zero(open_store: OpenStore) -> None:
    with open_store().transaction() as session:
        assert publication.snapshot(session).version == 0


def test_due_contracts_come_longest_overdue_first(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    with store.transaction() as session:
        due_at = MORNING + timedelta(days=1)
        assert registry.next_due(session, due_at - timedelta(microseconds=1), 9) == []
        assert [h.contract_id for h in registry.next_due(session, due_at, 9)] == [CONTRACT]
        assert registry.next_due_at(session) == due_at
        assert registry.next_due_at(session, behind=due_at) is None


def test_blocks_are_replaced_whole(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    with store.transaction() as session:
        registry.replace_blocks(session, CONTRACT, [Block(BlockReason.FRAUD, MORNING)])
        registry.replace_blocks(session, CONTRACT, [Block(BlockReason.UNPAID, MORNING)])
    with store.transaction() as session:
        assert session.execute(text("SELECT reason FROM blocks")).scalars().all() == ["unpaid"]


def test_a_person_has_one_role_in_a_room(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    room = RoomId("salle")
    with store.transaction() as session:
        registry.put_room(session, RoomRecord(room, ATELIER, "Salle"), MORNING, "operator")
        assert registry.put_membership(session, room, "amina", Role.PARTICIPANT, MORNING, "operator")
        assert not registry.put_membership(session, room, "amina", Role.PARTICIPANT, MORNING, "operator")
        assert registry.put_membership(session, room, "amina", Role.COHOST, MORNING, "operator")
        assert registry.put_membership(session, room, "zoé", Role.HOST, MORNING, "operator")
        assert [(m.username, m.role) for m in registry.memberships(session, room)] == [
            ("zoé", Role.HOST),
            ("amina", Role.COHOST),
        ]
        assert registry.remove_membership(session, room, "amina", MORNING, "operator")
        assert not registry.remove_membership(session, room, "amina", MORNING, "operator")


def test_grants_are_noted_and_forgotten(open_store: OpenStore) -> None:
    store = open_store()
    with store.transaction() as session:
        registry.put_grants(session, {("g", "amina"), ("g", "louis")}, set(), MORNING)
        registry.put_grants(session, {("g", "amina")}, {("g", "louis"), ("g", "nobody")}, MORNING)
        assert registry.grants(session) == {("g", "amina")}


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="zone"), store.transaction() as session:
        registry.next_due(session, datetime(2026, 11, 23), 9)


def test_instants_of_any_zone_are_the_same_instants(open_store: OpenStore) -> None:
    store, _ = seeded(open_store)
    paris = timezone(timedelta(hours=1))
    with store.transaction() as session:
        assert registry.count_due(session, (MORNING + timedelta(days=1)).astimezone(paris)) == 1
