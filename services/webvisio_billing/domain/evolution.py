"""The fold: what each event makes of a contract (money events: `accounts`).

Every decision has been taken when an event exists, so nothing here refuses;
an event that cannot follow the ones before it raises `HistoryError`.
"""

from typing import assert_never

from msgspec.structs import replace

from webvisio_billing.domain import accounts, blocks, periods
from webvisio_billing.domain import events as happened
from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.identifiers import CaseRef, ServiceRef, TicketRef
from webvisio_billing.domain.notices import NOTICES
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.state import (
    Contract,
    DayPass,
    Dispute,
    DisputeStage,
    Ending,
    FraudCase,
    FraudStage,
    Lifecycle,
    OpenedBlock,
    Service,
    Ticket,
)
from webvisio_billing.domain.terms import Formula
from webvisio_protocol.entitlements import BlockReason, RentedRoom


def evolve(contract: Contract | None, event: Event) -> Contract:
    """Fold one event; the first of a contract is `ContractOrdered`, none follows `ContractClosed`."""
    if contract is None:
        if not isinstance(event, happened.ContractOrdered):
            raise HistoryError("a contract begins with its order")
        return _ordered(event)
    if isinstance(event, happened.ContractOrdered):
        raise HistoryError("a contract is ordered once")
    if contract.lifecycle is Lifecycle.CLOSED:
        raise HistoryError("nothing follows the closing of a contract")
    if event.at < contract.as_of:
        raise HistoryError("events of a contract are in the order of time")
    return replace(_apply(contract, event), as_of=event.at)


def _apply(contract: Contract, event: Event) -> Contract:
    match event:
        case happened.ContractOrdered():
            raise AssertionError("folded by evolve")
        case happened.DayPassOrdered():
            ordered = DayPass(event.day, event.at, event.has_setup, event.extras)
            return replace(contract, passes=(*contract.passes, ordered))
        case happened.ContractAccepted():
            return _accepted(contract, event)
        case happened.ContractActivated():
            return _activated(contract, event)
        case happened.ContractRenewed():
            return replace(contract, period=event.period, period_index=contract.period_index + 1)
        case happened.DayPassStarted():
            return _day_started(contract, event.period)
        case happened.NoticeReceived():
            return _with_ending(contract, Ending(event.by, event.cause, event.ends_at))
        case happened.BreachLetterReceived():
            cause = happened.EndCause.BREACH_LETTER
            return _with_ending(contract, Ending(event.by, cause, event.ends_at))
        case happened.NoticeWithdrawn():
            kept = tuple(e for e in contract.endings if e.by is not event.by or e.cause not in NOTICES)
            return replace(contract, endings=kept)
        case happened.ContractEnding():
            is_active = contract.lifecycle is Lifecycle.ACTIVE
            return replace(contract, lifecycle=Lifecycle.ENDING) if is_active else contract
        case happened.ContractContinues():
            is_ending = contract.lifecycle is Lifecycle.ENDING
            return replace(contract, lifecycle=Lifecycle.ACTIVE) if is_ending else contract
        case happened.ContractEnded():
            return replace(contract, lifecycle=Lifecycle.ENDED, ended_at=event.at)
        case happened.ContractClosed():
            return replace(contract, lifecycle=Lifecycle.CLOSED)
        case happened.EntitlementOpened():
            return replace(contract, entitled_rooms=(*contract.entitled_rooms, event.room_id))
        case happened.EntitlementClosed():
            still_open = tuple(room for room in contract.entitled_rooms if room != event.room_id)
            return replace(contract, entitled_rooms=still_open)
        case happened.BlockOpened():
            opened = OpenedBlock(event.reason, event.at, event.invoice)
            return _suspensions_spent(replace(contract, blocks=(*contract.blocks, opened)), event)
        case happened.BlockLifted():
            still_open_blocks = tuple(b for b in contract.blocks if b.reason is not event.reason)
            return _suspensions_spent(replace(contract, blocks=still_open_blocks), event)
        case happened.RoomAdded():
            return replace(contract, rooms=(*contract.rooms, RentedRoom(event.room_id, event.name)))
        case happened.RoomRenamed():
            renamed = RentedRoom(event.room_id, event.name)
            rooms = tuple(renamed if r.room_id == event.room_id else r for r in contract.rooms)
            return replace(contract, rooms=rooms)
        case happened.RoomRemoved():
            return replace(contract, rooms=tuple(r for r in contract.rooms if r.room_id != event.room_id))
        case happened.ServiceOrdered():
            return replace(contract, services=(*contract.services, Service(event.service, event.extra)))
        case happened.ServiceEnded():
            services = tuple(
                replace(s, ended_at=event.at) if s.ref == event.service else s for s in contract.services
            )
            return replace(contract, services=services)
        case happened.InvoiceIssued():
            return accounts.invoice_issued(contract, event)
        case happened.CreditNoteIssued():
            return accounts.credit_note_issued(contract, event)
        case happened.LateChargeClaimed():
            return accounts.late_charge_claimed(contract, event)
        case happened.PaymentReceived():
            return accounts.payment_received(contract, event)
        case happened.PaymentAllocated():
            return accounts.payment_allocated(contract, event)
        case happened.PaymentReleased():
            return accounts.payment_released(contract, event)
        case happened.PaymentRefunded():
            return accounts.payment_refunded(contract, event)
        case happened.PaymentReversed():
            return accounts.payment_reversed(contract, event)
        case happened.DebtWrittenOff():
            return accounts.debt_written_off(contract, event)
        case happened.TicketReported():
            ticket = Ticket(ref=event.ticket, severity=event.severity, ack_due_at=event.ack_due_at)
            return replace(contract, tickets=(*contract.tickets, ticket))
        case happened.TicketAcknowledged():
            return _with_ticket(contract, replace(_ticket(contract, event.ticket), acknowledged_at=event.at))
        case happened.TestsAskedFor():
            return _with_ticket(contract, replace(_ticket(contract, event.ticket), are_tests_awaited=True))
        case happened.TestsReported():
            return _with_ticket(contract, replace(_ticket(contract, event.ticket), are_tests_awaited=False))
        case happened.TicketClosed():
            return _with_ticket(contract, replace(_ticket(contract, event.ticket), is_closed=True))
        case happened.FraudReported():
            return replace(contract, fraud_cases=(*contract.fraud_cases, FraudCase(event.case)))
        case happened.FraudConfirmed():
            return _with_fraud(contract, event.case, FraudStage.CONFIRMED)
        case happened.FraudClosed():
            return _with_fraud(contract, event.case, FraudStage.CLOSED)
        case happened.DisputeOpened():
            dispute = Dispute(event.case, event.unpaid_invoice)
            return replace(contract, disputes=(*contract.disputes, dispute))
        case happened.AmicableAttemptMade():
            return _with_dispute(contract, event.case, DisputeStage.AMICABLE)
        case happened.DisputeBroughtToCourt():
            return _with_dispute(contract, event.case, DisputeStage.JUDICIAL)
        case happened.DisputeSettled():
            return _with_dispute(contract, event.case, DisputeStage.SETTLED)
        case happened.DisposalChosen():
            return replace(contract, disposal_choice=event.choice)
        case happened.DisposalDeadlineSet():
            return replace(contract, disposal_deadline=event.deadline)
        case happened.DisposalCompleted():
            return replace(contract, is_disposal_complete=True)
        case happened.DataTaken():
            return replace(contract, taken_sha256=event.sha256, data_taken_at=event.at)
        case happened.DataDestroyed():
            return replace(contract, data_destroyed_at=event.at)
        case happened.CredentialsRotated() | happened.DeliveryRecorded() | happened.GlassBroken():
            return contract  # kept in the journal; no later decision depends on them
        case _:
            assert_never(event)


