"""Late payment (clause 6.4; L441-10 and D441-5 C. com.): interest and recovery indemnity.

Interest runs without reminder from the day after the due date to the payment
day included, on the amount owed (tax included) as each day begins, ACT/365,
at a rate fixed by half-year, rounded HALF_UP once for what is claimed
together. A half-year without a rate is refused by name. Claimed charges are
outside VAT and stand on a debit note.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from webvisio_billing.domain import periods
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import ClaimLateCharges
from webvisio_billing.domain.events import Event, LateChargeClaimed
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.money import round_half_up
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Invoice
from webvisio_billing.domain.tables import Tables, half_year
from webvisio_billing.domain.terms import CustomerKind, LateRatePolicy, TermsVersion

DAYS_A_YEAR = 365
"""ACT/365: leap years do not lower the daily rate."""


@dataclass(frozen=True, slots=True)
class LateCharges:
    """What could be claimed for an invoice on a day."""

    interest_minor: int
    recovery_minor: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days `[first, last]` of one half-year over which the same principal was owed."""

    first: date
    last: date
    principal_minor: int

    @property
    def days(self) -> int:
        """How many days, both ends included."""
        return (self.last - self.first).days + 1


def late_charges(
    contract: Contract, invoice: Invoice, today: date, tables: Tables
) -> LateCharges | DomainRefusal:
    """Reckon what has run for an invoice and is not claimed yet."""
    if invoice.is_cancelled:
        return refuse(DomainCode.INVOICE_CANCELLED, number=invoice.number)
    policy = contract.terms.rate_policy(contract.customer.kind)
    accrued = Decimal(0)
    for stretch in stretches(invoice, today):
        legal = tables.legal_rate(stretch.first)
        if legal is None:
            return refuse(DomainCode.LEGAL_RATE_MISSING, half_year=half_year(stretch.first))
        rate = late_rate(legal, policy, contract.terms)
        accrued += Decimal(stretch.principal_minor) * rate * stretch.days
    return LateCharges(round_half_up(accrued / (100 * DAYS_A_YEAR)), _recovery(contract, invoice, today))


def late_rate(legal: Decimal, policy: LateRatePolicy, terms: TermsVersion) -> Decimal:
    """Give the yearly late rate, in percent, for a legal rate."""
    contractual = legal + terms.late_rate_points
    if policy is LateRatePolicy.CONTRACT:
        return contractual
    return max(contractual, terms.floor_multiple * legal)


def stretches(invoice: Invoice, today: date) -> Iterator[Stretch]:
    """Cut the late, unclaimed days of an invoice where the principal or the half-year changes."""
    day = (invoice.claimed_through or invoice.due_on) + periods.ONE_DAY
    changes = sorted({s.day + periods.ONE_DAY for s in invoice.settlements})
    while day <= today:
        next_change = next((change for change in changes if change > day), None)
        after = min(_next_half_year(day), next_change or date.max, today + periods.ONE_DAY)
        principal_minor = invoice.outstanding_at_start_of(day)
        if principal_minor > 0:
            yield Stretch(day, after - periods.ONE_DAY, principal_minor)
        day = after


def claim(
    contract: Contract, command: ClaimLateCharges, now: datetime, tables: Tables
) -> tuple[Event, ...] | DomainRefusal:
    """Claim what has run so far on a debit note; the same day is never claimed twice."""
    invoice = contract.invoice(command.invoice)
    if invoice is None:
        return refuse(DomainCode.INVOICE_UNKNOWN)
    today = periods.local_day(now, contract.timezone)
    charges = late_charges(contract, invoice, today, tables)
    if isinstance(charges, DomainRefusal):
        return charges
    if charges.interest_minor == 0 and charges.recovery_minor == 0:
        return refuse(DomainCode.NOTHING_TO_CLAIM, number=invoice.number)
    return (
        LateChargeClaimed(
            at=now,
            ref=DocumentRef(f"D{len(contract.debit_notes) + 1}"),
            issued_on=today,
            invoice=invoice.ref,
            through=today,
            interest_minor=charges.interest_minor,
            recovery_minor=charges.recovery_minor,
            currency=invoice.currency,
        ),
    )


def _recovery(contract: Contract, invoice: Invoice, today: date) -> int:
    """Give the indemnity: once per invoice that was late, between professionals only."""
    first_late_day = invoice.due_on + periods.ONE_DAY
    was_late = today >= first_late_day and invoice.outstanding_at_start_of(first_late_day) > 0
    if contract.customer.kind is not CustomerKind.PROFESSIONAL or invoice.is_recovery_claimed or not was_late:
        return 0
    return contract.terms.recovery_indemnity_minor


def _next_half_year(day: date) -> date:
    return date(day.year, 7, 1) if day.month <= 6 else date(day.year + 1, 1, 1)
