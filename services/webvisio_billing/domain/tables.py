"""What a decision must know besides the contract: dated rates, and who sells.

VAT rates and the legal interest rate are data that the operator extends; they
are arguments of `handle` and `advance`, never constants inside a rule. A day
without a row is an error that names it; an old rate is never carried on
(clauses 6.2 and 6.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NewType

from webvisio_billing.domain.errors import MissingTaxRate
from webvisio_billing.domain.registration import Seller

HalfYear = NewType("HalfYear", str)
"""A half-year by name, "2026-H1": the legal rate is fixed twice a year."""

VatCode = NewType("VatCode", str)

STANDARD_VAT = VatCode("standard")
EXEMPT = VatCode("exempt")
"""No tax; the invoice names the legal reference (a field of the order)."""

STANDARD_RATES: Mapping[date, Decimal] = MappingProxyType(
    {date(2000, 4, 1): Decimal("19.6"), date(2014, 1, 1): Decimal(20)}
)
"""The French standard rate, by first day."""

LEGAL_RATES: Mapping[HalfYear, Decimal] = MappingProxyType(
    {
        HalfYear("2023-H2"): Decimal("4.22"),
        HalfYear("2024-H2"): Decimal("4.92"),
        HalfYear("2025-H1"): Decimal("3.71"),
        HalfYear("2025-H2"): Decimal("2.76"),
        HalfYear("2026-H1"): Decimal("2.62"),
    }
)
"""The legal rate for "tous autres cas" (the creditor is a company), percent a year."""


def half_year(day: date) -> HalfYear:
    """Name the half-year of `day`."""
    return HalfYear(f"{day.year}-H{1 if day.month <= 6 else 2}")


@dataclass(frozen=True, slots=True)
class Tables:
    """The rates known at the moment of a decision, and the seller."""

    vat: Mapping[VatCode, Mapping[date, Decimal]] = field(
        default_factory=lambda: {STANDARD_VAT: STANDARD_RATES}
    )
    legal_rates: Mapping[HalfYear, Decimal] = field(default_factory=lambda: LEGAL_RATES)
    seller: Seller | None = None
    """Checked before a contract is accepted and an invoice issued (clause 1); None where nobody sells, as in
    a simulation."""

    @property
    def seller_problems(self) -> tuple[str, ...]:
        """Name what keeps the seller from issuing invoices; empty when all is well."""
        return () if self.seller is None else self.seller.problems()

    def vat_rate(self, code: VatCode, day: date) -> Decimal:
        """Look up the rate in force on `day`, in percent.

        Raises `MissingTaxRate` where the table begins later.
        """
        if code == EXEMPT:
            return Decimal(0)
        known = [first for first in self.vat.get(code, {}) if first <= day]
        if not known:
            raise MissingTaxRate(code, day)
        return self.vat[code][max(known)]

    def legal_rate(self, day: date) -> Decimal | None:
        """Look up the legal rate of the half-year of `day`; None where it is not known."""
        return self.legal_rates.get(half_year(day))


KNOWN = Tables()
"""The tables as built in."""
