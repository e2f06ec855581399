"""The rarer forms of a contract's page: each shows its result and its clause, then does it."""

import html
import re
from collections.abc import AsyncIterator

import pytest
from billing_scenario import HandClock, month_contract
from billing_site import Browser, Site, text

from webvisio_billing.application.requests import NewCustomer
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.standings import MAX_IDLE_SHOWN
from webvisio_billing.web.catalogue import CATALOGUE
from webvisio_billing.web.contract_forms import CLAUSES
from webvisio_billing.web.intake import ContractAction
from webvisio_billing.web.pages import PAGE_CONTRACTS
from webvisio_protocol.identifiers import ContractId

CONTRACT = ContractId("atelier-lumiere-1")


@pytest.fixture
async def site(store: Store, clock: HandClock) -> AsyncIterator[Site]:
    made = await Site(store, clock).start()
    month_contract(made.billing)
    yield made
    await made.stop()


def contract(site: Site) -> Contract:
    file = site.billing.contract(CONTRACT)
    assert file is not None
    return file.view.contract


async def do(site: Site, action: str, **fields: str) -> str:
    """Fill a form in, look at its result, confirm it; gives the page of the result."""
    olga = Browser(site)
    page = text(await olga.get(f"contracts/{CONTRACT}"))
    assert f'id="{action}"' in page, f"{action} is not offered"
    where = f"contracts/{CONTRACT}/act"
    shown = await olga.post(where, {"action": action, "step": "preview", **fields})
    assert shown.code == 200, text(shown)
    sequence = text(shown).partition('name="sequence" value="')[2].partition('"')[0]
    done = await olga.post(where, {"action": action, "step": "confirm", "sequence": sequence, **fields})
    assert done.code == 302, text(done)
    assert f"done={action}" in done.headers["Location"]
    return text(shown)


async def refused(site: Site, action: str, **fields: str) -> str:
    answer = await Browser(site).post(
        f"contracts/{CONTRACT}/act", {"action": action, "step": "preview", **fields}
    )
    assert answer.code >= 400
    return text(answer)


def test_every_action_has_words_and_a_clause() -> None:
    for action in CLAUSES:
        for key in (f"action_{action}", f"does_{action}", f"done_{action}"):
            assert all(CATALOGUE[key]), key


async def test_an_invoice_is_cancelled_by_a_credit_note_and_issued_again(site: Site) -> None:
    shown = await do(site, "credit_note", invoice="F1", explanation="adresse fausse", is_reissued="on")
    assert "Credit note number to come of €120.00." in shown
    assert "Clause 6.1" in shown
    assert [i.is_cancelled for i in contract(site).invoices] == [True, False]
    again = await refused(site, "credit_note", invoice="F1", explanation="encore")
    assert "invoice_cancelled" in again
    assert "invoice_unknown" in await refused(site, "credit_note", invoice="F9", explanation="x")


async def test_late_charges_are_claimed_and_a_missing_rate_is_told(site: Site, clock: HandClock) -> None:
    assert "nothing_to_claim" in await refused(site, "claim_charges", invoice="F1")
    clock.go(days=20)
    assert "legal_rate_missing" in await refused(site, "claim_charges", invoice="F1")


async def test_a_cheque_that_bounced_leaves_its_invoice_due(site: Site) -> None:
    await do(site, "pay", amount="120", method="cheque", key="CH-7")
    assert "reversal_exceeds_payment" in await refused(
        site, "reverse_payment", payment="CH-7", amount="120,01", method="cheque", key="I-1"
    )
    shown = await do(site, "reverse_payment", payment="CH-7", amount="120,00", method="cheque", key="I-1")
    assert "Taken back by the bank or PayPal: €120.00." in shown
    assert contract(site).balance_minor == 120_00


def form_of(page: str, action: str) -> str:
    """The words of one form of the contract's page."""
    found = re.search(rf'<details class="wv-action" id="{action}".*?</details>', page, re.DOTALL)
    assert found is not None, action
    return html.unescape(found[0])


