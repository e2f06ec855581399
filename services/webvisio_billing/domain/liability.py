"""The liability cap (clause 7.3): the price last paid for two months of the contract.

Reading: what was actually paid, tax included, on the bills of the two latest
months of the contract for which anything was paid; set-up and one-off
services are no price of a month, so of a bill that also carries them only the
share of the periodic lines counts. A contract by the day has no months: the
days of the last two months up to the last day paid count.
"""

from webvisio_billing.domain.money import share_of
from webvisio_billing.domain.periods import add_months
from webvisio_billing.domain.state import Contract, Invoice
from webvisio_billing.domain.terms import Formula, TermsVersion


def liability_cap(contract: Contract) -> int:
    """Reckon the cap in minor units; 0 while nothing has been paid for a period."""
    paid = [
        invoice
        for invoice in contract.invoices
        if invoice.period is not None and _paid(invoice, contract.terms) > 0
    ]
    if not paid:
        return 0
    ends = sorted({invoice.period.end for invoice in paid if invoice.period is not None})
    if contract.formula is Formula.DAY:
        since = add_months(ends[-1], -contract.terms.liability_months)
        counted = {end for end in ends if end > since}
    else:
        counted = set(ends[-contract.terms.liability_months :])
    return sum(_paid(i, contract.terms) for i in paid if i.period is not None and i.period.end in counted)


def _paid(invoice: Invoice, terms: TermsVersion) -> int:
    """The part of what was paid on a bill that is the price of its period."""
    if terms.liability_counts_one_offs:
        return invoice.paid_minor
    periodic_minor = sum(line.net_minor for line in invoice.lines if line.is_for_period)
    if periodic_minor == invoice.net_minor or invoice.net_minor == 0:
        return invoice.paid_minor
    return share_of(invoice.paid_minor, periodic_minor, invoice.net_minor)
