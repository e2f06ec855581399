"""Makes a document out of the contract's own events; the pro-forma comes the same way. Pure.

The event has the amounts; the fold before it has what they are for. Lines are
worded here, so that print and XML say the same (clauses 6.1, 6.4, 8.1).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from webvisio_billing.documents.model import (
    Document,
    Earlier,
    Kind,
    LateTerms,
    Layout,
    Line,
    Said,
    Span,
    Tax,
    Unit,
    VatCategory,
)
from webvisio_billing.documents.parties import Buyer, SellerIdentity
from webvisio_billing.documents.saying import amount, names, percent
from webvisio_billing.domain.events import (
    CreditNoteIssued,
    EndCause,
    Event,
    InvoiceIssued,
    InvoiceLine,
    LateChargeClaimed,
    LineKind,
    Part,
    PaymentAllocated,
    RoomAdded,
    TaxLine,
)
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.late import late_rate, stretches
from webvisio_billing.domain.periods import ONE_DAY, Period
from webvisio_billing.domain.state import Contract, Invoice
from webvisio_billing.domain.tables import EXEMPT, Tables
from webvisio_billing.domain.terms import CustomerKind, LateRatePolicy

DocumentEvent = InvoiceIssued | CreditNoteIssued | LateChargeClaimed
"""Events that are documents: those that `domain.numbering` numbers."""

MAX_STRETCHES_SAID: Final = 6
"""An interest of more pieces than this is said by its span alone."""

_LINE_NAMES: Final = {
    LineKind.SETUP: Said("Mise en service", "Set-up"),
    LineKind.ROOM_MONTH: Said("Salle de formation à distance, au mois", "Remote training room, by the month"),
    LineKind.ROOM_DAY: Said(
        "Salle de formation à distance, à la journée", "Remote training room, by the day"
    ),
}
_CREDIT_REASONS: Final = {
    EndCause.BREACH_LETTER.value: Said(
        "Jours non utilisés après résiliation (article 8.1)", "Unused days after termination (clause 8.1)"
    ),
    EndCause.CONSUMER_NOTICE.value: Said(
        "Jours non utilisés après résiliation (art. L215-1 C. conso.)",
        "Unused days after termination (art. L215-1 C. conso.)",
    ),
}
_OUTSIDE_VAT: Final = "Indemnités pour retard de paiement, hors du champ d'application de la TVA"
_REVERSE_CHARGE: Final = "Autoliquidation"


class Parties(msgspec.Struct, frozen=True):
    """Who the document is between, and how it is laid out."""

    seller: SellerIdentity
    buyer: Buyer
    layout: Layout = Layout.FRENCH


def assemble(
    before: Contract, event: DocumentEvent, around: Sequence[Event], parties: Parties, tables: Tables
) -> Document:
    """Make the document of `event`, which `before` does not hold yet.

    `around` are the contract's events of the same instant: they tell which
    room was added, and what the customer's credit paid at once.
    """
    match event:
        case InvoiceIssued():
            return _invoice(before, event, around, parties)
        case CreditNoteIssued():
            return _credit_note(before, event, parties)
        case LateChargeClaimed():
            return _debit_note(before, event, parties, tables)


def _invoice(contract: Contract, event: InvoiceIssued, around: Sequence[Event], parties: Parties) -> Document:
    replaced = None if event.replaces is None else contract.invoice(event.replaces)
    taxes = {tax.vat_code: _tax(tax, parties) for tax in event.taxes}
    paid_at_once_minor = sum(
        other.amount_minor
        for other in around
        if isinstance(other, PaymentAllocated)
        and other.document == event.ref
        and other.part is Part.PRINCIPAL
    )
    return Document(
        kind=Kind.INVOICE if event.number else Kind.PRO_FORMA,
        number=event.number,
        issued_on=event.issued_on,
        due_on=event.due_on,
        supplied_on=event.issued_on if event.period is None else event.period.start,
        seller=parties.seller,
        buyer=parties.buyer,
        contract=contract.contract_id,
        layout=parties.layout,
        lines=tuple(_line(contract, line, taxes[line.vat_code], event, around) for line in event.lines),
        taxes=tuple(_tax(tax, parties) for tax in event.taxes),
        net_minor=event.net_minor,
        tax_minor=event.tax_minor,
        gross_minor=event.gross_minor,
        prepaid_minor=paid_at_once_minor,
        currency=event.currency,
        span=_span(event.period),
        earlier=None if replaced is None else Earlier(replaced.number, replaced.issued_on),
        late=_late_terms(contract),
    )


def _line(
    contract: Contract, line: InvoiceLine, tax: Tax, event: InvoiceIssued, around: Sequence[Event]
) -> Line:
    """Say a line so that quantity times price is its amount; a share of a month is said in words."""
    quantity, unit_minor = line.quantity, line.unit_net_minor
    details: list[Said] = []
    added = [other.name for other in around if isinstance(other, RoomAdded)]
    is_rent = line.kind in (LineKind.ROOM_MONTH, LineKind.ROOM_DAY)
    if is_rent and quantity == len(contract.rooms) and not added:
        details.append(names([room.name for room in contract.rooms]))
    elif is_rent and added:
        details.append(names(added))
    if quantity * unit_minor != line.net_minor:
        if line.kind is LineKind.ROOM_DAY and unit_minor and line.net_minor % unit_minor == 0:
            quantity = line.net_minor // unit_minor
        else:
            quantity, unit_minor = 1, line.net_minor
            details.append(_share(line, event))
    return Line(
        name=_LINE_NAMES.get(line.kind, Said(line.label, line.label)),
        detail=_joined(details),
        quantity=quantity,
        unit=_unit(line),
        unit_minor=unit_minor,
        net_minor=line.net_minor,
        vat=tax.vat,
        rate=tax.rate,
        span=_span(event.period) if line.is_for_period else None,
    )


def _share(line: InvoiceLine, event: InvoiceIssued) -> Said:
    count = 0 if event.period is None else event.period.days
    return Said(
        f"au prorata de {count} jours ; prix du mois {amount(line.unit_net_minor, event.currency)}",
        f"share of {count} days; price of the month {amount(line.unit_net_minor, event.currency, 'en')}",
    )


def _unit(line: InvoiceLine) -> Unit:
    if line.kind is LineKind.ROOM_DAY:
        return Unit.DAY
    return Unit.MONTH if line.is_for_period else Unit.PIECE


def _credit_note(contract: Contract, event: CreditNoteIssued, parties: Parties) -> Document:
    invoice = _invoice_of(contract, event.invoice)
    reason = _credit_reason(event)
    span = _span(invoice.period)
    return Document(
        kind=Kind.CREDIT_NOTE,
        number=event.number,
        issued_on=event.issued_on,
        due_on=None,
        supplied_on=event.issued_on,
        seller=parties.seller,
        buyer=parties.buyer,
        contract=contract.contract_id,
        layout=parties.layout,
        lines=tuple(
            Line(
                name=Said(f"Avoir sur la facture {invoice.number}", f"Credit on invoice {invoice.number}"),
                detail=reason,
                quantity=1,
                unit=Unit.PIECE,
                unit_minor=tax.net_minor,
                net_minor=tax.net_minor,
                vat=_category(tax, parties),
                rate=tax.rate,
                span=span,
            )
            for tax in event.taxes
        ),
        taxes=tuple(_tax(tax, parties) for tax in event.taxes),
        net_minor=event.net_minor,
        tax_minor=event.tax_minor,
        gross_minor=event.gross_minor,
        currency=event.currency,
        span=span,
        earlier=Earlier(invoice.number, invoice.issued_on),
        late=_late_terms(contract),
    )


def _credit_reason(event: CreditNoteIssued) -> Said:
    known = _CREDIT_REASONS.get(event.reason)
    if known is not None:
        return known
    if not event.is_cancellation:
        return Said(event.reason, event.reason)
    if not event.reason:
        return Said("Annulation de la facture", "Cancellation of the invoice")
    return Said(f"Annulation de la facture : {event.reason}", f"Cancellation of the invoice: {event.reason}")


def _debit_note(contract: Contract, event: LateChargeClaimed, parties: Parties, tables: Tables) -> Document:
    """Lay out late charges: without VAT, for they make good a damage and pay for nothing."""
    invoice = _invoice_of(contract, event.invoice)
    lines = []
    if event.interest_minor:
        first = (invoice.claimed_through or invoice.due_on) + ONE_DAY
        name = Said(
            f"Pénalités de retard, facture {invoice.number}", f"Late interest, invoice {invoice.number}"
        )
        detail = _interest(contract, invoice, event, tables)
        lines.append(_charge(name, detail, event.interest_minor, Span(first, event.through)))
    if event.recovery_minor:
        name = Said("Indemnité forfaitaire pour frais de recouvrement", "Fixed indemnity for recovery costs")
        detail = Said(
            f"facture {invoice.number}, art. D441-5 C. com.", f"invoice {invoice.number}, art. D441-5 C. com."
        )
        lines.append(_charge(name, detail, event.recovery_minor, None))
    total_minor = event.interest_minor + event.recovery_minor
    return Document(
        kind=Kind.DEBIT_NOTE,
        number=event.number,
        issued_on=event.issued_on,
        due_on=event.issued_on,
        supplied_on=event.issued_on,
        seller=parties.seller,
        buyer=parties.buyer,
        contract=contract.contract_id,
        layout=parties.layout,
        lines=tuple(lines),
        taxes=(
            Tax(
                vat=VatCategory.OUTSIDE,
                rate=Decimal(0),
                net_minor=total_minor,
                tax_minor=0,
                reason=_OUTSIDE_VAT,
            ),
        ),
        net_minor=total_minor,
        tax_minor=0,
        gross_minor=total_minor,
        currency=event.currency,
        earlier=Earlier(invoice.number, invoice.issued_on),
        late=_late_terms(contract),
    )


def _charge(name: Said, detail: Said | None, amount_minor: int, span: Span | None) -> Line:
    return Line(
        name=name,
        detail=detail,
        quantity=1,
        unit=Unit.PIECE,
        unit_minor=amount_minor,
        net_minor=amount_minor,
        vat=VatCategory.OUTSIDE,
        rate=Decimal(0),
        span=span,
    )


def _interest(contract: Contract, invoice: Invoice, event: LateChargeClaimed, tables: Tables) -> Said | None:
    """Show how the interest was reckoned: days, rate and principal of each stretch."""
    policy = contract.terms.rate_policy(contract.customer.kind)
    pieces = []
    for stretch in stretches(invoice, event.through):
        legal = tables.legal_rate(stretch.first)
        if legal is None:
            return None
        rate = late_rate(legal, policy, contract.terms)
        owed = stretch.principal_minor
        pieces.append(
            Said(
                f"{stretch.days} jours à {percent(rate)} l'an sur {amount(owed, event.currency)}",
                f"{stretch.days} days at {percent(rate, 'en')} a year on {amount(owed, event.currency, 'en')}",
            )
        )
    return _joined(pieces) if len(pieces) <= MAX_STRETCHES_SAID else None


def _late_terms(contract: Contract) -> LateTerms:
    kind, terms = contract.customer.kind, contract.terms
    has_floor = terms.rate_policy(kind) is LateRatePolicy.FLOOR
    is_professional = kind is CustomerKind.PROFESSIONAL
    return LateTerms(
        terms.late_rate_points,
        terms.floor_multiple if has_floor else None,
        terms.recovery_indemnity_minor if is_professional else 0,
    )


def _tax(tax: TaxLine, parties: Parties) -> Tax:
    vat, reason = _category(tax, parties), tax.exemption or ""
    if vat is VatCategory.REVERSE_CHARGE and _REVERSE_CHARGE.lower() not in reason.lower():
        # the word itself is mandatory (242 nonies A, I, 13°)
        reason = f"{_REVERSE_CHARGE}, {reason}".removesuffix(", ")
    return Tax(vat=vat, rate=tax.rate, net_minor=tax.net_minor, tax_minor=tax.tax_minor, reason=reason)


def _category(tax: TaxLine, parties: Parties) -> VatCategory:
    if tax.vat_code != EXEMPT:
        return VatCategory.STANDARD
    return VatCategory.REVERSE_CHARGE if parties.buyer.is_european_business else VatCategory.EXEMPT


def _span(period: Period | None) -> Span | None:
    return None if period is None else Span(period.start, period.end - ONE_DAY)


def _joined(pieces: Sequence[Said]) -> Said | None:
    if not pieces:
        return None
    return Said(" ; ".join(piece.fr for piece in pieces), "; ".join(piece.en for piece in pieces))


def _invoice_of(contract: Contract, ref: DocumentRef) -> Invoice:
    invoice = contract.invoice(ref)
    assert invoice is not None, "a note refers to an invoice of its own contract"
    return invoice