async def test_money_forms_ask_for_what_they_do(site: Site) -> None:
    browser = Browser(site)
    shown = text(await browser.get(f"contracts/{CONTRACT}"))
    assert 'value="120.00"' in form_of(shown, "pay")  # what is due, to be confirmed with one glance
    for action in ("credit_note", "claim_charges"):
        assert ">Invoice</label>" in re.sub(r"\s+<", "<", form_of(shown, action)), action
    await do(site, "pay", amount="120 €", method="cheque", key="CH-7", received_on="2026-11-23")
    shown = form_of(text(await browser.get(f"contracts/{CONTRACT}")), "reverse_payment")
    assert "€120.00 — cheque of 23 Nov 2026 (CH-7)" in shown
    assert 'value="120.00"' in shown
    assert "Amount returned (EUR)" in shown and "Amount received" not in shown


async def test_what_a_credit_note_leaves_is_shown_as_credit(site: Site) -> None:
    await do(site, "pay", amount="50", method="cheque", key="CH-8")
    browser = Browser(site)
    asked = {"action": "credit_note", "invoice": "F1", "explanation": "wrong room"}
    shown = re.sub(r"\s+", " ", text(await browser.post(f"contracts/{CONTRACT}/act", asked)))
    assert "<dt>Balance due</dt><dd>€70.00</dd>" in shown
    assert "<dt>Customer&#39;s credit</dt><dd>€50.00</dd>" in shown


async def test_what_is_too_much_is_refunded_once(site: Site) -> None:
    await do(site, "pay", amount="150,00", method="cheque", key="C-1")
    assert contract(site).credit_minor == 30_00
    assert "refund_exceeds_credit" in await refused(site, "refund", amount="31", method="transfer", key="R-1")
    shown = await do(site, "refund", amount="30,00", method="transfer", key="R-1")
    assert "Refunded to the customer: €30.00." in shown
    assert contract(site).credit_minor == 0


async def test_a_payment_may_have_been_received_earlier_and_not_later(site: Site, clock: HandClock) -> None:
    clock.go(days=3)
    late = await refused(site, "pay", amount="20", method="transfer", key="T", received_on="2026-12-24")
    assert "payment_date_future" in late
    await do(site, "pay", amount="120", method="transfer", key="T", received_on="2026-11-23")
    assert contract(site).invoices[0].settlements[0].day.isoformat() == "2026-11-23"


@pytest.mark.parametrize("amount", ["-5", "0", "1e3", "999999999999", "douze", "12,345"])
async def test_impossible_amounts_are_refused(site: Site, amount: str) -> None:
    await refused(site, "pay", amount=amount, method="transfer", key="T")
    assert contract(site).balance_minor == 120_00


async def test_a_breach_letter_names_its_clauses_and_its_receipt(site: Site) -> None:
    letter = {"by": "customer", "precision": "date", "is_justified": "true"}
    for fields, code in (
        ({"clauses": "4.4", "registered_ref": ""}, "Registered letter"),
        ({"clauses": "12.9", "registered_ref": "RA1"}, "clause_unknown"),
        ({"clauses": " ", "registered_ref": "RA1"}, "Clauses breached"),
        ({"clauses": "4.4", "registered_ref": "RA1", "by": "neighbour"}, "choose one of"),
    ):
        assert code in await refused(site, "breach_letter", **{**letter, **fields})
    shown = await do(site, "breach_letter", **letter, clauses="4.4, 4.3", registered_ref="RA123")
    assert "Clause 8.1" in shown
    assert contract(site).lifecycle is Lifecycle.ENDING


async def test_an_anomaly_needs_somebody_until_it_is_acknowledged(site: Site) -> None:
    await do(site, "report_ticket", severity="blocking", summary="plus de son")
    assert "Anomaly to be acknowledged by" in text(await Browser(site).get(""))
    await do(site, "acknowledge_ticket", ticket="T1")
    assert "Anomaly to be acknowledged by" not in text(await Browser(site).get(""))
    await do(site, "close_ticket", ticket="T1")


