"""What is billed, when, and at which tax (clauses 6.1 and 6.2; 8.1 for refunds).

All is payable in advance: an invoice is issued, and due, on the day its
period starts, so each (period, revision) has exactly one bill. VAT is that of
the day of issue, reckoned per rate on the sum of the lines and rounded
HALF_UP once; the net price stays. A share of a month counts whole days.
"""

from datetime import date, datetime
from decimal import Decimal

from webvisio_billing.domain import periods
from webvisio_billing.domain.errors import SellerIncomplete
from webvisio_billing.domain.events import (
    CreditNoteIssued,
    Event,
    InvoiceIssued,
    InvoiceLine,
    LineKind,
    PaymentReleased,
    TaxLine,
)
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.money import percent_of, share_of
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.state import Contract, DayPass, Invoice
from webvisio_billing.domain.tables import EXEMPT, STANDARD_VAT, Tables, VatCode
from webvisio_billing.domain.terms import Extra, Formula


def bill_first_period(contract: Contract, period: Period, at: datetime, tables: Tables) -> InvoiceIssued:
    """Bill set-up, first rent and all services ordered so far (6.1)."""
    setup = [_setup_line(contract)] if contract.has_setup else []
    services = [_service_line(contract, service.extra) for service in contract.services]
    return _issue(contract, at, tables, (*setup, _rent_line(contract), *services), period)


def bill_next_period(contract: Contract, period: Period, at: datetime, tables: Tables) -> InvoiceIssued:
    """Bill a renewal: the rent and the recurring services that have not ended."""
    recurring = [s.extra for s in contract.services if s.extra.is_recurring and s.ended_at is None]
    lines = (_rent_line(contract), *(_service_line(contract, extra) for extra in recurring))
    return _issue(contract, at, tables, lines, period)


def bill_day(contract: Contract, day_pass: DayPass, at: datetime, tables: Tables) -> InvoiceIssued:
    """Bill a day pass and what was ordered with it; the first one also carries earlier services."""
    setup = [_setup_line(contract)] if day_pass.has_setup else []
    extras = [_service_line(contract, extra) for extra in day_pass.extras]
    if not contract.lifecycle.is_running:
        extras += [_service_line(contract, service.extra) for service in contract.services]
    lines = (*setup, _rent_line(contract), *extras)
    return _issue(contract, at, tables, lines, periods.day_period(day_pass.day))


def bill_added_room(contract: Contract, at: datetime, tables: Tables) -> tuple[Event, ...]:
    """Bill one more room for what is left of the period at hand, today included."""
    remaining = _remaining(contract, at)
    unit_minor = _rent_minor(contract)
    if contract.formula is Formula.DAY:
        net_minor = unit_minor * remaining.days
    else:
        net_minor = share_of(unit_minor, remaining.days, _period(contract).days)
    line = InvoiceLine(
        _rent_kind(contract), "", 1, unit_minor, net_minor, _vat_code(contract), is_for_period=True
    )
    return (_issue(contract, at, tables, (line,), remaining),)


def bill_added_service(contract: Contract, extra: Extra, at: datetime, tables: Tables) -> tuple[Event, ...]:
    """Bill a service ordered in mid-period: one-off whole, recurring for the days that are left."""
    if not extra.is_recurring or contract.formula is Formula.DAY:
        return (_issue(contract, at, tables, (_service_line(contract, extra),), None),)
    remaining = _remaining(contract, at)
    net_minor = share_of(extra.net_minor, remaining.days, _period(contract).days)
    code = _vat_code(contract)
    line = InvoiceLine(LineKind.SERVICE, extra.label, 1, extra.net_minor, net_minor, code, is_for_period=True)
    return (_issue(contract, at, tables, (line,), remaining),)


