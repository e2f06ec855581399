"""Pictures in the operator's codec, in a real room: seen by another Chromium, and by one that lacks it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from browser.conftest import NewPage
from browser.people import Person
from hub.platform_fixture import Platform

pytestmark = [pytest.mark.browser, pytest.mark.long]

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


@pytest.fixture(params=["H264", "VP9", "AV1"])
def preferring(request: pytest.FixtureRequest) -> Iterator[tuple[str, Platform]]:
    """A platform whose operator prefers a codec; with its name."""
    with (
        TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        Platform.started(Path(folder), WEBVISIO_MEDIA_CODECS=request.param) as running,
    ):
        yield request.param, running


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


def test_a_codec_by_configuration_until_somebody_lacks_it(
    preferring: tuple[str, Platform], new_page: NewPage
) -> None:
    codec, platform = preferring
    claire, zoe = Person(new_page()), Person(new_page())
    claire.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    claire.is_in()
    zoe.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    claire.sees("Zoé")
    zoe.sees("Claire")
    for person in (claire, zoe):
        goes_as(person, codec)
        comes_as(person, codec)
        assert person.page.evaluate(OFFER_BYTES) < MOST_OFFER_BYTES
    layers = claire.page.evaluate(CODECS)["sent"][f"video/{codec}"]
    assert set(layers) <= {"q", "h", "f"}

    ugo = Person(new_page())
    ugo.page.add_init_script(LACKS_IT)
    ugo.join_as_guest(platform.room_link, "Ugo", platform.guest_password)
    people = {"Claire": claire, "Zoé": zoe, "Ugo": ugo}
    for name, person in people.items():
        for other in people:
            if other != name:
                person.sees(other)
        goes_as(person, "VP8")
