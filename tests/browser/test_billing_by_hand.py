"""Billing with a mouse: the operator's address, price and bank statement; the customer's payment and invoice."""

import re
import secrets

from playwright.sync_api import Page, expect

from browser.conftest import NewPage
from browser.people import Person
from browser.the_operator import Operator
from hub.platform_fixture import Platform

PASSWORD = "mésange-tunnel-42-violet"
CUSTOMER, CONTRACT = "presses-du-midi", "presses-du-midi-1"


def billing(platform: Platform, path: str) -> str:
    return f"{platform.url}/services/billing/{path}"


def log_in(platform: Platform, page: Page, name: str, password: str, path: str) -> None:
    page.goto(f"{platform.url}/hub/login?next=/services/billing/{path}")
    Person(page).log_in(name, password)
    page.wait_for_url(re.compile(f"/services/billing/{path}$"))


def statement(operator: Operator) -> bytes:
    """One transfer that names nothing, of exactly what the contract owes."""
    day = operator.now().strftime("%d/%m/%Y")
    return f"Date;Libellé;Montant;Devise\n{day};VIR SEPA MERCI;120,00;EUR\n".encode()


def test_an_address_a_price_and_a_transfer_by_the_operator(platform: Platform, new_page: NewPage) -> None:
    page = new_page(locale="fr-FR")
    with Operator.logged_in(platform) as operator:
        operator.rent(CUSTOMER, "month", "presses")
        log_in(platform, page, "admin", platform.passwords["admin"], "")
        expect(page.get_by_role("heading", name="Aujourd’hui", exact=True)).to_be_visible()

        page.goto(billing(platform, f"customers/{CUSTOMER}/edit"))
        page.locator("#f-street").fill("5 impasse de l'Essai")
        page.locator("#f-postcode").fill("13001")
        page.locator("#f-city").fill("Marseille")
        page.locator("main button[type=submit]").click()
        expect(page.get_by_role("status")).to_be_visible()
        expect(page.locator("main")).to_contain_text("5 impasse de l'Essai, 13001 Marseille")

        page.get_by_role("link", name="Catalogue").click()
        for price, reference in (("90,00", "salle-du-soir@1"), ("95,50", "salle-du-soir@2")):
            page.locator("#plan summary").click()
            page.locator("#f-name_fr").fill("Salle du soir")
            page.locator("#f-room_price").fill(price)
            page.locator("#plan button[type=submit]").click()
            expect(page.get_by_role("status")).to_be_visible()
            expect(page.locator("main")).to_contain_text(reference)
        expect(page.get_by_role("row").filter(has_text="Salle du soir")).to_contain_text(
            re.compile(r"95,50\s€")
        )

        page.get_by_role("link", name="Paiements").click()
        page.locator("#statement").set_input_files(
            {"name": "releve.csv", "mimeType": "text/csv", "buffer": statement(operator)}
        )
        page.get_by_role("button", name="Importer").click()
        expect(page.get_by_role("status")).to_contain_text("1 à affecter")
        page.get_by_role("combobox", name="Contrat").fill(CONTRACT)
        page.locator("article.wv-entry").get_by_role("button", name="Voir le résultat").click()
        expect(page.locator(".wv-after")).to_contain_text(re.compile(r"0,00\s€"))
        page.get_by_role("button", name="Confirmer").click()
        expect(page.get_by_role("status")).to_be_visible()
        expect(page.locator("main")).to_contain_text("Rien n’attend")
        expect(page.get_by_role("row").filter(has_text="VIR SEPA MERCI")).to_contain_text(CONTRACT)


def test_a_customer_reads_the_terms_pays_and_takes_the_invoice(platform: Platform, new_page: NewPage) -> None:
    page = new_page(locale="fr-FR", width=390, height=844)
    attempt = secrets.token_hex(3)  # a second try must not meet the customer of the first
    customer, contact = f"revue-{attempt}", f"carole-{attempt}"
    with Operator.logged_in(platform) as operator:
        operator.rent(customer, "month", f"revue-{attempt}")
        operator.give_address(customer)
        operator.make_contact(customer, contact, PASSWORD)
    page.goto(f"{platform.url}/hub/login?next=/hub/home")
    Person(page).log_in(contact, PASSWORD)
    page.locator("#wv-account").click()

    terms = page.get_by_role("region", name="Conditions générales")
    expect(terms).to_contain_text("Payer en ligne vaut acceptation")
    terms.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.activeElement.scrollTop > 0")
    pay = page.get_by_role("button", name=re.compile("Payer"))
    pay.click()
    assert "/account" in page.url  # nobody pays before they have accepted
    page.get_by_role("checkbox").check()
    pay.click()
    expect(page.get_by_role("status")).to_have_attribute("data-state", "paid")

    page.goto(billing(platform, "account"))
    expect(page.get_by_role("button", name=re.compile("Payer"))).to_have_count(0)
    link = page.locator("table a").filter(has_text=re.compile(r"F\d{4}-\d{6}"))
    for _ in range(60):  # the document is made beside, and a link is there once it is
        if link.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as download:
        link.first.click()
    assert re.fullmatch(r"F\d{4}-\d{6}\.pdf", download.value.suggested_filename)
    assert download.value.path().read_bytes().startswith(b"%PDF-1.7")
