"""Paying online: accepted first, taken once, never guessed (clause 6.3)."""

from collections.abc import AsyncIterator
from html import unescape

import pytest
from billing_scenario import HandClock, month_contract
from billing_site import Browser, Site, text
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from paypal_fake import CLIENT, SECRET, WEBHOOK_ID, FakePayPal
from webvisio_billing.application.checkouts import Begun, CheckoutState
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Method, Pay
from webvisio_billing.domain.events import PaymentReceived
from webvisio_billing.domain.identifiers import PaymentKey
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.terms import TermsVersion
from webvisio_billing.payments.paypal import PayPal, PayPalAccess
from webvisio_billing.storage.checkouts import Checkout
from webvisio_billing.storage.database import Store
from webvisio_protocol.identifiers import ContractId, CustomerId

CONTRACT = ContractId("atelier-lumiere-1")
OWN = (CustomerId("atelier-lumiere"),)
TERMS = TermsVersion().sha256
pytestmark = pytest.mark.clause("6.3")


@pytest.fixture
async def fake() -> AsyncIterator[FakePayPal]:
    made = await FakePayPal().start()
    yield made
    await made.stop()


@pytest.fixture
async def site(store: Store, clock: HandClock, fake: FakePayPal) -> AsyncIterator[Site]:
    paypal = PayPal(PayPalAccess(CLIENT, SECRET, WEBHOOK_ID, api_url=fake.url))
    made = await Site(store, clock, gateway=paypal).start()
    month_contract(made.billing)
    yield made
    await made.stop()
    paypal.close()


def balance(site: Site) -> int:
    file = site.billing.contract(CONTRACT)
    assert file is not None
    return file.view.contract.balance_minor


def received(site: Site) -> list[tuple[str, int]]:
    file = site.billing.contract(CONTRACT)
    assert file is not None
    return [
        (e.event.method, e.event.amount_minor) for e in file.journal if isinstance(e.event, PaymentReceived)
    ]


async def begun(site: Site) -> str:
    outcome = await site.checkouts.begin(CONTRACT, TERMS, "fr", "carole")
    assert isinstance(outcome, Begun), outcome
    return outcome.checkout_id


async def returned(site: Site, checkout_id: str) -> Checkout:
    outcome = await site.checkouts.come_back(checkout_id, OWN)
    assert isinstance(outcome, Checkout), outcome
    return outcome


async def test_paying_stores_the_acceptance_before_the_gateway_hears_of_it(
    site: Site, fake: FakePayPal
) -> None:
    fake.fault["before open"] = "500"
    refused = await site.checkouts.begin(CONTRACT, TERMS, "fr", "carole")

    assert isinstance(refused, Problem)
    (kept,) = await site.checkouts.of_contract(CONTRACT)
    assert (kept.terms_sha256, kept.locale, kept.actor, kept.amount_minor) == (TERMS, "fr", "carole", 120_00)
    assert kept.accepted_at == site.clock.now()
    assert kept.state == CheckoutState.ABANDONED
    assert balance(site) == 120_00


async def test_other_terms_than_the_contracts_are_not_accepted(site: Site, fake: FakePayPal) -> None:
    refused = await site.checkouts.begin(CONTRACT, "0" * 64, "fr", "carole")
    assert isinstance(refused, DomainRefusal)
    assert refused.code is DomainCode.TERMS_MISMATCH
    assert fake.requests == []


async def test_an_approved_payment_is_taken_and_booked_once(site: Site, fake: FakePayPal) -> None:
    checkout = await begun(site)
    assert (await returned(site, checkout)).state == CheckoutState.OPENED
    fake.approve("ORDER1")

    for _ in range(3):
        assert (await returned(site, checkout)).state == CheckoutState.PAID

    assert balance(site) == 0
    assert received(site) == [(Method.PAYPAL, 120_00)]
    assert fake.captures() == 1


