"""The operator's work, done with a mouse: a customer, a contract, a room with its trainer; suspend; lift."""

import re

from playwright.sync_api import Page, expect

from browser.conftest import NewPage
from browser.people import Person
from hub.platform_fixture import Platform

PASSWORD = "mésange-tunnel-42-violet"


def confirm(page: Page) -> None:
    """Press the button of the page that shows what an action will do; nothing changed before it."""
    page.locator('main form:has([name="step"][value="confirm"]) button[type=submit]').click()


def test_an_operator_rents_a_room_out_suspends_and_lifts(platform: Platform, new_page: NewPage) -> None:
    page = new_page(locale="en-GB")
    page.goto(f"{platform.url}/hub/login?next=/hub/admin")
    Person(page).log_in("admin", platform.passwords["admin"])

    page.get_by_role("link", name="Contracts").last.click()  # the tab of the admin page
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    page.get_by_role("link", name="New customer").click()
    page.locator("#f-name").fill("Éditions Œuvre & fils")
    page.locator("#f-siren").fill("123 456 789")
    page.locator("main button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("SIREN")
    expect(page.locator("#f-name")).to_have_value("Éditions Œuvre & fils")  # nothing typed is lost
    page.locator("#f-siren").fill("732 829 320")
    page.locator("main button[type=submit]").click()

    page.get_by_role("link", name="New contract").click()
    page.locator("#f-room_name").fill("Python du soir")
    page.locator("#f-trainer").fill("paul")
    page.locator("main button[type=submit]").click()
    confirm(page)
    expect(page.locator("main")).to_contain_text("Python du soir")
    contract = page.url

    page.get_by_role("button", name="Invite paul").click()
    invitation = page.locator("#invitation-link").input_value()
    trainer = new_page(locale="fr-FR")
    trainer.goto(invitation)
    trainer.locator("[name=new_password]").fill(PASSWORD)
    trainer.locator("[name=repeated_password]").fill(PASSWORD)
    trainer.locator("form button[type=submit], form input[type=submit]").first.click()
    trainer.wait_for_url(re.compile(r"/(spawn|user|hub/home|spawn-pending)"))

    page.goto(contract)
    link = page.locator('main a[href*="/services/rooms/r/"]').inner_text()
    page.locator("#suspend summary").click()
    page.locator("#suspend-reason").select_option("unpaid")
    page.locator("#suspend button").click()
    expect(page.locator("main")).to_contain_text("6.4")  # no sooner than fifteen days after the due date
    page.locator("#suspend-reason").select_option("fraud")
    page.locator("#suspend button").click()
    confirm(page)
    expect(page.get_by_role("status")).to_be_visible()

    refused = new_page(locale="fr-FR")
    refused.goto(f"{platform.url}/hub/login")
    Person(refused).log_in("paul", PASSWORD)
    expect(refused.locator(".wv-refusal-clause")).to_contain_text("5.4")
    refused.goto(link)
    expect(Person(refused).refusal()).to_have_attribute("data-code", "suspended_fraud")

    page.locator("#lift summary").click()
    page.locator("#lift button").click()
    confirm(page)
    expect(page.get_by_role("status")).to_be_visible()
    back = Person(new_page(locale="fr-FR"))
    back.join_with_account(link, "paul", PASSWORD)
    back.is_in()
