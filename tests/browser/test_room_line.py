"""One's own sound and line: music mode, other devices, another network, a microphone that sends nothing.

Each is done by a person on the plain page, and its effect is read from the
browser's own statistics and seen by the trainer. None costs a new connection.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import NewPage
from browser.network.udp_relay import Relay
from browser.people import Person
from hub.platform_fixture import Platform

TWO_DEVICES = ("--use-fake-device-for-media-stream=fps=10,device-count=2", "--use-fake-ui-for-media-stream")

SOUND = """async () => {
  const [connection] = window.__connections;
  const sender = connection.getSenders().find(one => one.track?.kind === 'audio');
  for (const report of (await sender?.getStats())?.values() ?? []) {
    if (report.type !== 'outbound-rtp') continue;
    const all = await sender.getStats();
    const { echoCancellation, noiseSuppression } = sender.track.getSettings();
    return {
      format: all.get(report.codecId)?.sdpFmtpLine ?? '', bitrate: report.targetBitrate ?? 0,
      echoCancellation, noiseSuppression, connections: window.__connections.length,
    };
  }
  return { format: '', bitrate: 0 };
}"""

UNPLUG_WHAT_IS_OPEN = """() => {
  const { devices } = window.webvisio.client;
  const { camera } = devices.store.get().tracks;
  camera.stop();
  camera.dispatchEvent(new Event('ended'));
}"""
"""What a browser does when a camera is pulled out and there is another one: Chromium's fakes cannot be."""

THROUGH_RELAY = """port => {
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp
      .replace(/(a=candidate:\\S+ \\d udp \\d+ \\S+) \\d+/g, `$1 ${port}`)
      .replace(/(a=candidate:\\S+ \\d tcp \\d+ \\S+) \\d+/g, '$1 9');
    return original.call(this, { type: description.type, sdp });
  };
}"""

ICE = """() => {
  const [connection] = window.__connections;
  const ufrag = sdp => /a=ice-ufrag:(\\S+)/.exec(sdp)[1];
  return { mine: ufrag(connection.localDescription.sdp), theirs: ufrag(connection.remoteDescription.sdp) };
}"""

SEND_NOTHING = """() => {
  const [connection] = window.__connections;
  return connection.getSenders().find(one => one.track?.kind === 'audio').replaceTrack(null);
}"""
"""A microphone whose packets do not leave the browser, while the room believes that it is on."""


@pytest.fixture(scope="module")
def host(platform: Platform, lasting_page: NewPage) -> Person:
    """Claire, in her room on the plain page."""
    person = Person(lasting_page(locale="fr-FR"))
    person.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    person.is_in()
    return person


def until(page: Page, figures: str, condition: str) -> dict[str, float]:
    """Await figures of the page for which a JavaScript condition (of `s`) holds."""
    page.wait_for_function(
        f"async () => {{ const s = await ({figures})(); return {condition} }}", polling=200
    )
    found: dict[str, float] = page.evaluate(figures)
    return found


def test_music_mode_noise_and_other_devices_take_effect_at_once(
    platform: Platform, launch: Callable[..., Browser], host: Person, new_page: NewPage
) -> None:
    person = Person(new_page(inside=launch(*TWO_DEVICES)))
    person.join_as_guest(platform.room_link, "Mélodie", platform.guest_password)
    host.sees("Mélodie")
    speech = until(
        person.page,
        SOUND,
        "s.bitrate > 0 && s.format.includes('usedtx=1') && s.format.includes('useinbandfec=1')",
    )
    assert speech["bitrate"] <= 40_000
    assert speech["echoCancellation"] and speech["noiseSuppression"]

    person.find("more").click()
    person.find("more-devices").click()
    person.find("music-mode").check()
    music = until(
        person.page, SOUND, "s.bitrate > 100_000 && s.format.includes('stereo=1') && !s.echoCancellation"
    )
    assert not music["noiseSuppression"]
    expect(person.find("noise-suppression")).to_be_disabled()
    host.hears()
    person.find("music-mode").uncheck()
    person.find("noise-suppression").uncheck()
    until(person.page, SOUND, "s.bitrate <= 40_000 && s.echoCancellation && !s.noiseSuppression")

    cameras = person.page.locator("dialog select").first
    before = cameras.input_value()
    other = next(
        one for one in cameras.locator("option").evaluate_all("all => all.map(o => o.value)") if one != before
    )
    cameras.select_option(other)
    expect(cameras).to_have_value(other)
    host.sees("Mélodie")
    person.page.keyboard.press("Escape")
    person.page.evaluate(UNPLUG_WHAT_IS_OPEN)
    expect(person.find("toast").filter(has_text=re.compile("Camera changed"))).to_be_visible()
    host.sees("Mélodie")
    assert until(person.page, SOUND, "true")["connections"] == 1


