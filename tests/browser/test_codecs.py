"""Pictures in the operator's codec, in a real room: in layers, each as large as it is shown, until somebody lacks it.

Chromium sends a camera in three layers in each of these codecs (VP8's are in
`test_media_standalone`). Played by `make lesson`, each codec on a platform of its own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType

from browser.conftest import NewPage, start
from browser.people import Person
from hub.platform_fixture import Platform

pytestmark = [pytest.mark.browser, pytest.mark.long]

SLOW_CAMERA = ("--use-fake-device-for-media-stream=fps=5", "--use-fake-ui-for-media-stream")
"""So that a busy machine can encode AV1 three times. Browsers call three pictures' time a freeze: here 0.6 s,
and the worker asks for a key frame every 0.4 s (`Timing.key_frame_interval_s`)."""

CODECS = """async () => {
  const found = { sent: {}, received: {} };
  for (const connection of window.__connections.filter(one => one.connectionState === 'connected')) {
    const stats = await connection.getStats();
    for (const stream of stats.values()) {
      if (stream.kind !== 'video' || !stream.codecId) continue;
      const name = stats.get(stream.codecId).mimeType;
      if (stream.type === 'outbound-rtp' && stream.framesSent > 0) (found.sent[name] ??= []).push(stream.rid);
      if (stream.type === 'inbound-rtp' && stream.framesDecoded > 0) (found.received[name] ??= []).push(stream.mid);
    }
  }
  return found;
}"""
LAYERS_SENT = """async () => {
  const layers = {};
  const stats = await window.__connections.at(-1).getStats();
  for (const stream of stats.values())
    if (stream.type === 'outbound-rtp' && stream.rid)
      layers[stream.rid] = {
        codec: stats.get(stream.codecId)?.mimeType ?? '', isActive: stream.active,
        frames: stream.framesSent ?? 0, height: stream.frameHeight ?? 0,
      };
  return layers;
}"""
SHOWN = """async video => {
  const track = video.srcObject?.getVideoTracks()[0];
  for (const stream of (await window.__connections.at(-1).getStats()).values())
    if (stream.type === 'inbound-rtp' && stream.trackIdentifier === track?.id)
      return {
        frames: stream.framesDecoded ?? 0, height: stream.frameHeight ?? 0, freezes: stream.freezeCount ?? 0,
      };
  return { frames: 0, height: 0, freezes: 0 };
}"""
LACKS_IT = """
  for (const kind of [RTCRtpReceiver, RTCRtpSender]) {
    const all = kind.getCapabilities.bind(kind);
    kind.getCapabilities = wanted => {
      const known = all(wanted);
      return { ...known, codecs: known.codecs.filter(one => !/VP9|AV1|H264/i.test(one.mimeType)) };
    };
  }
