"""PayPal's official SDK against a fake of its REST API: what it says, and what it leaves open (6.3)."""

from collections.abc import AsyncIterator

import pytest

from paypal_fake import CLIENT, SECRET, WEBHOOK_ID, FakePayPal
from webvisio_billing.payments.gateway import (
    AskedOrder,
    GatewayRefused,
    OpenedOrder,
    OrderState,
    OutcomeUnknown,
)
from webvisio_billing.payments.paypal import PayPal, PayPalAccess

pytestmark = pytest.mark.clause("6.3")


@pytest.fixture
async def fake() -> AsyncIterator[FakePayPal]:
    made = await FakePayPal().start()
    yield made
    await made.stop()


@pytest.fixture
async def paypal(fake: FakePayPal) -> AsyncIterator[PayPal]:
    made = PayPal(PayPalAccess(CLIENT, SECRET, WEBHOOK_ID, api_url=fake.url))
    yield made
    made.close()


async def opened(paypal: PayPal, checkout_id: str = "checkout-1") -> OpenedOrder:
    asked = AskedOrder(
        checkout_id, 120_00, "EUR", "Web Visio", "fr", "https://hub/return", "https://hub/cancel"
    )
    return await paypal.open(asked)


async def test_an_order_is_opened_once_a_checkout(paypal: PayPal, fake: FakePayPal) -> None:
    order, again = await opened(paypal), await opened(paypal)

    assert order == again == OpenedOrder("ORDER1", f"{fake.url}/approve?token=ORDER1")
    made = fake.orders["ORDER1"]
    assert made["unit"]["amount"] == {"currency_code": "EUR", "value": "120.00"}
    assert made["unit"]["custom_id"] == "checkout-1"
    assert (made["context"]["return_url"], made["context"]["locale"]) == ("https://hub/return", "fr-FR")


async def test_an_approved_order_is_captured_once(paypal: PayPal, fake: FakePayPal) -> None:
    order = await opened(paypal)
    assert (await paypal.order(order.order_id)).state is OrderState.WAITING
    fake.approve(order.order_id)
    assert (await paypal.order(order.order_id)).state is OrderState.APPROVED

    taken = await paypal.capture(order.order_id, "checkout-1")
    again = await paypal.capture(order.order_id, "checkout-1")
    other = await paypal.capture(order.order_id, "checkout-of-somebody-else")

    assert taken == again == other == await paypal.order(order.order_id)
    assert (taken.state, taken.amount_minor, taken.currency) == (OrderState.CAPTURED, 120_00, "EUR")
    assert (taken.capture_id, taken.checkout_id) == ("CAP-ORDER1", "checkout-1")
    assert fake.captures() == 1


async def test_what_is_not_approved_is_not_captured(paypal: PayPal) -> None:
    order = await opened(paypal)
    with pytest.raises(GatewayRefused) as refused:
        await paypal.capture(order.order_id, "checkout-1")
    assert refused.value.code == "ORDER_NOT_APPROVED"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING", OrderState.PENDING),
        ("DECLINED", OrderState.DECLINED),
        ("INSTRUMENT_DECLINED", OrderState.DECLINED),
    ],
)
async def test_a_capture_may_wait_or_be_declined(
    paypal: PayPal, fake: FakePayPal, status: str, state: OrderState
) -> None:
    order = await opened(paypal)
    fake.approve(order.order_id)
    fake.capture_status = status
    assert (await paypal.capture(order.order_id, "checkout-1")).state is state


@pytest.mark.parametrize("fault", ["500", "503", "429", "cut"])
async def test_a_failing_gateway_leaves_the_outcome_unknown(
    paypal: PayPal, fake: FakePayPal, fault: str
) -> None:
    for name in ("open", "order", "capture"):
        fake.fault[f"before {name}"] = fault
    with pytest.raises(OutcomeUnknown):
        await opened(paypal)
    with pytest.raises(OutcomeUnknown):
        await paypal.order("ORDER1")
    with pytest.raises(OutcomeUnknown):
        await paypal.capture("ORDER1", "checkout-1")


async def test_a_capture_whose_answer_got_lost_is_told_by_the_order(paypal: PayPal, fake: FakePayPal) -> None:
    order = await opened(paypal)
    fake.approve(order.order_id)
    fake.fault["after capture"] = "cut"
    with pytest.raises(OutcomeUnknown):
        await paypal.capture(order.order_id, "checkout-1")
    assert (await paypal.order(order.order_id)).state is OrderState.CAPTURED


async def test_an_order_that_is_not_there_is_gone(paypal: PayPal) -> None:
    assert (await paypal.order("NONE")).state is OrderState.GONE


async def test_wrong_credentials_are_a_refusal(fake: FakePayPal) -> None:
    stranger = PayPal(PayPalAccess(CLIENT, "wrong", WEBHOOK_ID, api_url=fake.url))
    with pytest.raises(GatewayRefused):
        await opened(stranger)
    stranger.close()


async def test_only_what_paypal_signed_is_an_event(paypal: PayPal, fake: FakePayPal) -> None:
    body = fake.event("PAYMENT.CAPTURE.COMPLETED", "ORDER1", "WH-7")
    event = await paypal.genuine_event(fake.sign(body), body)
    assert event is not None
    assert (event.event_id, event.type, event.order_id) == ("WH-7", "PAYMENT.CAPTURE.COMPLETED", "ORDER1")

    for headers, changed in (
        (fake.sign(body), body.replace(b"ORDER1", b"ORDER2")),
        (fake.sign(body), body + b" "),
        ({**fake.sign(body), "PAYPAL-TRANSMISSION-SIG": "AAAA"}, body),
        ({**fake.sign(body), "PAYPAL-TRANSMISSION-ID": "other"}, body),
        ({}, body),
        (fake.sign(b"no json"), b"no json"),
    ):
        assert await paypal.genuine_event(headers, changed) is None


def test_the_environments_are_paypals_own() -> None:
    assert PayPal(PayPalAccess(CLIENT, SECRET, "")).approval_origin == "https://www.sandbox.paypal.com"
    live = PayPal(PayPalAccess(CLIENT, SECRET, "", environment="production"))
    assert live.approval_origin == "https://www.paypal.com"
