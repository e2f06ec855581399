"""Pages in real Chromium that offer as a room's page does, and a worker on its control socket.

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
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

OFFER = """async configuration => {
  const pc = window.pc = new RTCPeerConnection(configuration)
  const gathered = new Promise(done => {
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done()
  })
  window.senders = {}
  pc.ontrack = ({track}) => {
    const element = document.createElement(track.kind)
    Object.assign(element, {autoplay: true, muted: track.kind === 'video', srcObject: new MediaStream([track])})
    document.documentElement.append(element)
  }
  const layers = [['q', 4, 150_000], ['h', 2, 500_000], ['f', 1, 1_300_000]].map(([rid, by, maxBitrate]) =>
    ({rid, scaleResolutionDownBy: by, maxBitrate, scalabilityMode: 'L1T3'}))
  for (const [source, kind] of [['microphone', 'audio'], ['camera', 'video'], ['screen', 'video'],
                                ['screen_audio', 'audio']])
    window.senders[source] = pc.addTransceiver(kind, {
      direction: 'sendonly', ...(source === 'camera' ? {sendEncodings: layers} : {})})
  const plain = ['video/VP8', 'video/rtx']
  const known = RTCRtpReceiver.getCapabilities('video').codecs
  window.senders.camera.setCodecPreferences(known.filter(codec => plain.includes(codec.mimeType)))
  window.slots = []
  for (let i = 0; i < 18; i++)
    window.slots.push(pc.addTransceiver(i < 12 ? 'video' : 'audio', {direction: 'recvonly'}))
  await pc.setLocalDescription(await pc.createOffer())
  if (configuration.iceServers) await gathered
  return {sdp: pc.localDescription.sdp,
          sources: Object.fromEntries(Object.entries(window.senders).map(([s, t]) => [t.mid, s])),
          video: window.slots.slice(0, 12).map(t => t.mid)}
}"""
"""Opens the page's connection; returns the offer, its sending m-lines and its video slots."""

SEND = """async source => {
  window.stream ??= await navigator.mediaDevices.getUserMedia({video: {width: 1280, height: 720}, audio: true})
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
"""Sends a source from now on; the screen is a canvas whose colour changes."""

SLOT = """async mid => {
  const slot = window.pc.getTransceivers().find(t => t.mid === mid)
  for (const report of (await slot.receiver.getStats()).values())
    if (report.type === 'inbound-rtp')
      return {frames: report.framesDecoded ?? 0, width: report.frameWidth ?? 0, lost: report.packetsLost,
              ssrc: report.ssrc, energy: report.totalAudioEnergy ?? 0}
  return {frames: 0, width: 0, lost: 0, ssrc: 0, energy: 0}
}"""
"""Figures of a slot by its mid."""

HEARD = """async () => {
  let energy = 0
  for (const report of (await window.pc.getStats()).values())
    if (report.type === 'inbound-rtp' && report.kind === 'audio') energy += report.totalAudioEnergy
  return {energy}
}"""
"""The energy of all sound that came."""

UNTIL = """async ([figures, argument, condition]) => {
  const read = eval(figures), holds = eval(condition)
  for (let tries = 0; tries < 1200; tries++) {
    const found = await read(argument)
    if (holds(found)) return found
    await new Promise(done => setTimeout(done, 50))
  }
  throw new Error('never: ' + condition + ', last ' + JSON.stringify(await read(argument)))
}"""
"""Reads figures until a condition holds, for a minute; see `until`."""


class Rooms:
    """The rooms service's end of the control socket, as little of it as the test needs."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.settimeout(60)
        self._lines = self._connection.makefile("rb")
        self.events: list[dict[str, Any]] = []

    def say(self, **command: Any) -> None:
        """Send a command of `webvisio_protocol.media_control`."""
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
        """Hang up: the worker leaves then."""
        self._lines.close()
        self._connection.close()


@contextmanager
def worker_of(*arguments: str) -> Iterator[Rooms]:
    """Run a worker; at the end it must have left by itself."""
    ours, theirs = socket.socketpair()
    with theirs:
        control = theirs.fileno()
        worker = subprocess.Popen(
            [
                *(sys.executable, "-m", "webvisio_media", "--udp-port", "0"),
                *("--control", str(control), *arguments),
            ],
            pass_fds=(control,),
        )
    rooms = Rooms(ours)
    yield rooms
    if worker.poll() is None:
        rooms.close()
    try:
        assert worker.wait(30) == 0
    finally:
        worker.send_signal(signal.SIGKILL)


def enter(
    browser: Browser,
    rooms: Rooms,
    name: str,
    request_id: int,
    rewrite: Callable[[str], str] = lambda sdp: sdp,
    configuration: dict[str, Any] | None = None,
) -> tuple[Page, list[str]]:
    """Open a page and connect it; returns the page and its video slots. `rewrite` may change the answer."""
    page = browser.new_page()
    page.route("http://127.0.0.1:1/", lambda r: r.fulfill(content_type="text/html", body="<!doctype html>"))
    page.goto("http://127.0.0.1:1/")
    offer = page.evaluate(OFFER, configuration or {})
    rooms.say(
        type="open_peer",
        request_id=request_id,
        group_id="g",
        peer_id=name,
        offer=offer["sdp"],
        sources=offer["sources"],
    )
    answer = rooms.wait_for("answered", request_id=request_id)["sdp"]
    page.evaluate("async sdp => window.pc.setRemoteDescription({type: 'answer', sdp})", rewrite(answer))
    rooms.wait_for("peer_connected", peer_id=name)
    return page, offer["video"]


def until(page: Page, figures: str, argument: str, condition: str) -> dict[str, float]:
    """Await figures for which a JavaScript condition holds."""
    found: dict[str, float] = page.evaluate(UNTIL, [f"({figures})", argument, condition])
    return found
