"""A room's offer in real Chromium: slots and simulcast layers, without a second offer."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from browser.media_pages import HEARD, SEND, SLOT, Rooms, enter, until, worker_of
from browser.people import FAKE_DEVICES

pytestmark = pytest.mark.browser


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    with worker_of() as rooms:
        yield rooms


def test_slots_show_what_they_are_told_without_renegotiation(
    rooms: Rooms, launch: Callable[..., Browser]
) -> None:
    browser = launch(*FAKE_DEVICES)
    rooms.wait_for("worker_ready")
    anna, _ = enter(browser, rooms, "anna", 1)
    bruno, slots = enter(browser, rooms, "bruno", 2)
    first, second = slots[:2]

    # told before the camera is on: the slot begins when the track does
    rooms.say(type="assign_slots", peer_id="bruno", choices=[{"mid": first, "track_id": "anna/camera"}])
    for source in ("microphone", "camera"):
        anna.evaluate(SEND, source)
        rooms.wait_for("track_started", track_id=f"anna/{source}")
    shown = until(bruno, SLOT, first, "f => f.frames > 10")
    until(bruno, HEARD, "", "f => f.energy > 0")

    anna.evaluate(SEND, "screen")
    rooms.wait_for("track_started", track_id="anna/screen")
    rooms.say(type="assign_slots", peer_id="bruno", choices=[{"mid": second, "track_id": "anna/screen"}])
    until(bruno, SLOT, second, "f => f.frames > 10 && f.width === 800")

    # the first slot changes from the camera to the screen and back: one SSRC, no number left out
    for track, width in (("anna/screen", 800), ("anna/camera", shown["width"]), ("anna/screen", 800)):
        before = until(bruno, SLOT, first, "f => true")["frames"]
        rooms.say(type="assign_slots", peer_id="bruno", choices=[{"mid": first, "track_id": track}])
        after = until(bruno, SLOT, first, f"f => f.frames > {before + 8} && f.width === {width}")
        assert after["ssrc"] == shown["ssrc"]
        assert after["lost"] == 0

    # stopped by a moderator, then resumed
    rooms.say(type="set_track_forwarding", track_id="anna/screen", is_forwarded=False)
    rooms.say(type="set_track_forwarding", track_id="anna/screen", is_forwarded=True)
    before = until(bruno, SLOT, first, "f => true")["frames"]
    until(bruno, SLOT, first, f"f => f.frames > {before + 8}")

    rooms.say(type="get_statistics", request_id=3)
    figures = rooms.wait_for("answered", request_id=3)["statistics"]
    assert figures["peers"] == 2
    assert figures.get("internal_errors", 0) == 0
    assert figures.get("malformed", 0) == 0

    # a page that goes away is noticed at once
    anna.evaluate("() => window.pc.close()")
    assert rooms.wait_for("peer_lost", peer_id="anna")["reason"] == "closed"


def test_a_camera_is_sent_as_large_as_it_is_shown(rooms: Rooms, launch: Callable[..., Browser]) -> None:
    browser = launch(*FAKE_DEVICES)
    anna, _ = enter(browser, rooms, "anna", 1)
    bruno, slots = enter(browser, rooms, "bruno", 2)
    anna.evaluate(SEND, "camera")
    ssrc = 0.0
    lost = 0.0
    for height, width in ((720, 1280), (180, 320), (360, 640), (720, 1280)):
        choice = {"mid": slots[0], "track_id": "anna/camera", "width": height * 16 // 9, "height": height}
        rooms.say(type="assign_slots", peer_id="bruno", choices=[choice])
        shown = until(bruno, SLOT, slots[0], f"f => f.width === {width} && f.frames > 0")
        after = until(bruno, SLOT, slots[0], f"f => f.width === {width} && f.frames > {shown['frames'] + 8}")
        assert ssrc in (0.0, after["ssrc"])
        ssrc, lost = after["ssrc"], after["lost"]
    assert lost == 0
