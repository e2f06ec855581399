"""Use cases end to end on a real database: create, suspend, lift, let time pass, come back."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from billing_scenario import ATELIER, MORNING, OPERATOR, ROOM, TODAY, HandClock, month_contract

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import Problem, ProblemKind
from webvisio_billing.application.overview import overview
from webvisio_billing.application.policy import Policy
from webvisio_billing.application.requests import NewContract, NewCustomer, NewMember, NewRoom
from webvisio_billing.application.views import ContractView
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import AddRoom, GiveNotice, LiftBlock, OpenBlock
from webvisio_billing.domain.letters import ReminderPolicy
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.standing import Urgency
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import CustomerKind, Formula, Party
from webvisio_billing.storage.database import Store
from webvisio_protocol.entitlements import BlockReason, Interval
from webvisio_protocol.identifiers import ContractId, CustomerId, Role, RoomId

SUSPEND = OpenBlock(reason=BlockReason.ILLEGAL_CONTENT, actor=OPERATOR, evidence="report 2026-17")
LIFT = LiftBlock(reason=BlockReason.ILLEGAL_CONTENT, actor=OPERATOR)


@pytest.fixture
def billing(store: Store, clock: HandClock) -> Billing:
    return Billing(store, clock)


def view(billing: Billing, contract_id: ContractId) -> ContractView:
    file = billing.contract(contract_id)
    assert file is not None
    return file.view


def published(billing: Billing) -> dict[str, tuple[Interval, ...]]:
    return {c.contract_id: c.intervals for c in billing.snapshot().contracts}


# ---- customers and contracts -----------------------------------------------------------


def test_a_customer_is_named_after_its_name(billing: Billing) -> None:
    made = billing.customers.create(NewCustomer("  L'Atelier Œuvre & Lumière "), OPERATOR)
    assert not isinstance(made, Problem | DomainRefusal)
    assert made.customer_id == "l-atelier-oeuvre-lumiere"
    assert billing.customers.all() == [made]


def test_the_same_customer_twice_is_a_conflict(billing: Billing) -> None:
    billing.customers.create(NewCustomer("Atelier Lumière"), OPERATOR)
    again = billing.customers.create(NewCustomer("atelier lumiere"), OPERATOR)
    assert isinstance(again, Problem)
    assert (again.kind, again.message) == (ProblemKind.CONFLICT, "customer_exists")


def test_a_name_without_a_letter_needs_an_identifier(billing: Billing) -> None:
    refused = billing.customers.create(NewCustomer("会社"), OPERATOR)
    assert isinstance(refused, Problem)
    assert refused.field == "customer_id"
    assert billing.customers.all() == []


def test_a_siren_that_cannot_be_is_refused(billing: Billing) -> None:
    refused = billing.customers.create(NewCustomer("Atelier", siren="123456789"), OPERATOR)
    assert isinstance(refused, Problem)
    assert refused.message == "siren_invalid"


def test_a_name_full_of_sql_is_only_a_name(billing: Billing) -> None:
    name = "Robert'); DROP TABLE customers;--"
    billing.customers.create(NewCustomer(name, CustomerId("robert")), OPERATOR)
    assert [c.name for c in billing.customers.all()] == [name]


def test_a_contract_effective_today_is_open_at_once(billing: Billing) -> None:
    contract_id = month_contract(billing)
    seen = view(billing, contract_id)
    assert contract_id == "atelier-lumiere-1"
    assert seen.contract.lifecycle is Lifecycle.ACTIVE
    assert seen.is_open
    assert [(m.username, m.role) for m in billing.customers.members(ROOM)] == [("claire", Role.HOST)]


def test_its_first_invoice_is_numbered(billing: Billing) -> None:
    contract_id = month_contract(billing)
    assert [i.number for i in view(billing, contract_id).contract.invoices] == ["F2026-000001"]


def test_invoices_of_all_contracts_are_one_series(billing: Billing, clock: HandClock) -> None:
    first, second = month_contract(billing), month_contract(billing, "other")
    clock.go(days=31)
    billing.advance_due()
    numbers = [
        i.number for contract_id in (first, second) for i in view(billing, contract_id).contract.invoices
    ]
    assert sorted(numbers) == [f"F2026-00000{n}" for n in (1, 2, 3, 4)]


def test_a_contract_in_the_future_is_published_but_shut(billing: Billing) -> None:
    contract_id = month_contract(billing, effective=TODAY + timedelta(days=3))
    seen = view(billing, contract_id)
    assert seen.contract.lifecycle is Lifecycle.ACCEPTED
    assert not seen.is_open
    assert published(billing)[contract_id][0].start == datetime.fromisoformat("2026-11-25T23:00Z")


@pytest.mark.parametrize(
    ("effective", "code"),
    [
        (TODAY - timedelta(days=1), DomainCode.EFFECTIVE_DATE_PAST),
        (date(9999, 12, 31), DomainCode.EFFECTIVE_DATE_TOO_FAR),
    ],
)
def test_an_impossible_start_is_refused_and_nothing_is_kept(
    billing: Billing, effective: date, code: DomainCode
) -> None:
    billing.customers.create(NewCustomer("Atelier Lumière"), OPERATOR)
    wish = NewContract(ATELIER, Formula.MONTH, effective, (NewRoom("Salle"),))
    refused = billing.create_contract(wish, OPERATOR)
    assert isinstance(refused, DomainRefusal)
    assert refused.code is code
    assert (billing.contracts(), billing.customers.rooms(ATELIER)) == ([], [])


def test_a_contract_of_nobody_is_not_found(billing: Billing) -> None:
    wish = NewContract(CustomerId("nobody"), Formula.DAY, TODAY, (NewRoom("Salle"),))
    refused = billing.create_contract(wish, OPERATOR)
    assert isinstance(refused, Problem)
    assert refused.kind is ProblemKind.NOT_FOUND


def test_a_room_of_another_customer_cannot_be_rented(billing: Billing) -> None:
    month_contract(billing)
    billing.customers.create(NewCustomer("Studio Nord"), OPERATOR)
    wish = NewContract(CustomerId("studio-nord"), Formula.DAY, TODAY, (NewRoom("Salle", ROOM),))
    refused = billing.create_contract(wish, OPERATOR)
    assert isinstance(refused, Problem)
    assert refused.message == "room_taken"


def test_the_same_room_twice_in_one_order_is_a_conflict(billing: Billing) -> None:
    billing.customers.create(NewCustomer("Atelier Lumière"), OPERATOR)
    wish = NewContract(ATELIER, Formula.DAY, TODAY, (NewRoom("Salle 1"), NewRoom("salle-1")))
    refused = billing.create_contract(wish, OPERATOR)
    assert isinstance(refused, Problem)
    assert refused.message == "room_taken"


def test_a_later_contract_may_rent_the_customers_own_room_again(billing: Billing) -> None:
    assert month_contract(billing) == "atelier-lumiere-1"
    assert month_contract(billing) == "atelier-lumiere-2"


# ---- suspension ------------------------------------------------------------------------


def test_a_suspension_is_published_and_lifted(billing: Billing) -> None:
    contract_id = month_contract(billing)
    before = billing.snapshot().version
    suspended = billing.execute(contract_id, SUSPEND, OPERATOR)
    assert isinstance(suspended, ContractView)
    assert not suspended.is_open
    assert [b.reason for b in billing.snapshot().contracts[0].blocks] == [BlockReason.ILLEGAL_CONTENT]
    lifted = billing.execute(contract_id, LIFT, OPERATOR)
    assert isinstance(lifted, ContractView)
    assert lifted.is_open
    assert billing.snapshot().version == before + 2


def test_others_notice_nothing_of_a_suspension(billing: Billing) -> None:
    first, second = month_contract(billing), month_contract(billing, "other")
    version = billing.snapshot().version
    billing.execute(first, SUSPEND, OPERATOR)
    assert [c.contract.contract_id for c in billing.changes_since(version)] == [first]
    assert view(billing, second).is_open


def test_a_suspension_for_non_payment_before_day_15_is_refused_by_clause(
    billing: Billing, clock: HandClock
) -> None:
    contract_id = month_contract(billing)
    unpaid = OpenBlock(reason=BlockReason.UNPAID, actor=OPERATOR)
    refused = billing.execute(contract_id, unpaid, OPERATOR)
    assert isinstance(refused, DomainRefusal)
    assert (refused.code, refused.clause) == (DomainCode.SUSPENSION_TOO_EARLY, "6.4")
    clock.instant = datetime.fromisoformat("2026-12-07T23:00Z")
    assert isinstance(billing.execute(contract_id, unpaid, OPERATOR), ContractView)


def test_refusals_are_in_the_audit_too(billing: Billing) -> None:
    contract_id = month_contract(billing)
    billing.execute(contract_id, LIFT, OPERATOR)
    billing.execute(contract_id, SUSPEND, OPERATOR)
    assert [(a.action, a.outcome) for a in billing.actions(contract_id)] == [
        ("open_block", "done"),
        ("lift_block", "block_not_open"),
        ("create_contract", "done"),
    ]


def test_a_preview_changes_nothing(billing: Billing) -> None:
    contract_id = month_contract(billing)
    version = billing.snapshot().version
    preview = billing.preview(contract_id, SUSPEND)
    assert not isinstance(preview, Problem | DomainRefusal)
    assert (preview.before.is_open, preview.after.is_open) == (True, False)
    assert [str(e.__struct_config__.tag) for e in preview.events] == ["block_opened"]
    assert billing.snapshot().version == version
    assert view(billing, contract_id).is_open


def test_what_was_decided_on_an_old_page_is_not_done(billing: Billing) -> None:
    contract_id = month_contract(billing)
    seen = view(billing, contract_id).sequence
    billing.execute(contract_id, GiveNotice(by=Party.CUSTOMER), OPERATOR)
    refused = billing.execute(contract_id, SUSPEND, OPERATOR, seen)
    assert isinstance(refused, Problem)
    assert refused.message == "contract_moved_on"
    assert view(billing, contract_id).is_open


def test_an_unknown_contract_is_not_found(billing: Billing) -> None:
    unknown = ContractId("nothing-1")
    for answer in (billing.execute(unknown, SUSPEND, OPERATOR), billing.preview(unknown, SUSPEND)):
        assert isinstance(answer, Problem)
        assert answer.kind is ProblemKind.NOT_FOUND
    assert billing.contract(unknown) is None


# ---- rooms and people ------------------------------------------------------------------


def test_an_added_room_opens_at_once_and_is_published(billing: Billing) -> None:
    contract_id = month_contract(billing)
    billing.execute(contract_id, AddRoom(room_id=RoomId("atelier"), name="Atelier"), OPERATOR)
    assert [r.room_id for r in billing.snapshot().contracts[0].rooms] == [ROOM, "atelier"]
    assert [r.room_id for r in billing.customers.rooms(ATELIER)] == ["atelier", ROOM]


def test_a_room_that_is_rented_already_keeps_its_name(billing: Billing) -> None:
    contract_id = month_contract(billing)
    refused = billing.execute(contract_id, AddRoom(room_id=ROOM, name="Another name"), OPERATOR)
    assert isinstance(refused, DomainRefusal)
    assert [r.name for r in billing.customers.rooms(ATELIER)] == ["Python pour débutants"]


def test_roles_are_given_changed_and_taken(billing: Billing) -> None:
    month_contract(billing)
    assert billing.customers.give_role(NewMember(ROOM, "amina", Role.PARTICIPANT), OPERATOR) is True
    assert billing.customers.give_role(NewMember(ROOM, "amina", Role.PARTICIPANT), OPERATOR) is False
    assert billing.customers.take_role(ROOM, "amina", OPERATOR) is True
    gone = billing.customers.take_role(ROOM, "amina", OPERATOR)
    assert isinstance(gone, Problem)
    assert [a.action for a in billing.actions(ROOM)] == ["take_role", "give_role", "give_role"]


def test_a_role_in_an_unknown_room_is_not_found(billing: Billing) -> None:
    refused = billing.customers.give_role(NewMember(RoomId("nowhere"), "amina", Role.HOST), OPERATOR)
    assert isinstance(refused, Problem)
    assert refused.kind is ProblemKind.NOT_FOUND


# ---- time ------------------------------------------------------------------------------


def test_time_activates_renews_and_tells_when_to_look_again(billing: Billing, clock: HandClock) -> None:
    contract_id = month_contract(billing, effective=TODAY + timedelta(days=1))
    assert billing.advance_due() == datetime.fromisoformat("2026-11-23T23:00Z")
    clock.instant = datetime.fromisoformat("2026-11-23T23:00Z")
    billing.advance_due()
    assert view(billing, contract_id).contract.lifecycle is Lifecycle.ACTIVE


def test_intervals_grow_just_after_the_notice_deadline(store: Store, clock: HandClock) -> None:
    billing = Billing(store, clock, policy=Policy(reminders=ReminderPolicy((), ())))
    contract_id = month_contract(billing)
    deadline = datetime.fromisoformat("2026-12-15T23:00Z")
    first_term, second_term = (
        datetime.fromisoformat("2026-12-22T23:00Z"),
        datetime.fromisoformat("2027-01-22T23:00Z"),
    )
    assert billing.advance_due() == deadline + timedelta(microseconds=1)
    clock.instant = deadline
    billing.advance_due()
    assert published(billing)[contract_id][-1].end == first_term
    clock.instant = deadline + timedelta(microseconds=1)
    billing.advance_due()
    assert published(billing)[contract_id][-1].end == second_term


def test_a_restart_catches_up_with_every_instant_that_was_missed(
    store: Store, billing: Billing, clock: HandClock
) -> None:
    contract_id = month_contract(billing)
    clock.go(days=100)
    again = Billing(store, clock)
    again.advance_due()
    seen = view(again, contract_id)
    assert [i.issued_on for i in seen.contract.invoices] == [
        date(2026, 11, 23),
        date(2026, 12, 23),
        date(2027, 1, 23),
        date(2027, 2, 23),
    ]
    assert seen.is_open
    assert seen.overdue_minor == sum(i.gross_minor for i in seen.contract.invoices)
    assert seen.urgency is Urgency.OVERDUE


def test_a_day_pass_ends_at_midnight(billing: Billing, clock: HandClock) -> None:
    billing.customers.create(NewCustomer("Atelier Lumière"), OPERATOR)
    made = billing.create_contract(NewContract(ATELIER, Formula.DAY, TODAY, (NewRoom("Salle"),)), OPERATOR)
    assert isinstance(made, str)
    assert published(billing)[made] == (
        Interval(datetime.fromisoformat("2026-11-22T23:00Z"), datetime.fromisoformat("2026-11-23T23:00Z")),
    )
    clock.instant = datetime.fromisoformat("2026-11-23T23:00Z")
    billing.advance_due()
    assert view(billing, made).contract.lifecycle is Lifecycle.ENDED


def test_a_clock_set_back_stops_nobody(billing: Billing, clock: HandClock) -> None:
    contract_id = month_contract(billing)
    clock.go(days=-2)
    assert isinstance(billing.execute(contract_id, SUSPEND, OPERATOR), ContractView)


def test_a_contract_that_cannot_go_on_holds_up_no_other(
    billing: Billing, clock: HandClock, store: Store
) -> None:
    broken, sound = month_contract(billing), month_contract(billing, "other")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_refuses_update")
        connection.exec_driver_sql(f"UPDATE journal SET hash = zeroblob(32) WHERE contract_id = '{broken}'")  # noqa: S608
    clock.go(days=40)
    again = Billing(store, clock)
    assert again.advance_due() is not None
    assert len(view(again, sound).contract.invoices) == 2


def test_the_days_counts_come_from_the_database(open_store: Callable[[], Store], clock: HandClock) -> None:
    billing = Billing(open_store(), clock)
    held, _ = month_contract(billing), month_contract(billing, "other")
    month_contract(billing, "later", effective=TODAY + timedelta(days=5))
    billing.execute(held, OpenBlock(reason=BlockReason.FRAUD, evidence="x", actor=OPERATOR), OPERATOR)

    counted = overview(billing, clock)

    assert (counted.running, counted.suspended, counted.upcoming, counted.drafts) == (1, 1, 1, 0)
    assert counted.due_today == 0
    assert counted.next_due_at is not None
    assert (counted.queued_entries, counted.mismatched_checkouts, counted.dead_messages) == (0, 0, 0)


# ---- two writers -----------------------------------------------------------------------


def test_two_processes_see_each_others_decisions(tmp_path: Path, clock: HandClock) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    stores = [Store(url), Store(url)]
    stores[0].migrate()
    one, two = (Billing(store, clock) for store in stores)
    contract_id = month_contract(one)
    assert isinstance(two.execute(contract_id, SUSPEND, OPERATOR), ContractView)
    assert not view(one, contract_id).is_open
    assert isinstance(one.execute(contract_id, LIFT, OPERATOR), ContractView)
    again = two.execute(contract_id, LIFT, OPERATOR)
    assert isinstance(again, DomainRefusal)
    for store in stores:
        store.close()


def test_a_write_that_came_second_is_decided_again(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    from webvisio_billing.storage import journal
    from webvisio_billing.storage.errors import JournalConflict

    contract_id = month_contract(billing)
    append_all, tries = journal.append_all, []

    def second(*arguments: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise JournalConflict(contract_id)
        append_all(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "append_all", second)
    assert isinstance(billing.execute(contract_id, SUSPEND, OPERATOR), ContractView)
    assert len(tries) == 2


def test_customers_of_each_kind_can_order(billing: Billing) -> None:
    for kind in CustomerKind:
        owner = billing.customers.create(NewCustomer(f"Kind {kind.value}", kind=kind), OPERATOR)
        assert not isinstance(owner, Problem | DomainRefusal)
        wish = NewContract(owner.customer_id, Formula.MONTH, TODAY, (NewRoom(f"Room {kind.value}"),))
        assert isinstance(billing.create_contract(wish, OPERATOR), str)
    assert [v.now for v in billing.contracts()] == [MORNING] * 3
