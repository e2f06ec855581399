"""Who may use what: a trainer withholds from one person and from all, who sees it at once, and gives it back."""

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import faults
from browser.conftest import NewPage
from browser.people import Person
from hub.platform_fixture import Platform


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> Person:
    """Claire, on the plain page, before the table of rights."""
    person = Person(lasting_page(locale="fr-FR"))
    person.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    person.is_in()
    person.find("more").click()
    person.find("more-rights").click()
    return person


@pytest.fixture(scope="module")
def guest(platform: Platform, lasting_page: NewPage, trainer: Person) -> Person:
    """Zoé, on a phone."""
    person = Person(lasting_page(locale="fr-FR", width=390, height=844))
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    return person


@pytest.fixture(scope="module")
def member(platform: Platform, lasting_page: NewPage, trainer: Person) -> Person:
    """Amina, with an account."""
    person = Person(lasting_page())
    person.join_with_account(platform.room_link, "amina", platform.passwords["amina"])
    person.is_in()
    return person


def open_to(trainer: Person, feature: str, audience: str) -> None:
    """Choose to whom a feature is open; the table shows it once the service has said so."""
    trainer.find(f"right-{feature}-{audience}").click()
    expect(trainer.find(f"right-{feature}-{audience}")).to_be_checked()


def own(person: Person, feature: str) -> Locator:
    """Find what a trainee reads of one of their rights."""
    return person.page.locator(f'[data-testid="right"][data-feature="{feature}"]')


def test_one_person_is_kept_from_the_chat_and_let_back(
    trainer: Person, guest: Person, member: Person
) -> None:
    guest.find("chat-toggle").click()
    member.find("chat-toggle").click()
    expect(guest.find("chat-input")).to_be_visible()

    trainer.find("right-chat-add").click()
    trainer.find("right-choose").filter(has_text="Zoé").click()

    expect(trainer.find("right-exception")).to_contain_text("sauf Zoé")
    expect(guest.find("chat-withheld")).to_be_visible()
    expect(guest.find("chat-input")).to_have_count(0)
    expect(member.find("chat-input")).to_be_visible()
    assert faults(trainer.page) == ""

    trainer.find("right-exception").get_by_role("button").click()
    guest.find("chat-input").fill("me revoilà")
    guest.find("chat-input").press("Enter")
    expect(member.find("chat-message").filter(has_text="me revoilà")).to_be_visible()
    guest.find("chat-close").click()


def test_all_are_kept_from_their_cameras_and_one_is_let(
    trainer: Person, guest: Person, member: Person
) -> None:
    member.sees("Zoé")

    open_to(trainer, "publish_video", "trainers")

    expect(guest.find("camera")).to_be_disabled()
    expect(member.find("camera")).to_be_disabled()
    trainer.find("right-publish_video-add").click()
    trainer.find("right-choose").filter(has_text="Zoé").click()
    guest.find("camera").click()
    member.sees("Zoé")
    expect(member.find("camera")).to_be_disabled()


def test_a_trainee_reads_their_own_rights(trainer: Person, guest: Person, member: Person) -> None:
    member.find("more").click()
    member.find("more-rights").click()

    expect(own(member, "publish_video")).to_have_attribute("data-given", "false")
    expect(own(member, "chat")).to_have_attribute("data-given", "true")
    open_to(trainer, "publish_video", "all")
    expect(own(member, "publish_video")).to_have_attribute("data-given", "true")
    expect(guest.find("camera")).to_be_enabled()
