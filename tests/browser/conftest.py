"""Real Chromium with fake camera and microphone, one browser a session, one context a person; who is in the room."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from browser.arrivals import FRENCH, Arrivals
from browser.people import FAKE_DEVICES, WATCH_CONNECTIONS, Person
from hub.platform_fixture import Platform

SHOTS = Path(__file__).parent / "shots"
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
)
NewPage = Callable[..., Page]
PATIENCE_MS = 60_000
"""How long a test waits for what should come: costs nothing where it comes, and a busy machine is slow."""
expect.set_options(timeout=PATIENCE_MS)
CONTEXTS: pytest.StashKey[list[list[BrowserContext]]] = pytest.StashKey()


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserType]:
    """Debian's Chromium, driven by Playwright."""
    with sync_playwright() as playwright:
        yield playwright.chromium


def start(chromium: BrowserType, *switches: str) -> Browser:
    """Start a browser; whoever starts it closes it."""
    return chromium.launch(executable_path="/usr/bin/chromium", args=[*QUIET, *switches])


@pytest.fixture
def launch(chromium: BrowserType) -> Iterator[Callable[..., Browser]]:
    """Starts Chromium with switches of the test's own; each is closed after it, for it may be sending pictures."""
    with ExitStack() as browsers:
        yield lambda *switches: browsers.enter_context(start(chromium, *switches))


@pytest.fixture(scope="session")
def browser(chromium: BrowserType) -> Iterator[Browser]:
    """Chromium whose camera and microphone are fake and allowed."""
    with start(chromium, *FAKE_DEVICES) as browser:
        yield browser


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Makes a page in a context of its own (a person), closed after the test."""
    yield from _pages(browser, request)


@pytest.fixture(scope="module")
def lasting_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Makes a page that the tests of a module share."""
    yield from _pages(browser, request)


@pytest.fixture(scope="module")
def arrivals(platform: Platform, lasting_page: NewPage) -> Arrivals:
    """Brings people into the room of the module's platform; they stay for all its tests."""
    return Arrivals(platform, lasting_page)


@pytest.fixture(scope="module")
def trainer(arrivals: Arrivals) -> Person:
    """Claire, who opens the room from the plain page (French)."""
    return arrivals.by_account("claire", FRENCH)


@pytest.fixture(scope="module")
def trainee(arrivals: Arrivals, trainer: Person) -> Person:
    """Amina, by the plain page and her account (English)."""
    return arrivals.by_account("amina")


@pytest.fixture(scope="module")
def guest(arrivals: Arrivals, trainer: Person) -> Person:
    """Zoé, on a phone, by the link and the room's password (French)."""
    return arrivals.on_a_phone("Zoé")


def _pages(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    contexts: list[BrowserContext] = []
    request.session.stash.setdefault(CONTEXTS, []).append(contexts)

    def make(
        locale: str = "en-GB",
        width: int = 1280,
        height: int = 800,
        color_scheme: Literal["light", "dark"] = "light",
        inside: Browser | None = None,
    ) -> Page:
        context = (inside or browser).new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
        )
        context.add_init_script(WATCH_CONNECTIONS)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return context.new_page()

    yield make
    request.session.stash[CONTEXTS].remove(contexts)
    for context in contexts:
        context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps a picture of every open page when a test fails."""
    report = yield
    if report.failed and call.when in ("setup", "call"):
        SHOTS.mkdir(exist_ok=True)
        everything = [one for contexts in item.session.stash.get(CONTEXTS, []) for one in contexts]
        for number, page in enumerate(page for context in everything for page in context.pages):
            with suppress(PlaywrightError):
                page.screenshot(path=SHOTS / f"{item.name[:80]}-{number}.png", timeout=5000)
    return report
