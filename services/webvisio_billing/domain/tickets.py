"""Support tickets and their acknowledgement clock (clause 4.4).

A blocking or grave anomaly is acknowledged within 24 working hours of the
report. Reading: 24 clock hours counted on the working days (Monday to Friday
without public holidays) of the seller's calendar; or office hours, by a
parameter of the terms. Both count on the wall clock. The calendar that was
used is kept with the ticket. A minor anomaly has no deadline.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays
from holidays.version import __version__ as holidays_version

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    AcknowledgeTicket,
    AskForTests,
    CloseTicket,
    ReportTests,
    ReportTicket,
    Severity,
)
from webvisio_billing.domain.events import (
    Event,
    TestsAskedFor,
    TestsReported,
    TicketAcknowledged,
    TicketClosed,
    TicketReported,
)
from webvisio_billing.domain.identifiers import TicketRef
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Ticket
from webvisio_billing.domain.terms import SellerRegion, TermsVersion, WorkingTime

MAX_TICKETS = 10_000

_SUBDIVISION: dict[SellerRegion, str | None] = {
    SellerRegion.FRANCE: None,
    SellerRegion.ALSACE: "6AE",
    SellerRegion.MOSELLE: "57",
}
_SATURDAY = 5


def report(contract: Contract, command: ReportTicket, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Open a ticket and say when it must be acknowledged."""
    if len(contract.tickets) >= MAX_TICKETS:
        return refuse(DomainCode.TICKETS_EXHAUSTED)
    ack_due_at = None
    if command.severity is not Severity.MINOR:
        ack_due_at = acknowledgement_due(now, contract.terms, contract.timezone)
    return (
        TicketReported(
            at=now,
            ticket=TicketRef(f"T{len(contract.tickets) + 1}"),
            severity=command.severity,
            summary=command.summary,
            ack_due_at=ack_due_at,
            calendar=calendar_name(contract.terms),
        ),
    )


def acknowledge(
    contract: Contract, command: AcknowledgeTicket, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Acknowledge a ticket, on time or late."""
    ticket = _open_ticket(contract, command.ticket)
    if isinstance(ticket, DomainRefusal):
        return ticket
    if ticket.acknowledged_at is not None:
        return refuse(DomainCode.TICKET_ALREADY_ACKNOWLEDGED)
    is_late = ticket.ack_due_at is not None and now > ticket.ack_due_at
    return (TicketAcknowledged(at=now, ticket=ticket.ref, actor=command.actor, is_late=is_late),)


def ask_for_tests(
    contract: Contract, command: AskForTests, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Ask the customer for tests."""
    ticket = _open_ticket(contract, command.ticket)
    if isinstance(ticket, DomainRefusal):
        return ticket
    return (TestsAskedFor(at=now, ticket=ticket.ref, instructions=command.instructions),)


def report_tests(
    contract: Contract, command: ReportTests, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Take the results of tests that were asked for."""
    ticket = _open_ticket(contract, command.ticket)
    if isinstance(ticket, DomainRefusal):
        return ticket
    if not ticket.are_tests_awaited:
        return refuse(DomainCode.TESTS_NOT_ASKED)
    return (TestsReported(at=now, ticket=ticket.ref, results=command.results),)


def close(contract: Contract, command: CloseTicket, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Close a ticket."""
    ticket = _open_ticket(contract, command.ticket)
    if isinstance(ticket, DomainRefusal):
        return ticket
    return (TicketClosed(at=now, ticket=ticket.ref, actor=command.actor),)


def acknowledgement_due(reported: datetime, terms: TermsVersion, timezone: str) -> datetime:
    """Count the working hours of the terms from the report on; returns UTC."""
    opens, closes = _working_hours(terms)
    left = timedelta(hours=terms.acknowledgement_hours)
    clock = reported.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    day = clock.date()
    while True:
        if _is_working_day(day, terms.seller_region):
            begins = max(clock, datetime.combine(day, time()) + opens)
            ends = datetime.combine(day, time()) + closes
            if begins + left <= ends:
                return (begins + left).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
            left -= max(ends - begins, timedelta())
        day += timedelta(days=1)


def calendar_name(terms: TermsVersion) -> str:
    """Name the calendar used: region, way of counting, version of the holiday data."""
    return f"{terms.seller_region.value}/{terms.working_time.value}/holidays-{holidays_version}"


def _working_hours(terms: TermsVersion) -> tuple[timedelta, timedelta]:
    if terms.working_time is WorkingTime.CLOCK:
        return timedelta(), timedelta(days=1)
    return timedelta(hours=terms.office_opens_hour), timedelta(hours=terms.office_closes_hour)


def _is_working_day(day: date, region: SellerRegion) -> bool:
    return day.weekday() < _SATURDAY and day not in _public_holidays(day.year, region)


@lru_cache(maxsize=256)
def _public_holidays(year: int, region: SellerRegion) -> frozenset[date]:
    return frozenset(country_holidays("FR", years=year, subdiv=_SUBDIVISION[region]))


def _open_ticket(contract: Contract, ref: TicketRef) -> Ticket | DomainRefusal:
    for ticket in contract.tickets:
        if ticket.ref == ref:
            return refuse(DomainCode.TICKET_CLOSED) if ticket.is_closed else ticket
    return refuse(DomainCode.TICKET_UNKNOWN, ticket=ref)
