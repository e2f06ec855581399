"""The fold of the money events: invoices, debit notes, payments, the customer's credit.

Credit is what came in and settles nothing yet; a settlement lowers the
principal of an invoice from the day after it (clause 6.4). Credit is spent
oldest first, and what each payment settled is remembered, so that a payment
that goes back leaves unpaid what it had paid.
"""

from msgspec.structs import replace

from webvisio_billing.domain import events as happened
from webvisio_billing.domain import periods
from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.domain.events import Part
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.state import Contract, DebitNote, Invoice, Settlement, Spending


def invoice_issued(contract: Contract, event: happened.InvoiceIssued) -> Contract:
    """Add an invoice; its ref must be the next one, so none is ever issued twice."""
    if event.ref != f"F{len(contract.invoices) + 1}":
        raise HistoryError(f"invoice {event.ref} cannot follow {len(contract.invoices)} others")
    invoice = Invoice(
        ref=event.ref,
        number=event.number,
        issued_on=event.issued_on,
        due_on=event.due_on,
        period=event.period,
        revision=event.revision,
        lines=event.lines,
        taxes=event.taxes,
        net_minor=event.net_minor,
        gross_minor=event.gross_minor,
        currency=event.currency,
    )
    return replace(contract, invoices=(*contract.invoices, invoice))


def credit_note_issued(contract: Contract, event: happened.CreditNoteIssued) -> Contract:
    """Lower the principal of the invoice that the note refers to."""
    if event.ref != f"A{len(contract.credit_note_numbers) + 1}":
        raise HistoryError(
            f"credit note {event.ref} cannot follow {len(contract.credit_note_numbers)} others"
        )
    invoice = _invoice(contract, event.invoice)
    settled = Settlement(event.issued_on, event.gross_minor)
    credited = replace(
        invoice,
        settlements=(*invoice.settlements, settled),
        credited=(*invoice.credited, *event.taxes),
        is_cancelled=invoice.is_cancelled or event.is_cancellation,
    )
    numbers = (*contract.credit_note_numbers, event.number)
    return replace(_with_invoice(contract, credited), credit_note_numbers=numbers)


def late_charge_claimed(contract: Contract, event: happened.LateChargeClaimed) -> Contract:
    """Add a debit note and remember up to which day the interest is claimed."""
    if event.ref != f"D{len(contract.debit_notes) + 1}":
        raise HistoryError(f"debit note {event.ref} cannot follow {len(contract.debit_notes)} others")
    note = DebitNote(
        ref=event.ref,
        number=event.number,
        invoice=event.invoice,
        issued_on=event.issued_on,
        interest_minor=event.interest_minor,
        recovery_minor=event.recovery_minor,
        interest_open_minor=event.interest_minor,
        recovery_open_minor=event.recovery_minor,
    )
    invoice = _invoice(contract, event.invoice)
    claimed = replace(
        invoice,
        claimed_through=event.through,
        is_recovery_claimed=invoice.is_recovery_claimed or event.recovery_minor > 0,
    )
    return replace(_with_invoice(contract, claimed), debit_notes=(*contract.debit_notes, note))


def payment_received(contract: Contract, event: happened.PaymentReceived) -> Contract:
    """Add money to the customer's credit and remember its key."""
    return replace(
        contract,
        credit_minor=contract.credit_minor + event.amount_minor,
        payments={**contract.payments, event.key: event.amount_minor},
        unspent={**contract.unspent, event.key: event.amount_minor},
    )


def payment_refunded(contract: Contract, event: happened.PaymentRefunded) -> Contract:
    """Take money out of the customer's credit, the oldest first, and remember its key."""
    _, unspent = _taken(contract.unspent, event.amount_minor)
    return _gone_back(contract, event.key, event.amount_minor, unspent)


def payment_reversed(contract: Contract, event: happened.PaymentReversed) -> Contract:
    """Take money out of the customer's credit, that of the payment concerned first, and remember its key."""
    own = {key: amount for key, amount in contract.unspent.items() if key == event.payment}
    _, unspent = _taken({**own, **contract.unspent}, event.amount_minor)
    return _gone_back(contract, event.key, event.amount_minor, unspent)


def payment_allocated(contract: Contract, event: happened.PaymentAllocated) -> Contract:
    """Move credit, the oldest first, to a part of a document."""
    paid = _settle(contract, event.document, event.part, event)
    if event.part is Part.PRINCIPAL:
        invoice = _invoice(paid, event.document)
        paid = _with_invoice(paid, replace(invoice, paid_minor=invoice.paid_minor + event.amount_minor))
    taken, unspent = _taken(contract.unspent, event.amount_minor)
    spendings = (Spending(key, event.document, event.part, amount) for key, amount in taken)
    return replace(
        paid,
        credit_minor=contract.credit_minor - event.amount_minor,
        unspent=unspent,
        spent=(*contract.spent, *spendings),
    )