def reissue(contract: Contract, invoice: Invoice, at: datetime) -> InvoiceIssued:
    """Issue the replacement of a cancelled invoice: same lines, same taxes, next revision."""
    today = periods.local_day(at, contract.timezone)
    return InvoiceIssued(
        at=at,
        ref=_next_invoice_ref(contract),
        issued_on=today,
        due_on=today,
        period=invoice.period,
        revision=_next_revision(contract, invoice.period),
        lines=invoice.lines,
        taxes=invoice.taxes,
        net_minor=invoice.net_minor,
        tax_minor=invoice.gross_minor - invoice.net_minor,
        gross_minor=invoice.gross_minor,
        currency=invoice.currency,
        replaces=invoice.ref,
    )


def cancel(contract: Contract, invoice: Invoice, at: datetime, reason: str) -> tuple[Event, ...]:
    """Credit what earlier credit notes have left of an invoice, and free what was paid on it."""
    remaining = tuple(_less(tax, invoice.credited) for tax in invoice.taxes)
    return _credit(contract, invoice, remaining, at, reason, is_cancellation=True)


def refund_unused_days(contract: Contract, ends_at: datetime, reason: str) -> tuple[Event, ...]:
    """Credit the whole days after `ends_at` of every period already billed (8.1; L215-1 C. conso.).

    The day on which the contract ends in its course counts as used. Set-up
    and one-off services are not refunded. One credit note an invoice; may be empty.
    """
    used_until = _first_whole_day(ends_at, contract.timezone)
    events: list[Event] = []
    notes = 0
    for invoice in contract.invoices:
        if invoice.is_cancelled or invoice.period is None or invoice.period.end <= used_until:
            continue
        unused_days = (invoice.period.end - max(used_until, invoice.period.start)).days
        taxes = tuple(_unused(tax, invoice, unused_days) for tax in invoice.taxes)
        credited = _credit(
            contract, invoice, taxes, ends_at, reason, is_cancellation=False, notes_before=notes
        )
        notes += 1 if credited else 0
        events += credited
    return tuple(events)


def _credit(
    contract: Contract,
    invoice: Invoice,
    taxes: tuple[TaxLine, ...],
    at: datetime,
    reason: str,
    *,
    is_cancellation: bool,
    notes_before: int = 0,
) -> tuple[Event, ...]:
    net_minor = sum(tax.net_minor for tax in taxes)
    tax_minor = sum(tax.tax_minor for tax in taxes)
    gross_minor = net_minor + tax_minor
    if gross_minor <= 0 and not is_cancellation:
        return ()
    note = CreditNoteIssued(
        at=at,
        ref=DocumentRef(f"A{len(contract.credit_note_numbers) + notes_before + 1}"),
        issued_on=periods.local_day(at, contract.timezone),
        invoice=invoice.ref,
        is_cancellation=is_cancellation,
        taxes=taxes,
        net_minor=net_minor,
        tax_minor=tax_minor,
        gross_minor=gross_minor,
        currency=invoice.currency,
        reason=reason,
    )
    overpaid_minor = gross_minor - invoice.outstanding_minor
    if overpaid_minor <= 0:
        return (note,)
    return (note, PaymentReleased(at=at, document=invoice.ref, amount_minor=overpaid_minor))


def _issue(
    contract: Contract, at: datetime, tables: Tables, lines: tuple[InvoiceLine, ...], period: Period | None
) -> InvoiceIssued:
    if tables.seller_problems:
        raise SellerIncomplete(tables.seller_problems)
    today = periods.local_day(at, contract.timezone)
    taxes = _taxes(lines, today, contract.tax_exemption, tables)
    net_minor = sum(tax.net_minor for tax in taxes)
    tax_minor = sum(tax.tax_minor for tax in taxes)
    return InvoiceIssued(
        at=at,
        ref=_next_invoice_ref(contract),
        issued_on=today,
        due_on=today,
        period=period,
        revision=_next_revision(contract, period),
        lines=lines,
        taxes=taxes,
        net_minor=net_minor,
        tax_minor=tax_minor,
        gross_minor=net_minor + tax_minor,
        currency=contract.prices.currency,
    )


def _taxes(
    lines: tuple[InvoiceLine, ...], day: date, exemption: str | None, tables: Tables
) -> tuple[TaxLine, ...]:
    """Reckon VAT per code, on the sum of its lines (golden case 22)."""
    codes = sorted({line.vat_code for line in lines})
    return tuple(_tax(code, tables.vat_rate(code, day), lines, exemption) for code in codes)


