"""What goes wrong is said in words, and mends itself where it can (issue "The thin line").

Everything here is done by people on the plain page; the trainer too, so that no
JupyterLab needs to start. Each refusal is looked for where a person meets it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect

from browser.conftest import NewPage
from browser.people import FAKE_DEVICES, Person
from browser.the_operator import Operator
from hub.platform_fixture import Platform, wait_for

PASSWORD = "mésange-tunnel-42-violet"

UNPLUG_THE_CAMERA = """() => {
  const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
  const list = devices.enumerateDevices.bind(devices);
  devices.getUserMedia = wishes =>
    wishes.video ? Promise.reject(new DOMException('unplugged', 'NotFoundError')) : ask(wishes);
  devices.enumerateDevices = async () => (await list()).filter(one => one.kind !== 'videoinput');
  window.__plugBackIn = () => { devices.getUserMedia = ask; devices.enumerateDevices = list; };
  for (const connection of window.__connections)
    for (const { track } of connection.getSenders())
      if (track?.kind === 'video') { track.stop(); track.dispatchEvent(new Event('ended')); }
  devices.dispatchEvent(new Event('devicechange'));
}"""
"""What a browser does when its only camera is pulled out: Chromium's fake one cannot be."""

BLOCK_MEDIA = """
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replace(/(a=candidate:\\S+ \\d \\S+ \\d+ \\S+) \\d+/g, '$1 9');
    return original.call(this, { type: description.type, sdp });
  };
"""
"""A network that lets no media through: every candidate leads to the discard port."""


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Iterator[Operator]:
    with Operator.logged_in(platform) as someone:
        yield someone


@pytest.fixture(scope="module")
def guest(platform: Platform, lasting_page: NewPage, trainer: Person) -> Person:
    """Zoé, a guest in the room."""
    person = Person(lasting_page())
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    person.sees("Claire")
    return person


# ---- doors -----------------------------------------------------------------------------


def test_before_a_host_came_one_waits_and_is_let_in_when_the_room_opens(
    platform: Platform, operator: Operator, new_page: NewPage
) -> None:
    operator.add("studio-nord-1", "louis", "participant")
    link = operator.link_of("studio-nord-1")
    trainee = Person(new_page())
    trainee.join_with_account(link, "louis", platform.passwords["louis"])
    expect(trainee.find("waiting")).to_be_visible()
    host = Person(new_page(locale="fr-FR"))
    host.join_with_account(link, "erik", platform.passwords["erik"])
    trainee.is_in()
    trainee.sees("Erik")


def test_a_wrong_link_is_told(platform: Platform, new_page: NewPage) -> None:
    person = Person(new_page(locale="fr-FR"))
    person.page.goto(f"{platform.url}/services/rooms/r/nowhere-nowhere")
    expect(person.refusal()).to_have_attribute("data-code", "link_unknown")
    expect(person.refusal()).to_contain_text("Ce lien ne mène nulle part")


def test_a_replaced_link_is_told(platform: Platform, operator: Operator, new_page: NewPage) -> None:
    operator.rent("liens", "month", "liens-1")
    operator.invite("liens-1", "lena", "host", PASSWORD)
    old = operator.link_of("liens-1")
    operator.as_host("liens-1", "lena", PASSWORD, "POST", "/link")
    person = Person(new_page())
    person.page.goto(old)
    expect(person.refusal()).to_have_attribute("data-code", "link_expired")


def test_a_wrong_room_password_is_told_and_soon_slowed_down(operator: Operator, new_page: NewPage) -> None:
    # a room of its own: who is slowed down is this address, in this room
    operator.rent("serrures", "month", "serrures-1")
    operator.invite("serrures-1", "milo", "host", PASSWORD)
    operator.as_host("serrures-1", "milo", PASSWORD, "PATCH", "", {"guestPassword": "right-password-1"})
    person = Person(new_page())
    person.join_as_guest(operator.link_of("serrures-1"), "Mallory", "wrong-password-0")
    expect(person.refusal()).to_have_attribute("data-code", "room_password_wrong")
    for attempt in range(1, 12):
        if person.refusal().get_attribute("data-code") == "too_many_attempts":
            break
        person.find("guest-password").fill(f"wrong-password-{attempt}")
        with person.page.expect_response(lambda answer: answer.url.endswith("/guest")):
            person.find("join").click()
    expect(person.refusal()).to_have_attribute("data-code", "too_many_attempts")
    expect(person.refusal()).to_contain_text("Wait")


def test_who_was_not_invited_is_told(platform: Platform, new_page: NewPage) -> None:
    person = Person(new_page())
    person.log_in_at(platform.room_link, "erik", platform.passwords["erik"])
    expect(person.refusal()).to_have_attribute("data-code", "not_invited")
    expect(person.refusal()).to_have_attribute("data-clause", "4.5")


def test_a_contract_that_has_not_started_is_told_with_its_date(operator: Operator, new_page: NewPage) -> None:
    operator.rent("bientot", "month", "bientot-1", effective=operator.now() + timedelta(days=9))
    person = Person(new_page(locale="fr-FR"))
    person.page.goto(operator.link_of("bientot-1"))
    expect(person.refusal()).to_have_attribute("data-code", "contract_not_started")
    expect(person.refusal()).to_have_attribute("data-clause", "3")


# ---- devices ---------------------------------------------------------------------------


