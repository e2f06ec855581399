"""Suspensions (clauses 4.3, 5.4, 5.5, 6.4): a block shuts access and nothing else.

Billing and renewal go on under a block. For non-payment it may open from
00:00 of the fifteenth day after the due date, only while principal is owed,
and falls as soon as no invoice would justify it any more. For illegal content
it opens at once, on evidence, by a named actor; only the provider lifts it.
"""

from datetime import date, datetime

from webvisio_billing.domain import periods
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import LiftBlock, OpenBlock
from webvisio_billing.domain.events import BlockLifted, BlockOpened, Event
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Invoice
from webvisio_billing.domain.terms import Party
from webvisio_protocol.entitlements import BlockReason


def open_block(contract: Contract, command: OpenBlock, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Suspend access, where the reason allows it now."""
    if contract.block(command.reason):
        return refuse(DomainCode.BLOCK_ALREADY_OPEN)
    invoice: DocumentRef | None = None
    match command.reason:
        case BlockReason.UNPAID:
            unpaid = _invoice_to_suspend_for(contract, command, now)
            if isinstance(unpaid, DomainRefusal):
                return unpaid
            invoice = unpaid.ref
        case BlockReason.ILLEGAL_CONTENT:
            if not command.evidence.strip():
                return refuse(DomainCode.EVIDENCE_REQUIRED)
            if not command.actor.strip():
                return refuse(DomainCode.ACTOR_REQUIRED)
        case BlockReason.FRAUD | BlockReason.MAINTENANCE:
            pass
    return (
        BlockOpened(
            at=now,
            reason=command.reason,
            actor=command.actor,
            evidence=command.evidence,
            invoice=invoice,
        ),
    )


def lift_block(contract: Contract, command: LiftBlock, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Lift a suspension; the customer cannot."""
    if command.by is not Party.PROVIDER:
        return refuse(DomainCode.LIFT_RESERVED)
    if not contract.block(command.reason):
        return refuse(DomainCode.BLOCK_NOT_OPEN)
    return (BlockLifted(at=now, reason=command.reason, actor=command.actor),)


def suspension_allowed_at(contract: Contract, invoice: Invoice) -> datetime:
    """Give the first instant at which an unpaid invoice allows a suspension (6.4)."""
    first = date.fromordinal(invoice.due_on.toordinal() + contract.terms.suspension_days)
    return periods.midnight(first, contract.timezone)


def next_automatic_suspension(contract: Contract) -> datetime | None:
    """Tell when the operator's policy suspends by itself, if nothing is paid until then."""
    if not contract.terms.suspends_automatically or contract.block(BlockReason.UNPAID):
        return None
    waiting = [i for i in contract.invoices if i.outstanding_minor > 0 and not i.is_suspension_spent]
    return min((suspension_allowed_at(contract, invoice) for invoice in waiting), default=None)


def lift_if_unjustified(contract: Contract, at: datetime) -> tuple[Event, ...]:
    """Lift the block for non-payment once no invoice justifies it (6.4); may be empty."""
    if not contract.block(BlockReason.UNPAID):
        return ()
    unpaid = [invoice for invoice in contract.invoices if invoice.outstanding_minor > 0]
    if any(suspension_allowed_at(contract, invoice) <= at for invoice in unpaid):
        return ()
    return (BlockLifted(at=at, reason=BlockReason.UNPAID, actor=""),)


def _invoice_to_suspend_for(contract: Contract, command: OpenBlock, now: datetime) -> Invoice | DomainRefusal:
    if command.invoice is None:
        unpaid = [invoice for invoice in contract.invoices if invoice.outstanding_minor > 0]
        invoice = min(unpaid, key=lambda i: (i.due_on, i.issued_on), default=None)
    else:
        invoice = contract.invoice(command.invoice)
        if invoice is None:
            return refuse(DomainCode.INVOICE_UNKNOWN)
    if invoice is None or invoice.outstanding_minor <= 0:
        return refuse(DomainCode.NOTHING_UNPAID)
    allowed_at = suspension_allowed_at(contract, invoice)
    if now < allowed_at:
        return refuse(
            DomainCode.SUSPENSION_TOO_EARLY, contract.timezone, due=invoice.due_on, allowed_at=allowed_at
        )
    return invoice