async def test_a_capture_whose_answer_got_lost_is_found_out_and_not_guessed(
    site: Site, fake: FakePayPal
) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    fake.fault["after capture"] = "cut"

    assert (await returned(site, checkout)).state == CheckoutState.CAPTURING
    assert balance(site) == 120_00, "nothing is booked before the gateway says so"
    again = await site.checkouts.begin(CONTRACT, TERMS, "fr", "carole")
    assert isinstance(again, Problem)
    assert again.message == "payment_under_way"
    await site.checkouts.reconcile()

    assert (await returned(site, checkout)).state == CheckoutState.PAID
    assert received(site) == [(Method.PAYPAL, 120_00)]


async def test_a_capture_that_never_arrived_is_asked_for_again(site: Site, fake: FakePayPal) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    fake.fault["before capture"] = "503"
    assert (await returned(site, checkout)).state == CheckoutState.CAPTURING

    await site.checkouts.reconcile()

    assert (await returned(site, checkout)).state == CheckoutState.PAID
    assert fake.captures() == 1


async def test_a_payer_who_approved_and_closed_the_browser_is_looked_for(
    site: Site, fake: FakePayPal, clock: HandClock
) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    await site.checkouts.reconcile()
    assert balance(site) == 120_00
    clock.go(minutes=6)
    await site.checkouts.reconcile()
    assert (await returned(site, checkout)).state == CheckoutState.PAID


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING", CheckoutState.PENDING),
        ("DECLINED", CheckoutState.DECLINED),
        ("INSTRUMENT_DECLINED", CheckoutState.DECLINED),
    ],
)
async def test_what_is_not_taken_is_not_booked(
    site: Site, fake: FakePayPal, status: str, state: CheckoutState
) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    fake.capture_status = status
    assert (await returned(site, checkout)).state == state
    assert balance(site) == 120_00


async def test_a_pending_capture_is_booked_when_it_is_complete(site: Site, fake: FakePayPal) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    fake.capture_status = "PENDING"
    await returned(site, checkout)
    fake.orders["ORDER1"]["capture"]["status"] = "COMPLETED"
    await site.checkouts.reconcile()
    assert balance(site) == 0


async def test_another_amount_than_was_agreed_is_for_the_operator(site: Site, fake: FakePayPal) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    fake.captured_value = "1.00"
    assert (await returned(site, checkout)).state == CheckoutState.MISMATCH
    assert received(site) == []


async def test_a_mismatch_waits_on_the_page_until_the_operator_says_what_was_done(
    site: Site, fake: FakePayPal
) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    fake.captured_value = "1.00"
    await returned(site, checkout)
    olga = Browser(site)
    assert "CAP-ORDER1" in text(await olga.get("payments"))
    assert 'data-tile="mismatches"' in text(await olga.get(""))

    assert (await olga.post(f"payments/checkouts/{checkout}", {"remark": " "})).code == 400
    settled = await olga.post(f"payments/checkouts/{checkout}", {"remark": "refunded at PayPal"})
    assert settled.headers["Location"].endswith("?done=settle_checkout#wv-main")

    assert "Nothing waits: every online payment came as agreed." in text(await olga.get("payments"))
    assert next(a.action for a in site.billing.actions(CONTRACT)) == "settle_checkout"
    assert (await olga.post("payments/checkouts/other", {"remark": "x"})).code == 404
    assert (await returned(site, checkout)).state == CheckoutState.SETTLED


async def test_what_was_paid_otherwise_meanwhile_is_not_taken(site: Site, fake: FakePayPal) -> None:
    checkout = await begun(site)
    site.billing.execute(CONTRACT, Pay(key=PaymentKey("cheque-1"), amount_minor=120_00), "olga")
    fake.approve("ORDER1")
    assert (await returned(site, checkout)).state == CheckoutState.ABANDONED
    assert fake.captures() == 0


async def test_a_newer_payment_takes_the_place_of_one_that_was_not_approved(
    site: Site, fake: FakePayPal
) -> None:
    first, second = await begun(site), await begun(site)
    fake.approve("ORDER1")
    fake.approve("ORDER2")
    assert (await returned(site, first)).state == CheckoutState.ABANDONED
    assert (await returned(site, second)).state == CheckoutState.PAID
    assert fake.captures() == 1