def test_without_camera_and_microphone_one_may_listen(
    platform: Platform, launch: Callable[..., Browser], trainer: Person, new_page: NewPage
) -> None:
    person = Person(new_page(inside=launch()))
    person.page.goto(platform.room_link)
    expect(person.find("device-problem").first).to_be_visible()
    person.join_as_guest(platform.room_link, "Silent", platform.guest_password)
    person.is_in()
    person.sees("Claire")


def test_a_refused_camera_is_explained(
    platform: Platform, launch: Callable[..., Browser], new_page: NewPage
) -> None:
    person = Person(new_page(inside=launch(FAKE_DEVICES[0], "--deny-permission-prompts")))
    person.page.goto(platform.room_link)
    expect(person.find("device-problem").first).to_be_visible()
    expect(person.find("join")).to_be_enabled()


def test_an_unplugged_camera_is_told_and_the_session_goes_on(
    platform: Platform, trainer: Person, new_page: NewPage
) -> None:
    person = Person(new_page())
    person.join_as_guest(platform.room_link, "Unplugged", platform.guest_password)
    person.is_in()
    trainer.sees("Unplugged")
    person.page.evaluate(UNPLUG_THE_CAMERA)
    expect(trainer.tile("Unplugged").locator("video")).to_have_count(0)
    person.sees("Claire")
    person.page.evaluate("window.__plugBackIn()")
    person.find("camera").click()
    trainer.sees("Unplugged")


def test_blocked_udp_is_told_with_what_to_do(platform: Platform, trainer: Person, new_page: NewPage) -> None:
    person = Person(new_page())
    person.page.add_init_script(BLOCK_MEDIA)
    person.join_as_guest(platform.room_link, "Blocked", platform.guest_password)
    person.is_in()
    banner = person.page.locator('[data-testid="banner"][data-kind="udp-blocked"]')
    expect(banner).to_contain_text("Sound and picture cannot get through", timeout=90_000)
    expect(person.find("chat-toggle")).to_be_enabled()


# ---- one person, two tabs; messages that are none ------------------------------------------


def test_the_newer_of_two_tabs_wins(platform: Platform, trainer: Person, new_page: NewPage) -> None:
    first = Person(new_page())
    first.join_with_account(platform.room_link, "amina", platform.passwords["amina"])
    first.is_in()
    second = Person(first.page.context.new_page())
    second.page.goto(platform.room_link)
    second.find("join").click()
    second.is_in()
    expect(first.find("superseded")).to_be_visible()
    first.find("use-this-window").click()
    first.is_in()
    expect(second.find("superseded")).to_be_visible()


def test_messages_that_are_none_are_refused_and_the_room_goes_on(guest: Person) -> None:
    answers = guest.page.evaluate("""async () => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/services/rooms/ws/python-debutants');
      const heard = [];
      let closed;
      const end = new Promise(resolve => { closed = resolve; });
      socket.onmessage = event => heard.push(JSON.parse(event.data));
      socket.onclose = event => closed(event.code);
      await new Promise(resolve => { socket.onopen = resolve; });
      socket.send('not json');
      socket.send('{"type":"chat_send","clientId":"x","text":"before hello"}');
      socket.send('x'.repeat(200000));
      return { code: await end, refusals: heard.map(one => one.refusal?.code) };
    }""")
    assert answers["refusals"][0] == "message_malformed"
    assert answers["code"] in (1009, 4400)
    guest.sees("Claire")


# ---- faults ----------------------------------------------------------------------------


def test_a_killed_media_worker_is_back_within_seconds_without_a_reload(
    platform: Platform, trainer: Person, guest: Person
) -> None:
    guest.page.evaluate("window.__mark = 'same page'")
    guest.sees("Claire")
    platform.kill("media")
    guest.page.wait_for_function(
        """() =>
      window.__connections.filter(one => one.connectionState === 'connected').length > 0
      && window.__connections.length > 1""",
    )
    guest.sees("Claire")
    trainer.sees("Zoé")
    assert guest.page.evaluate("window.__mark") == "same page"


def test_people_come_back_by_themselves_when_the_rooms_service_restarts(
    platform: Platform, trainer: Person, guest: Person
) -> None:
    guest.find("chat-toggle").click()
    guest.find("chat-input").fill("avant la panne")
    guest.page.keyboard.press("Enter")
    expect(guest.find("chat-message").last).to_contain_text("avant la panne")
    before = platform.kill("rooms")
    expect(guest.page.locator('[data-testid="banner"]')).to_be_visible()
    platform.wait_until_up("rooms", but_not=before)
    expect(guest.page.locator('[data-testid="banner"]')).to_have_count(0)
    guest.sees("Claire")
    trainer.sees("Zoé")
    expect(guest.find("chat-message").last).to_contain_text("avant la panne")


def test_known_intervals_go_on_while_billing_is_away(
    platform: Platform, trainer: Person, new_page: NewPage
) -> None:
    billing = platform.pid("billing")
    os.kill(billing, signal.SIGSTOP)
    try:
        person = Person(new_page())
        person.join_as_guest(platform.room_link, "Meanwhile", platform.guest_password)
        person.is_in()
        person.sees("Claire")
        wait_for(lambda: _rooms_status(platform) == "degraded", 60, lambda: "health says nothing")
    finally:
        os.kill(billing, signal.SIGCONT)


def _rooms_status(platform: Platform) -> str:
    answer = httpx.get(f"http://127.0.0.1:{platform.ports.rooms}/services/rooms/health", timeout=5)
    return str(answer.json()["status"])
