"""A session on two media workers: nobody notices, and the death of one costs only its own people a moment."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from browser.conftest import NewPage
from browser.people import Person
from hub.platform_fixture import Platform, wait_for

pytestmark = pytest.mark.browser

CONNECTED = "() => window.__connections[0]?.connectionState === 'connected'"
CONNECTIONS = "() => window.__connections.length"
FRAMES = """async () => {
  let frames = 0
  for (const stream of (await window.__connections[0].getStats()).values())
    if (stream.type === 'inbound-rtp' && stream.kind === 'video') frames += stream.framesDecoded ?? 0
  return frames
}"""


@pytest.fixture
def two_workers() -> Iterator[Platform]:
    """A platform of its own, whose media workers take one person each before the next one is taken."""
    with (
        TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        Platform.started(
            Path(folder), WEBVISIO_MEDIA_WORKERS="2", WEBVISIO_MEDIA_PEERS_A_WORKER="1"
        ) as running,
    ):
        yield running


def workers(platform: Platform) -> dict[int, psutil.Process]:
    """The media workers by their place."""
    found = {}
    for process in platform._find("media"):
        command = process.cmdline()
        found[int(command[command.index("--udp-port") + 1]) - platform.ports.media] = process
    return found


def test_three_people_on_two_workers_of_which_one_dies(two_workers: Platform, new_page: NewPage) -> None:
    platform = two_workers
    wait_for(lambda: sorted(workers(platform)) == [0, 1], 60, lambda: "no two workers")
    host, near, far = (Person(new_page()) for _ in range(3))
    host.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    host.is_in()
    host.page.wait_for_function(CONNECTED)
    # the first worker has Claire, the second whoever comes then, and the first again the third
    for person, name in ((far, "Zoé"), (near, "Ugo")):
        person.join_as_guest(platform.room_link, name, platform.guest_password)
        person.is_in()
        person.page.wait_for_function(CONNECTED)
    people = {"Claire": host, "Zoé": far, "Ugo": near}
    for person in people.values():
        for name, other in people.items():
            if other is not person:
                person.sees(name)
        person.hears()

    frames = [person.page.evaluate(FRAMES) for person in (host, near)]
    far.page.evaluate("window.__mark = 'same page'")
    victim = workers(platform)[1]
    os.kill(victim.pid, signal.SIGKILL)
    far.page.wait_for_function(
        "() => window.__connections.length > 1 && window.__connections.at(-1).connectionState === 'connected'"
    )
    for name in ("Claire", "Ugo"):
        far.sees(name)
        people[name].sees("Zoé")
    far.hears()

    assert far.page.evaluate("window.__mark") == "same page"
    for person, before in zip((host, near), frames, strict=True):
        assert person.page.evaluate(CONNECTIONS) == 1
        assert person.page.evaluate(FRAMES) > before
    host.sees("Ugo")
    near.sees("Claire")
