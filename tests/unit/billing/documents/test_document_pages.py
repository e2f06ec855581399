"""Documents on the web: the operator opens, saves and previews them, and mends what they print."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from billing_scenario import ATELIER, OPERATOR, HandClock, month_contract
from billing_site import OPERATOR_TOKEN, Browser, Site, text
from document_maker import DETAILS, SIREN, maker, seller_file

from webvisio_billing.application.requests import NewCustomer
from webvisio_billing.documents.archive import marks
from webvisio_billing.storage.database import Store
from webvisio_protocol.identifiers import ContractId

CONTRACT = ContractId(f"{ATELIER}-1")
NUMBER = "F2026-000001"
FILE = f"contracts/{CONTRACT}/documents/{NUMBER}"


@pytest.fixture
async def site(store: Store, clock: HandClock, tmp_path: Path) -> AsyncIterator[Site]:
    """A service with a contract whose first invoice waits; nothing makes it by itself."""
    seller_file(tmp_path)
    made = Site(store, clock, seller=tmp_path / "seller.toml")
    await made.start()
    made.documents._open_maker = maker
    made.billing.customers.create(
        NewCustomer("Atelier Lumière", ATELIER, siren=SIREN, details=DETAILS), OPERATOR
    )
    month_contract(made.billing)
    yield made
    await made.stop()


async def test_the_keeper_makes_what_was_committed_and_the_page_leads_to_it(site: Site) -> None:
    browser = Browser(site)
    assert "being made" in text(await browser.get(f"contracts/{CONTRACT}"))

    site.papers.start()
    while await site.papers.ask(site.documents.waiting_count):
        pass

    page = text(await browser.get(f"contracts/{CONTRACT}"))
    assert f'aria-label="PDF of {NUMBER}"' in page
    answer = await browser.get(FILE)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{NUMBER}.pdf"'
    assert marks(answer.body).relation == "/Data"


async def test_a_document_may_be_saved_under_its_number(site: Site) -> None:
    await site.papers.ask(site.documents.make_all)

    answer = await Browser(site).get(f"{FILE}?save=1")

    assert answer.headers["Content-Disposition"] == f'attachment; filename="{NUMBER}.pdf"'


@pytest.mark.parametrize(
    "path",
    [
        f"contracts/someone-else-1/documents/{NUMBER}",
        f"contracts/{CONTRACT}/documents/F2026-000009",
        f"contracts/{CONTRACT}/documents/..%2F..%2Fsecrets.json",
        f"api/contracts/someone-else-1/documents/{NUMBER}",
        "contracts/someone-else-1/next-invoice",
        "customers/nobody/edit",
    ],
)
async def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    await site.papers.ask(site.documents.make_all)

    assert (await site.ask(path, token=OPERATOR_TOKEN)).code == 404


@pytest.mark.parametrize("token", ["trainer-token", "outsider-token", "service-token"])
@pytest.mark.parametrize(
    "path",
    [FILE, f"contracts/{CONTRACT}/next-invoice", f"api/contracts/{CONTRACT}/documents", f"api/{FILE}"],
)
async def test_nobody_else_reads_documents(site: Site, path: str, token: str) -> None:
    await site.papers.ask(site.documents.make_all)

    answer = await site.ask(path, token=token)

    assert answer.code in (401, 403) and b"%PDF" not in answer.body


async def test_the_next_invoice_is_previewed_under_no_number(site: Site) -> None:
    answer = await Browser(site).get(f"contracts/{CONTRACT}/next-invoice")

    assert answer.headers["Content-Type"] == "application/pdf"
    assert marks(answer.body).xml == b""
    assert [one.number for one in site.documents.listed(CONTRACT)] == [NUMBER]


async def test_scripts_list_documents_with_their_hashes(site: Site) -> None:
    await site.papers.ask(site.documents.make_all)

    status, listed = await site.call(f"api/contracts/{CONTRACT}/documents")

    assert status == 200
    (one,) = listed
    assert (one["number"], one["kind"], len(one["sha256"])) == (NUMBER, "invoice", 64)


async def test_what_is_missing_is_said_and_mended_in_a_form(site: Site) -> None:
    browser = Browser(site, locale="fr")
    await browser.post(f"customers/{ATELIER}/edit", {"name": "Atelier Lumière", "siren": ""})
    await site.papers.ask(site.documents.make_all)
    page = text(await browser.get(f"contracts/{CONTRACT}"))
    assert "client\u00a0: un SIREN valable" in page

    form = {
        "name": "Atelier Lumière",
        "siren": SIREN,
        "street": "3 quai de l'Exemple",
        "postcode": "69002",
        "city": "Lyon",
        "country": "FR",
        "vat_number": "FR90 000 000 026",
        "document_layout": "fr-en",
    }
    saved = await browser.post(f"customers/{ATELIER}/edit", form)
    assert saved.code == 302
    await site.papers.ask(site.documents.make_all)

    assert site.documents.document_bytes(NUMBER) is not None
    shown = text(await browser.get(f"customers/{ATELIER}"))
    assert "69002 Lyon" in shown and "FR90000000026" in shown
    assert "Modifiée par olga" in shown and f"Fiche créée par {OPERATOR}" in shown
    assert "Ville\u00a0: — → Lyon" in shown and f"SIREN\u00a0: — → {SIREN}" in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("siren", "000000027"),
        ("vat_number", "FR91000000026"),
        ("vat_number", "FR17000000034"),
        ("postcode", "6900"),
        ("country", "ZZ"),
        ("document_layout", "latin"),
        ("name", ""),
        ("street", "x" * 121),
        ("contact_email", "nobody"),
    ],
)
async def test_wrong_details_are_refused_by_field_and_nothing_changes(
    site: Site, field: str, value: str
) -> None:
    form = {"name": "Atelier Lumière", "siren": SIREN, "city": "Paris", field: value}

    answer = await Browser(site).post(f"customers/{ATELIER}/edit", form)

    assert answer.code in (400, 409, 422) and 'role="alert"' in text(answer)
    customer = site.billing.customers.find(ATELIER)
    assert customer is not None and customer.details == DETAILS


async def test_the_operator_is_told_that_the_seller_is_incomplete(site: Site, tmp_path: Path) -> None:
    (tmp_path / "seller.toml").unlink()

    page = text(await Browser(site, locale="fr").get(f"contracts/{CONTRACT}"))

    assert "du vendeur est incomplète" in page and "vendeur\u00a0: le nom" in page
