"""Payments, allocation, credit, refunds, write-offs (clauses 6.1 and 6.3; art. 1343-1 C. civ.)."""

import pytest
from contract_playing import Life, day, of_type, order, running

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    CancelInvoice,
    ClaimLateCharges,
    GiveNotice,
    Method,
    Pay,
    Refund,
    ReversePayment,
    WriteOff,
)
from webvisio_billing.domain.events import (
    DebtWrittenOff,
    Part,
    PaymentAllocated,
    PaymentReceived,
    PaymentRefunded,
    PaymentReleased,
    PaymentReversed,
)
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.terms import LateRatePolicy, Party, TermsVersion

pytestmark = pytest.mark.clause("6.3")

KEY = PaymentKey("virement-1")


def allocations(events: object) -> list[tuple[str, Part, int]]:
    found = of_type(PaymentAllocated, events)  # type: ignore[arg-type]  # any iterable of events
    return [(event.document, event.part, event.amount_minor) for event in found]


def test_costs_then_interest_then_principal() -> None:
    life = running(
        "2026-02-01",
        command=order("2026-02-01", terms=TermsVersion(late_rate_policy=LateRatePolicy.CONTRACT)),
    )
    life.ask("2026-03-01T09:00", ClaimLateCharges(invoice=DocumentRef("F1")))

    # 28 days: 120.00 x 7.62 x 28 / 36500 = 0.70
    assert allocations(life.pay("2026-03-01T10:00", 50_00, "F1")) == [
        ("D1", Part.RECOVERY, 40_00),
        ("D1", Part.INTEREST, 70),
        ("F1", Part.PRINCIPAL, 9_30),
    ]


def test_money_goes_to_what_fell_due_first() -> None:
    life = running("2026-11-15")
    life.wait("2027-01-15T00:00")

    assert allocations(life.pay("2027-01-16T00:00", 300_00)) == [
        ("F1", Part.PRINCIPAL, 120_00),
        ("F2", Part.PRINCIPAL, 120_00),
        ("F3", Part.PRINCIPAL, 60_00),
    ]


def test_money_goes_to_the_invoice_it_names_and_then_to_the_oldest() -> None:
    life = running("2026-11-15")
    life.wait("2027-01-15T00:00")

    assert allocations(life.pay("2027-01-16T00:00", 150_00, "F3")) == [
        ("F3", Part.PRINCIPAL, 120_00),
        ("F1", Part.PRINCIPAL, 30_00),
    ]


def test_what_is_left_pays_the_next_invoice() -> None:
    life = running("2026-11-15")
    life.pay("2026-11-16T00:00", 150_00)
    assert life.contract.credit_minor == 30_00

    assert allocations(life.wait("2026-12-15T00:00")) == [("F2", Part.PRINCIPAL, 30_00)]
    assert life.contract.invoices[1].outstanding_minor == 90_00


def test_the_same_key_has_no_effect_twice() -> None:
    life = running("2026-11-15")
    payment = Pay(key=KEY, amount_minor=50_00)
    life.ask("2026-11-16T00:00", payment)

    assert life.ask("2026-11-17T00:00", payment) == ()
    other = Pay(key=KEY, amount_minor=51_00)
    assert life.code("2026-11-17T00:00", other) is DomainCode.PAYMENT_KEY_REUSED


@pytest.mark.parametrize(
    ("payment", "code"),
    [
        (Pay(key=KEY, amount_minor=0), DomainCode.AMOUNT_INVALID),
        (Pay(key=KEY, amount_minor=-100), DomainCode.AMOUNT_INVALID),
        (Pay(key=KEY, amount_minor=10**13), DomainCode.AMOUNT_INVALID),
        (Pay(key=KEY, amount_minor=100, currency="USD"), DomainCode.CURRENCY_MISMATCH),
        (Pay(key=KEY, amount_minor=100, invoice=DocumentRef("F9")), DomainCode.INVOICE_UNKNOWN),
    ],
)
def test_payments_that_cannot_be(payment: Pay, code: DomainCode) -> None:
    life = running("2026-11-15")

    assert life.code("2026-11-16T00:00", payment) is code
    assert of_type(PaymentReceived, life.events) == []


