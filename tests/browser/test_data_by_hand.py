"""The end of a contract with a mouse: a contact takes the data back, the operator destroys the rest (clause 8.2)."""

import hashlib
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from browser.axe import faults
from browser.conftest import NewPage
from browser.people import Person
from browser.test_billing_by_hand import billing, log_in
from browser.the_operator import Operator
from hub.platform_fixture import Platform

PASSWORD = "mésange-tunnel-42-violet"
CUSTOMER, CONTRACT, ROOM = "ferme-des-arts", "ferme-des-arts-1", "ferme"
NOTE = "# Dernière séance\n\nMerci à tous."


def sideways(page: Page) -> int:
    """Measure by how much a page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return width


def test_a_contact_takes_the_data_back_and_sees_it_destroyed(
    platform: Platform, new_page: NewPage, tmp_path: Path
) -> None:
    page = new_page(locale="fr-FR", width=390, height=844)
    contact = Person(page)
    with Operator.logged_in(platform) as operator:
        operator.rent(CUSTOMER, "day", ROOM)
        operator.make_contact(CUSTOMER, "gaston", PASSWORD)
        operator.invite(ROOM, "fanny", "host", PASSWORD)
        note = {"kind": "note", "name": "Bilan", "content": NOTE}
        operator.as_host(ROOM, "fanny", PASSWORD, "POST", "/documents", note)
        seconds = operator.seconds_until_midnight() + 1
    log_in(platform, page, "gaston", PASSWORD, "account")
    refused = page.context.request.get(billing(platform, f"account/contracts/{CONTRACT}/data/archive"))
    assert refused.status == 409
    assert "8.2" in refused.text()

    with platform.shifted_clock(seconds=seconds):
        expect_ended(page, platform)
        contact.find("data-link").click()
        assert faults(page, "main") == ""
        contact.find("data-return").click()
        expect(contact.find("archive")).to_have_attribute("data-stage", "ready")
        assert sideways(page) <= 0
        assert faults(page, "main") == ""
        with page.expect_download() as download:
            contact.find("archive-take").click()
        archive = tmp_path / download.value.suggested_filename
        download.value.save_as(archive)
        assert archive.name == f"{CUSTOMER}.zip"
        with zipfile.ZipFile(archive) as found:
            assert found.read(f"{ROOM}/documents/Bilan.md").decode() == NOTE
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        expect(contact.find("archive-sha256")).to_have_text(digest)

        operator_page = new_page(locale="fr-FR")
        log_in(platform, operator_page, "admin", platform.passwords["admin"], f"contracts/{CONTRACT}")
        hand = Person(operator_page)
        expect(hand.find("data-taken")).to_contain_text("par gaston")
        hand.find("data-destroy").click()
        assert faults(operator_page, "main") == ""
        operator_page.get_by_role("textbox").fill(CUSTOMER)
        hand.find("destroy-do").click()
        expect(hand.find("data-destroyed")).to_contain_text("Données détruites le")
        expect(hand.find("certificate")).to_contain_text(digest)

        page.reload()
        expect(contact.find("data-destroyed")).to_contain_text("Données détruites le")
        expect(contact.find("certificate")).to_contain_text("clés : 1")
        assert faults(page, "main") == ""


def expect_ended(page: Page, platform: Platform) -> None:
    """Wait until billing has let midnight pass: the account offers the data then."""
    for _ in range(60):
        page.goto(billing(platform, "account"))
        if page.get_by_test_id("data-link").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("the contract did not end")
