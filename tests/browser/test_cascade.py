"""A session on two media workers: nobody notices, and the death of one costs only its own people a moment."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
import pytest

from browser.conftest import NewPage
from browser.people import Person
from hub.platform_fixture import Platform, wait_for

pytestmark = pytest.mark.browser

CONNECTED = "() => window.__connections.at(-1)?.connectionState === 'connected'"
CONNECTIONS = "() => window.__connections.length"


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


def peers_by_worker(platform: Platform) -> list[float]:
    """How many peers each media worker has."""
    text = httpx.get(f"http://127.0.0.1:{platform.ports.rooms}/services/rooms/metrics", timeout=30).text
    found = re.findall(r'^webvisio_rooms_media_worker\{[^}]*"peers"[^}]*\} (\S+)', text, re.MULTILINE)
    return [float(figure) for figure in found]


def everybody_is_seen_and_heard(people: dict[str, Person]) -> None:
    """Wait until each sees each other's picture move, and hears something."""
    for name, person in people.items():
        for other in people:
            if other != name:
                person.sees(other)
        person.hears()


def test_three_people_on_two_workers_of_which_one_dies(two_workers: Platform, new_page: NewPage) -> None:
    platform = two_workers
    wait_for(lambda: sorted(workers(platform)) == [0, 1], 60, lambda: "no two workers")
    names = ("Claire", "Zoé", "Ugo")
    people = {name: Person(new_page()) for name in names}
    people["Claire"].join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    people["Claire"].is_in()
    for name in names[1:]:
        people[name].join_as_guest(platform.room_link, name, platform.guest_password)
    for person in people.values():
        person.is_in()
        person.page.wait_for_function(CONNECTED)
        person.page.evaluate("window.__mark = 'same page'")
    everybody_is_seen_and_heard(people)
    assert min(peers_by_worker(platform)) >= 1

    before = {name: person.page.evaluate(CONNECTIONS) for name, person in people.items()}
    frames = {name: person.received()["frames"] for name, person in people.items()}
    os.kill(workers(platform)[1].pid, signal.SIGKILL)

    def had_to_come_back() -> list[str]:
        return [name for name, person in people.items() if person.page.evaluate(CONNECTIONS) > before[name]]

    wait_for(lambda: bool(had_to_come_back()), 60, lambda: "nobody noticed")
    everybody_is_seen_and_heard(people)
    moved = had_to_come_back()
    assert len(moved) < len(people)
    for name, person in people.items():
        assert person.page.evaluate("window.__mark") == "same page"
        if name not in moved:
            assert person.received()["frames"] > frames[name]
