"""The main flow in Debian's Firefox: a guest comes in by the link, sees and is seen, hears and is heard."""

from pathlib import Path

import pytest

from browser.conftest import NewPage
from browser.firefox import EXECUTABLE, firefox
from browser.people import Person
from hub.platform_fixture import Platform

pytestmark = pytest.mark.skipif(EXECUTABLE is None, reason="needs Debian's firefox-esr")

RECEIVED = """async () => {
  const { connection } = window.webvisio.client.media;
  let frames = 0, energy = 0;
  for (const one of (await connection?.getStats())?.values() ?? []) {
    if (one.type !== 'inbound-rtp') continue;
    if (one.kind === 'video') frames += one.framesDecoded ?? 0;
    else energy += one.totalAudioEnergy ?? 0;
  }
  return { frames, energy };
}"""


def test_a_guest_in_firefox_sees_and_hears_and_is_seen_and_heard(
    platform: Platform, new_page: NewPage, tmp_path: Path
) -> None:
    host = Person(new_page(locale="fr-FR"))
    host.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    host.is_in()
    with firefox(tmp_path) as guest:
        guest.goto(platform.room_link)
        guest.type_into("guest-name", "Renarde")
        guest.type_into("guest-password", platform.guest_password)
        guest.click("join")
        guest.until("() => !!document.querySelector('[data-testid=\"leave\"]')")
        host.sees("Renarde")
        host.hears()
        before = guest.call(RECEIVED)
        guest.until(
            f"async (frames, energy) => {{ const now = await ({RECEIVED})();"
            "return now.frames > frames && now.energy > energy }",
            before["frames"] + 10,
            before["energy"],
        )
        guest.until(
            '() => document.querySelector(\'[data-testid="tile"][data-own="false"] video\')?.videoWidth > 0'
        )
        guest.click("mic")
        guest.until(
            "() => document.querySelector('[data-testid=\"mic\"]').getAttribute('aria-pressed') === 'false'"
        )
        guest.click("hand")
        host.find("people-toggle").click()
        host.find("raised-hand").filter(has_text="Renarde").wait_for()
        guest.click("leave")
        guest.until("() => !!document.querySelector('[data-testid=\"left\"]')")
