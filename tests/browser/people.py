"""What a person does in a browser, in their words: log in, join, look, listen, talk.

The helpers speak to the interface by `data-testid` (listed in labextension/README.md)
and to the browser's own statistics, never to the platform's insides. How people come
into the room is in `arrivals.py`; who has it in JupyterLab is a `LabPerson`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect

FAKE_DEVICES = ("--use-fake-device-for-media-stream=fps=10", "--use-fake-ui-for-media-stream")

WATCH_CONNECTIONS = """
  window.__connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.__connections.push(this); }
  };
"""
"""Given to every page before its own scripts: remembers peer connections, whatever opens them."""

KEEP_SOCKETS = """
  window.__sockets = [];
  window.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); window.__sockets.push(this); }
  };
"""
"""Given to a page before its own scripts, so that its lines can be cut: an emulated network spares open ones."""

_RECEIVED = """async () => {
  let frames = 0, energy = 0;
  for (const connection of window.__connections.filter(one => one.connectionState === 'connected')) {
    for (const stream of (await connection.getStats()).values()) {
      if (stream.type !== 'inbound-rtp') continue;
      if (stream.kind === 'video') frames += stream.framesDecoded ?? 0;
      if (stream.kind === 'audio') energy += stream.totalAudioEnergy ?? 0;
    }
  }
  return { frames, energy };
}"""

_FRAMES_ADVANCE = """(video, patience) => new Promise(resolve => {
  let shown = 0;
  const count = () => (++shown >= 5 ? resolve(true) : video.requestVideoFrameCallback(count));
  video.requestVideoFrameCallback(count);
  setTimeout(() => resolve(false), patience);
})"""


@dataclass
class Person:
    """Somebody with a page open; `page` may be JupyterLab or the plain room page."""

    page: Page
    place: str = "body"
    """Where the room is in the page: JupyterLab shows it in strips too."""

    def find(self, name: str) -> Locator:
        """Find an element of the room by its test identifier."""
        return self.page.locator(f'{self.place} [data-testid="{name}"]')

    def log_in(self, name: str, password: str) -> None:
        """Fill the hub's login form, wherever it appeared."""
        self.page.locator("#username_input").fill(name)
        self.page.locator("#password_input").fill(password)
        self.page.locator("#login_submit").click()

    def join_as_guest(self, link: str, name: str, password: str) -> None:
        """Open the link, give a name and the room's password, and press *Join*."""
        self.page.goto(link)
        self.find("guest-name").fill(name)
        self.find("guest-password").fill(password)
        self.find("join").click()

    def log_in_at(self, link: str, name: str, password: str) -> None:
        """Open the link, log in through the hub, and come back."""
        self.page.goto(link)
        self.find("login").click()
        self.log_in(name, password)
        self.page.wait_for_url(re.compile(r"/services/rooms/r/"))

    def join_with_account(self, link: str, name: str, password: str) -> None:
        """Open the link, log in through the hub, come back, and press *Join*."""
        self.log_in_at(link, name, password)
        self.find("join").click()

    def is_in(self) -> None:
        """Wait until the room is there."""
        expect(self.find("leave")).to_be_visible()

    def open_document(self, name: str, section: str = "materials-notebooks") -> None:
        """Open one of the room's materials, whose panel is open."""
        self.find(section).locator('[data-testid="document-open"]').filter(has_text=name).click()

    def tile(self, name: str, source: str = "camera") -> Locator:
        """Find the tile of somebody by the name a screen reader says."""
        return self.page.locator(
            f'{self.place} [data-testid="tile"][data-source="{source}"][aria-label*="{name}"]'
        )

    def sees(self, name: str, source: str = "camera") -> None:
        """Wait until the moving picture of somebody is on screen: five more frames are shown."""
        for _ in range(12):  # a tile that moved has another element: the one that was waited for stays still
            video = self.tile(name, source).locator("video").first
            expect(video).to_be_visible()
            with suppress(PlaywrightError):
                if video.evaluate(_FRAMES_ADVANCE, 5000):
                    return
        raise AssertionError(f"the picture of {name} does not move")

    def received(self) -> dict[str, float]:
        """Read decoded frames and heard energy, over all that arrives now."""
        result: dict[str, float] = self.page.evaluate(_RECEIVED)
        return result

    def hears(self) -> None:
        """Wait until the sound that arrives has more energy than a moment ago."""
        before = self.received()["energy"]
        self.page.wait_for_function(
            f"async before => (await ({_RECEIVED})()).energy > before + 1e-6",
            arg=before,
            polling=100,
        )

    def refusal(self) -> Locator:
        """Find the refusal on screen; it carries its code and clause."""
        return self.find("refusal")


def fall_asleep(person: Person) -> None:
    """Cut every line of a page, and let it open none."""
    person.page.context.set_offline(True)
    person.page.evaluate("window.__sockets.splice(0).forEach(socket => socket.close())")


def wake_up(person: Person) -> None:
    """Give the network back."""
    person.page.context.set_offline(False)
