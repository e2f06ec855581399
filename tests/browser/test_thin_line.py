"""The thin line: contract, login, room, live media, chat, and the cut, all of it real.

A trainer hosts from JupyterLab; a trainee (hub account) and a guest (link and
room password) come in by the plain page. Then the operator cuts, and lifts.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from browser.arrivals import FRENCH
from browser.conftest import NewPage
from browser.lab_people import LabPerson
from browser.people import Person
from browser.the_operator import Operator
from hub.platform_fixture import Platform

CUSTOMER = "atelier-lumiere"

NOTE_THE_REFUSAL = """() => {
  const look = () => {
    if (window.__refusedAtMs === undefined && document.querySelector('[data-testid="refusal"]'))
      window.__refusedAtMs = Date.now();
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
}"""
"""Has a page write down when it showed the refusal: a test that asks is itself late on a busy machine."""


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Iterator[Operator]:
    """The operator, logged in to billing; whatever was cut is lifted at the end."""
    with ExitStack() as stack:
        someone = stack.enter_context(Operator.logged_in(platform))
        yield someone
        someone.lift_everything(CUSTOMER)


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> Person:
    """Claire, in the room, from JupyterLab (French)."""
    person = LabPerson(lasting_page(locale=FRENCH))
    person.page.goto(f"{platform.url}/hub/login")  # which leads into JupyterLab by itself
    person.log_in("claire", platform.passwords["claire"])
    person.join_from_lab("claire")
    person.is_in()
    return person


def test_everybody_sees_and_hears_everybody(trainer: Person, trainee: Person, guest: Person) -> None:
    people = {"Claire": trainer, "Amina": trainee, "Zoé": guest}
    for person in people.values():
        for name in people:
            if people[name] is not person:
                person.sees(name)
        person.hears()


def test_a_shared_screen_arrives_and_goes(trainer: Person, trainee: Person) -> None:
    trainer.find("share").click()
    trainee.sees("Claire", source="screen")
    trainer.find("share").click()
    expect(trainee.tile("Claire", source="screen")).to_have_count(0)


def test_chat_reaches_everybody_and_stays_for_who_comes_later(
    platform: Platform, new_page: NewPage, trainer: Person, trainee: Person
) -> None:
    trainee.find("chat-toggle").click()
    trainee.find("chat-input").fill("Bonjour à tous <b>!</b>")
    trainee.page.keyboard.press("Enter")
    trainer.find("chat-toggle").click()
    expect(trainer.find("chat-message").last).to_contain_text("Bonjour à tous <b>!</b>")
    later = Person(new_page())
    later.join_as_guest(platform.room_link, "Late", platform.guest_password)
    later.find("chat-toggle").click()
    expect(later.find("chat-message").last).to_contain_text("Bonjour à tous <b>!</b>")


def test_a_raised_hand_is_seen_by_the_trainer_who_lowers_it(trainer: Person, trainee: Person) -> None:
    trainee.find("hand").click()
    trainer.find("people-toggle").click()
    expect(trainer.find("raised-hand")).to_contain_text("Amina")
    trainer.find("raised-hand").get_by_role("button").first.click()
    expect(trainer.find("raised-hand")).to_have_count(0)
    expect(trainee.find("hand")).to_have_attribute("aria-pressed", "false")


def test_suspension_cuts_within_a_second_in_everybodys_language_and_lift_restores(
    platform: Platform, new_page: NewPage, operator: Operator, trainer: Person, trainee: Person, guest: Person
) -> None:
    neighbour = Person(new_page())
    neighbour.join_with_account(operator.link_of("studio-nord-1"), "erik", platform.passwords["erik"])
    neighbour.is_in()
    trainee.sees("Claire")

    for person in (trainee, guest, trainer):
        person.page.evaluate(NOTE_THE_REFUSAL)
    operator.suspend(CUSTOMER, "illegal_content")
    cut_at_ms = time.time() * 1000
    for person, words in (
        (trainee, "unlawful content"),
        (guest, "contenu illicite"),
        (trainer, "contenu illicite"),
    ):
        expect(person.refusal()).to_have_attribute("data-clause", "5.5")
        expect(person.refusal()).to_contain_text(words)
        shown_after_ms = person.page.evaluate("window.__refusedAtMs") - cut_at_ms
        assert shown_after_ms < 1000
    assert trainee.received()["frames"] == 0

    expect(neighbour.find("leave")).to_be_visible()
    refused = Person(new_page(locale="fr-FR"))
    refused.page.goto(platform.room_link)
    expect(refused.refusal()).to_have_attribute("data-code", "suspended_illegal_content")
    refused.page.goto(f"{platform.url}/hub/login")
    refused.log_in("amina", platform.passwords["amina"])
    expect(refused.page.locator(".wv-refusal-message")).to_contain_text("contenu illicite")

    operator.lift(CUSTOMER, "illegal_content")
    back = Person(new_page())
    back.join_with_account(platform.room_link, "amina", platform.passwords["amina"])
    expect(back.find("leave").or_(back.find("waiting"))).to_be_visible()


def test_the_end_of_the_interval_cuts_by_the_clock(
    platform: Platform, new_page: NewPage, operator: Operator
) -> None:
    operator.rent("journee", "day", "passage-unique")
    operator.invite("passage-unique", "hugo", "host", "mésange-tunnel-42-violet")
    host = Person(new_page())
    host.join_with_account(operator.link_of("passage-unique"), "hugo", "mésange-tunnel-42-violet")
    host.is_in()
    with platform.shifted_clock(seconds=operator.seconds_until_midnight() + 1):
        expect(host.refusal()).to_have_attribute("data-code", "contract_ended")
        expect(host.refusal()).to_have_attribute("data-clause", "3")
        again = Person(new_page())
        again.page.goto(f"{platform.url}/hub/login")
        again.log_in("hugo", "mésange-tunnel-42-violet")
        expect(again.page.get_by_text("The contract has ended")).to_be_visible()
