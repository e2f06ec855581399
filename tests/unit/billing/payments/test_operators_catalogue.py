"""The operator's catalogue: versions, prices, exemptions and rates (clauses 2.2, 6.1, 6.2, 6.4)."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from billing_scenario import HandClock, month_contract
from billing_site import Browser, Site, text
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.storage.database import Store
from webvisio_protocol.identifiers import ContractId

PLAN = {"do": "plan", "name_fr": "Salle pro", "name_en": "Pro room", "formula": "month"}
ORDER = {
    "formula": "month",
    "effective": "2026-11-23",
    "timezone": "Europe/Paris",
    "room_name": "Salle",
    "step": "confirm",
}


@pytest.fixture
async def site(store: Store, clock: HandClock) -> AsyncIterator[Site]:
    made = await Site(store, clock).start()
    month_contract(made.billing)
    yield made
    await made.stop()


def contract(site: Site, number: int) -> Contract:
    file = site.billing.contract(ContractId(f"atelier-lumiere-{number}"))
    assert file is not None
    return file.view.contract


async def put(site: Site, fields: dict[str, str]) -> None:
    done = await Browser(site).post("catalogue", fields)
    assert done.code == 302, text(done)


async def order(site: Site, **fields: str) -> int:
    made = await Browser(site).post("customers/atelier-lumiere/contracts/new", {**ORDER, **fields})
    return made.code


@pytest.mark.clause("6.1")
async def test_a_contract_keeps_the_version_of_the_plan_that_it_was_ordered_by(site: Site) -> None:
    await put(site, {**PLAN, "room_price": "80,00", "setup_price": "20"})
    assert await order(site, plan="salle-pro", has_setup="on") == 302
    await put(site, {**PLAN, "room_price": "90,00"})
    assert await order(site, plan="salle-pro") == 302

    assert (contract(site, 2).prices.plan, contract(site, 3).prices.plan) == ("salle-pro@1", "salle-pro@2")
    assert contract(site, 2).invoices[0].net_minor == 100_00
    assert contract(site, 3).invoices[0].net_minor == 90_00
    assert "Pro room" in text(await Browser(site).get("catalogue"))


async def test_a_plan_that_is_withdrawn_or_of_another_duration_is_not_sold(site: Site) -> None:
    await put(site, {**PLAN, "room_price": "80"})
    assert await order(site, plan="salle-pro", formula="day") == 400
    assert await order(site, plan="nothing") == 400
    await put(site, {**PLAN, "room_price": "80", "is_withdrawn": "on"})
    assert await order(site, plan="salle-pro") == 400
    assert "Pro room" not in text(await Browser(site).get("customers/atelier-lumiere/contracts/new"))


@pytest.mark.clause("6.2")
async def test_an_exemption_charges_no_tax_and_names_its_reference(site: Site) -> None:
    await put(site, {"do": "exemption", "exemption_reference": "Art. 261-4-4° a du CGI"})
    assert await order(site, exemption="art-261-4-4-a-du-cgi") == 302
    invoice = contract(site, 2).invoices[0]
    assert (invoice.gross_minor, invoice.taxes[0].exemption) == (100_00, "Art. 261-4-4° a du CGI")


@pytest.mark.clause("6.2")
async def test_a_tax_that_is_added_counts_from_its_day(site: Site, clock: HandClock) -> None:
    await put(site, {"do": "rate", "rate_kind": "vat", "since": "2026-12-01", "percent": "21"})
    clock.go(days=31)
    site.billing.advance_due()
    assert [i.gross_minor for i in contract(site, 1).invoices] == [120_00, 121_00]


@pytest.mark.clause("6.4")
async def test_a_legal_rate_that_is_added_lets_interest_be_claimed(site: Site, clock: HandClock) -> None:
    clock.go(days=20)
    claim = {"action": "claim_charges", "step": "preview", "invoice": "F1"}
    where = "contracts/atelier-lumiere-1/act"
    assert "legal_rate_missing" in text(await Browser(site).post(where, claim))
    await put(site, {"do": "rate", "rate_kind": "legal", "since": "2026-H2", "percent": "2,62"})
    assert "Late charges claimed" in text(await Browser(site).post(where, claim))


@pytest.mark.clause("6.3")
async def test_a_contract_may_wait_for_its_signature(site: Site) -> None:
    assert await order(site, is_unsigned="on") == 302
    assert contract(site, 2).lifecycle is Lifecycle.DRAFT
    assert "Waiting for a signature" in text(await Browser(site).get(""))
    act = {"action": "accept", "step": "confirm", "sequence": "1"}
    assert (await Browser(site).post("contracts/atelier-lumiere-2/act", act)).code == 302
    assert contract(site, 2).lifecycle is Lifecycle.ACTIVE


@pytest.mark.parametrize(
    "fields",
    [
        {**PLAN, "room_price": "-1"},
        {**PLAN, "room_price": "0"},
        {**PLAN, "name_fr": "", "room_price": "1"},
        {**PLAN, "formula": "year", "room_price": "1"},
        {"do": "service", "name_fr": "x", "net": "beaucoup"},
        {"do": "exemption", "exemption_reference": " "},
        {"do": "rate", "rate_kind": "vat", "since": "2026-02-30", "percent": "20"},
        {"do": "rate", "rate_kind": "legal", "since": "2026-S2", "percent": "2"},
        {"do": "rate", "rate_kind": "legal", "since": "2026-H2", "percent": "120"},
        {"do": "rate", "rate_kind": "other", "since": "2026-H2", "percent": "1"},
    ],
)
async def test_what_cannot_be_offered_is_refused(site: Site, fields: dict[str, str]) -> None:
    assert (await Browser(site, locale="fr").post("catalogue", fields)).code == 400


async def test_services_have_versions_and_the_database_keeps_all(site: Site, store: Store) -> None:
    await put(site, {"do": "service", "name_fr": "Assistance", "net": "50", "is_recurring": "on"})
    await put(site, {"do": "service", "name_fr": "Assistance", "net": "60"})
    offer = site.web.catalogue.offer()
    assert [(s.version, s.net_minor) for s in offer.services] == [(2, 60_00), (1, 50_00)]
    assert [s.version for s in offer.offered_services] == [2]
    for statement in ("UPDATE service_offers SET net_minor = 1", "DELETE FROM service_offers"):
        with pytest.raises(DBAPIError), store.engine.begin() as connection:
            connection.execute(sql(statement))
    await put(site, {"do": "rate", "rate_kind": "legal", "since": "2027-H1", "percent": "3"})
    again = {"do": "rate", "rate_kind": "legal", "since": "2027-H1", "percent": "4"}
    assert (await Browser(site).post("catalogue", again)).code == 400
    assert Decimal(site.web.catalogue.offer().rates[0].percent) == 3
