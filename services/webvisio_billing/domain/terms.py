"""What the parties agreed: formula, prices, and a version of the terms with its readings.

Where a clause is ambiguous, the reading chosen is a field of `TermsVersion`,
stored with the order, so that a later reading never changes an old contract.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec

from webvisio_billing.domain.money import EURO


class Party(StrEnum):
    """The two parties of a contract; nobody else gives notice (clauses 3 and 8.1)."""

    CUSTOMER = "customer"
    PROVIDER = "provider"

    @property
    def other(self) -> "Party":
        """The party on the other side."""
        return Party.PROVIDER if self is Party.CUSTOMER else Party.CUSTOMER


class Formula(StrEnum):
    """The two offers of clause 3."""

    DAY = "day"
    MONTH = "month"


class CustomerKind(StrEnum):
    """What the law lets a customer claim: it decides rates, indemnities and notices."""

    PROFESSIONAL = "professional"
    NON_PROFESSIONAL = "non_professional"
    CONSUMER = "consumer"


class LateRatePolicy(StrEnum):
    """How the late rate is reckoned (clause 6.4 and L441-10 C. com.)."""

    CONTRACT = "contract"
    FLOOR = "floor"


class WorkingTime(StrEnum):
    """Reading of "24 working hours" (clause 4.4): clock hours of working days, or office hours."""

    CLOCK = "clock"
    OFFICE = "office"


class SellerRegion(StrEnum):
    """Whose public holidays the seller keeps (clause 4.4)."""

    FRANCE = "france"
    ALSACE = "alsace"
    MOSELLE = "moselle"


class Customer(msgspec.Struct, frozen=True, gc=False):
    """What the rules need to know of a customer; the name stays outside the domain.

    `siren` is checked by its Luhn key when given (clause 1 asks the same of the seller).
    """

    kind: CustomerKind = CustomerKind.PROFESSIONAL
    siren: str | None = None


class Prices(msgspec.Struct, frozen=True, gc=False):
    """Net prices as ordered, in minor units of `currency` (clause 6.1)."""

    room_month_minor: int = 100_00
    room_day_minor: int = 15_00
    setup_minor: int = 50_00
    currency: str = EURO
    plan: str = ""
    """The version of the catalogue's plan that they come from, "salle-mensuelle@2"; empty where there is none."""


class Extra(msgspec.Struct, frozen=True, gc=False):
    """A complementary service (clause 2.2): paid once, or with every period."""

    label: str
    net_minor: int
    is_recurring: bool = False


class TermsVersion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A version of the terms: its hash, its numbers, and each reading by name.

    `late_rate_policy` None means: `floor` for professionals, `contract` for others.
    """

    version: str = "2026-01"
    sha256: str = "3acb768eb2a6bd49f61f14555906bacb097a27c58125d269da27f7c920f5d192"
    """Of the text that the customer accepts; an acceptance names the same one (clause 6.3)."""
    notice_days: int = 7
    """Clause 3: "au plus tard une semaine avant l'échéance"."""
    is_late_notice_kept: bool = True
    """Clause 3, reading: a late notice is kept and binds the next term; else it is refused."""
    breach_letter_days: int = 7
    """Clause 8.1: one week after receipt."""
    suspension_days: int = 15
    """Clause 6.4, reading: from 00:00 of the fifteenth day after the due date; 16 is the strict one."""
    suspends_automatically: bool = False
    """Clause 6.4: "pourra": the operator's own policy."""
    late_rate_policy: LateRatePolicy | None = None
    late_rate_points: Decimal = Decimal(5)
    """Clause 6.4: points above the legal rate."""
    floor_multiple: Decimal = Decimal(3)
    """L441-10 C. com.: never below three times the legal rate between professionals."""
    recovery_indemnity_minor: int = 40_00
    """D441-5 C. com.: once per late invoice, between professionals."""
    acknowledgement_hours: int = 24
    """Clause 4.4, for blocking and grave anomalies."""
    working_time: WorkingTime = WorkingTime.CLOCK
    office_opens_hour: int = 9
    office_closes_hour: int = 18
    seller_region: SellerRegion = SellerRegion.FRANCE
    liability_months: int = 2
    """Clause 7.3: the price last paid for two months."""
    liability_counts_one_offs: bool = False
    """Clause 7.3, reading: set-up and one-off services are not the price of a month."""

    def rate_policy(self, kind: CustomerKind) -> LateRatePolicy:
        """Choose the late rate policy for a kind of customer."""
        if self.late_rate_policy is not None:
            return self.late_rate_policy
        if kind is CustomerKind.PROFESSIONAL:
            return LateRatePolicy.FLOOR
        return LateRatePolicy.CONTRACT
