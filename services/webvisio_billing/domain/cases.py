"""Deliveries, frauds, disputes and break-glass access (clauses 4.1, 4.5, 5.4, 9).

A fraud goes `reported -> confirmed -> closed`; its report rotates credentials
and room passwords. A dispute goes to court only after an amicable attempt,
unless it is about an unpaid invoice. Staff read a customer's content only for
a reason and for a while; the journal shows it to the customer.
"""

from datetime import datetime, timedelta

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    AttemptAmicably,
    BreakGlass,
    CloseFraud,
    ConfirmFraud,
    GoToCourt,
    OpenDispute,
    RecordDelivery,
    ReportFraud,
    SettleDispute,
)
from webvisio_billing.domain.events import (
    AmicableAttemptMade,
    CredentialsRotated,
    DeliveryRecorded,
    DisputeBroughtToCourt,
    DisputeOpened,
    DisputeSettled,
    Event,
    FraudClosed,
    FraudConfirmed,
    FraudReported,
    GlassBroken,
)
from webvisio_billing.domain.identifiers import CaseRef
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Dispute, DisputeStage, FraudCase, FraudStage

BREAK_GLASS_LIMIT = timedelta(hours=24)
"""The longest that staff may look at a customer's content for one reason (4.5)."""

MAX_CASES = 1000


def record_delivery(
    contract: Contract, command: RecordDelivery, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Journal what was handed over (4.1)."""
    return (
        DeliveryRecorded(at=now, delivery=command.delivery, actor=command.actor, room_id=command.room_id),
    )


def break_glass(contract: Contract, command: BreakGlass, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Open the customer's content to a named member of staff, for a reason and a while (4.5)."""
    if not command.reason.strip() or not command.actor.strip():
        return refuse(DomainCode.REASON_REQUIRED)
    if not now < command.until <= now + BREAK_GLASS_LIMIT:
        return refuse(DomainCode.BREAK_GLASS_TOO_LONG)
    return (GlassBroken(at=now, actor=command.actor, reason=command.reason, until=command.until),)


def report_fraud(
    contract: Contract, command: ReportFraud, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Open a fraud case; credentials and room passwords change at once (5.4)."""
    if len(contract.fraud_cases) >= MAX_CASES:
        return refuse(DomainCode.CASES_EXHAUSTED)
    case = CaseRef(f"X{len(contract.fraud_cases) + 1}")
    return (
        FraudReported(at=now, case=case, description=command.description),
        CredentialsRotated(at=now, case=case),
    )


def confirm_fraud(
    contract: Contract, command: ConfirmFraud, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Confirm a reported fraud by the registered letter's reference (5.4)."""
    case = _fraud(contract, command.case)
    if case is None or case.stage is not FraudStage.REPORTED:
        return refuse(DomainCode.CASE_UNKNOWN, case=command.case)
    if not command.registered_ref.strip():
        return refuse(DomainCode.FRAUD_REF_REQUIRED)
    return (FraudConfirmed(at=now, case=case.ref, registered_ref=command.registered_ref),)


def close_fraud(contract: Contract, command: CloseFraud, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Close a fraud case that was confirmed (5.4)."""
    case = _fraud(contract, command.case)
    if case is None or case.stage is FraudStage.CLOSED:
        return refuse(DomainCode.CASE_UNKNOWN, case=command.case)
    if case.stage is not FraudStage.CONFIRMED:
        return refuse(DomainCode.FRAUD_NOT_CONFIRMED)
    return (FraudClosed(at=now, case=case.ref, actor=command.actor),)


def open_dispute(
    contract: Contract, command: OpenDispute, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Open a dispute, naming the invoice if it is about an unpaid one (9)."""
    if len(contract.disputes) >= MAX_CASES:
        return refuse(DomainCode.CASES_EXHAUSTED)
    if command.unpaid_invoice is not None:
        invoice = contract.invoice(command.unpaid_invoice)
        if invoice is None:
            return refuse(DomainCode.INVOICE_UNKNOWN)
        if invoice.outstanding_minor <= 0:
            return refuse(DomainCode.NOTHING_UNPAID)
    case = CaseRef(f"L{len(contract.disputes) + 1}")
    return (DisputeOpened(at=now, case=case, subject=command.subject, unpaid_invoice=command.unpaid_invoice),)


def attempt_amicably(
    contract: Contract, command: AttemptAmicably, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Record an amicable attempt, while the dispute is not before a court."""
    dispute = _dispute(contract, command.case)
    if dispute is None or dispute.stage in (DisputeStage.JUDICIAL, DisputeStage.SETTLED):
        return refuse(DomainCode.CASE_UNKNOWN, case=command.case)
    return (AmicableAttemptMade(at=now, case=dispute.ref, description=command.description),)


def go_to_court(contract: Contract, command: GoToCourt, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Bring a dispute to court: after an amicable attempt, or for an unpaid invoice (9)."""
    dispute = _dispute(contract, command.case)
    if dispute is None or dispute.stage in (DisputeStage.JUDICIAL, DisputeStage.SETTLED):
        return refuse(DomainCode.CASE_UNKNOWN, case=command.case)
    if dispute.stage is DisputeStage.OPEN and dispute.unpaid_invoice is None:
        return refuse(DomainCode.AMICABLE_ATTEMPT_REQUIRED)
    return (DisputeBroughtToCourt(at=now, case=dispute.ref),)


def settle_dispute(
    contract: Contract, command: SettleDispute, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Settle a dispute, wherever it stands."""
    dispute = _dispute(contract, command.case)
    if dispute is None or dispute.stage is DisputeStage.SETTLED:
        return refuse(DomainCode.CASE_UNKNOWN, case=command.case)
    return (DisputeSettled(at=now, case=dispute.ref, outcome=command.outcome),)


def _fraud(contract: Contract, ref: CaseRef) -> FraudCase | None:
    return next((case for case in contract.fraud_cases if case.ref == ref), None)


def _dispute(contract: Contract, ref: CaseRef) -> Dispute | None:
    return next((dispute for dispute in contract.disputes if dispute.ref == ref), None)
