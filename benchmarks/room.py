"""Measures what a person waits for: from the click on *Join* to the first remote picture.

    python benchmarks/room.py [--joins 20]

Starts the real platform in a folder of its own (a first and a second start are
timed), a host with a moving picture on the plain page, and a trainee in a
second Chromium who joins again and again. Prints and writes to
benchmarks/results/room.json: start times, click to first remote frame (p50,
p95), the weight of the room page before the first picture (compressed bytes
that crossed the network, by kind), and the memory of each process. Everything,
the browsers included, shares this machine's cores.
"""

import argparse
import json
import os
import platform as machine
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("tests", "services", "hub_config")]

from browser.people import FAKE_DEVICES, Person  # noqa: E402  # the tests' own hands
from hub.platform_fixture import Platform  # noqa: E402

RESULTS = HERE / "results" / "room.json"
PROCESSES = ("proxy", "hub", "billing", "rooms", "media")
SWITCHES = ("--no-sandbox", "--disable-background-networking", "--disable-quic", "--no-first-run")

CLICK_TO_FRAME = """() => new Promise(resolve => {
  const clicked = performance.now();
  document.querySelector('[data-testid="join"]').click();
  const look = () => {
    const video = document.querySelector('[data-testid="tile"]:not([data-own="true"]) video');
    if (video) video.requestVideoFrameCallback(() => resolve(performance.now() - clicked));
    else requestAnimationFrame(look);
  };
  look();
})"""
WEIGHT = """() => {
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const bytes = {};
  for (const entry of entries) {
    const path = new URL(entry.name).pathname;
    const kind = path.endsWith('.js') ? 'scripts' : path.endsWith('.css') ? 'styles'
      : path.endsWith('.woff2') ? 'fonts' : path.includes('/api/') ? 'data' : 'page';
    bytes[kind] = (bytes[kind] ?? 0) + entry.transferSize;
  }
  return bytes;
}"""


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def join_again(page: Page, link: str) -> float:
    """Come to the link as a person who is logged in, and click; milliseconds to the first remote frame."""
    page.goto(link)
    expect(page.locator('[data-testid="join"]')).to_be_enabled()
    page.wait_for_load_state("networkidle")
    took_ms = float(page.evaluate(CLICK_TO_FRAME))
    page.locator('[data-testid="leave"]').click()
    return took_ms


def measure_joins(running: Platform, joins: int) -> dict[str, Any]:
    """Measure joining and the page's weight with real browsers."""
    with sync_playwright() as playwright:
        browsers = [
            playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*SWITCHES, *FAKE_DEVICES])
            for _ in range(2)
        ]
        host = Person(browsers[0].new_context(locale="fr-FR").new_page())
        host.join_with_account(running.room_link, "claire", running.passwords["claire"])
        host.is_in()
        context = browsers[1].new_context(locale="fr-FR")
        trainee = Person(context.new_page())
        trainee.join_with_account(running.room_link, "amina", running.passwords["amina"])
        trainee.sees("Claire")
        trainee.find("leave").click()
        took_ms = [join_again(trainee.page, running.room_link) for _ in range(joins)]
        cold = browsers[1].new_context(locale="fr-FR")
        cold.add_cookies(context.cookies())
        page = cold.new_page()
        cold_ms = join_again(page, running.room_link)
        weight: dict[str, int] = page.evaluate(WEIGHT)
        memory = {
            name: round(psutil.Process(running.pid(name)).memory_info().rss / 1e6) for name in PROCESSES
        }
        for browser in browsers:
            browser.close()
    return {
        "click_to_first_remote_frame_ms": {
            "joins": joins,
            "p50": round(statistics.median(took_ms)),
            "p95": round(quantile(took_ms, 0.95)),
            "empty_cache": round(cold_ms),
        },
        "page_weight_bytes": {**weight, "total": sum(weight.values())},
        "memory_mb": memory,
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--joins", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "state"
        starts_s: dict[str, float] = {}
        started = time.monotonic()
        with Platform.started(home) as running:
            starts_s["first"] = round(time.monotonic() - started, 1)
            found = measure_joins(running, arguments.joins)
        started = time.monotonic()
        with Platform.started(home):
            starts_s["second"] = round(time.monotonic() - started, 1)
    results = {
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Linux {machine.release()}",
        "versions": {name: version(name) for name in ("jupyterhub", "tornado", "aiortc", "playwright")},
        "date": time.strftime("%Y-%m-%d"),
        "platform_ready_s": starts_s,
        **found,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