async def test_a_fraud_is_reported_confirmed_and_closed(site: Site) -> None:
    await do(site, "report_fraud", description="codes volés")
    await do(site, "confirm_fraud", case="X1", registered_ref="RA9")
    await do(site, "close_fraud", case="X1")


async def test_a_dispute_goes_to_court_only_after_an_attempt(site: Site) -> None:
    await do(site, "open_dispute", subject="qualité")
    case = contract(site).disputes[0].ref
    assert "amicable_attempt_required" in await refused(site, "go_to_court", case=case)
    await do(site, "attempt_amicably", case=case, description="réunion")
    await do(site, "go_to_court", case=case)
    await do(site, "settle_dispute", case=case, outcome="accord")


async def test_a_service_of_the_catalogue_is_ordered_with_its_price_shown_and_stopped(site: Site) -> None:
    assert "The catalogue offers no service" in text(await Browser(site).get(f"contracts/{CONTRACT}"))
    site.web.catalogue.put_service("Assistance", "Support", 50_00, "olga", is_recurring=True)
    assert "Support: €50.00 net, every period" in text(await Browser(site).get(f"contracts/{CONTRACT}"))
    shown = await do(site, "order_service", offered="assistance@1")
    assert "Service added: Assistance." in shown
    assert re.findall(r"€[\d.]+", shown.partition('data-testid="bill"')[2])[:3] == [
        "€50.00",
        "€10.00",
        "€60.00",
    ]
    withdrawn = await Browser(site).post(
        f"contracts/{CONTRACT}/act",
        {"action": "order_service", "step": "preview", "offered": "assistance@7"},
    )
    assert withdrawn.code == 400
    await do(site, "end_service", service=contract(site).services[0].ref)


async def test_an_ended_contract_is_wound_up_to_its_close(site: Site, clock: HandClock) -> None:
    await do(site, "notice", by="customer")
    clock.go(days=40)
    site.billing.advance_due()
    assert contract(site).lifecycle is Lifecycle.ENDED
    assert "disposal_pending" in await refused(site, "close")
    await do(site, "choose_disposal", choice="destroy")
    await do(site, "complete_disposal", destroyed="salle python-debutants\nenregistrements")
    assert "balance_open" in await refused(site, "close")
    await do(site, "write_off", explanation="liquidation")
    await do(site, "close")
    assert contract(site).lifecycle is Lifecycle.CLOSED
    assert 'class="wv-action"' not in text(await Browser(site).get(f"contracts/{CONTRACT}"))


async def test_the_list_has_pages(site: Site) -> None:
    for number in range(PAGE_CONTRACTS):
        month_contract(site.billing, room=f"salle-{number:03}")
    first, second = (
        text(await Browser(site).get("contracts")),
        text(await Browser(site).get("contracts?page=2")),
    )
    assert "Page 1 of 2" in first
    listed = [set(re.findall(r"atelier-lumiere-\d+", page)) for page in (first, second)]
    assert [len(some) for some in listed] == [PAGE_CONTRACTS, 1]
    assert not listed[0] & listed[1]
    for strange in ("0", "-1", "x", "99999999", "7"):
        assert (await Browser(site).get(f"contracts?page={strange}")).code == 200


async def test_of_many_customers_without_a_contract_some_are_listed_and_all_are_found(site: Site) -> None:
    for number in range(MAX_IDLE_SHOWN + 1):
        site.billing.customers.create(NewCustomer(f"Client {number:03}"), "olga")
    page = text(await Browser(site).get("contracts"))
    assert "Client 019" in page
    assert "Client 020" not in page
    assert "The first 20 by name; search for the others." in page
    searched = text(await Browser(site).get("contracts?q=client+020"))
    assert "Client 020" in searched
    assert "The first 20" not in searched


async def test_an_empty_form_is_refused_or_rehearsed_and_never_an_error(site: Site) -> None:
    browser = Browser(site, locale="fr")
    for action in ContractAction:
        answer = await browser.post(f"contracts/{CONTRACT}/act", {"action": action.value, "step": "preview"})
        assert answer.code in (200, 400, 404, 409, 422), (action, text(answer))