async def test_nothing_is_paid_where_nothing_is_due(site: Site) -> None:
    site.billing.execute(CONTRACT, Pay(key=PaymentKey("cheque-1"), amount_minor=120_00), "olga")
    refused = await site.checkouts.begin(CONTRACT, TERMS, "fr", "carole")
    assert isinstance(refused, DomainRefusal)
    assert refused.code is DomainCode.NOTHING_OWED


async def test_what_nobody_approves_lapses(site: Site, clock: HandClock) -> None:
    checkout = await begun(site)
    clock.go(hours=7)
    await site.checkouts.reconcile()
    assert (await returned(site, checkout)).state == CheckoutState.ABANDONED


async def test_the_database_keeps_what_was_accepted(site: Site, store: Store, fake: FakePayPal) -> None:
    checkout = await begun(site)
    fake.approve("ORDER1")
    await returned(site, checkout)
    for statement in (
        "UPDATE checkouts SET amount_minor = 1",
        "UPDATE checkouts SET terms_sha256 = ''",
        "UPDATE checkouts SET state = 'opened'",
        "DELETE FROM checkouts",
    ):
        with pytest.raises(DBAPIError), store.engine.begin() as connection:
            connection.execute(sql(statement))


# ---- webhooks --------------------------------------------------------------------------


async def knock(site: Site, body: bytes, headers: dict[str, str]) -> int:
    answer = await site.ask("payments/paypal/webhook", "POST", None, body, headers)
    return answer.code


async def test_a_signed_webhook_settles_and_a_duplicate_does_nothing(site: Site, fake: FakePayPal) -> None:
    await begun(site)
    fake.approve("ORDER1")
    body = fake.event("CHECKOUT.ORDER.APPROVED", "ORDER1", "WH-1")

    for _ in range(2):
        assert await knock(site, body, fake.sign(body)) == 204

    assert received(site) == [(Method.PAYPAL, 120_00)]


@pytest.mark.parametrize("spoilt", ["signature", "body", "missing", "certificate"])
async def test_a_webhook_that_is_not_signed_changes_nothing(
    site: Site, fake: FakePayPal, spoilt: str
) -> None:
    await begun(site)
    fake.approve("ORDER1")
    body = fake.event("PAYMENT.CAPTURE.COMPLETED", "ORDER1")
    headers = fake.sign(body)
    match spoilt:
        case "signature":
            headers["PAYPAL-TRANSMISSION-SIG"] = "AAAA"
        case "body":
            body = body.replace(b"COMPLETED", b"COMPLETES")
        case "missing":
            headers = {}
        case _:
            del headers["PAYPAL-CERT-URL"]
    assert await knock(site, body, headers) == 403
    assert balance(site) == 120_00


async def test_a_webhook_about_nothing_we_know_is_heard_and_forgotten(site: Site, fake: FakePayPal) -> None:
    for body in (fake.event("PAYMENT.CAPTURE.COMPLETED", "ORDER9"), fake.event("NEWS", "../../etc")):
        assert await knock(site, body, fake.sign(body)) == 204


async def test_a_webhook_comes_again_when_it_could_not_be_verified(site: Site, fake: FakePayPal) -> None:
    await begun(site)
    fake.approve("ORDER1")
    body = fake.event("CHECKOUT.ORDER.APPROVED", "ORDER1")
    fake.fault["before verify"] = "500"
    assert await knock(site, body, fake.sign(body)) == 503
    assert await knock(site, body, fake.sign(body)) == 204
    assert balance(site) == 0


async def test_a_large_message_is_not_even_verified(site: Site, fake: FakePayPal) -> None:
    body = fake.event("NEWS", "ORDER1") + b" " * 70_000
    assert await knock(site, body, fake.sign(body)) == 413
    assert fake.requests == []


# ---- by hand ---------------------------------------------------------------------------


