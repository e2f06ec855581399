"""Measures in Chromium what people notice of media workers: lips and voice, and the return after one dies.

    python benchmarks/media_live.py [--kills 12] [--looks 8]

Starts the real platform twice in folders of its own: with one media worker,
and with two of which each takes one person before the next one is taken, so
that every room is on both. *Lips*: how much later sound leaves the
browser's buffers and decoder after its packets came than the picture does; the
worker holds back neither of them, so this is by how much voice follows lips
(Chromium tells no `estimatedPlayoutTimestamp` here).
*Return*: three people on two workers; the worker that has one of them is
killed, and each page looks every 40 ms at what it received: the time until the
one who was on it has the next picture of somebody else, and the longest time
in which each of the others received nothing. Then that person joins again, on
the worker that took the place. Writes benchmarks/results/media_live.json.
"""

import argparse
import json
import os
import platform as machine
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("tests", "services", "hub_config")]

from browser.people import FAKE_DEVICES, WATCH_CONNECTIONS, Person  # noqa: E402  # the tests' own hands
from hub.platform_fixture import Platform  # noqa: E402

RESULTS = HERE / "results" / "media_live.json"
SWITCHES = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
)
LOOK_S = 2.0
SETTLED_S = 3.0
"""What a page receives is steady after that."""
AFTER_RETURN_S = 1.0
LONGEST_S = 60.0

DELAYS = """async () => {
  const busiest = {};
  for (const stream of (await window.__connections.at(-1).getStats()).values())
    if (stream.type === 'inbound-rtp' && stream.packetsReceived > (busiest[stream.kind]?.packetsReceived ?? 0))
      busiest[stream.kind] = stream;
  const { audio, video } = busiest;
  return audio && video
    ? [audio.totalProcessingDelay, audio.jitterBufferEmittedCount, video.totalProcessingDelay, video.framesDecoded]
    : [0, 0, 0, 0];
}"""
WATCH = """() => {
  window.__seen = [];
  clearInterval(window.__watching);
  window.__watching = setInterval(async () => {
    const connection = window.__connections.at(-1), count = window.__connections.length;
    let frames = 0, packets = 0;
    for (const stream of (await connection.getStats()).values())
      if (stream.type === 'inbound-rtp') {
        packets += stream.packetsReceived ?? 0;
        frames += stream.kind === 'video' ? stream.framesDecoded ?? 0 : 0;
      }
    window.__seen.push([Date.now() / 1000, count, packets, frames]);
  }, 40);
}"""


