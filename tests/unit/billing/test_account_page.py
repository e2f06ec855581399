"""What a customer reads on their account: why they are shut out, how to pay, every document (clauses 6.1, 6.3, 6.4)."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
from billing_scenario import OPERATOR, HandClock, month_contract
from billing_site import Browser, Site, text

from webvisio_billing.documents.seller_file import put_demonstration_seller
from webvisio_billing.domain.commands import CancelInvoice, OpenBlock, Pay
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.storage.database import Store
from webvisio_protocol.entitlements import BlockReason

IBAN = "FR76 3000 6000 0112 3456 7890 189"


@pytest.fixture
async def site(store: Store, clock: HandClock, tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(store, clock, seller=tmp_path / "seller.toml")
    put_demonstration_seller(made.seller)
    await made.start()
    yield made
    await made.stop()


async def account(site: Site) -> str:
    page = text(await Browser(site, "contact-token").get("account"))
    return unescape(re.sub(r"\s+", " ", page))


@pytest.mark.clause("6.4")
async def test_a_suspended_customer_reads_why_and_where_to_pay(site: Site, clock: HandClock) -> None:
    contract_id = month_contract(site.billing)
    clock.go(days=16)
    page = await account(site)
    assert "Access is suspended" not in page
    site.billing.execute(contract_id, OpenBlock(reason=BlockReason.UNPAID, actor=OPERATOR), OPERATOR)
    page = await account(site)
    assert 'data-code="suspended_unpaid"' in page
    assert "fifteen days after" in page and "Clause 6.4" in page
    assert IBAN in page and "AGRIFRPP" in page
    assert "quote the invoice number or “atelier-lumiere-1”" in page.lower()


async def test_nothing_owed_asks_for_no_transfer(site: Site) -> None:
    contract_id = month_contract(site.billing)
    site.billing.execute(contract_id, Pay(key=PaymentKey("V-1"), amount_minor=120_00), OPERATOR)
    assert IBAN not in await account(site)


@pytest.mark.clause("6.1")
async def test_credit_notes_are_listed_with_their_amounts_and_what_is_not_made_is_no_link(site: Site) -> None:
    contract_id = month_contract(site.billing)
    cancel = CancelInvoice(invoice=DocumentRef("F1"), reason="wrong room", actor=OPERATOR)
    site.billing.execute(contract_id, cancel, OPERATOR)
    page = await account(site)
    credit_note, invoice = re.findall(r"<tr> <th scope=\"row\".*?</tr>", page)
    assert "A2026-000001" in credit_note and "Credit note of 23 Nov 2026" in credit_note
    assert "€120.00" in credit_note
    assert "F2026-000001" in invoice and "Due" in invoice
    assert "/documents/" not in page  # they wait: a link would lead nowhere
    assert "being made" in credit_note


async def test_an_operator_is_led_to_what_an_invoice_waits_for(site: Site) -> None:
    contract_id = month_contract(site.billing)
    await site.papers.ask(site.documents.make_all)
    page = text(await Browser(site).get(f"contracts/{contract_id}"))
    assert "Missing:" in page
    assert re.search(r"/customers/atelier-lumiere/edit#billing\">Complete the customer", page)


async def test_the_last_day_of_a_period_is_the_same_everywhere(site: Site) -> None:
    contract_id = month_contract(site.billing)
    page = unescape(text(await Browser(site).get(f"contracts/{contract_id}")))
    assert "23 Nov → 22 Dec 2026" in page  # beside the invoice
    assert "23 Nov → 22 Dec</span>" in page  # on the timeline
    assert "23 Dec → 22 Jan</span>" in page
