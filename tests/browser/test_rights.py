"""Who may use what: a trainer withholds from one person and from all, who sees it at once, and gives it back."""

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import faults
from browser.people import Person


@pytest.fixture(scope="module")
def trainer(trainer: Person) -> Person:
    """Claire, before the table of rights."""
    trainer.find("more").click()
    trainer.find("more-rights").click()
    return trainer


def open_to(trainer: Person, feature: str, audience: str) -> None:
    """Choose to whom a feature is open; the table shows it once the service has said so."""
    trainer.find(f"right-{feature}-{audience}").click()
    expect(trainer.find(f"right-{feature}-{audience}")).to_be_checked()


def own(person: Person, feature: str) -> Locator:
    """Find what a trainee reads of one of their rights."""
    return person.page.locator(f'[data-testid="right"][data-feature="{feature}"]')


def test_one_person_is_kept_from_the_chat_and_let_back(
    trainer: Person, guest: Person, trainee: Person
) -> None:
    guest.find("chat-toggle").click()
    trainee.find("chat-toggle").click()
    expect(guest.find("chat-input")).to_be_visible()

    trainer.find("right-chat-add").click()
    trainer.find("right-choose").filter(has_text="Zoé").click()

    expect(trainer.find("right-exception")).to_contain_text("sauf Zoé")
    expect(guest.find("chat-withheld")).to_be_visible()
    expect(guest.find("chat-input")).to_have_count(0)
    expect(trainee.find("chat-input")).to_be_visible()
    assert faults(trainer.page) == ""

    trainer.find("right-exception").get_by_role("button").click()
    guest.find("chat-input").fill("me revoilà")
    guest.find("chat-input").press("Enter")
    expect(trainee.find("chat-message").filter(has_text="me revoilà")).to_be_visible()
    guest.find("chat-close").click()


def test_all_are_kept_from_their_cameras_and_one_is_let(
    trainer: Person, guest: Person, trainee: Person
) -> None:
    trainee.sees("Zoé")

    open_to(trainer, "publish_video", "trainers")

    expect(guest.find("camera")).to_be_disabled()
    expect(trainee.find("camera")).to_be_disabled()
    trainer.find("right-publish_video-add").click()
    trainer.find("right-choose").filter(has_text="Zoé").click()
    guest.find("camera").click()
    trainee.sees("Zoé")
    expect(trainee.find("camera")).to_be_disabled()


def test_a_trainee_reads_their_own_rights(trainer: Person, guest: Person, trainee: Person) -> None:
    trainee.find("more").click()
    trainee.find("more-rights").click()

    expect(own(trainee, "publish_video")).to_have_attribute("data-given", "false")
    expect(own(trainee, "chat")).to_have_attribute("data-given", "true")
    open_to(trainer, "publish_video", "all")
    expect(own(trainee, "publish_video")).to_have_attribute("data-given", "true")
    expect(guest.find("camera")).to_be_enabled()