def test_nobody_pays_online_before_the_terms_are_accepted() -> None:
    life = Life()
    life.ask("2026-11-15T00:00", order("2026-11-15"))
    online = Pay(key=KEY, amount_minor=120_00, method=Method.PAYPAL)

    assert life.code("2026-11-15T00:00", online) is DomainCode.TERMS_NOT_ACCEPTED
    life.ask("2026-11-15T00:00", Pay(key=KEY, amount_minor=120_00, method=Method.CHEQUE))
    assert life.contract.credit_minor == 120_00, "a cheque that has come is kept"


def test_credit_is_refunded_once_and_never_more_than_there_is() -> None:
    life = running("2026-11-15")
    life.pay("2026-11-16T00:00", 150_00)
    refund = Refund(key=PaymentKey("r1"), amount_minor=20_00)

    assert len(of_type(PaymentRefunded, life.ask("2026-11-17T00:00", refund))) == 1
    assert life.ask("2026-11-17T00:00", refund) == ()
    too_much = Refund(key=PaymentKey("r2"), amount_minor=10_01)
    assert life.code("2026-11-17T00:00", too_much) is DomainCode.REFUND_EXCEEDS_CREDIT
    nothing = Refund(key=PaymentKey("r3"), amount_minor=0)
    assert life.code("2026-11-17T00:00", nothing) is DomainCode.AMOUNT_INVALID
    reused = Refund(key=PaymentKey("r1"), amount_minor=1_00)
    assert life.code("2026-11-17T00:00", reused) is DomainCode.PAYMENT_KEY_REUSED


def gone(
    amount_minor: int, *, payment: str = "virement-1", key: str = "reprise", **more: bool
) -> ReversePayment:
    return ReversePayment(
        key=PaymentKey(key),
        payment=PaymentKey(payment),
        amount_minor=amount_minor,
        method=Method.PAYPAL,
        **more,
    )


def paid(*payments: tuple[str, str, int]) -> Life:
    """A contract of 120.00 a month from 15 November, paid by name at moments."""
    life = running("2026-11-15")
    for moment, key, amount_minor in payments:
        life.ask(moment, Pay(key=PaymentKey(key), amount_minor=amount_minor, method=Method.PAYPAL))
    return life


def test_a_payment_that_is_taken_back_leaves_due_again_what_it_had_paid() -> None:
    """Not the newest invoice: the one that this payment settled."""
    life = paid(("2026-11-16T00:00", "virement-1", 120_00), ("2026-12-16T00:00", "virement-2", 120_00))

    events = life.ask("2026-12-20T00:00", gone(120_00))

    (released,) = of_type(PaymentReleased, events)
    assert (released.document, released.part, released.amount_minor) == ("F1", Part.PRINCIPAL, 120_00)
    (reversed_,) = of_type(PaymentReversed, events)
    assert (reversed_.payment, reversed_.amount_minor) == ("virement-1", 120_00)
    first, second = life.contract.invoices
    assert (first.outstanding_minor, second.outstanding_minor) == (120_00, 0)
    assert life.contract.balance_minor == 120_00


def test_the_same_reversal_counts_once_and_another_amount_under_its_key_is_refused() -> None:
    life = paid(("2026-11-16T00:00", "virement-1", 120_00))
    life.ask("2026-11-20T00:00", gone(50_00))

    assert life.ask("2026-11-20T00:00", gone(50_00)) == ()
    assert life.code("2026-11-20T00:00", gone(60_00)) is DomainCode.PAYMENT_KEY_REUSED
    assert life.contract.balance_minor == 50_00


def test_money_paid_back_outside_of_the_books_is_a_refund_of_the_credit_first() -> None:
    life = paid(("2026-11-16T00:00", "virement-1", 150_00))

    events = life.ask("2026-11-20T00:00", gone(50_00, is_refund=True))

    (refunded,) = of_type(PaymentRefunded, events)
    assert (refunded.key, refunded.amount_minor, refunded.method) == ("reprise", 50_00, Method.PAYPAL)
    assert of_type(PaymentReversed, events) == []
    (released,) = of_type(PaymentReleased, events)
    assert released.amount_minor == 20_00, "30.00 were credit"
    assert life.contract.balance_minor == 20_00


