"""Draws lives of a contract: an order, then whatever is asked, whenever, refused or not.

Time is drawn towards where rules turn: the two nights on which the clock
changes, leap days and month ends, half-years, and to the second around notice
deadlines, due dates and the first instant of a suspension. Strategies are
built once, here, since building them costs more than drawing from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from hypothesis import strategies as st

from webvisio_billing.domain import blocks, notices, numbering, periods
from webvisio_billing.domain import commands as ask
from webvisio_billing.domain.commands import Command
from webvisio_billing.domain.contract import act, advance, fold, next_due
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.identifiers import CaseRef, DocumentRef, PaymentKey, ServiceRef, TicketRef
from webvisio_billing.domain.numbering import Series
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.tables import STANDARD_VAT, HalfYear, Tables
from webvisio_billing.domain.terms import (
    Customer,
    CustomerKind,
    Extra,
    Formula,
    LateRatePolicy,
    Party,
    Prices,
    TermsVersion,
)
from webvisio_protocol.entitlements import BlockReason, RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId

CONTRACT = ContractId("contract-1")
ZONES = ("Europe/Paris", "Europe/Paris", "Pacific/Noumea", "America/Havana", "Asia/Beirut", "UTC")
VAT = {date(2014, 1, 1): Decimal(20), date(2027, 2, 10): Decimal(21), date(2028, 6, 1): Decimal("5.5")}
TABLES = Tables(
    vat={STANDARD_VAT: VAT},
    legal_rates={
        HalfYear(f"{year}-H{half}"): Decimal(2 + year % 3) + Decimal(half) / 8
        for year in range(2025, 2045)
        for half in (1, 2)
    },
)

AWKWARD_DAYS = (
    date(2026, 2, 28),
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 12, 31),
    date(2027, 1, 29),
    date(2027, 1, 30),
    date(2027, 1, 31),
    date(2027, 3, 28),
    date(2027, 10, 31),
    date(2028, 2, 29),
    date(2028, 3, 26),
    date(2028, 10, 29),
)
"""Both changes of the clock in Paris, the one night of two midnights in Havana, leap days, month ends."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known right after a command: how many events there were, and the contract they make."""

    now: datetime
    events: int
    contract: Contract


@dataclass(frozen=True)
class Life:
    """All that happened to a contract, numbered, its moments in order, and how time goes on from there."""

    events: tuple[Event, ...]
    moments: tuple[Moment, ...]
    rests: tuple[timedelta, ...]

    @property
    def contract(self) -> Contract:
        """The contract at the last instant reached."""
        return self.moments[-1].contract

    @property
    def now(self) -> datetime:
        """The last instant reached."""
        return self.moments[-1].now


class Until(Enum):
    """What time is let pass to."""

    NOTHING = auto()
    NEXT_DUE = auto()
    NOTICE_DEADLINE = auto()
    SUSPENSION = auto()
    AWKWARD_NIGHT = auto()


@dataclass(frozen=True, slots=True)
class Wait:
    """How long nothing is asked: to a turning point, and then `more` (may be a second less)."""

    until: Until
    more: timedelta


@dataclass(frozen=True, slots=True)
class AnotherDay:
    """Orders the day that comes so many days after the instant reached."""

    days_ahead: int
    has_setup: bool

    def on(self, today: date) -> ask.OrderDay:
        return ask.OrderDay(day=today + timedelta(days=self.days_ahead), has_setup=self.has_setup)


Asked = Command | AnotherDay

