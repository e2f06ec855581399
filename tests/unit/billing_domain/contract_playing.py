"""What the tests of the contract's rules share: a Paris wall clock and a contract to play with."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Accept, Channel, Command, Method, Order, OrderDay, Pay
from webvisio_billing.domain.contract import act, advance, fold
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.tables import KNOWN, Tables
from webvisio_billing.domain.terms import Customer, Extra, Formula, Prices, TermsVersion
from webvisio_protocol.entitlements import RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId

Kind = TypeVar("Kind")

PARIS = "Europe/Paris"
ROOM = RentedRoom(RoomId("room-1"), "Salle 1")


def at(text: str, timezone: str = PARIS) -> datetime:
    """Read "2026-11-15T00:00" on the wall clock; returns UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def day(text: str) -> date:
    """Read "2026-11-15"."""
    return date.fromisoformat(text)


class Life:
    """A contract that is asked things at instants, and everything that happened to it."""

    def __init__(self, tables: Tables = KNOWN) -> None:
        self.tables = tables
        self.state: Contract | None = None
        self.events: list[Event] = []

    @property
    def contract(self) -> Contract:
        """The contract, once ordered."""
        assert self.state is not None
        return self.state

    def ask(self, when: str, command: Command) -> tuple[Event, ...]:
        """Put a command that must be allowed; returns everything that happened since the last one."""
        acted = act(self.state, command, at(when), self.tables)
        assert acted.refusal is None, acted.refusal
        self.state = acted.contract
        self.events += acted.events
        return acted.events

    def refused(self, when: str, command: Command) -> DomainRefusal:
        """Put a command that must be refused; time passes all the same."""
        acted = act(self.state, command, at(when), self.tables)
        assert acted.refusal is not None, acted.events
        self.state = acted.contract
        self.events += acted.events
        return acted.refusal

    def code(self, when: str, command: Command) -> DomainCode:
        """Put a command that must be refused; returns the code."""
        return self.refused(when, command).code

    def wait(self, until: str) -> tuple[Event, ...]:
        """Let time pass; returns what fell due."""
        events = advance(self.contract, at(until), self.tables)
        self.state = fold(self.contract, events)
        self.events += events
        return events

    def pay(self, when: str, amount_minor: int, invoice: str | None = None) -> tuple[Event, ...]:
        """Pay by transfer, each time under another key."""
        key = PaymentKey(f"key-{len(self.events)}")
        ref = None if invoice is None else DocumentRef(invoice)
        return self.ask(when, Pay(key=key, amount_minor=amount_minor, method=Method.TRANSFER, invoice=ref))


def order(
    effective: str,
    formula: Formula = Formula.MONTH,
    *,
    setup: bool = False,
    extras: tuple[Extra, ...] = (),
    customer: Customer = Customer(),  # noqa: B008 - frozen
    prices: Prices = Prices(),  # noqa: B008 - frozen
    terms: TermsVersion = TermsVersion(),  # noqa: B008 - frozen
    timezone: str = PARIS,
    rooms: tuple[RentedRoom, ...] = (ROOM,),
    tax_exemption: str | None = None,
) -> Order:
    """Make an order with the golden cases' prices."""
    return Order(
        contract_id=ContractId("contract-1"),
        customer_id=CustomerId("customer-1"),
        formula=formula,
        effective=day(effective),
        timezone=timezone,
        customer=customer,
        has_setup=setup,
        extras=extras,
        rooms=rooms,
        prices=prices,
        terms=terms,
        tax_exemption=tax_exemption,
    )


ACCEPT = Accept(channel=Channel.SIGNATURE)


def running(effective: str, *, tables: Tables = KNOWN, command: Order | None = None) -> Life:
    """Order and accept a contract at the beginning of its effective day."""
    life = Life(tables)
    life.ask(f"{effective}T00:00", command or order(effective))
    life.ask(f"{effective}T00:00", ACCEPT)
    return life


def days(first: str, *more: str) -> Life:
    """Order and accept day passes at the beginning of the first day."""
    life = Life()
    life.ask(f"{first}T00:00", order(first, Formula.DAY))
    for another in more:
        life.ask(f"{first}T00:00", OrderDay(day=day(another)))
    life.ask(f"{first}T00:00", ACCEPT)
    return life


def of_type(kind: type[Kind], events: Iterable[object]) -> list[Kind]:
    """Pick the events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def vat(rates: dict[str, str]) -> Tables:
    """Make tables with other VAT rates, by first day."""
    return Tables(vat={next(iter(KNOWN.vat)): {day(first): Decimal(rate) for first, rate in rates.items()}})