def test_a_reversal_reopens_claimed_charges_behind_the_principal_of_the_same_payment() -> None:
    life = running("2026-02-01")
    life.ask("2026-03-01T00:00", ClaimLateCharges(invoice=DocumentRef("F1")))
    life.ask("2026-03-02T00:00", Pay(key=KEY, amount_minor=50_00))
    owed = life.contract.balance_minor

    events = life.ask("2026-03-03T00:00", gone(50_00))

    assert {e.part for e in of_type(PaymentReleased, events)} == set(Part)
    assert life.contract.balance_minor == owed + 50_00
    (note,) = life.contract.debit_notes
    assert (note.recovery_open_minor, note.interest_open_minor) == (note.recovery_minor, note.interest_minor)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (gone(1_00, payment="nobody's"), DomainCode.PAYMENT_UNKNOWN),
        (gone(0), DomainCode.AMOUNT_INVALID),
        (gone(-1_00), DomainCode.AMOUNT_INVALID),
        (gone(120_01), DomainCode.REVERSAL_EXCEEDS_PAYMENT),
    ],
)
def test_what_cannot_have_gone_back_is_refused(command: ReversePayment, code: DomainCode) -> None:
    life = paid(("2026-11-16T00:00", "virement-1", 120_00))
    assert life.code("2026-11-20T00:00", command) is code
    assert life.contract.balance_minor == 0


def test_no_more_goes_back_than_there_is_left() -> None:
    life = paid(("2026-11-16T00:00", "virement-1", 120_00))
    life.ask("2026-11-20T00:00", gone(100_00))
    assert life.code("2026-11-21T00:00", gone(20_01, key="2")) is DomainCode.REVERSAL_EXCEEDS_PAYMENT
    life.ask("2026-11-21T00:00", gone(20_00, key="3"))
    assert life.contract.balance_minor == 120_00


@pytest.mark.clause("6.1")
def test_a_debt_is_written_off_only_after_the_end_and_for_a_reason() -> None:
    life = running("2026-02-01")
    give_up = WriteOff(reason="liquidation judiciaire", actor="operator")
    assert life.code("2026-02-02T00:00", give_up) is DomainCode.CONTRACT_NOT_ENDED
    life.ask("2026-02-02T00:00", GiveNotice(by=Party.CUSTOMER))
    life.ask("2026-02-20T00:00", ClaimLateCharges(invoice=DocumentRef("F1")))
    assert life.code("2026-03-02T00:00", WriteOff(reason=" ")) is DomainCode.REASON_REQUIRED

    events = life.ask("2026-03-02T00:00", give_up)

    assert [event.part for event in of_type(DebtWrittenOff, events)] == [
        Part.RECOVERY,
        Part.INTEREST,
        Part.PRINCIPAL,
    ]
    assert life.contract.balance_minor == 0
    assert life.code("2026-03-02T00:00", give_up) is DomainCode.NOTHING_OWED
    cancel = CancelInvoice(invoice=DocumentRef("F1"))
    assert life.code("2026-03-02T00:00", cancel) is DomainCode.INVOICE_WRITTEN_OFF, (
        "it would refund what never came"
    )


@pytest.mark.clause("6.4")
def test_a_transfer_counts_on_the_day_it_arrived_and_not_on_the_day_it_was_entered() -> None:
    life = running("2026-02-01")
    arrived = Pay(key=KEY, amount_minor=120_00, received_on=day("2026-02-01"))

    life.ask("2026-02-09T10:00", arrived)

    refusal = life.refused("2026-02-10T10:00", ClaimLateCharges(invoice=DocumentRef("F1")))
    assert refusal.code is DomainCode.NOTHING_TO_CLAIM


def test_a_payment_is_not_received_in_the_future() -> None:
    life = running("2026-02-01")

    refusal = life.refused(
        "2026-02-01T10:00", Pay(key=KEY, amount_minor=120_00, received_on=day("2026-02-02"))
    )

    assert refusal.code is DomainCode.PAYMENT_DATE_FUTURE
