"""What lists show of contracts is kept with the journal: equal to the folded contract at every hour, and found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from run_world import OPERATOR, POLICY, START, HandClock, business, order
from sqlalchemy import select, text, update

from webvisio_billing.application.contracts import Billing, ContractList
from webvisio_billing.application.overview import overview
from webvisio_billing.application.requests import ChangedCustomer, NewCustomer
from webvisio_billing.application.run import StuckCode
from webvisio_billing.application.verification import verify
from webvisio_billing.application.views import state_of
from webvisio_billing.domain.commands import OpenBlock, ReportTicket, Severity
from webvisio_billing.domain.periods import local_day
from webvisio_billing.domain.standing import Urgency
from webvisio_billing.domain.tables import KNOWN
from webvisio_billing.storage import standings
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.registry import BillingDetails
from webvisio_billing.storage.standings import Order, State, Wish, folded
from webvisio_billing.storage.tables import JournalRow, table_of
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import ContractId, CustomerId

OpenStore = Callable[[], Store]
HOURS = (0, 1, 26, 24 * 5 + 3, 24 * 17, 24 * 26, 24 * 31, 24 * 33, 24 * 48, 24 * 75)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def billing(open_store: OpenStore, clock: HandClock) -> Billing:
    store = open_store()
    business(store)
    return Billing(store, clock, policy=POLICY)


def names(found: ContractList) -> list[str]:
    return [one.contract_id for one in found.rows]


def found(billing: Billing, size: int = 50, page: int = 1, **wish: Any) -> ContractList:
    return billing.listed(Wish(**wish), page, size)


def test_a_list_says_at_every_hour_what_the_folded_contracts_say(billing: Billing, clock: HandClock) -> None:
    """State, door, balance and who needs somebody (clauses 3, 4.4, 6.4), up to the next run."""
    billing.execute(ContractId("silent-1"), ReportTicket(severity=Severity.GRAVE), OPERATOR)
    for hours in HOURS:
        clock.instant = START + timedelta(hours=hours)
        billing.run().finish()
        compare(billing, clock)
        due_at = billing.next_due_at(clock.instant)
        assert due_at is not None
        clock.instant = due_at - timedelta(microseconds=1)  # the last instant before anything is written
        compare(billing, clock)


def compare(billing: Billing, clock: HandClock) -> None:
    now = clock.now()
    views = {view.contract.contract_id: view for view in billing.contracts()}
    listed = {one.contract_id: one for one in found(billing).rows}
    assert listed.keys() == views.keys()
    for contract_id, one in listed.items():
        view = views[contract_id]
        assert standings.state_of(one, now) == state_of(view), (contract_id, now)
        assert one.standing.balance_minor == view.contract.balance_minor
        assert one.standing.overdue_minor(local_day(now, "Europe/Paris")) == view.overdue_minor
        assert one.standing.suspension_at == view.suspension_allowed_at
        assert [one.contract_id for one in found(billing, state=State(state_of(view))).rows].count(
            contract_id
        )
    told = {shown.contract_id: urgency for urgency, shown in overview(billing, clock).urgent}
    assert told == {name: v.urgency for name, v in views.items() if v.urgency is not Urgency.NONE}
    pressing = list(told.values())
    assert pressing == sorted(pressing)
    by_state = [name for state in State for name in names(found(billing, state=state))]
    assert sorted(by_state) == sorted(views), "each contract is in one state"


def test_contracts_are_found_by_customer_room_and_identifier_without_case_or_accents(
    billing: Billing,
) -> None:
    rename = ChangedCustomer(CustomerId("payer"), "Société Générale d'Été", None, "", "", BillingDetails())
    billing.customers.change(rename, OPERATOR)
    assert names(found(billing, query="SOCIETE ete")) == ["payer-1"]
    assert names(found(billing, query="room-leaver")) == ["leaver-1"]
    assert names(found(billing, query="debtor-1")) == ["debtor-1"]
    assert names(found(billing, query="100%")) == []
    assert len(names(found(billing, query="salle"))) == 6
    assert folded("ŒUVRE Éclair") == folded("œuvre eclair")


def test_a_list_is_put_in_order_both_ways_and_goes_on_by_pages(billing: Billing, clock: HandClock) -> None:
    clock.instant = START + timedelta(days=40)
    billing.run().finish()
    balances = [one.standing.balance_minor for one in found(billing, order=Order.BALANCE).rows]
    assert balances == sorted(balances)
    assert len(set(balances)) > 1
    turned = found(billing, order=Order.BALANCE, is_reversed=True)
    assert names(turned) == names(found(billing, order=Order.BALANCE))[::-1]
    pages = [found(billing, size=4, page=number) for number in (1, 2, 9)]
    assert [len(one.rows) for one in pages] == [4, 2, 2]
    assert names(pages[0]) + names(pages[1]) == sorted(names(found(billing)))
    assert [(one.page, one.found, one.has_more) for one in pages] == [
        (1, 6, True),
        (2, 6, False),
        (2, 6, False),
    ]


@pytest.mark.parametrize("order", Order)
def test_a_search_that_finds_much_gives_the_same_pages_as_one_that_finds_little(
    billing: Billing, clock: HandClock, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    clock.instant = START + timedelta(days=40)
    billing.run().finish()
    for is_reversed in (False, True):
        wish = {"query": "salle", "order": order, "is_reversed": is_reversed, "size": 4}
        few = [found(billing, page=number, **wish) for number in (1, 2)]
        with monkeypatch.context() as patched:
            patched.setattr(standings, "MAX_GATHERED", 1)
            many = [found(billing, page=number, **wish) for number in (1, 2)]
        assert [names(one) for one in few] == [names(one) for one in many]
        assert [len(one.rows) for one in few] == [4, 2]


def test_counting_stops_where_nobody_reads_on(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "MAX_COUNTED", 3)
    some = found(billing, size=2, page=2)
    assert (some.found, some.is_counted, some.has_more, len(some.rows)) == (3, False, True, 2)
    assert found(billing, size=2, page=3).has_more is False


def test_customers_without_a_contract_stand_before_the_list(billing: Billing) -> None:
    billing.customers.create(NewCustomer("Émile & fils"), OPERATOR)
    assert found(billing).idle == ((CustomerId("emile-fils"), "Émile & fils"),)
    assert found(billing, query="emile").idle
    assert found(billing, query="payer").idle == ()
    assert found(billing, state=State.OPEN).idle == ()


def test_verify_reckons_what_lists_show_again(billing: Billing, open_store: OpenStore) -> None:
    store = open_store()
    billing.execute(
        ContractId("silent-1"),
        OpenBlock(reason=BlockReason.ILLEGAL_CONTENT, evidence="x", actor="o"),
        OPERATOR,
    )
    assert verify(store, {}).findings == []
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE contracts SET balance_minor = 1 WHERE contract_id = 'payer-1'"))
    (finding,) = verify(store, {}).findings
    assert (finding.subject, finding.problem) == (
        "payer-1",
        "what lists show of it is not that of the journal",
    )


def test_new_contracts_are_listed_at_once(billing: Billing) -> None:
    order(billing, "newcomer", START.date())
    assert "newcomer-1" in names(found(billing, query="newcomer"))


def test_a_stuck_contract_outlives_a_restart_and_is_forgotten_when_it_goes_on(open_store: OpenStore) -> None:
    store = open_store()
    business(store)
    clock = HandClock(START + timedelta(days=40))
    for hours in (0, 5):
        Billing(
            store, HandClock(clock.instant + timedelta(hours=hours)), replace(KNOWN, vat={})
        ).run().finish()
    later = HandClock(clock.instant + timedelta(hours=6))
    told = overview(Billing(store, later), later)
    assert {one.code for one in told.longest_stuck} == {StuckCode.MISSING_TAX_RATE}
    assert {one.since for one in told.longest_stuck} == {clock.instant}, "since it was first seen"
    assert told.stuck == len(told.longest_stuck) > 1
    Billing(store, later, policy=POLICY).run().finish()
    assert overview(Billing(store, later), later).stuck == 0


def test_the_patrol_tells_a_changed_journal_that_nothing_falls_due_for(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock = open_store(), HandClock()
    business(store)
    billing = Billing(store, clock)
    flip_a_bit(store)
    monkeypatch.setattr("webvisio_billing.application.contracts.JOURNALS_A_PATROL", 4)
    behind = billing.patrol(ContractId(""))
    assert behind == "leaver-1"
    assert [one.contract_id for one in overview(billing, clock).longest_stuck] == ["dayer-1"]
    assert billing.patrol(behind) == "", "the last were fewer: from the start again"
    flip_a_bit(store)  # and back
    billing.patrol(ContractId(""))
    assert overview(billing, clock).stuck == 0


def flip_a_bit(store: Store) -> None:
    """Change a bit of a hash in the journal, or put it back, as whoever has the database in hand."""
    with store.engine.begin() as connection:
        table = table_of(JournalRow)
        same = (table.c.contract_id == "dayer-1") & (table.c.sequence == 1)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_refuses_update")
        else:
            connection.exec_driver_sql("ALTER TABLE journal DISABLE TRIGGER USER")
        whole: bytes = connection.execute(select(table.c.hash).where(same)).scalar_one()
        flipped = bytes([whole[0] ^ 1]) + whole[1:]
        connection.execute(update(table).where(same).values(hash=flipped))
