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
from browser.the_operator import Operator
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
CONTACTS_CUSTOMER, CONTACTS_PASSWORD = "cours-du-port", "mésange-tunnel-42-violet"
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


NAME_OF_FOCUS = "document.activeElement.textContent.trim() || document.activeElement.id"
FOCUS_IS_SHOWN = """(() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
})()"""

SHOWS_ALL = """select => {
  const style = getComputedStyle(select);
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = style.font;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(select.selectedOptions[0].text).width <= room;
}"""


@pytest.fixture(scope="module")
def contact(platform: Platform) -> str:
    """The contact of a customer with a contract that is not paid."""
    with Operator.logged_in(platform) as operator:
        operator.rent(CONTACTS_CUSTOMER, "month", CONTACTS_CUSTOMER)
        operator.make_contact(CONTACTS_CUSTOMER, "nadia", CONTACTS_PASSWORD)
    return "nadia"


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
    for entry, screen in (("more-rights", "rights-panel"), ("more-devices", "noise-suppression")):
        guest.find("more").click()
        guest.find(entry).click()
        expect(guest.find(screen)).to_be_visible()
        is_well(page, look, screen)
        if screen == "rights-panel":
            page.keyboard.press("Escape")
            expect(guest.find("more")).to_be_focused()
    switch = guest.find("noise-suppression")
    assert switch.evaluate("one => [one.offsetWidth, one.offsetHeight]") == [44, 26]
    assert page.locator("dialog .wv-device-speaker select").evaluate(SHOWS_ALL), "the loudspeaker is cut"
    page.keyboard.press("Escape")
    expect(guest.find("more")).to_be_focused()
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


def looked_at(paths: dict[str, str], look: Look) -> Iterator[tuple[str, str]]:
    """Choose each page for a wide look and a narrow one in turn; every look takes all with WEBVISIO_LOOKS=all."""
    for number, (screen, path) in enumerate(paths.items()):
        if len(LOOKS) > 4 or LOOKS.index(look) in (number % 4, (number + 1) % 4):
            yield screen, path


def logged_in(platform: Platform, page: Page, name: str, password: str) -> None:
    page.goto(f"{platform.url}/hub/login?next=/hub/home")
    Person(page).log_in(name, password)
    page.wait_for_url("**/hub/home")


def test_what_an_operator_sees(platform: Platform, page: Page, look: Look) -> None:
    billing, contract = "/services/billing", platform.contract_of("atelier-lumiere")
    paths = {
        "home-operator": "/hub/home",
        "admin": "/hub/admin",
        "token": "/hub/token",
        "password": "/hub/password",
        "today": f"{billing}/",
        "contracts": f"{billing}/contracts",
        "contract": f"{billing}/contracts/{contract}",
        "contract-new": f"{billing}/customers/atelier-lumiere/contracts/new",
        "customer": f"{billing}/customers/atelier-lumiere",
        "customer-edit": f"{billing}/customers/atelier-lumiere/edit",
        "customer-new": f"{billing}/customers/new",
        "catalogue": f"{billing}/catalogue",
        "payments": f"{billing}/payments",
        "outbox": f"{billing}/outbox",
        "nowhere": f"{billing}/nowhere",
        "hub-nowhere": "/hub/nowhere",
    }
    logged_in(platform, page, "admin", platform.passwords["admin"])
    for screen, path in looked_at(paths, look):
        page.goto(platform.url + path)
        if screen == "admin":  # a table that a script draws
            expect(page.locator("#react-admin-hook table").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        else:
            is_well(page, look, screen)


def test_what_a_customer_and_a_trainee_see(
    platform: Platform, page: Page, new_page: NewPage, look: Look, contact: str
) -> None:
    logged_in(platform, page, contact, CONTACTS_PASSWORD)
    account = "/services/billing/account"
    contract = platform.contract_of(CONTACTS_CUSTOMER)
    paths = {
        "home-contact": "/hub/home",
        "account": account,
        "terms": f"{account}/contracts/{contract}/terms",
        "account-forbidden": "/services/billing/contracts",
    }
    for screen, path in looked_at(paths, look):
        page.goto(platform.url + path)
        is_well(page, look, screen)
    trainee = new_page(locale=look.locale, width=look.width, height=look.height, color_scheme=look.scheme)
    logged_in(platform, trainee, "amina", platform.passwords["amina"])
    is_well(trainee, look, "home-trainee")


def test_a_keyboard_reaches_what_a_page_is_for(platform: Platform, new_page: NewPage) -> None:
    page = new_page(locale="fr-FR")
    logged_in(platform, page, "admin", platform.passwords["admin"])
    page.goto(f"{platform.url}/services/billing/contracts")
    reached: list[str] = []
    while "Chercher" not in reached and len(reached) < 40:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(NAME_OF_FOCUS))
        assert page.evaluate(FOCUS_IS_SHOWN), f"the focus on {reached[-1]} cannot be seen"
    order = [reached.index(name) for name in ("Contrats", "Aujourd’hui", "Nouveau client", "q", "Chercher")]
    assert order == sorted(order), reached


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
