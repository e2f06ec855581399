"""Every screen outside JupyterLab passes axe, in both languages and themes, on a desk and on phones.

A picture of each is left in tests/browser/shots/screens for a person to look at;
with WEBVISIO_LOOKS=all in every combination of language, theme and width.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from browser.axe import faults
from browser.conftest import SHOTS, NewPage
from browser.people import Person
from hub.platform_fixture import Platform


@dataclass(frozen=True)
class Look:
    """How somebody looks at the screens."""

    locale: str
    scheme: Literal["light", "dark"]
    width: int
    height: int

    @property
    def name(self) -> str:
        return f"{self.locale[:2]}-{self.scheme}-{self.width}"


LOOKS = (
    Look("fr-FR", "light", 1280, 800),
    Look("fr-FR", "dark", 390, 844),
    Look("en-GB", "dark", 1280, 800),
    Look("en-GB", "light", 320, 640),
)
LOCALES: tuple[str, ...] = ("fr-FR", "en-GB")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = ((1280, 800), (390, 844))
if os.environ.get("WEBVISIO_LOOKS") == "all":
    LOOKS = tuple(Look(locale, scheme, *size) for locale, scheme, size in product(LOCALES, SCHEMES, SIZES))


@pytest.fixture(scope="module")
def host(platform: Platform, lasting_page: NewPage) -> Person:
    person = Person(lasting_page(locale="fr-FR"))
    person.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    person.is_in()
    return person


@pytest.fixture(params=LOOKS, ids=lambda look: look.name)
def look(request: pytest.FixtureRequest) -> Look:
    found: Look = request.param
    return found


@pytest.fixture
def page(look: Look, new_page: NewPage) -> Iterator[Page]:
    yield new_page(locale=look.locale, width=look.width, height=look.height, color_scheme=look.scheme)


def is_well(page: Page, look: Look, screen: str) -> None:
    """Keep a picture, and find no fault and nothing that sticks out at the side."""
    folder = SHOTS / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{screen}-{look.name}.png")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, screen
    assert faults(page) == "", screen


def test_from_the_link_into_the_room(platform: Platform, host: Person, page: Page, look: Look) -> None:
    guest = Person(page)
    page.goto(platform.room_link)
    expect(guest.find("guest-name")).to_be_visible()
    is_well(page, look, "link")
    guest.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    guest.sees("Claire")
    is_well(page, look, "room")
    for panel in ("chat", "people"):
        guest.find(f"{panel}-toggle").click()
        expect(guest.find(f"{panel}-panel")).to_be_visible()
        is_well(page, look, panel)
    guest.find("leave").click()
    expect(guest.find("left")).to_be_visible()
    is_well(page, look, "left")


def test_refusals(platform: Platform, page: Page, look: Look) -> None:
    page.goto(f"{platform.url}/services/rooms/r/nowhere")
    expect(Person(page).refusal()).to_be_visible()
    is_well(page, look, "refusal")


def test_the_hub(platform: Platform, page: Page, look: Look) -> None:
    page.goto(f"{platform.url}/hub/login")
    is_well(page, look, "login")
    Person(page).log_in("amina", "not her password")
    expect(page.get_by_role("alert")).to_be_visible()
    is_well(page, look, "login-refused")


def test_what_the_hubs_own_scripts_write_is_french(platform: Platform, new_page: NewPage) -> None:
    page = new_page(locale="fr-FR")
    page.goto(f"{platform.url}/hub/login?next=/hub/admin")
    Person(page).log_in("admin", platform.passwords["admin"])
    table = page.locator("#react-admin-hook")
    expect(table).to_contain_text("Tout démarrer")
    expect(table).to_contain_text("Jamais")
    expect(table).not_to_contain_text(re.compile("Start|Stop|Never|Displaying|Edit User"))
    expect(page.get_by_placeholder("Chercher une personne")).to_be_visible()
    page.goto(f"{platform.url}/hub/token")
    expect(page.locator("#token-expiration-seconds")).to_contain_text("1 semaine")


def test_contracts(platform: Platform, page: Page, look: Look) -> None:
    contract = platform.contract_of("atelier-lumiere")
    page.goto(f"{platform.url}/hub/login?next=/services/billing/")
    Person(page).log_in("admin", platform.passwords["admin"])
    page.wait_for_url("**/services/billing/")
    is_well(page, look, "contracts")
    page.goto(f"{platform.url}/services/billing/contracts/{contract}")
    is_well(page, look, "contract")
    page.goto(f"{platform.url}/services/billing/customers/atelier-lumiere/edit")
    is_well(page, look, "customer-edit")


def test_the_demonstrations_invoice_is_opened_from_its_contract(platform: Platform, page: Page) -> None:
    contract = platform.contract_of("atelier-lumiere")
    page.goto(f"{platform.url}/hub/login?next=/services/billing/contracts/{contract}")
    Person(page).log_in("admin", platform.passwords["admin"])
    link = page.locator("#documents a[target=_blank]").filter(has_text=re.compile("^PDF$"))
    for _ in range(60):  # it is made beside the first start; a page says what was there when it was asked for
        if link.count():
            break
        page.wait_for_timeout(1000)
        page.reload()

    answer = page.context.request.get(f"{platform.url}{link.get_attribute('href')}")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-1.7")
