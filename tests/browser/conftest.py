"""Real Chromium with fake camera and microphone, one browser a session, one context a person."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from browser.people import FAKE_DEVICES, WATCH_CONNECTIONS

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


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts Chromium with more switches than usual; every one is closed at the end."""
    browsers: list[Browser] = []
    with sync_playwright() as playwright:

        def start(*switches: str) -> Browser:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=[*QUIET, *switches]
            )
            browsers.append(browser)
            return browser

        yield start
        for browser in browsers:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Browser]) -> Browser:
    """Chromium whose camera and microphone are fake and allowed."""
    return launch(*FAKE_DEVICES)


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Makes a page in a context of its own (a person); pictures are kept when the test fails."""
    contexts: list[BrowserContext] = []

    def make(
        locale: str = "en-GB",
        width: int = 1280,
        height: int = 800,
        color_scheme: str = "light",
        inside: Browser | None = None,
    ) -> Page:
        context = (inside or browser).new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,  # type: ignore[arg-type]  # a plain str from a parameter
        )
        context.set_default_timeout(20_000)
        context.add_init_script(WATCH_CONNECTIONS)
        contexts.append(context)
        return context.new_page()

    yield make
    report = getattr(request.node, "call_report", None)
    if report is not None and report.failed:
        SHOTS.mkdir(exist_ok=True)
        for number, context in enumerate(contexts):
            for page in context.pages:
                page.screenshot(path=SHOTS / f"{request.node.name[:80]}-{number}.png")
    for context in contexts:
        context.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Lets `new_page` see whether its test failed."""
    report = yield
    if call.when == "call":
        item.call_report = report  # type: ignore[attr-defined]  # pytest's documented recipe
    return report  # type: ignore[return-value]
