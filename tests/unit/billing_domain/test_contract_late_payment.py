"""Late interest, recovery indemnity, suspension for non-payment (clause 6.4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from contract_playing import ACCEPT, Life, at, day, of_type, order, running

from webvisio_billing.domain import late
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import CancelInvoice, ClaimLateCharges, GiveNotice, LiftBlock, OpenBlock
from webvisio_billing.domain.events import BlockLifted, BlockOpened, InvoiceIssued, LateChargeClaimed
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.late import LateCharges, Stretch
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.tables import HalfYear, Tables
from webvisio_billing.domain.terms import Customer, CustomerKind, LateRatePolicy, Party, Prices, TermsVersion
from webvisio_protocol.entitlements import BlockReason

pytestmark = pytest.mark.clause("6.4")

CONTRACTUAL = TermsVersion(late_rate_policy=LateRatePolicy.CONTRACT)
UNPAID = OpenBlock(reason=BlockReason.UNPAID, actor="operator")
FIRST = DocumentRef("F1")


def charges(life: Life, on: str) -> LateCharges | DomainRefusal:
    return late.late_charges(life.contract, life.contract.invoices[0], day(on), life.tables)


def late_life(
    due: str,
    *,
    gross_minor: int = 120_00,
    kind: CustomerKind = CustomerKind.PROFESSIONAL,
    terms: TermsVersion = CONTRACTUAL,
    tables: Tables | None = None,
) -> Life:
    prices = Prices(room_month_minor=gross_minor * 5 // 6)
    command = order(due, customer=Customer(kind), prices=prices, terms=terms)
    return running(due, command=command, tables=tables or Tables())


@pytest.mark.parametrize(
    ("policy", "legal", "rate"),
    [
        (LateRatePolicy.CONTRACT, "2.76", "7.76"),
        (LateRatePolicy.FLOOR, "2.76", "8.28"),
        (LateRatePolicy.FLOOR, "2.50", "7.50"),
        (LateRatePolicy.FLOOR, "0.76", "5.76"),
        (LateRatePolicy.CONTRACT, "0", "5"),
    ],
)
def test_the_rate_by_policy(policy: LateRatePolicy, legal: str, rate: str) -> None:
    assert late.late_rate(Decimal(legal), policy, TermsVersion()) == Decimal(rate)


@pytest.mark.parametrize(
    ("kind", "policy"),
    [
        (CustomerKind.PROFESSIONAL, LateRatePolicy.FLOOR),
        (CustomerKind.NON_PROFESSIONAL, LateRatePolicy.CONTRACT),
        (CustomerKind.CONSUMER, LateRatePolicy.CONTRACT),
    ],
)
def test_the_policy_by_kind_of_customer(kind: CustomerKind, policy: LateRatePolicy) -> None:
    assert TermsVersion().rate_policy(kind) is policy


def test_interest_runs_by_half_year_and_is_rounded_once() -> None:
    life = late_life("2025-12-15", gross_minor=1200_00)

    assert charges(life, "2026-01-20") == LateCharges(9_09, 40_00)


def test_nothing_runs_on_the_due_date() -> None:
    life = late_life("2026-02-01")

    assert charges(life, "2026-02-01") == LateCharges(0, 0)
    assert charges(life, "2026-02-02") == LateCharges(3, 40_00)


def test_the_payment_day_counts_and_the_day_after_does_not() -> None:
    life = late_life("2026-02-01")
    life.pay("2026-02-11T08:00", 120_00)

    assert charges(life, "2026-02-11") == charges(life, "2026-06-30") == LateCharges(25, 40_00)


def test_stretches_change_with_the_principal_and_with_the_half_year() -> None:
    life = late_life("2025-12-15", gross_minor=1200_00)
    life.pay("2025-12-20T10:00", 200_00)
    life.pay("2026-01-10T10:00", 1000_00)

    found: Iterator[Stretch] = late.stretches(life.contract.invoices[0], day("2026-02-28"))

    assert list(found) == [
        Stretch(day("2025-12-16"), day("2025-12-20"), 1200_00),
        Stretch(day("2025-12-21"), day("2025-12-31"), 1000_00),
        Stretch(day("2026-01-01"), day("2026-01-10"), 1000_00),
    ]


def test_a_leap_day_is_a_day_and_the_year_has_365() -> None:
    tables = Tables(legal_rates={HalfYear("2028-H1"): Decimal("2.30")})
    life = late_life("2028-02-28", gross_minor=36_500_00, tables=tables)

    # 36,500.00 x 7.30 / 36,500 is 7.30 a day: 29 February and 1 March
    assert charges(life, "2028-03-01") == LateCharges(14_60, 40_00)


def test_a_half_year_without_a_rate_is_refused_by_name() -> None:
    life = late_life("2026-06-15")

    assert isinstance(charges(life, "2026-06-30"), LateCharges)
    refused = charges(life, "2026-07-01")
    assert isinstance(refused, DomainRefusal)
    assert (refused.code, refused.details["half_year"]) == (DomainCode.LEGAL_RATE_MISSING, "2026-H2")


def test_a_missing_half_year_in_the_middle_is_missing_too() -> None:
    tables = Tables(legal_rates={HalfYear("2025-H2"): Decimal("2.76"), HalfYear("2026-H2"): Decimal("2.5")})
    refused = charges(late_life("2025-12-15", tables=tables), "2026-08-01")

    assert isinstance(refused, DomainRefusal)
    assert refused.details["half_year"] == "2026-H1"


def test_a_missing_rate_does_not_matter_once_the_principal_is_paid() -> None:
    life = late_life("2026-06-15")
    life.pay("2026-06-30T12:00", 120_00)

    assert isinstance(charges(life, "2026-12-31"), LateCharges)


@pytest.mark.parametrize("kind", [CustomerKind.NON_PROFESSIONAL, CustomerKind.CONSUMER])
def test_only_professionals_owe_the_indemnity(kind: CustomerKind) -> None:
    assert charges(late_life("2026-02-01", kind=kind), "2026-03-01") == LateCharges(70, 0)


def test_a_claim_is_a_debit_note_and_the_same_days_are_never_claimed_twice() -> None:
    life = late_life("2026-02-01")

    first = of_type(LateChargeClaimed, life.ask("2026-02-20T09:00", ClaimLateCharges(invoice=FIRST)))[0]
    assert (first.interest_minor, first.recovery_minor, first.through) == (48, 40_00, day("2026-02-20"))
    assert life.code("2026-02-20T10:00", ClaimLateCharges(invoice=FIRST)) is DomainCode.NOTHING_TO_CLAIM
    second = of_type(LateChargeClaimed, life.ask("2026-02-25T09:00", ClaimLateCharges(invoice=FIRST)))[0]
    assert (second.interest_minor, second.recovery_minor) == (13, 0)
    assert life.contract.balance_minor == 120_00 + 48 + 40_00 + 13


def test_claims_that_cannot_be() -> None:
    life = late_life("2026-02-01")
    unknown = ClaimLateCharges(invoice=DocumentRef("F7"))
    assert life.code("2026-02-20T09:00", unknown) is DomainCode.INVOICE_UNKNOWN
    life.ask("2026-02-20T09:00", CancelInvoice(invoice=FIRST))
    cancelled = ClaimLateCharges(invoice=FIRST)
    assert life.code("2026-02-20T09:00", cancelled) is DomainCode.INVOICE_CANCELLED


@pytest.mark.parametrize(
    ("due", "first"),
    [
        ("2026-06-01", "2026-06-16T00:00"),
        ("2026-03-15", "2026-03-30T00:00"),
        ("2026-12-20", "2027-01-04T00:00"),
        ("2028-02-20", "2028-03-06T00:00"),
    ],
)
def test_a_suspension_is_allowed_from_the_fifteenth_day(due: str, first: str) -> None:
    life = late_life(due)
    allowed_at = at(first)

    refused = life.refused(_just_before(first), UNPAID)
    assert refused.code is DomainCode.SUSPENSION_TOO_EARLY
    assert refused.details["allowed_at"] == allowed_at
    assert len(of_type(BlockOpened, life.ask(first, UNPAID))) == 1


def _just_before(midnight: str) -> str:
    return (datetime.fromisoformat(midnight) - timedelta(seconds=1)).isoformat()


def test_a_suspension_falls_when_the_principal_is_paid() -> None:
    life = late_life("2026-06-01")
    life.ask("2026-06-16T00:00", UNPAID)

    assert of_type(BlockLifted, life.pay("2026-06-17T00:00", 119_99)) == []
    assert [lifted.actor for lifted in of_type(BlockLifted, life.pay("2026-06-18T00:00", 1))] == [""]


def test_a_suspension_stays_while_another_invoice_justifies_it() -> None:
    life = late_life("2026-05-01")
    life.ask("2026-06-20T00:00", UNPAID)

    assert of_type(BlockLifted, life.pay("2026-06-21T00:00", 120_00)) == []
    assert of_type(BlockLifted, life.pay("2026-06-22T00:00", 120_00)) != []


def test_a_suspension_falls_when_the_other_invoice_is_not_late_enough() -> None:
    life = late_life("2026-05-01")
    life.ask("2026-06-10T00:00", UNPAID)

    assert of_type(BlockLifted, life.pay("2026-06-10T01:00", 120_00)) != []


def test_late_charges_alone_justify_no_suspension() -> None:
    life = late_life("2026-02-01")
    life.pay("2026-02-11T12:00", 120_00)
    life.ask("2026-02-12T12:00", ClaimLateCharges(invoice=FIRST))

    assert life.contract.balance_minor > 0
    assert life.code("2026-02-16T00:00", OpenBlock(reason=BlockReason.UNPAID, invoice=FIRST)) is (
        DomainCode.NOTHING_UNPAID
    )


def test_a_suspension_names_an_invoice_that_exists() -> None:
    life = late_life("2026-02-01")
    unknown = OpenBlock(reason=BlockReason.UNPAID, invoice=DocumentRef("F9"))

    assert life.code("2026-02-16T00:00", unknown) is DomainCode.INVOICE_UNKNOWN


def test_a_policy_may_suspend_by_itself_once_an_invoice() -> None:
    life = late_life("2026-06-01", terms=TermsVersion(suspends_automatically=True))

    opened = of_type(BlockOpened, life.wait("2026-06-20T00:00"))
    assert [(block.at, block.invoice) for block in opened] == [(at("2026-06-16T00:00"), "F1")]

    life.ask("2026-06-21T00:00", LiftBlock(reason=BlockReason.UNPAID, actor="operator"))
    assert of_type(BlockOpened, life.wait("2026-07-10T00:00")) == []
    assert [block.invoice for block in of_type(BlockOpened, life.wait("2026-07-16T00:00"))] == ["F2"]


def test_a_policy_suspends_nobody_who_pays_in_time() -> None:
    life = late_life("2026-06-01", terms=TermsVersion(suspends_automatically=True))
    life.pay("2026-06-15T23:59", 120_00)

    assert of_type(BlockOpened, life.wait("2026-06-30T00:00")) == []


def test_a_block_stops_neither_billing_nor_renewal_nor_the_end() -> None:
    life = late_life("2026-06-01")
    life.ask("2026-06-16T00:00", UNPAID)
    life.ask("2026-06-17T00:00", GiveNotice(by=Party.CUSTOMER))

    life.wait("2026-07-02T00:00")

    assert life.contract.ended_at == at("2026-07-01T00:00")
    assert len(of_type(InvoiceIssued, life.events)) == 1


def test_an_accepted_contract_without_an_invoice_has_nothing_unpaid() -> None:
    life = Life()
    life.ask("2026-06-01T00:00", order("2026-07-01"))
    life.ask("2026-06-01T00:00", ACCEPT)

    assert life.code("2026-06-20T00:00", UNPAID) is DomainCode.NOTHING_UNPAID
