"""Payments, their allocation, refunds and corrections (clauses 6.1 and 6.3; art. 1343-1 C. civ.).

Money received is the customer's credit until it settles something. It goes to
the invoice it names, then to what fell due first; of each, claimed costs
first, then claimed interest, then principal. What is left stays credit and
pays the next invoice. The same idempotency key has no effect twice. Money that
goes back (a chargeback, a rejected cheque) leaves due again what it had settled.
"""

from datetime import date, datetime

from webvisio_billing.domain import billing, periods
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import CancelInvoice, Pay, Refund, ReversePayment, WriteOff
from webvisio_billing.domain.events import (
    DebtWrittenOff,
    Event,
    Part,
    PaymentAllocated,
    PaymentReceived,
    PaymentRefunded,
    PaymentReleased,
    PaymentReversed,
)
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.money import MAX_AMOUNT_MINOR
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Invoice, Lifecycle

Due = tuple[DocumentRef, Part, int]
"""A part of a document that is owed, and how much of it, in minor units."""


def pay(contract: Contract, command: Pay, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Record money received and what it settles."""
    if command.key in contract.payments:
        if contract.payments[command.key] != command.amount_minor:
            return refuse(DomainCode.PAYMENT_KEY_REUSED)
        return ()
    if command.currency != contract.prices.currency:
        return refuse(
            DomainCode.CURRENCY_MISMATCH, currency=command.currency, expected=contract.prices.currency
        )
    if not 0 < command.amount_minor <= MAX_AMOUNT_MINOR:
        return refuse(DomainCode.AMOUNT_INVALID)
    if command.method.is_online and contract.lifecycle is Lifecycle.DRAFT:
        return refuse(DomainCode.TERMS_NOT_ACCEPTED)
    if command.invoice is not None and contract.invoice(command.invoice) is None:
        return refuse(DomainCode.INVOICE_UNKNOWN)
    received_on = command.received_on
    if received_on is not None:
        today = periods.local_day(now, contract.timezone)
        if received_on > today:
            return refuse(DomainCode.PAYMENT_DATE_FUTURE, received_on=received_on)
        received_on = None if received_on == today else received_on
    received = PaymentReceived(
        at=now,
        key=command.key,
        amount_minor=command.amount_minor,
        method=command.method,
        currency=command.currency,
        invoice=command.invoice,
        received_on=received_on,
    )
    credit_minor = contract.credit_minor + command.amount_minor
    return (received, *allocate(contract, credit_minor, now, command.invoice, received_on))


def allocate(
    contract: Contract,
    credit_minor: int,
    at: datetime,
    first: DocumentRef | None = None,
    settled_on: date | None = None,
) -> tuple[Event, ...]:
    """Settle what is owed out of `credit_minor`, `first` first; may be empty."""
    if credit_minor <= 0:
        return ()
    events: list[Event] = []
    for document, part, owed_minor in dues(contract, first):
        settled_minor = min(owed_minor, credit_minor)
        if settled_minor <= 0:
            break
        credit_minor -= settled_minor
        events.append(
            PaymentAllocated(
                at=at, document=document, part=part, amount_minor=settled_minor, settled_on=settled_on
            )
        )
    return tuple(events)


def dues(contract: Contract, first: DocumentRef | None = None) -> list[Due]:
    """List what is owed in the order in which money settles it."""
    ordered = sorted(contract.invoices, key=lambda i: (i.ref != first, i.due_on, i.issued_on))
    return [due for invoice in ordered for due in _dues_of(contract, invoice) if due[2] > 0]


def refund(contract: Contract, command: Refund, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Pay credit back to the customer."""
    if command.key in contract.refunds:
        if contract.refunds[command.key] != command.amount_minor:
            return refuse(DomainCode.PAYMENT_KEY_REUSED)
        return ()
    if command.amount_minor <= 0:
        return refuse(DomainCode.AMOUNT_INVALID)
    if command.amount_minor > contract.credit_minor:
        return refuse(DomainCode.REFUND_EXCEEDS_CREDIT)
    return (
        PaymentRefunded(at=now, key=command.key, amount_minor=command.amount_minor, method=command.method),
    )


def reverse(contract: Contract, command: ReversePayment, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Record that money of a payment has gone back; what it had settled is owed again (6.3, 6.4).

    Credit is used first, then what that payment settled, the newest first,
    then what others did: the money is gone either way.
    """
    if command.key in contract.refunds:
        if contract.refunds[command.key] != command.amount_minor:
            return refuse(DomainCode.PAYMENT_KEY_REUSED)
        return ()
    paid_minor = contract.payments.get(command.payment)
    if paid_minor is None:
        return refuse(DomainCode.PAYMENT_UNKNOWN)
    if command.amount_minor <= 0:
        return refuse(DomainCode.AMOUNT_INVALID)
    missing_minor = command.amount_minor - contract.credit_minor
    newest_first = contract.spent[::-1]
    own_first = sorted(newest_first, key=lambda one: one.payment != command.payment)
    released: dict[tuple[DocumentRef, Part], int] = {}
    for one in own_first:
        back_minor = min(one.amount_minor, missing_minor)
        if back_minor <= 0:
            break
        missing_minor -= back_minor
        about = (one.document, one.part)
        released[about] = released.get(about, 0) + back_minor
    if command.amount_minor > paid_minor or missing_minor > 0:
        return refuse(DomainCode.REVERSAL_EXCEEDS_PAYMENT)
    gone: Event
    if command.is_refund:
        gone = PaymentRefunded(
            at=now, key=command.key, amount_minor=command.amount_minor, method=command.method
        )
    else:
        gone = PaymentReversed(
            at=now,
            key=command.key,
            payment=command.payment,
            amount_minor=command.amount_minor,
            method=command.method,
        )
    return (
        *(
            PaymentReleased(at=now, document=document, part=part, amount_minor=amount_minor)
            for (document, part), amount_minor in released.items()
        ),
        gone,
    )


def cancel_invoice(
    contract: Contract, command: CancelInvoice, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Cancel an invoice by a credit note for all of it, and reissue it on request (6)."""
    invoice = contract.invoice(command.invoice)
    if invoice is None:
        return refuse(DomainCode.INVOICE_UNKNOWN)
    if invoice.is_cancelled or _is_all_credited(invoice):
        return refuse(DomainCode.INVOICE_CANCELLED, number=invoice.number)
    if invoice.written_off_minor:
        return refuse(DomainCode.INVOICE_WRITTEN_OFF, number=invoice.number)
    if command.is_reissued and invoice.credited:
        return refuse(DomainCode.INVOICE_CREDITED, number=invoice.number)
    credited = billing.cancel(contract, invoice, now, command.reason)
    if not command.is_reissued:
        return credited
    return (*credited, billing.reissue(contract, invoice, now))


def write_off(contract: Contract, command: WriteOff, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Give up all that an ended contract still owes, for a reason."""
    if contract.lifecycle is not Lifecycle.ENDED:
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if not command.reason.strip():
        return refuse(DomainCode.REASON_REQUIRED)
    owed = dues(contract)
    if not owed:
        return refuse(DomainCode.NOTHING_OWED)
    return tuple(
        DebtWrittenOff(
            at=now,
            document=document,
            part=part,
            amount_minor=amount_minor,
            reason=command.reason,
            actor=command.actor,
        )
        for document, part, amount_minor in owed
    )


def _is_all_credited(invoice: Invoice) -> bool:
    credited_minor = sum(tax.net_minor + tax.tax_minor for tax in invoice.credited)
    return credited_minor == invoice.gross_minor and bool(invoice.credited)


def _dues_of(contract: Contract, invoice: Invoice) -> list[Due]:
    notes = [note for note in contract.debit_notes if note.invoice == invoice.ref]
    return [
        *((note.ref, Part.RECOVERY, note.recovery_open_minor) for note in notes),
        *((note.ref, Part.INTEREST, note.interest_open_minor) for note in notes),
        (invoice.ref, Part.PRINCIPAL, invoice.outstanding_minor),
    ]