"""
OFFER_BYTES = "() => window.__connections.at(-1).localDescription.sdp.length"
MOST_OFFER_BYTES = 60_000
"""Less than half of what a message may have."""
LOOKS, LOOK_EVERY_MS = 480, 250
"""Two minutes: where the machine is busy the estimate of a line takes a while to carry the largest layer."""
TRIES = 6
"""A busy machine freezes pictures too: one change in so many must be smooth."""


@pytest.fixture(scope="module", params=["H264", "VP9", "AV1"])
def codec(request: pytest.FixtureRequest) -> str:
    """The codec that the operator prefers."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def platform(codec: str) -> Iterator[Platform]:
    """A platform whose operator prefers the codec, instead of the session's."""
    with (
        TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        Platform.started(Path(folder), WEBVISIO_MEDIA_CODECS=codec) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def slow_browser(chromium: BrowserType, platform: Platform) -> Iterator[Browser]:
    """A browser for the people of this platform, gone with it."""
    with start(chromium, *SLOW_CAMERA) as running:
        yield running


@pytest.fixture(scope="module")
def claire(platform: Platform, lasting_page: NewPage, slow_browser: Browser) -> Person:
    """The trainer, whose picture is looked at."""
    person = Person(lasting_page(inside=slow_browser))
    person.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    person.is_in()
    return person


@pytest.fixture(scope="module")
def zoe(platform: Platform, lasting_page: NewPage, slow_browser: Browser, claire: Person) -> Person:
    """A guest with a large window."""
    person = Person(lasting_page(inside=slow_browser))
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    return person


def comes_as(person: Person, codec: str) -> None:
    """Wait until what arrives is in a codec and is decoded."""
    person.page.wait_for_function(
        f"async name => name in (await ({CODECS})()).received", arg=f"video/{codec}", polling=200
    )


def goes_as(person: Person, codec: str) -> None:
    """Wait until what is sent is in a codec."""
    person.page.wait_for_function(
        f"async name => name in (await ({CODECS})()).sent", arg=f"video/{codec}", polling=200
    )


def layers_of(person: Person) -> dict[str, dict[str, Any]]:
    """Read what a person's camera is sent as, by rid."""
    layers: dict[str, dict[str, Any]] = person.page.evaluate(LAYERS_SENT)
    return layers


def picture_of(person: Person, name: str) -> dict[str, int]:
    """Read what is decoded of somebody's picture; all zero while there is none."""
    video = person.tile(name).locator("video")
    figures: dict[str, int] = (
        video.first.evaluate(SHOWN) if video.count() else {"frames": 0, "height": 0, "freezes": 0}
    )
    return figures


def until(person: Person, holds: Callable[[], bool], told: Callable[[], object]) -> None:
    """Look until something holds of several pages; fails with what is `told` then."""
    for _ in range(LOOKS):
        if holds():
            return
        person.page.wait_for_timeout(LOOK_EVERY_MS)
    raise AssertionError(told())


def is_shown(person: Person, sender: Person, layer: str) -> None:
    """Wait until somebody decodes that layer of Claire's: five more pictures of its height as it is sent."""
    begun: list[int] = []

    def holds() -> bool:
        figures, sent = picture_of(person, "Claire"), layers_of(sender)[layer]["height"]
        if figures["height"] == 0 or figures["height"] != sent:
            begun.clear()
            return False
        begun.append(figures["frames"])
        return figures["frames"] >= begun[0] + 5

    until(person, holds, lambda: (layer, picture_of(person, "Claire"), layers_of(sender)))


def test_pictures_go_and_come_in_the_operators_codec(codec: str, claire: Person, zoe: Person) -> None:
    claire.sees("Zoé")
    zoe.sees("Claire")
    for person in (claire, zoe):
        goes_as(person, codec)
        comes_as(person, codec)
        assert person.page.evaluate(OFFER_BYTES) < MOST_OFFER_BYTES


def test_each_is_sent_the_layer_of_the_size_at_which_it_is_shown(
    codec: str, platform: Platform, slow_browser: Browser, new_page: NewPage, claire: Person, zoe: Person
) -> None:
    leo = Person(new_page(width=390, height=844, inside=slow_browser))
    leo.join_as_guest(platform.room_link, "Léo", platform.guest_password)
    leo.is_in()
    for person in (leo, zoe):  # so that one camera alone is encoded
        person.find("camera").click()

    zoe.find("layout-stage").click()
    is_shown(zoe, claire, "f")
    is_shown(leo, claire, "q")
    before = layers_of(claire)
    until(
        claire,
        lambda: all(layer["frames"] >= before[rid]["frames"] + 5 for rid, layer in layers_of(claire).items()),
        lambda: (before, layers_of(claire)),
    )
    layers = layers_of(claire)
    assert {rid: layer["codec"] for rid, layer in layers.items()} == dict.fromkeys("qhf", f"video/{codec}")
    assert layers["f"]["height"] == 2 * layers["h"]["height"] == 4 * layers["q"]["height"]

    for layout, layer in (("gallery", "h"), ("stage", "f")):
        assert changes_smoothly(zoe, claire, layout, layer), picture_of(zoe, "Claire")
    zoe.find("layout-gallery").click()
    until(claire, lambda: not layers_of(claire)["f"]["isActive"], lambda: layers_of(claire))
    is_shown(leo, claire, "q")
    zoe.find("layout-stage").click()
    zoe.find("camera").click()


def changes_smoothly(person: Person, sender: Person, layout: str, layer: str) -> bool:
    """Change the size at which Claire is shown; says whether once the new layer came without a freeze."""
    back = {"gallery": ("stage", "f"), "stage": ("gallery", "h")}[layout]
    for _ in range(TRIES):
        person.find(f"layout-{back[0]}").click()
        is_shown(person, sender, back[1])
        before = picture_of(person, "Claire")
        person.find(f"layout-{layout}").click()
        is_shown(person, sender, layer)
        after = picture_of(person, "Claire")
        assert after["frames"] > before["frames"]
        if after["freezes"] == before["freezes"]:
            return True
    return False


def test_all_send_vp8_once_somebody_lacks_the_codec(
    platform: Platform, slow_browser: Browser, new_page: NewPage, claire: Person, zoe: Person
) -> None:
    ugo = Person(new_page(inside=slow_browser))
    ugo.page.add_init_script(LACKS_IT)
    ugo.join_as_guest(platform.room_link, "Ugo", platform.guest_password)
    people = {"Claire": claire, "Zoé": zoe, "Ugo": ugo}
    for name, person in people.items():
        for other in people:
            if other != name:
                person.sees(other)
        goes_as(person, "VP8")