def test_another_network_is_taken_without_joining_again(
    platform: Platform, host: Person, new_page: NewPage
) -> None:
    with Relay(platform.ports.media, seed=5) as relay:
        person = Person(new_page())
        person.page.add_init_script(f"({THROUGH_RELAY})({relay.port})")
        person.join_as_guest(platform.room_link, "Nomade", platform.guest_password)
        person.sees("Claire")
        host.sees("Nomade")
        before = person.page.evaluate(ICE)
        assert relay.clients
        for client in relay.clients:  # the network that one was in leads nowhere any more
            client.up.is_dark = client.down.is_dark = True
        until(person.page, ICE, f"s.theirs !== '{before['theirs']}'")
        person.sees("Claire")
        host.sees("Nomade")
        after = person.page.evaluate(ICE)
        assert before["mine"] != after["mine"]
        assert person.page.evaluate("window.__connections.length") == 1


def test_who_sends_no_sound_is_told_and_so_is_the_trainer(
    platform: Platform, host: Person, new_page: NewPage
) -> None:
    person = Person(new_page(locale="fr-FR"))
    person.join_as_guest(platform.room_link, "Muette", platform.guest_password)
    person.is_in()
    until(person.page, SOUND, "s.bitrate > 0")
    person.page.evaluate(SEND_NOTHING)
    warning = person.page.locator('[data-testid="banner"][data-kind="sends-nothing"]')
    expect(warning).to_contain_text("Personne ne vous entend")
    host.find("people-toggle").click()
    trouble = host.find("person").filter(has_text="Muette").locator('[data-testid="person-trouble"]')
    expect(trouble).to_have_attribute("data-trouble", "people.sends.none")
    person.find("mic").click()
    person.find("mic").click()
    expect(warning).to_have_count(0)
    expect(trouble).to_have_count(0)
    host.find("people-toggle").click()


@pytest.mark.long
def test_whose_line_is_bad_is_told_to_the_trainer_and_so_is_the_servers_fault(
    platform: Platform, host: Person, new_page: NewPage
) -> None:
    with Relay(platform.ports.media, seed=6) as relay:
        person = Person(new_page(locale="fr-FR"))
        person.page.add_init_script(f"({THROUGH_RELAY})({relay.port})")
        person.join_as_guest(platform.room_link, "Lointaine", platform.guest_password)
        person.sees("Claire")
        host.find("people-toggle").click()
        row = host.find("person").filter(has_text="Lointaine")
        trouble = row.locator('[data-testid="person-trouble"]')
        for client in relay.clients:  # half of what goes to her is lost
            client.down.loss = 0.5
        # where this very machine is too busy, that is the reason, and said so
        expect(trouble.filter(has_text=re.compile("Reçoit mal|surchargé"))).to_be_visible(timeout=30_000)

        person.find("more").click()
        person.find("thrift-sound").click()
        sparing = person.page.locator('[data-testid="banner"][data-kind="thrift"]')
        expect(sparing).to_contain_text("Vous ménagez votre connexion")
        pictures = person.page.locator('[data-testid="tile"][data-own="false"] video')
        expect(pictures).to_have_count(0)
        person.find("thrift-stop").click()
        expect(sparing).to_have_count(0)

        banner = host.page.locator('[data-testid="banner"][data-kind="server-strained"]')
        worker = platform.pid("media")
        for _ in range(30):  # a machine that gives the worker no time, now and then
            os.kill(worker, signal.SIGSTOP)
            host.page.wait_for_timeout(250)
            os.kill(worker, signal.SIGCONT)
            host.page.wait_for_timeout(350)
            if banner.count():
                break
        expect(banner).to_contain_text("Le serveur est surchargé")
    host.find("people-toggle").click()


def test_the_keys_are_told_and_work(platform: Platform, host: Person) -> None:
    host.page.keyboard.press("?")
    expect(host.find("keys")).to_contain_text("Lever ou baisser la main")
    host.page.keyboard.press("h")  # belongs to the dialog
    host.page.keyboard.press("Escape")
    expect(host.find("keys")).to_have_count(0)
    expect(host.find("hand")).to_have_attribute("aria-pressed", "false")
    for key, button in (("h", "hand"), ("m", "mic"), ("v", "camera")):
        pressed = host.find(button).get_attribute("aria-pressed")
        for expected in ({"true": "false", "false": "true"}[str(pressed)], str(pressed)):
            host.page.keyboard.press(key)
            expect(host.find(button)).to_have_attribute("aria-pressed", expected)
