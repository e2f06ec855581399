"""The offer that a room's page makes, in real Chromium, against a worker on its control socket.

One peer connection a page: four sending m-lines, most of them idle at first,
and eighteen slots. Tracks start by `replaceTrack`, slots change by
`AssignSlots`; nobody renegotiates.
"""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser.people import FAKE_DEVICES

pytestmark = pytest.mark.browser

SOURCES = ["microphone", "camera", "screen", "screen_audio"]

OFFER = """async () => {
  const pc = window.pc = new RTCPeerConnection()
  window.senders = {}
  pc.ontrack = ({track}) => {
    const element = document.createElement(track.kind)
    Object.assign(element, {autoplay: true, muted: track.kind === 'video', srcObject: new MediaStream([track])})
    document.documentElement.append(element)
  }
  for (const [source, kind] of [['microphone', 'audio'], ['camera', 'video'], ['screen', 'video'],
                                ['screen_audio', 'audio']])
    window.senders[source] = pc.addTransceiver(kind, {direction: 'sendonly'})
  window.slots = []
  for (let i = 0; i < 18; i++)
    window.slots.push(pc.addTransceiver(i < 12 ? 'video' : 'audio', {direction: 'recvonly'}))
  await pc.setLocalDescription(await pc.createOffer())
  return {sdp: pc.localDescription.sdp,
          sources: Object.fromEntries(Object.entries(window.senders).map(([s, t]) => [t.mid, s])),
          video: window.slots.slice(0, 12).map(t => t.mid)}
}"""

SEND = """async source => {
  window.stream ??= await navigator.mediaDevices.getUserMedia({video: true, audio: true})
  if (source === 'screen') {
    const canvas = document.createElement('canvas'), paint = canvas.getContext('2d')
    Object.assign(canvas, {width: 800, height: 600})
    setInterval(() => { paint.fillStyle = `hsl(${Date.now() / 10 % 360} 80% 50%)`; paint.fillRect(0, 0, 800, 600) }, 50)
    await window.senders.screen.sender.replaceTrack(canvas.captureStream(20).getVideoTracks()[0])
    return
  }
  const [track] = source === 'camera' ? window.stream.getVideoTracks() : window.stream.getAudioTracks()
  await window.senders[source].sender.replaceTrack(track)
}"""

SLOT = """async mid => {
  const slot = window.pc.getTransceivers().find(t => t.mid === mid)
  for (const report of (await slot.receiver.getStats()).values())
    if (report.type === 'inbound-rtp')
      return {frames: report.framesDecoded ?? 0, width: report.frameWidth ?? 0, lost: report.packetsLost,
              ssrc: report.ssrc, energy: report.totalAudioEnergy ?? 0}
  return {frames: 0, width: 0, lost: 0, ssrc: 0, energy: 0}
}"""

HEARD = """async () => {
  let energy = 0
  for (const report of (await window.pc.getStats()).values())
    if (report.type === 'inbound-rtp' && report.kind === 'audio') energy += report.totalAudioEnergy
  return {energy}
}"""

UNTIL = """async ([figures, argument, condition]) => {
  const read = eval(figures), holds = eval(condition)
  for (let tries = 0; tries < 400; tries++) {
    const found = await read(argument)
    if (holds(found)) return found
    await new Promise(done => setTimeout(done, 50))
  }
  throw new Error('never: ' + condition + ', last ' + JSON.stringify(await read(argument)))
}"""


class Rooms:
    """The rooms service's end of the control socket, as little of it as the test needs."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.settimeout(30)
        self.events: list[dict[str, Any]] = []

    def accept(self) -> None:
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(30)
        self._lines = self._connection.makefile("rb")

    def say(self, **command: Any) -> None:
        self._connection.sendall(json.dumps(command).encode() + b"\n")

    def wait_for(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Read events until one of `kind` with these fields; those before are kept in `events`."""
        wanted = {"type": kind, **fields}
        for event in self.events:
            if wanted.items() <= event.items():
                return event
        while line := self._lines.readline():
            event = json.loads(line)
            self.events.append(event)
            if wanted.items() <= event.items():
                return event
        raise AssertionError(f"the worker is gone; never said {wanted}")

    def close(self) -> None:
        self._lines.close()
        self._connection.close()
        self._listener.close()


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    rooms = Rooms(tmp_path / "control")
    worker = subprocess.Popen(
        [sys.executable, "-m", "webvisio_media", "--control", str(tmp_path / "control"), "--udp-port", "0"]
    )
    rooms.accept()
    yield rooms
    if worker.poll() is None:
        rooms.close()
    try:
        assert worker.wait(10) == 0
    finally:
        worker.send_signal(signal.SIGKILL)