anchors = st.one_of(st.sampled_from(AWKWARD_DAYS), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
parties = st.sampled_from(Party)
amounts = st.sampled_from([0, 1, 33_33, 100_00, 119_99, 120_00, 500_00])
invoices = st.sampled_from([DocumentRef(f"F{n}") for n in (1, 1, 1, 2, 2, 3)])
any_invoice = st.none() | invoices
reasons = st.sampled_from([BlockReason.UNPAID, *BlockReason])
rooms = st.sampled_from([RoomId("room-1"), RoomId("room-2"), RoomId("room-3")])
keys = st.integers(0, 40).map(lambda n: PaymentKey(f"key-{n}"))
extras = st.builds(Extra, st.just("s"), amounts, st.booleans())

seconds = st.sampled_from([timedelta(seconds=n) for n in (-1, 0, 1)])
pauses = st.one_of(
    st.just(timedelta()),
    st.integers(1, 40 * 86_400).map(lambda n: timedelta(seconds=n)),
    st.sampled_from([timedelta(days=d, hours=h) for d in (1, 7, 8, 15, 16, 24, 30, 62) for h in (-1, 0, 1)]),
)
waits = st.one_of(
    st.builds(Wait, st.just(Until.NOTHING), pauses),
    st.builds(Wait, st.sampled_from(list(Until)[1:]), seconds),
    st.builds(Wait, st.just(Until.AWKWARD_NIGHT), st.sampled_from([timedelta(hours=h) for h in (1, 2, 3)])),
)

withdrawals = st.builds(ask.WithdrawNotice, by=parties, is_agreed=st.sampled_from([True, True, False]))
more_days = st.builds(AnotherDay, st.integers(0, 4), st.booleans())
payments = st.builds(ask.Pay, key=keys, amount_minor=amounts, invoice=any_invoice)

asked: st.SearchStrategy[Asked] = st.one_of(
    st.builds(ask.GiveNotice, by=parties),
    withdrawals,
    withdrawals,
    st.builds(
        ask.BreachLetter,
        by=parties,
        clauses=st.just(("5.4",)),
        registered_ref=st.sampled_from(["RK 1", "RK 1", ""]),
        precision=st.sampled_from(ask.Precision),
        is_justified=st.booleans(),
    ),
    more_days,
    more_days,
    st.builds(
        ask.OpenBlock,
        reason=reasons,
        actor=st.just("anna"),
        evidence=st.sampled_from(["capture", ""]),
        invoice=any_invoice,
    ),
    st.builds(ask.LiftBlock, reason=reasons, by=parties),
    st.builds(ask.AddRoom, room_id=rooms, name=st.just("Salle")),
    st.builds(ask.RemoveRoom, room_id=rooms),
    st.builds(ask.OrderService, extra=extras),
    st.builds(ask.EndService, service=st.sampled_from([ServiceRef("S1"), ServiceRef("S2")])),
    payments,
    payments,
    st.builds(ask.Pay, key=keys, amount_minor=st.integers(1, 400_00), invoice=any_invoice),
    st.builds(ask.Refund, key=keys, amount_minor=amounts),
    st.builds(ask.ReversePayment, key=keys, payment=keys, amount_minor=amounts, is_refund=st.booleans()),
    st.builds(ask.ClaimLateCharges, invoice=invoices),
    st.builds(ask.CancelInvoice, invoice=invoices, is_reissued=st.booleans()),
    st.builds(ask.WriteOff, reason=st.just("perte")),
    st.sampled_from(
        [
            ask.ReportTicket(severity=ask.Severity.BLOCKING),
            ask.AcknowledgeTicket(ticket=TicketRef("T1")),
            ask.ReportFraud(description="identifiant partagé"),
            ask.ConfirmFraud(case=CaseRef("C1"), registered_ref="RK 2"),
            ask.OpenDispute(subject="qualité"),
            ask.GoToCourt(case=CaseRef("C1")),
        ]
    ),
    st.sampled_from(
        [
            ask.ChooseDisposal(choice=ask.Disposal.DESTROY),
            ask.ChooseDisposal(choice=ask.Disposal.RETURN),
            ask.CompleteDisposal(actor="anna", destroyed=("x",), returned_sha256="ab" * 32),
            ask.RecordDataTaken(actor="carole", sha256="cd" * 32),
            ask.RecordDestruction(actor="anna", destroyed=("keys: 1",)),
            ask.Close(actor="anna"),
        ]
    ),
)

ONE_ROOM = (RentedRoom(RoomId("room-1"), "Salle"),)
terms = st.builds(
    TermsVersion,
    suspends_automatically=st.booleans(),
    suspension_days=st.sampled_from([15, 15, 16]),
    late_rate_policy=st.sampled_from([None, *LateRatePolicy]),
)
orders = st.builds(
    ask.Order,
    contract_id=st.just(CONTRACT),
    customer_id=st.just(CustomerId("customer-1")),
    formula=st.sampled_from([Formula.MONTH, Formula.MONTH, Formula.DAY]),
    effective=anchors,
    timezone=st.sampled_from(ZONES),
    customer=st.sampled_from([Customer(kind) for kind in (CustomerKind.PROFESSIONAL, *CustomerKind)]),
    has_setup=st.booleans(),
    extras=st.lists(extras, max_size=2).map(tuple),
    rooms=st.sampled_from([(), ONE_ROOM, ONE_ROOM]),
    prices=st.builds(Prices, room_month_minor=amounts, room_day_minor=st.just(15_00)),
    terms=terms,
)
leads = st.sampled_from([timedelta(), timedelta(hours=5), timedelta(days=20)])
scripts = st.lists(st.tuples(asked, waits), min_size=4, max_size=14)
rests = st.lists(pauses.map(lambda pause: pause + timedelta(hours=1)), min_size=1, max_size=4).map(tuple)


def live(order: ask.Order, lead: timedelta, script: list[tuple[Asked, Wait]]) -> Life:
    """Live a contract that is ordered `lead` before it takes effect, accepted at once, then asked `script`."""
    now = periods.midnight(order.effective, order.timezone) - lead
    accept = (ask.Accept(channel=ask.Channel.SIGNATURE), Wait(Until.NOTHING, timedelta()))
    contract: Contract | None = None
    events: list[Event] = []
    moments: list[Moment] = []
    counters: dict[Series, int] = {}
    for asked_for, wait in [(order, accept[1]), accept, *script]:
        today = periods.local_day(now, order.timezone)
        command = asked_for.on(today) if isinstance(asked_for, AnotherDay) else asked_for
        stamped, counters = numbering.stamp(act(contract, command, now, TABLES).events, counters)
        contract = fold(contract, stamped)
        assert contract is not None, "the orders drawn are accepted"
        events += stamped
        moments.append(Moment(now, len(events), contract))
        now = max(now, _reached(contract, now, wait))
    assert contract is not None
    stamped, _ = numbering.stamp(advance(contract, now, TABLES), counters)
    last = fold(contract, stamped)
    assert last is not None
    events += stamped
    return Life(tuple(events), (*moments, Moment(now, len(events), last)), ())


def _reached(contract: Contract, now: datetime, wait: Wait) -> datetime:
    turning = min((at for at in _turning(contract, now, wait.until) if at > now), default=now)
    return turning + wait.more


def _turning(contract: Contract, now: datetime, until: Until) -> Iterator[datetime]:
    match until:
        case Until.NOTHING:
            return
        case Until.NEXT_DUE:
            due = next_due(contract)
            if due is not None:
                yield due
        case Until.NOTICE_DEADLINE:
            if contract.formula is Formula.MONTH:
                term = notices.notice_term(contract, now)
                yield periods.notice_deadline(term, contract.terms.notice_days, contract.timezone)
        case Until.SUSPENSION:
            for invoice in contract.invoices:
                yield blocks.suspension_allowed_at(contract, invoice)
        case Until.AWKWARD_NIGHT:
            for day in AWKWARD_DAYS:
                yield periods.midnight(day, contract.timezone)


def _with_rests(drawn: tuple[Life, tuple[timedelta, ...]]) -> Life:
    life, then = drawn
    return Life(life.events, life.moments, then)


lives: st.SearchStrategy[Life] = st.tuples(st.builds(live, orders, leads, scripts), rests).map(_with_rests)