@contextmanager
def running(**settings: str) -> Iterator[Platform]:
    """Start the platform in a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        Platform.started(Path(folder), **settings) as platform,
    ):
        yield platform


def someone(browser: Browser, platform: Platform, name: str) -> Person:
    """Let a person with an account come in."""
    context = browser.new_context(locale="fr-FR")
    context.add_init_script(WATCH_CONNECTIONS)
    context.set_default_timeout(1000 * LONGEST_S)
    person = Person(context.new_page())
    person.join_with_account(platform.room_link, name, platform.passwords[name])
    person.is_in()
    return person


def await_true(holds: Callable[[], bool], what: str) -> None:
    """Look until something holds."""
    until = time.monotonic() + LONGEST_S
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.05)


def lips(person: Person, looks: int) -> dict[str, float]:
    """Look at how much longer sound waits in the browser than the picture that came with it, in milliseconds."""
    time.sleep(SETTLED_S)
    found: list[float] = []
    before: list[float] = person.page.evaluate(DELAYS)
    for _ in range(looks):
        time.sleep(LOOK_S)
        now: list[float] = person.page.evaluate(DELAYS)
        sound_s, samples, picture_s, frames = (b - a for a, b in zip(before, now, strict=True))
        if samples > 0 and frames > 0:
            found.append(1000 * (sound_s / samples - picture_s / frames))
        before = now
    return {
        "looks": len(found),
        "median_ms": round(statistics.median(found), 1),
        "largest_ms": round(max(found, key=abs), 1),
    }


def peers_by_worker(platform: Platform) -> list[float]:
    """How many peers each media worker has; only of those that live."""
    text = httpx.get(f"http://127.0.0.1:{platform.ports.rooms}/services/rooms/metrics", timeout=30).text
    found = re.findall(r'^webvisio_rooms_media_worker\{[^}]*"peers"[^}]*\} (\S+)', text, re.MULTILINE)
    return [float(figure) for figure in found]


def has_workers(platform: Platform, count: int) -> bool:
    """Whether so many media workers are up."""
    return len(peers_by_worker(platform)) == count


def worker_at(platform: Platform, place: int) -> int | None:
    """Find the process of the worker at a place."""
    for process in platform._find("media"):
        command = process.cmdline()
        if "--udp-port" in command:
            port = int(command[command.index("--udp-port") + 1])
            if port == platform.ports.media + place:
                return int(process.pid)
    return None


def longest_pause_s(seen: list[list[float]], since: float, until: float) -> float:
    """The longest time between two looks at which more had come than before."""
    longest, came_at, packets = 0.0, since, -1.0
    for at, _, now, _ in seen:
        if at < since:
            packets = now
        elif at <= until and now != packets:
            longest, came_at, packets = max(longest, at - came_at), at, now
    return max(longest, until - came_at)


def one_kill(platform: Platform, alone: Person, others: list[Person]) -> tuple[float, float]:
    """Kill the worker of `alone`; returns their way back and the longest pause of anybody else, in seconds."""
    for person in (alone, *others):
        person.page.evaluate(WATCH)
    time.sleep(0.5)
    before = alone.page.evaluate("window.__connections.length")
    pid = worker_at(platform, 1)
    assert pid is not None
    killed_at = time.time()
    os.kill(pid, signal.SIGKILL)
    alone.page.wait_for_function(
        "before => window.__seen.some(one => one[1] > before && one[3] > 0)", arg=before, polling=50
    )
    time.sleep(AFTER_RETURN_S)
    seen = alone.page.evaluate("window.__seen")
    back_at = next(at for at, count, _, frames in seen if count > before and frames > 0)
    pauses = [
        longest_pause_s(other.page.evaluate("window.__seen"), killed_at, back_at + AFTER_RETURN_S / 2)
        for other in others
    ]
    return back_at - killed_at, max(pauses)


def measure_return(platform: Platform, kills: int, browser: Browser, people: list[Person]) -> dict[str, Any]:
    """Kill again and again, and let the one who moved join again in between."""
    claire, amina = people
    third = browser.new_context(locale="fr-FR")
    third.add_init_script(WATCH_CONNECTIONS)
    zoe = Person(third.new_page())
    zoe.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    zoe.sees("Claire")
    backs: list[float] = []
    pauses: list[float] = []
    used_again = 0
    for number in range(kills):
        for person in (claire, zoe):
            person.sees("Amina")
        amina.sees("Claire")
        assert peers_by_worker(platform) == [2, 1]
        used_again += number > 0
        back_s, pause_s = one_kill(platform, amina, [claire, zoe])
        backs.append(back_s)
        pauses.append(pause_s)
        print(f"back after {1000 * back_s:.0f} ms; the others paused {1000 * pause_s:.0f} ms", flush=True)
        await_true(lambda: peers_by_worker(platform) == [3, 0], "no worker took the place")
        amina.find("leave").click()
        await_true(lambda: sum(peers_by_worker(platform)) == 2, "she did not leave")
        amina.page.goto(platform.room_link)
        amina.find("join").click()
        amina.is_in()
    return {
        "kills": kills,
        "back_ms": {
            "p50": round(1000 * statistics.median(backs)),
            "p95": round(1000 * sorted(backs)[min(kills - 1, int(0.95 * kills))]),
            "longest": round(1000 * max(backs)),
        },
        "longest_pause_of_the_others_ms": {
            "p50": round(1000 * statistics.median(pauses)),
            "longest": round(1000 * max(pauses)),
        },
        "joined_again_on_the_worker_that_took_the_place": used_again,
    }


def measure(kills: int, looks: int, report: dict[str, Any], write: Callable[[], None]) -> None:
    """Measure on two workers, then on one; fills `report` and writes it after each."""
    with sync_playwright() as playwright:
        for name, workers in (("two_workers", "2"), ("one_worker", "1")):
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=[*SWITCHES, *FAKE_DEVICES]
            )
            with running(WEBVISIO_MEDIA_WORKERS=workers, WEBVISIO_MEDIA_PEERS_A_WORKER="1") as platform:
                await_true(partial(has_workers, platform, int(workers)), "no workers")
                people = [someone(browser, platform, who) for who in ("claire", "amina")]
                people[0].sees("Amina")
                people[1].sees("Claire")
                report[f"sound_after_picture_{name}"] = lips(people[1], looks)
                print(name, report[f"sound_after_picture_{name}"], flush=True)
                if workers == "2":
                    report["return"] = measure_return(platform, kills, browser, people)
                browser.close()
            write()


def main() -> int:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--looks", type=int, default=8)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    report: dict[str, Any] = {
        "machine": {
            "cores": os.cpu_count(),
            "kernel": machine.release(),
            "playwright": version("playwright"),
            "load_average_before": round(os.getloadavg()[0], 2),
        }
    }
    measure(
        arguments.kills,
        arguments.looks,
        report,
        lambda: print(arguments.output.write_text(json.dumps(report, indent=2) + "\n"), "bytes written"),
    )
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
