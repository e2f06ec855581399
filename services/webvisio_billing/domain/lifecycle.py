"""What falls due by itself, and when (clauses 3, 6.1, 6.4, 8.1, 8.2).

`dues` lists what waits for an instant; `fall_due` says what happens then. At
one instant an ending comes before anything else, so nothing is renewed that
has ended, and a day that starts comes before the one that ends, so that
contiguous days are one entitlement.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum

import msgspec

from webvisio_billing.domain import billing, blocks, periods
from webvisio_billing.domain.commands import Disposal
from webvisio_billing.domain.events import (
    BlockOpened,
    ContractActivated,
    ContractEnded,
    ContractRenewed,
    DayPassStarted,
    DisposalChosen,
    EndCause,
    EntitlementClosed,
    EntitlementOpened,
    Event,
    ServiceEnded,
)
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.state import Contract, DayPass, Lifecycle
from webvisio_billing.domain.tables import Tables
from webvisio_billing.domain.terms import Formula, Party
from webvisio_protocol.entitlements import BlockReason


class DueKind(IntEnum):
    """What can fall due; the number is the order at one instant."""

    END = 0
    ACTIVATE = 1
    RENEW = 2
    START_DAY = 3
    FINISH_DAYS = 4
    SUSPEND = 5
    DISPOSE = 6


class Due(msgspec.Struct, frozen=True, gc=False, order=True):
    """Something that waits for an instant (UTC)."""

    at: datetime
    kind: DueKind


def dues(contract: Contract) -> Iterator[Due]:
    """List what waits for an instant, in no order; empty once nothing more can come by itself."""
    if contract.lifecycle.is_live:
        if contract.ends_at is not None:
            yield Due(contract.ends_at, DueKind.END)
        if contract.formula is Formula.MONTH:
            yield _next_month(contract)
        else:
            yield from _next_days(contract)
    if contract.lifecycle.is_running:
        suspension = blocks.next_automatic_suspension(contract)
        if suspension is not None:
            yield Due(suspension, DueKind.SUSPEND)
    if (
        contract.lifecycle is Lifecycle.ENDED
        and contract.disposal_choice is None
        and contract.disposal_deadline
    ):
        yield Due(contract.disposal_deadline, DueKind.DISPOSE)


def fall_due(contract: Contract, due: Due, at: datetime, tables: Tables) -> tuple[Event, ...]:
    """Say what happens when `due` comes; `at` is its instant, or later if it was overdue."""
    match due.kind:
        case DueKind.END:
            return end(contract, at)
        case DueKind.ACTIVATE:
            return _activate(contract, at, tables)
        case DueKind.RENEW:
            return _renew(contract, at, tables)
        case DueKind.START_DAY:
            return _start_day(contract, at, tables)
        case DueKind.FINISH_DAYS:
            return _finish_days(contract, at)
        case DueKind.SUSPEND:
            return _suspend(contract, at)
        case DueKind.DISPOSE:
            return (DisposalChosen(at=at, choice=Disposal.DESTROY, by=Party.PROVIDER),)


def end(contract: Contract, at: datetime) -> tuple[Event, ...]:
    """End the contract: entitlements and services close; unused days are refunded where owed."""
    closed = [EntitlementClosed(at=at, room_id=room_id) for room_id in contract.entitled_rooms]
    services = [
        ServiceEnded(at=at, service=service.ref)
        for service in contract.services
        if service.ended_at is None and service.extra.is_recurring
    ]
    refund = _refund(contract, at) if contract.lifecycle.is_running else ()
    return (*closed, *services, ContractEnded(at=at), *refund)


def _refund(contract: Contract, at: datetime) -> tuple[Event, ...]:
    """Refund unused days when the provider is in breach (8.1) or to a consumer (L215-1)."""
    decisive = min(contract.endings, key=lambda ending: ending.ends_at, default=None)
    if decisive is None or decisive.by is not Party.CUSTOMER:
        return ()
    if decisive.cause not in (EndCause.BREACH_LETTER, EndCause.CONSUMER_NOTICE):
        return ()
    return billing.refund_unused_days(contract, at, decisive.cause.value)


def _next_month(contract: Contract) -> Due:
    if contract.lifecycle is Lifecycle.ACCEPTED:
        return Due(periods.midnight(contract.anchor, contract.timezone), DueKind.ACTIVATE)
    term = periods.month_period(contract.anchor, contract.period_index).end
    return Due(periods.midnight(term, contract.timezone), DueKind.RENEW)


def _next_days(contract: Contract) -> Iterator[Due]:
    waiting = _next_pass(contract)
    if waiting is not None:
        starts_at = periods.midnight(waiting.day, contract.timezone)
        yield Due(max(starts_at, waiting.ordered_at), DueKind.START_DAY)
    if contract.period is not None and (contract.entitled_rooms or waiting is None):
        yield Due(periods.midnight(contract.period.end, contract.timezone), DueKind.FINISH_DAYS)


def _next_pass(contract: Contract) -> DayPass | None:
    waiting = [day_pass for day_pass in contract.passes if not day_pass.is_started]
    return min(waiting, key=lambda day_pass: day_pass.day, default=None)


def _activate(contract: Contract, at: datetime, tables: Tables) -> tuple[Event, ...]:
    period = periods.month_period(contract.anchor, 0)
    return (
        ContractActivated(at=at, period=period),
        *_open_rooms(contract, period, at),
        billing.bill_first_period(contract, period, at, tables),
    )


def _renew(contract: Contract, at: datetime, tables: Tables) -> tuple[Event, ...]:
    period = periods.month_period(contract.anchor, contract.period_index + 1)
    return (
        ContractRenewed(at=at, period=period),
        billing.bill_next_period(contract, period, at, tables),
    )


def _start_day(contract: Contract, at: datetime, tables: Tables) -> tuple[Event, ...]:
    day_pass = _next_pass(contract)
    assert day_pass is not None, "a day starts only if one waits"
    period = periods.day_period(day_pass.day)
    started: Event = DayPassStarted(at=at, period=period)
    if not contract.lifecycle.is_running:
        started = ContractActivated(at=at, period=period)
    return (
        started,
        *_open_rooms(contract, period, at),
        billing.bill_day(contract, day_pass, at, tables),
    )


def _finish_days(contract: Contract, at: datetime) -> tuple[Event, ...]:
    if _next_pass(contract) is None:
        return end(contract, at)
    return tuple(EntitlementClosed(at=at, room_id=room_id) for room_id in contract.entitled_rooms)


def _suspend(contract: Contract, at: datetime) -> tuple[Event, ...]:
    late = [
        invoice
        for invoice in contract.invoices
        if invoice.outstanding_minor > 0
        and not invoice.is_suspension_spent
        and blocks.suspension_allowed_at(contract, invoice) <= at
    ]
    invoice = min(late, key=lambda i: (i.due_on, i.issued_on))
    return (BlockOpened(at=at, reason=BlockReason.UNPAID, actor="", evidence="", invoice=invoice.ref),)


def _open_rooms(contract: Contract, period: Period, at: datetime) -> tuple[Event, ...]:
    """Open the rooms whose entitlement is not open already: contiguous days stay one."""
    entitled = periods.interval(period, contract.timezone)
    return tuple(
        EntitlementOpened(at=at, room_id=room.room_id, interval=entitled)
        for room in contract.rooms
        if room.room_id not in contract.entitled_rooms
    )
