"""The pages of the outbox: what went out, what waits, what needs somebody; letters to read; a second try."""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from billing_scenario import ATELIER, OPERATOR, HandClock, month_contract
from billing_site import Browser, Site, text

from webvisio_billing.application.requests import ChangedCustomer
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import DatabaseUnavailable
from webvisio_billing.storage.registry import BillingDetails


@pytest.fixture
async def site(store: Store, clock: HandClock, tmp_path: Path) -> AsyncIterator[Site]:
    """A contract whose customer has no address: its first letter could not go out."""
    running = await Site(store, clock, home=tmp_path).start()
    month_contract(running.billing)
    running.courier.finish()
    # its document is not made here, so it waits; without an address it would be given up afterwards
    yield running
    await running.stop()


def give_up(site: Site) -> None:
    """Let the letter be composed without its document, so that the missing address shows."""
    site.courier._document_bytes = None
    site.clock.go(hours=6)
    site.courier.finish()


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("fr", "le document à joindre n’est pas encore prêt"),
        ("en", "the document to be attached is not ready"),
    ],
)
async def test_a_letter_that_waits_is_told_with_its_reason(site: Site, locale: str, told: str) -> None:
    page = text(await Browser(site, locale=locale).get("outbox?state=waiting"))
    assert told in page
    assert "atelier-lumiere-1" in page
    assert 'data-state="waiting"' in page


async def test_what_was_given_up_is_tried_again_at_a_click(site: Site) -> None:
    give_up(site)
    browser = Browser(site)
    assert "the customer has no e-mail address" in text(await browser.get("outbox?state=dead"))
    address = ChangedCustomer(
        ATELIER, "Atelier Lumière", None, "", "contact@atelier.example", BillingDetails()
    )
    site.billing.customers.change(address, OPERATOR)
    answer = await browser.post("outbox/1/retry", {})
    assert (answer.code, answer.headers["Location"]) == (
        302,
        "/services/billing/outbox?done=message_revived#wv-main",
    )
    assert "The message is under way again." in text(await browser.get("outbox?done=message_revived"))
    assert site.courier.finish().delivered == 1
    assert "Written" in text(await browser.get("outbox?state=delivered"))
    assert next(a.action for a in site.billing.actions("atelier-lumiere-1")) == "revive_message"
    assert (await browser.post("outbox/1/retry", {})).code == 404


async def test_a_letter_can_be_read_even_without_an_address(site: Site) -> None:
    answer = await Browser(site).get("outbox/1/letter.eml")
    assert answer.headers["Content-Type"] == "message/rfc822"
    letter = message_from_bytes(answer.body, policy=policy.default)
    assert "F2026-000001" in letter["Subject"]
    assert letter["To"] is None


@pytest.mark.parametrize(
    "path", ["outbox/99/letter.eml", "outbox/x/letter.eml", "outbox/9999999999/letter.eml"]
)
async def test_a_letter_that_is_not_there_is_not_found(site: Site, path: str) -> None:
    assert (await Browser(site).get(path)).code == 404


async def test_a_retry_needs_the_pages_token(site: Site) -> None:
    give_up(site)
    browser = Browser(site)
    browser.cookies["_xsrf"] = "forged"
    assert (await browser.post("outbox/1/retry", {})).code in (401, 403)


async def test_a_database_that_is_away_is_told_as_such(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again later: 503, and no half-done page."""

    def away(_: object) -> None:
        raise DatabaseUnavailable("locked")

    monkeypatch.setattr(site.courier, "page", away)
    assert (await Browser(site).get("outbox")).code == 503
