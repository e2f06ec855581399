"""Money that goes back at PayPal after it was paid: told by webhook or found, recorded once, never guessed."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from billing_scenario import HandClock, month_contract
from billing_site import Browser, Site, text

from paypal_fake import CLIENT, SECRET, WEBHOOK_ID, FakePayPal
from webvisio_billing.application.checkouts import Begun, CheckoutState
from webvisio_billing.application.returns import LOOK_BACK_EVERY, LOOK_BACK_FOR
from webvisio_billing.application.verification import verify
from webvisio_billing.domain.events import PaymentRefunded, PaymentReversed
from webvisio_billing.domain.terms import TermsVersion
from webvisio_billing.payments.paypal import PayPal, PayPalAccess
from webvisio_billing.storage.checkouts import Checkout
from webvisio_billing.storage.database import Store
from webvisio_protocol.identifiers import ContractId, CustomerId

CONTRACT = ContractId("atelier-lumiere-1")
OWN = (CustomerId("atelier-lumiere"),)
ORDER = "ORDER1"
REFUNDED, REVERSED = "PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"
pytestmark = pytest.mark.clause("6.3")


@pytest.fixture
async def fake() -> AsyncIterator[FakePayPal]:
    made = await FakePayPal().start()
    yield made
    await made.stop()


@pytest.fixture
async def site(store: Store, clock: HandClock, fake: FakePayPal) -> AsyncIterator[Site]:
    """A contract whose 120.00 were paid by PayPal."""
    paypal = PayPal(PayPalAccess(CLIENT, SECRET, WEBHOOK_ID, api_url=fake.url))
    made = await Site(store, clock, gateway=paypal).start()
    month_contract(made.billing)
    begun = await made.checkouts.begin(CONTRACT, TermsVersion().sha256, "fr", "carole")
    assert isinstance(begun, Begun)
    fake.approve(ORDER)
    paid = await made.checkouts.come_back(begun.checkout_id, OWN)
    assert isinstance(paid, Checkout) and paid.state == CheckoutState.PAID
    yield made
    await made.stop()
    paypal.close()


def balance(site: Site) -> int:
    file = site.billing.contract(CONTRACT)
    assert file is not None
    return file.view.contract.balance_minor


def went_back(site: Site) -> list[tuple[str, int]]:
    file = site.billing.contract(CONTRACT)
    assert file is not None
    return [
        (type(one.event).__name__, one.event.amount_minor)
        for one in file.journal
        if isinstance(one.event, PaymentRefunded | PaymentReversed)
    ]


async def told(site: Site, fake: FakePayPal, kind: str, refund_id: str) -> bool:
    body = fake.event_of_return(kind, ORDER, refund_id)
    return await site.checkouts.hear(fake.sign(body), body)


async def test_a_refund_made_at_paypal_is_recorded_once_and_the_rest_stays_paid(
    site: Site, fake: FakePayPal
) -> None:
    refund = fake.send_back(ORDER, "20.00")

    for _ in range(3):
        assert await told(site, fake, REFUNDED, refund)
    await site.checkouts.returns.look_back()

    assert went_back(site) == [("PaymentRefunded", 20_00)]
    assert balance(site) == 20_00
    (one,) = await site.checkouts.returns.newest()
    assert (one.amount_minor, one.is_reversal, one.outcome) == (20_00, False, "booked")
    assert verify(site.store, {}).findings == []


@pytest.mark.clause("6.4")
async def test_a_chargeback_makes_the_invoice_due_again(site: Site, fake: FakePayPal) -> None:
    refund = fake.send_back(ORDER, "120.00", status="REVERSED")

    assert await told(site, fake, REVERSED, refund)

    assert went_back(site) == [("PaymentReversed", 120_00)]
    assert balance(site) == 120_00
    again = await site.checkouts.begin(CONTRACT, TermsVersion().sha256, "fr", "carole")
    assert isinstance(again, Begun), "what is due again may be paid again"


async def test_a_reversal_that_its_capture_calls_a_refund_is_known_by_its_message(
    site: Site, fake: FakePayPal
) -> None:
    refund = fake.send_back(ORDER, "120.00")
    assert await told(site, fake, REVERSED, refund)
    assert went_back(site) == [("PaymentReversed", 120_00)]


async def test_what_no_webhook_told_is_found_by_looking_once_a_day(
    site: Site, fake: FakePayPal, clock: HandClock
) -> None:
    await site.checkouts.returns.look_back()
    fake.send_back(ORDER, "50.00")
    await site.checkouts.returns.look_back()
    assert went_back(site) == []

    clock.instant += LOOK_BACK_EVERY
    await site.checkouts.returns.look_back()

    assert went_back(site) == [("PaymentRefunded", 50_00)]
    fake.requests.clear()
    clock.instant += LOOK_BACK_FOR
    await site.checkouts.returns.look_back()
    assert fake.requests == [], "what is older than any dispute is left alone"


async def test_two_refunds_are_two_and_one_that_is_pending_waits(
    site: Site, fake: FakePayPal, clock: HandClock
) -> None:
    fake.send_back(ORDER, "20.00")
    fake.send_back(ORDER, "30.00", refund_status="PENDING")
    await site.checkouts.returns.look_back()
    assert went_back(site) == [("PaymentRefunded", 20_00)]

    fake.orders[ORDER]["refunds"][1]["status"] = "COMPLETED"
    clock.instant += LOOK_BACK_EVERY
    await site.checkouts.returns.look_back()

    assert went_back(site) == [("PaymentRefunded", 20_00), ("PaymentRefunded", 30_00)]


@pytest.mark.parametrize(
    ("status", "refunds"),
    [
        ("REFUNDED", []),
        ("REVERSED", []),
        ("PARTIALLY_REFUNDED", []),
        (
            "REFUNDED",
            [{"id": "R1", "status": "COMPLETED", "amount": {"currency_code": "EUR", "value": "NaN"}}],
        ),
        (
            "REFUNDED",
            [{"id": "R1", "status": "COMPLETED", "amount": {"currency_code": "EUR", "value": "1e4"}}],
        ),
        (
            "REFUNDED",
            [{"id": "R1", "status": "COMPLETED", "amount": {"currency_code": "EUR", "value": "-5.00"}}],
        ),
    ],
)
async def test_an_amount_that_is_not_told_is_not_guessed_but_shown(
    site: Site, fake: FakePayPal, status: str, refunds: list[object]
) -> None:
    fake.orders[ORDER]["capture"]["status"] = status
    fake.orders[ORDER]["refunds"] = refunds

    await site.checkouts.returns.look_back()

    assert went_back(site) == []
    assert balance(site) == 0
    (one,) = await site.checkouts.returns.newest()
    assert (one.amount_minor, one.outcome) == (0, "amount_unknown")


@pytest.mark.parametrize(
    ("refund", "outcome"),
    [
        ({"value": "500.00", "currency_code": "EUR"}, "reversal_exceeds_payment"),
        ({"value": "20.00", "currency_code": "USD"}, "currency_mismatch"),
    ],
)
async def test_what_the_contract_refuses_is_told_to_the_operator_once(
    site: Site, fake: FakePayPal, clock: HandClock, refund: dict[str, str], outcome: str
) -> None:
    fake.send_back(ORDER, "20.00")
    fake.orders[ORDER]["refunds"][0]["amount"] = refund
    for _ in range(2):
        await site.checkouts.returns.look_back()
        clock.instant += LOOK_BACK_EVERY

    assert went_back(site) == []
    found = {one.return_id: one.outcome for one in await site.checkouts.returns.newest()}
    assert found[f"REF-{ORDER}-1"] == outcome
    page = text(await Browser(site, locale="fr").get("payments"))
    assert "Argent rendu ou repris chez PayPal" in page and outcome in page


async def test_a_return_between_capture_and_booking_is_recorded_with_the_payment(
    store: Store, clock: HandClock, fake: FakePayPal
) -> None:
    paypal = PayPal(PayPalAccess(CLIENT, SECRET, WEBHOOK_ID, api_url=fake.url))
    made = await Site(store, clock, gateway=paypal).start()
    try:
        month_contract(made.billing)
        begun = await made.checkouts.begin(CONTRACT, TermsVersion().sha256, "fr", "carole")
        assert isinstance(begun, Begun)
        fake.approve(ORDER)
        fake.fault["after capture"] = "cut"
        await made.checkouts.come_back(begun.checkout_id, OWN)
        fake.send_back(ORDER, "120.00")
        await made.checkouts.reconcile()
        assert went_back(made) == [("PaymentRefunded", 120_00)]
        assert balance(made) == 120_00
    finally:
        await made.stop()
        paypal.close()


async def test_a_silent_gateway_leaves_the_question_for_the_webhook_to_come_again(
    site: Site, fake: FakePayPal
) -> None:
    from webvisio_billing.payments.gateway import OutcomeUnknown

    refund = fake.send_back(ORDER, "20.00")
    body = fake.event_of_return(REFUNDED, ORDER, refund)
    fake.fault["before order"] = "500"
    with pytest.raises(OutcomeUnknown):
        await site.checkouts.hear(fake.sign(body), body)
    assert went_back(site) == []
    assert await site.checkouts.hear(fake.sign(body), body)
    assert went_back(site) == [("PaymentRefunded", 20_00)]


async def test_a_forged_message_about_a_return_changes_nothing(site: Site, fake: FakePayPal) -> None:
    body = fake.event_of_return(REVERSED, ORDER, "REF-MADE-UP")
    signed = fake.sign(body)
    assert not await site.checkouts.hear(signed, body.replace(b"REF", b"ref"))
    assert await told(site, fake, REVERSED, "REF-MADE-UP"), "signed, but the order knows of nothing"
    assert went_back(site) == []


async def test_the_operator_reads_what_went_back(site: Site, fake: FakePayPal, clock: HandClock) -> None:
    fake.send_back(ORDER, "20.00")
    await site.checkouts.returns.look_back()
    page = text(await Browser(site, locale="en").get("payments"))
    assert "Money returned at PayPal" in page and "€20.00" in page
    assert "Recorded on the contract." in page
    clock.instant += timedelta(seconds=1)
    shown = text(await Browser(site, locale="fr").get(f"contracts/{CONTRACT}"))
    assert "Remboursé au client" in shown and "Rendu au crédit" in shown