def _tax(code: VatCode, rate: Decimal, lines: tuple[InvoiceLine, ...], exemption: str | None) -> TaxLine:
    net_minor = sum(line.net_minor for line in lines if line.vat_code == code)
    return TaxLine(code, rate, net_minor, percent_of(net_minor, rate), exemption if code == EXEMPT else None)


def _unused(tax: TaxLine, invoice: Invoice, unused_days: int) -> TaxLine:
    """Take the unused share of what an invoice charges for its period, at the invoice's own rate."""
    assert invoice.period is not None
    charged_minor = sum(
        line.net_minor for line in invoice.lines if line.is_for_period and line.vat_code == tax.vat_code
    )
    credited_minor = sum(c.net_minor for c in invoice.credited if _same_rate(c, tax))
    net_minor = share_of(charged_minor, unused_days, invoice.period.days)
    net_minor = max(0, min(net_minor, tax.net_minor - credited_minor))
    return TaxLine(tax.vat_code, tax.rate, net_minor, percent_of(net_minor, tax.rate), tax.exemption)


def _less(tax: TaxLine, credited: tuple[TaxLine, ...]) -> TaxLine:
    same = [c for c in credited if _same_rate(c, tax)]
    return TaxLine(
        tax.vat_code,
        tax.rate,
        tax.net_minor - sum(c.net_minor for c in same),
        tax.tax_minor - sum(c.tax_minor for c in same),
        tax.exemption,
    )


def _same_rate(one: TaxLine, other: TaxLine) -> bool:
    return (one.vat_code, one.rate) == (other.vat_code, other.rate)


def _setup_line(contract: Contract) -> InvoiceLine:
    minor = contract.prices.setup_minor
    return InvoiceLine(LineKind.SETUP, "", 1, minor, minor, _vat_code(contract), is_for_period=False)


def _rent_line(contract: Contract) -> InvoiceLine:
    quantity = max(1, len(contract.rooms))
    unit_minor = _rent_minor(contract)
    kind, code = _rent_kind(contract), _vat_code(contract)
    return InvoiceLine(kind, "", quantity, unit_minor, quantity * unit_minor, code, is_for_period=True)


def _service_line(contract: Contract, extra: Extra) -> InvoiceLine:
    minor = extra.net_minor
    code = _vat_code(contract)
    return InvoiceLine(LineKind.SERVICE, extra.label, 1, minor, minor, code, is_for_period=extra.is_recurring)


def _rent_kind(contract: Contract) -> LineKind:
    return LineKind.ROOM_DAY if contract.formula is Formula.DAY else LineKind.ROOM_MONTH


def _rent_minor(contract: Contract) -> int:
    is_day = contract.formula is Formula.DAY
    return contract.prices.room_day_minor if is_day else contract.prices.room_month_minor


def _vat_code(contract: Contract) -> VatCode:
    return STANDARD_VAT if contract.tax_exemption is None else EXEMPT


def _period(contract: Contract) -> Period:
    assert contract.period is not None, "nothing is added to a period before there is one"
    return contract.period


def _remaining(contract: Contract, at: datetime) -> Period:
    """What is left of the period at hand, today included."""
    period = _period(contract)
    return Period(max(period.start, periods.local_day(at, contract.timezone)), period.end)


def _first_whole_day(instant: datetime, timezone: str) -> date:
    """The first day that begins at `instant` or later."""
    day = periods.local_day(instant, timezone)
    return day if instant == periods.midnight(day, timezone) else day + periods.ONE_DAY


def _next_invoice_ref(contract: Contract) -> DocumentRef:
    return DocumentRef(f"F{len(contract.invoices) + 1}")


def _next_revision(contract: Contract, period: Period | None) -> int:
    """Count the bills that already cover a part of the same period up to the same end."""
    if period is None:
        return sum(invoice.period is None for invoice in contract.invoices)
    return sum(
        invoice.period is not None and invoice.period.end == period.end for invoice in contract.invoices
    )
