"""Random lives of a contract: whatever is asked, and whenever, the rules' invariants hold.

Instants are drawn often around the two DST nights, leap days and month ends;
commands often around notice deadlines and due dates. `--hypothesis-profile
contract-lives` plays 10^5 of them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webvisio_billing.domain import commands as ask
from webvisio_billing.domain import journal, ledger, numbering, periods
from webvisio_billing.domain.access import intervals
from webvisio_billing.domain.commands import Command
from webvisio_billing.domain.contract import act, advance, fold, next_due
from webvisio_billing.domain.events import (
    BlockLifted,
    BlockOpened,
    ContractEnded,
    CreditNoteIssued,
    EntitlementClosed,
    EntitlementOpened,
    Event,
    InvoiceIssued,
    Part,
    PaymentAllocated,
)
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey, ServiceRef
from webvisio_billing.domain.numbering import DocumentKind, Series
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.domain.tables import HalfYear, Tables
from webvisio_billing.domain.terms import (
    Customer,
    CustomerKind,
    Extra,
    Formula,
    Party,
    Prices,
    TermsVersion,
)
from webvisio_protocol.entitlements import BlockReason, RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId

CONTRACT = ContractId("contract-1")
ZONES = ("Europe/Paris", "Pacific/Noumea", "America/Havana", "Asia/Beirut", "UTC")
TABLES = Tables(
    legal_rates={
        HalfYear(f"{year}-H{half}"): Decimal("2.62") for year in range(2025, 2040) for half in (1, 2)
    }
)

Lived = tuple[Contract, tuple[Event, ...], datetime]
"""A contract, everything that happened to it (numbered), and the last instant reached."""

AWKWARD_DAYS = (
    date(2027, 1, 31),
    date(2027, 1, 30),
    date(2028, 2, 29),
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 2, 28),
    date(2026, 12, 31),
    date(2027, 3, 28),
    date(2026, 11, 1),
)
anchors = st.one_of(st.sampled_from(AWKWARD_DAYS), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
parties = st.sampled_from(Party)
amounts = st.sampled_from([0, 1, 33_33, 100_00, 119_99, 120_00, 500_00])
refs = st.sampled_from([DocumentRef(f"F{n}") for n in range(1, 4)])
reasons = st.sampled_from(BlockReason)
rooms = st.sampled_from([RoomId("room-1"), RoomId("room-2"), RoomId("room-3")])
gaps = st.one_of(
    st.just(timedelta()),
    st.timedeltas(timedelta(seconds=1), timedelta(days=40)),
    st.sampled_from([timedelta(days=d, hours=h) for d in (1, 7, 8, 15, 16, 24, 30) for h in (-1, 0, 1)]),
)


@st.composite
def orders(draw: st.DrawFn) -> ask.Order:
    return ask.Order(
        contract_id=CONTRACT,
        customer_id=CustomerId("customer-1"),
        formula=draw(st.sampled_from(Formula)),
        effective=draw(anchors),
        timezone=draw(st.sampled_from(ZONES)),
        customer=Customer(draw(st.sampled_from(CustomerKind))),
        has_setup=draw(st.booleans()),
        extras=tuple(
            draw(st.lists(st.builds(Extra, st.text(max_size=3), amounts, st.booleans()), max_size=2))
        ),
        rooms=draw(st.sampled_from([(), (RentedRoom(RoomId("room-1"), "Salle"),)])),
        prices=Prices(room_month_minor=draw(amounts), room_day_minor=15_00, setup_minor=50_00),
        terms=TermsVersion(suspends_automatically=draw(st.booleans())),
    )


@st.composite
def asked(draw: st.DrawFn) -> Command:
    """Draw a command; many will be refused, which is part of the play."""
    actor = "anna"
    return draw(
        st.one_of(
            st.builds(ask.GiveNotice, by=parties),
            st.builds(ask.WithdrawNotice, by=parties),
            st.builds(
                ask.BreachLetter,
                by=parties,
                clauses=st.just(("5.4",)),
                registered_ref=st.just("RK 1"),
                precision=st.sampled_from(ask.Precision),
                is_justified=st.booleans(),
            ),
            st.builds(ask.OrderDay, day=anchors, has_setup=st.booleans()),
            st.builds(
                ask.OpenBlock,
                reason=reasons,
                actor=st.just(actor),
                evidence=st.just("capture"),
                invoice=st.one_of(st.none(), refs),
            ),
            st.builds(ask.LiftBlock, reason=reasons),
            st.builds(ask.AddRoom, room_id=rooms, name=st.just("Salle")),
            st.builds(ask.RemoveRoom, room_id=rooms),
            st.builds(ask.OrderService, extra=st.builds(Extra, st.just("s"), amounts, st.booleans())),
            st.builds(ask.EndService, service=st.sampled_from([ServiceRef("S1"), ServiceRef("S2")])),
            st.builds(
                ask.Pay,
                key=st.integers(0, 10**6).map(lambda n: PaymentKey(f"p{n}")),
                amount_minor=amounts,
                invoice=st.one_of(st.none(), refs),
            ),
            st.builds(
                ask.Refund,
                key=st.integers(0, 10**6).map(lambda n: PaymentKey(f"r{n}")),
                amount_minor=amounts,
            ),
            st.builds(ask.ClaimLateCharges, invoice=refs),
            st.builds(ask.CancelInvoice, invoice=refs, is_reissued=st.booleans()),
            st.builds(ask.WriteOff, reason=st.just("perte")),
            st.builds(ask.ChooseDisposal, choice=st.sampled_from(ask.Disposal)),
            st.just(ask.CompleteDisposal(actor=actor, destroyed=("x",), returned_sha256="ab" * 32)),
            st.just(ask.Close(actor=actor)),
        )
    )


@st.composite
def lives(draw: st.DrawFn) -> Lived:
    """Live a contract; returns it, everything that happened, and the last instant reached."""
    order = draw(orders())
    now = periods.midnight(order.effective, order.timezone) - draw(
        st.sampled_from([timedelta(), timedelta(hours=5), timedelta(days=20)])
    )
    acted = act(None, order, now, TABLES)
    assert acted.contract is not None
    contract, events = acted.contract, list(acted.events)
    accept = ask.Accept(channel=ask.Channel.SIGNATURE)
    for command in (accept, *draw(st.lists(asked(), max_size=12))):
        acted = act(contract, command, now, TABLES)
        assert acted.contract is not None
        contract = acted.contract
        events += acted.events
        now += draw(gaps)
    due = advance(contract, now, TABLES)
    last = fold(contract, due)
    assert last is not None
    stamped, _ = numbering.stamp([*events, *due], {})
    return last, stamped, now


a_life = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def assert_the_contract_is_the_fold_of_its_events_in_order(
    life: Lived,
) -> None:
    contract, events, now = life

    assert fold(None, [_unnumbered(event) for event in events]) == contract
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert all(event.at <= now for event in events)
    due = next_due(contract)
    assert due is None or due > now


def assert_month_periods_have_no_gap_and_no_overlap_and_come_from_the_anchor(
    life: Lived,
) -> None:
    contract, events, _ = life
    if contract.formula is Formula.DAY:
        return
    covered = [
        event.period for event in events if hasattr(event, "period") and not isinstance(event, InvoiceIssued)
    ]

    assert covered == [periods.month_period(contract.anchor, index) for index in range(len(covered))]
    assert all(before.end == after.start for before, after in pairwise(covered))


def assert_each_period_has_exactly_one_bill_a_revision(
    life: Lived,
) -> None:
    contract, events, _ = life
    bills = _of(InvoiceIssued, events)
    keys = [(bill.period, bill.revision) for bill in bills]
    first_bills = [bill.period for bill in bills if bill.period is not None and bill.revision == 0]

    assert len(keys) == len(set(keys))
    if contract.formula is Formula.MONTH:
        expected = [
            periods.month_period(contract.anchor, index) for index in range(contract.period_index + 1)
        ]
    else:
        started = sorted(day_pass.day for day_pass in contract.passes if day_pass.is_started)
        expected = [periods.day_period(day) for day in started]
    assert sorted(first_bills) == expected


def assert_access_implies_an_open_entitlement(life: Lived) -> None:
    contract, events, now = life
    is_covered = any(i.start <= now < i.end for i in intervals(contract, now))
    is_entitled = bool(contract.entitled_rooms)

    if contract.rooms:
        assert is_covered == is_entitled
    assert not is_entitled or contract.lifecycle in (Lifecycle.ACTIVE, Lifecycle.ENDING)
    pieces = intervals(contract, now)
    assert all(piece.start < piece.end for piece in pieces)
    assert all(before.end < after.start for before, after in pairwise(pieces))
    _assert_alternating(events)


def assert_the_ledger_balances_and_agrees_with_the_contract(
    life: Lived,
) -> None:
    contract, events, _ = life
    balances = ledger.balances(events)

    assert all(sum(p.amount_minor for p in ledger.postings(event)) == 0 for event in events)
    customers = balances.get(ledger.Account.CUSTOMERS, 0)
    advances = balances.get(ledger.Account.CUSTOMERS_ADVANCES, 0)
    assert customers + advances == contract.balance_minor
    assert advances == -contract.credit_minor <= 0


def assert_no_document_is_overpaid_overcredited_or_wrongly_added_up(
    life: Lived,
) -> None:
    contract, events, _ = life

    for invoice in contract.invoices:
        assert 0 <= invoice.outstanding_minor <= invoice.gross_minor
        assert 0 <= invoice.paid_minor <= invoice.gross_minor
        assert invoice.net_minor == sum(line.net_minor for line in invoice.lines)
        credited = sum(tax.net_minor + tax.tax_minor for tax in invoice.credited)
        assert 0 <= credited <= invoice.gross_minor
        assert not invoice.is_cancelled or invoice.outstanding_minor == invoice.paid_minor == 0
    for note in contract.debit_notes:
        assert 0 <= note.interest_open_minor <= note.interest_minor
        assert 0 <= note.recovery_open_minor <= note.recovery_minor
    if contract.credit_minor > 0:
        assert contract.balance_minor == -contract.credit_minor, "credit lies idle only where nothing is owed"
    assert all(event.amount_minor > 0 for event in _of(PaymentAllocated, events))


def assert_numbers_are_gapless_and_the_chain_holds(
    life: Lived,
) -> None:
    _, events, now = life
    entries = journal.append(CONTRACT, events, now)

    for kind, documents in (
        (DocumentKind.INVOICE, _of(InvoiceIssued, events)),
        (DocumentKind.CREDIT_NOTE, _of(CreditNoteIssued, events)),
    ):
        for year in {document.issued_on.year for document in documents}:
            numbers = [d.number for d in documents if d.issued_on.year == year]
            assert numbers == [Series(kind, year).number(n) for n in range(1, len(numbers) + 1)]
    assert journal.first_break(entries, CONTRACT, entries[-1].hash) is None


def assert_a_block_for_non_payment_stands_only_on_late_principal(
    life: Lived,
) -> None:
    contract, _, now = life
    block = contract.block(BlockReason.UNPAID)

    if block is not None:
        today = periods.local_day(now, contract.timezone)
        late = [
            i
            for i in contract.invoices
            if i.outstanding_minor > 0 and (today - i.due_on).days >= contract.terms.suspension_days
        ]
        assert late


def assert_money_settles_costs_then_interest_then_principal(
    life: Lived,
) -> None:
    """At every payment of a principal, nothing claimed for that invoice is left open (art. 1343-1)."""
    _, events, _ = life
    contract: Contract | None = None
    for event in events:
        if isinstance(event, PaymentAllocated) and event.part is Part.PRINCIPAL:
            assert contract is not None
            claimed = [note for note in contract.debit_notes if note.invoice == event.document]
            assert all(note.interest_open_minor == note.recovery_open_minor == 0 for note in claimed)
        contract = fold(contract, [event])


INVARIANTS = (
    assert_the_contract_is_the_fold_of_its_events_in_order,
    assert_month_periods_have_no_gap_and_no_overlap_and_come_from_the_anchor,
    assert_each_period_has_exactly_one_bill_a_revision,
    assert_access_implies_an_open_entitlement,
    assert_the_ledger_balances_and_agrees_with_the_contract,
    assert_no_document_is_overpaid_overcredited_or_wrongly_added_up,
    assert_numbers_are_gapless_and_the_chain_holds,
    assert_a_block_for_non_payment_stands_only_on_late_principal,
    assert_money_settles_costs_then_interest_then_principal,
)


@a_life
@given(lives())
def test_every_invariant_holds_in_every_life(life: Lived) -> None:
    for invariant in INVARIANTS:
        invariant(life)


@a_life
@given(lives(), st.lists(st.timedeltas(timedelta(hours=1), timedelta(days=50)), min_size=1, max_size=5))
def test_time_passes_the_same_in_one_go_and_in_many(life: Lived, steps: list[timedelta]) -> None:
    contract, _, now = life
    in_many: list[Event] = []
    later: Contract | None = contract
    for step in steps:
        now += step
        assert later is not None
        happened = advance(later, now, TABLES)
        later = fold(later, happened)
        in_many += happened

    assert tuple(in_many) == advance(contract, now, TABLES)


def _assert_alternating(events: Sequence[Event]) -> None:
    """Entitlements and blocks open and close in turn; nothing stays open after the end."""
    open_rooms: set[RoomId] = set()
    open_blocks: set[BlockReason] = set()
    for event in events:
        match event:
            case EntitlementOpened():
                assert event.room_id not in open_rooms
                open_rooms.add(event.room_id)
            case EntitlementClosed():
                open_rooms.remove(event.room_id)
            case BlockOpened():
                assert event.reason not in open_blocks
                open_blocks.add(event.reason)
            case BlockLifted():
                open_blocks.remove(event.reason)
            case ContractEnded():
                assert not open_rooms
            case _:
                pass


def _unnumbered(event: Event) -> Event:
    if isinstance(event, InvoiceIssued | CreditNoteIssued) or hasattr(event, "number"):
        return type(event)(**{**{n: getattr(event, n) for n in event.__struct_fields__}, "number": ""})
    return event


def _of(kind: type, events: Sequence[Event]) -> list:  # type: ignore[type-arg]  # a test's helper
    return [event for event in events if isinstance(event, kind)]


# ---- period arithmetic on its own ------------------------------------------------------


@given(anchors, st.integers(0, 600))
def test_periods_touch_and_the_anchor_comes_back(anchor: date, index: int) -> None:
    period = periods.month_period(anchor, index)

    assert periods.month_period(anchor, index + 1).start == period.end
    assert periods.month_index(anchor, period.start) == index
    assert periods.month_index(anchor, period.end - timedelta(days=1)) == index
    assert period.start.day == anchor.day or (period.start + timedelta(days=1)).day == 1
    assert 28 <= period.days <= 31


@given(anchors, st.sampled_from(ZONES), st.integers(0, 60))
def test_a_midnight_is_the_first_instant_of_its_day(anchor: date, timezone: str, index: int) -> None:
    day = periods.month_period(anchor, index).start
    instant = periods.midnight(day, timezone)

    assert instant.tzinfo is UTC
    assert periods.local_day(instant, timezone) == day
    assert periods.local_day(instant - timedelta(microseconds=1), timezone) < day


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=8))
def test_merged_intervals_cover_the_same_days(pieces: list[tuple[int, int]]) -> None:
    first = date(2026, 3, 1)
    given_days = {first + timedelta(days=start + n) for start, length in pieces for n in range(length)}
    whole = [
        periods.interval(
            Period(first + timedelta(days=start), first + timedelta(days=start + length)), "Europe/Paris"
        )
        for start, length in pieces
    ]

    runs = periods.merged(whole)

    covered = {
        day
        for day in (first + timedelta(days=n) for n in range(70))
        if any(run.start <= periods.midnight(day, "Europe/Paris") < run.end for run in runs)
    }
    assert covered == given_days
    assert all(before.end < after.start for before, after in pairwise(runs))