def _enter(browser: Browser, rooms: Rooms, name: str, request_id: int) -> tuple[Page, list[str]]:
    page = browser.new_page()
    page.route("http://127.0.0.1:1/", lambda r: r.fulfill(content_type="text/html", body="<!doctype html>"))
    page.goto("http://127.0.0.1:1/")
    offer = page.evaluate(OFFER)
    rooms.say(
        type="open_peer",
        request_id=request_id,
        group_id="g",
        peer_id=name,
        offer=offer["sdp"],
        sources=offer["sources"],
    )
    answer = rooms.wait_for("answered", request_id=request_id)["sdp"]
    page.evaluate("async sdp => window.pc.setRemoteDescription({type: 'answer', sdp})", answer)
    rooms.wait_for("peer_connected", peer_id=name)
    return page, offer["video"]


def _until(page: Page, figures: str, argument: str, condition: str) -> dict[str, float]:
    found: dict[str, float] = page.evaluate(UNTIL, [f"({figures})", argument, condition])
    return found


def test_slots_show_what_they_are_told_without_renegotiation(
    rooms: Rooms, launch: Callable[..., Browser]
) -> None:
    browser = launch(*FAKE_DEVICES)
    rooms.wait_for("worker_ready")
    anna, _ = _enter(browser, rooms, "anna", 1)
    bruno, slots = _enter(browser, rooms, "bruno", 2)
    first, second = slots[:2]

    # told before the camera is on: the slot begins when the track does
    rooms.say(type="assign_slots", peer_id="bruno", choices=[{"mid": first, "track_id": "anna/camera"}])
    for source in ("microphone", "camera"):
        anna.evaluate(SEND, source)
        rooms.wait_for("track_started", track_id=f"anna/{source}")
    shown = _until(bruno, SLOT, first, "f => f.frames > 10")
    _until(bruno, HEARD, "", "f => f.energy > 0")

    anna.evaluate(SEND, "screen")
    rooms.wait_for("track_started", track_id="anna/screen")
    rooms.say(type="assign_slots", peer_id="bruno", choices=[{"mid": second, "track_id": "anna/screen"}])
    _until(bruno, SLOT, second, "f => f.frames > 10 && f.width === 800")

    # the first slot changes from the camera to the screen and back: one SSRC, no number left out
    for track, width in (("anna/screen", 800), ("anna/camera", shown["width"]), ("anna/screen", 800)):
        before = _until(bruno, SLOT, first, "f => true")["frames"]
        rooms.say(type="assign_slots", peer_id="bruno", choices=[{"mid": first, "track_id": track}])
        after = _until(bruno, SLOT, first, f"f => f.frames > {before + 8} && f.width === {width}")
        assert after["ssrc"] == shown["ssrc"]
        assert after["lost"] == 0

    # stopped by a moderator, then resumed
    rooms.say(type="set_track_forwarding", track_id="anna/screen", is_forwarded=False)
    rooms.say(type="set_track_forwarding", track_id="anna/screen", is_forwarded=True)
    before = _until(bruno, SLOT, first, "f => true")["frames"]
    _until(bruno, SLOT, first, f"f => f.frames > {before + 8}")

    rooms.say(type="get_statistics", request_id=3)
    figures = rooms.wait_for("answered", request_id=3)["statistics"]
    assert figures["peers"] == 2
    assert figures.get("internal_errors", 0) == 0
    assert figures.get("malformed", 0) == 0

    # a page that goes away is noticed at once
    anna.evaluate("() => window.pc.close()")
    assert rooms.wait_for("peer_lost", peer_id="anna")["reason"] == "closed"