async def test_a_contact_accepts_pays_and_sees_it(site: Site, fake: FakePayPal) -> None:
    carole = Browser(site, "contact-token")
    page = await carole.get("account")
    assert "Pay €120.00 with PayPal" in text(page)
    assert f"form-action 'self' {fake.url}" in page.headers["Content-Security-Policy"]
    pay = f"account/contracts/{CONTRACT}/pay"

    without = await carole.post(pay, {"terms_sha256": TERMS})
    assert without.code == 400
    assert fake.requests == []
    gone = await carole.post(pay, {"terms_sha256": TERMS, "accepts": "on"})
    assert (gone.code, gone.headers["Location"]) == (303, f"{fake.url}/approve?token=ORDER1")
    fake.approve("ORDER1")
    back = fake.orders["ORDER1"]["context"]["return_url"].partition("/services/billing/")[2]
    paid = text(await carole.get(back))

    assert "Thank you. Your payment of €120.00 is recorded." in paid
    assert "with PayPal" not in paid
    assert balance(site) == 0


async def test_a_payer_who_gives_up_is_told_so(site: Site, fake: FakePayPal) -> None:
    carole = Browser(site, "contact-token", locale="fr")
    await carole.post(f"account/contracts/{CONTRACT}/pay", {"terms_sha256": TERMS, "accepts": "on"})
    back = fake.orders["ORDER1"]["context"]["cancel_url"].partition("/services/billing/")[2]
    assert "Vous avez renoncé au paiement" in text(await carole.get(back))


@pytest.mark.parametrize("token", ["other-contact-token", "operator-token", "trainer-token"])
async def test_another_customers_account_is_not_there(site: Site, fake: FakePayPal, token: str) -> None:
    checkout = await begun(site)
    stranger = Browser(site, token)
    for path in (
        f"account/contracts/{CONTRACT}/terms",
        f"account/contracts/{CONTRACT}/documents/F2026-000001",
        f"account/checkouts/{checkout}/return",
        f"account/checkouts/{checkout}/cancel",
    ):
        assert (await stranger.get(path)).code in (403, 404), path
    answer = await stranger.post(
        f"account/contracts/{CONTRACT}/pay", {"terms_sha256": TERMS, "accepts": "on"}
    )
    assert answer.code in (403, 404)
    page = await stranger.get("account")
    assert "Atelier" not in text(page)
    assert (await returned(site, checkout)).state == CheckoutState.OPENED


async def test_a_contact_reaches_nothing_of_the_operators(site: Site) -> None:
    carole = Browser(site, "contact-token")
    for path in ("", "payments", f"contracts/{CONTRACT}", "api/contracts", "customers/atelier-lumiere"):
        assert (await carole.get(path)).code == 403, path


async def test_without_a_gateway_the_account_tells_how_to_pay_by_transfer(
    store: Store, clock: HandClock
) -> None:
    site = await Site(store, clock).start()
    try:
        month_contract(site.billing)
        page = text(await Browser(site, "contact-token").get("account"))
        assert "as the transfer's reference" in unescape(page)
        assert "PayPal" not in page
        refused = await site.checkouts.begin(CONTRACT, TERMS, "fr", "carole")
        assert isinstance(refused, Problem)
    finally:
        await site.stop()


async def test_the_operator_names_a_customers_contacts_and_the_hub_hears_of_it(site: Site) -> None:
    olga = Browser(site)
    where = "customers/atelier-lumiere/contacts"
    assert (await olga.post(where, {"do": "add", "username": "Carole"})).code == 302
    await site.people.reconcile()
    groups = await site.hub.groups()
    assert "carole" in groups["webvisio-contact-atelier-lumiere"]
    assert "carole" in groups["webvisio-contacts"]
    assert "carole" in text(await olga.get("customers/atelier-lumiere"))

    assert (await olga.post(where, {"do": "remove", "username": "carole"})).code == 302
    await site.people.reconcile()
    assert "carole" not in (await site.hub.groups())["webvisio-contact-atelier-lumiere"]
    assert (await olga.post(where, {"do": "remove", "username": "carole"})).code == 404
    assert (await olga.post(where, {"do": "add", "username": "no good"})).code == 400