def _ordered(event: happened.ContractOrdered) -> Contract:
    is_day = event.formula is Formula.DAY
    services = () if is_day else event.extras
    first_day = DayPass(event.effective, event.at, event.has_setup, event.extras)
    return Contract(
        contract_id=event.contract_id,
        customer_id=event.customer_id,
        customer=event.customer,
        formula=event.formula,
        anchor=event.effective,
        timezone=event.timezone,
        prices=event.prices,
        terms=event.terms,
        tax_exemption=event.tax_exemption,
        has_setup=event.has_setup,
        ordered_at=event.at,
        as_of=event.at,
        rooms=event.rooms,
        passes=(first_day,) if is_day else (),
        services=tuple(Service(ServiceRef(f"S{n}"), extra) for n, extra in enumerate(services, start=1)),
    )


def _accepted(contract: Contract, event: happened.ContractAccepted) -> Contract:
    """Days that passed before the acceptance were never used, and are not billed."""
    today = periods.local_day(event.at, contract.timezone)
    return replace(
        contract,
        lifecycle=Lifecycle.ACCEPTED,
        accepted_at=event.at,
        terms_sha256=event.terms_sha256,
        locale="en" if event.locale == "en" else "fr",
        passes=tuple(day_pass for day_pass in contract.passes if day_pass.day >= today),
    )


def _activated(contract: Contract, event: happened.ContractActivated) -> Contract:
    lifecycle = Lifecycle.ENDING if contract.endings else Lifecycle.ACTIVE
    active = replace(contract, lifecycle=lifecycle)
    if contract.formula is Formula.DAY:
        return _day_started(active, event.period)
    return replace(active, period=event.period, period_index=0)


def _day_started(contract: Contract, day: Period) -> Contract:
    """Start a day; contiguous days run together (clause 3)."""
    before = contract.period
    run = Period(before.start, day.end) if before is not None and before.end == day.start else day
    passes = tuple(replace(p, is_started=True) if p.day == day.start else p for p in contract.passes)
    return replace(contract, period=run, passes=passes)


def _with_ending(contract: Contract, ending: Ending) -> Contract:
    return replace(contract, endings=(*contract.endings, ending))


def _suspensions_spent(contract: Contract, event: happened.BlockOpened | happened.BlockLifted) -> Contract:
    """Remember for which invoices access was suspended, so that the policy does so once each."""
    if event.reason is not BlockReason.UNPAID:
        return contract
    invoices = tuple(
        replace(invoice, is_suspension_spent=True)
        if blocks.suspension_allowed_at(contract, invoice) <= event.at
        else invoice
        for invoice in contract.invoices
    )
    return replace(contract, invoices=invoices)


def _ticket(contract: Contract, ref: TicketRef) -> Ticket:
    for ticket in contract.tickets:
        if ticket.ref == ref:
            return ticket
    raise HistoryError(f"the contract has no ticket {ref}")


def _with_ticket(contract: Contract, changed: Ticket) -> Contract:
    tickets = tuple(changed if ticket.ref == changed.ref else ticket for ticket in contract.tickets)
    return replace(contract, tickets=tickets)


def _with_fraud(contract: Contract, ref: CaseRef, stage: FraudStage) -> Contract:
    cases = tuple(replace(case, stage=stage) if case.ref == ref else case for case in contract.fraud_cases)
    return replace(contract, fraud_cases=cases)


def _with_dispute(contract: Contract, ref: CaseRef, stage: DisputeStage) -> Contract:
    disputes = tuple(replace(d, stage=stage) if d.ref == ref else d for d in contract.disputes)
    return replace(contract, disputes=disputes)