def payment_released(contract: Contract, event: happened.PaymentReleased) -> Contract:
    """Move what had settled a part of a document back to credit, what came last first."""
    unspent, kept = dict(contract.unspent), list(contract.spent)
    left_minor = event.amount_minor
    for place in reversed(range(len(kept))):
        one = kept[place]
        if (one.document, one.part) != (event.document, event.part) or not left_minor:
            continue
        back_minor = min(left_minor, one.amount_minor)
        left_minor -= back_minor
        unspent[one.payment] = unspent.get(one.payment, 0) + back_minor
        kept[place] = replace(one, amount_minor=one.amount_minor - back_minor)
    freed = replace(
        contract,
        credit_minor=contract.credit_minor + event.amount_minor,
        unspent=unspent,
        spent=tuple(one for one in kept if one.amount_minor),
    )
    return _unsettle(freed, event)


def debt_written_off(contract: Contract, event: happened.DebtWrittenOff) -> Contract:
    """Lower a part of a document without money."""
    lowered = _settle(contract, event.document, event.part, event)
    if event.part is not Part.PRINCIPAL:
        return lowered
    invoice = _invoice(lowered, event.document)
    written_off_minor = invoice.written_off_minor + event.amount_minor
    return _with_invoice(lowered, replace(invoice, written_off_minor=written_off_minor))


def _taken(
    unspent: dict[PaymentKey, int], amount_minor: int
) -> tuple[list[tuple[PaymentKey, int]], dict[PaymentKey, int]]:
    """Take an amount out of what is unspent, in its order; tells what was taken of which, and what is left."""
    taken: list[tuple[PaymentKey, int]] = []
    left: dict[PaymentKey, int] = {}
    for key, there_minor in unspent.items():
        now_minor = min(there_minor, amount_minor)
        amount_minor -= now_minor
        if now_minor:
            taken.append((key, now_minor))
        if there_minor > now_minor:
            left[key] = there_minor - now_minor
    return taken, left


def _gone_back(
    contract: Contract, key: PaymentKey, amount_minor: int, unspent: dict[PaymentKey, int]
) -> Contract:
    return replace(
        contract,
        credit_minor=contract.credit_minor - amount_minor,
        refunds={**contract.refunds, key: amount_minor},
        unspent=unspent,
    )


def _unsettle(contract: Contract, event: happened.PaymentReleased) -> Contract:
    """Let a part of a document be owed again."""
    match event.part:
        case Part.PRINCIPAL:
            invoice = _invoice(contract, event.document)
            day = periods.local_day(event.at, contract.timezone)
            owed = replace(
                invoice,
                settlements=(*invoice.settlements, Settlement(day, -event.amount_minor)),
                paid_minor=invoice.paid_minor - event.amount_minor,
            )
            return _with_invoice(contract, owed)
        case Part.INTEREST:
            note = _debit_note(contract, event.document)
            open_minor = note.interest_open_minor + event.amount_minor
            return _with_debit_note(contract, replace(note, interest_open_minor=open_minor))
        case Part.RECOVERY:
            note = _debit_note(contract, event.document)
            open_minor = note.recovery_open_minor + event.amount_minor
            return _with_debit_note(contract, replace(note, recovery_open_minor=open_minor))


def _settle(
    contract: Contract,
    document: DocumentRef,
    part: Part,
    event: happened.PaymentAllocated | happened.DebtWrittenOff,
) -> Contract:
    match part:
        case Part.PRINCIPAL:
            invoice = _invoice(contract, document)
            day = periods.local_day(event.at, contract.timezone)
            if isinstance(event, happened.PaymentAllocated):
                day = event.settled_on or day
            settled = Settlement(day, event.amount_minor)
            return _with_invoice(contract, replace(invoice, settlements=(*invoice.settlements, settled)))
        case Part.INTEREST:
            note = _debit_note(contract, document)
            open_minor = note.interest_open_minor - event.amount_minor
            return _with_debit_note(contract, replace(note, interest_open_minor=open_minor))
        case Part.RECOVERY:
            note = _debit_note(contract, document)
            open_minor = note.recovery_open_minor - event.amount_minor
            return _with_debit_note(contract, replace(note, recovery_open_minor=open_minor))


def _invoice(contract: Contract, ref: DocumentRef) -> Invoice:
    invoice = contract.invoice(ref)
    if invoice is None:
        raise HistoryError(f"the contract has no invoice {ref}")
    return invoice


def _debit_note(contract: Contract, ref: DocumentRef) -> DebitNote:
    for note in contract.debit_notes:
        if note.ref == ref:
            return note
    raise HistoryError(f"the contract has no debit note {ref}")


def _with_invoice(contract: Contract, changed: Invoice) -> Contract:
    return replace(
        contract, invoices=tuple(changed if i.ref == changed.ref else i for i in contract.invoices)
    )


def _with_debit_note(contract: Contract, changed: DebitNote) -> Contract:
    notes = tuple(changed if note.ref == changed.ref else note for note in contract.debit_notes)
    return replace(contract, debit_notes=notes)
