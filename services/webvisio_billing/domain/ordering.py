"""Order and acceptance (clauses 2, 3, 5.3, 6.3): what binds the parties, and from when.

A month contract is anchored at its effective day. A contract of day passes
starts with one day and takes more while it lives; the acceptance of its terms
covers them. An online acceptance needs the terms' hash, locale, time and
actor before any money moves.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from webvisio_billing.domain import periods
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Accept, Channel, Order, OrderDay
from webvisio_billing.domain.events import ContractAccepted, ContractOrdered, DayPassOrdered, Event
from webvisio_billing.domain.money import EURO, MAX_AMOUNT_MINOR
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.registration import is_siren
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.domain.tables import Tables
from webvisio_billing.domain.terms import Extra, Formula

MAX_DAYS_AHEAD = 3660
"""An effective date more than ten years ahead is a typing mistake."""

MAX_ROOMS = 200
MAX_SERVICES = 100
MAX_PASSES = 1000


def order(command: Order, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Draft a contract, unless a fact of the order is impossible."""
    if not _is_timezone(command.timezone):
        return refuse(DomainCode.TIMEZONE_UNKNOWN, timezone_name=command.timezone)
    if command.customer.siren is not None and not is_siren(command.customer.siren):
        return refuse(DomainCode.SIREN_INVALID, siren=command.customer.siren)
    if command.prices.currency != EURO:
        return refuse(DomainCode.CURRENCY_MISMATCH, currency=command.prices.currency, expected=EURO)
    prices = (command.prices.room_month_minor, command.prices.room_day_minor, command.prices.setup_minor)
    if any(not 0 <= price <= MAX_AMOUNT_MINOR for price in prices) or not _are_billable(command.extras):
        return refuse(DomainCode.AMOUNT_INVALID)
    if len(command.rooms) > MAX_ROOMS or len({room.room_id for room in command.rooms}) < len(command.rooms):
        return refuse(DomainCode.ROOM_ALREADY_RENTED)
    if refusal := _refuse_day(command.effective, command.timezone, now):
        return refusal
    return (
        ContractOrdered(
            at=now,
            contract_id=command.contract_id,
            customer_id=command.customer_id,
            customer=command.customer,
            formula=command.formula,
            effective=command.effective,
            timezone=command.timezone,
            has_setup=command.has_setup,
            extras=command.extras,
            rooms=command.rooms,
            prices=command.prices,
            terms=command.terms,
            tax_exemption=command.tax_exemption,
            are_prerequisites_acknowledged=command.are_prerequisites_acknowledged,
        ),
    )


def order_day(contract: Contract, command: OrderDay, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Add a day pass to a contract of day passes that is not over."""
    if contract.formula is not Formula.DAY:
        return refuse(DomainCode.NOT_A_DAY_CONTRACT)
    if any(day_pass.day == command.day for day_pass in contract.passes):
        return refuse(DomainCode.PASS_ALREADY_ORDERED, day=command.day)
    if len(contract.passes) >= MAX_PASSES or not _are_billable(command.extras):
        return refuse(DomainCode.AMOUNT_INVALID)
    if refusal := _refuse_day(command.day, contract.timezone, now):
        return refusal
    return (DayPassOrdered(at=now, day=command.day, has_setup=command.has_setup, extras=command.extras),)


def accept(
    contract: Contract, command: Accept, now: datetime, tables: Tables
) -> tuple[Event, ...] | DomainRefusal:
    """Accept the terms; a contract of which nothing is left to use can no longer be accepted."""
    if contract.lifecycle is not Lifecycle.DRAFT:
        return refuse(DomainCode.ALREADY_ACCEPTED)
    if tables.seller_problems:
        return refuse(DomainCode.SELLER_INCOMPLETE, missing=", ".join(tables.seller_problems))
    if command.channel is Channel.ONLINE_PAYMENT and not (
        command.terms_sha256 and command.locale and command.actor
    ):
        return refuse(DomainCode.ACCEPTANCE_INCOMPLETE)
    if command.terms_sha256 not in (None, contract.terms.sha256):
        return refuse(DomainCode.TERMS_MISMATCH)
    if periods.midnight(_last_day_to_accept(contract), contract.timezone) <= now:
        return refuse(DomainCode.OFFER_LAPSED, effective=contract.anchor)
    return (
        ContractAccepted(
            at=now,
            channel=command.channel,
            terms_sha256=contract.terms.sha256,
            locale=command.locale,
            actor=command.actor,
        ),
    )


def _last_day_to_accept(contract: Contract) -> date:
    if contract.formula is Formula.DAY:
        return max(day_pass.day for day_pass in contract.passes) + periods.ONE_DAY
    return periods.month_period(contract.anchor, 0).end


def _refuse_day(day: date, timezone: str, now: datetime) -> DomainRefusal | None:
    today = periods.local_day(now, timezone)
    if day < today:
        return refuse(DomainCode.EFFECTIVE_DATE_PAST, effective=day, today=today)
    if (day - today).days > MAX_DAYS_AHEAD:
        return refuse(DomainCode.EFFECTIVE_DATE_TOO_FAR, effective=day)
    return None


def _are_billable(extras: tuple[Extra, ...]) -> bool:
    return len(extras) <= MAX_SERVICES and all(0 <= e.net_minor <= MAX_AMOUNT_MINOR for e in extras)


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
