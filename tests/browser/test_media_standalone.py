"""Two real Chromium pages through the standalone worker: WHIP in, WHEP out (media only, no hub)."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from browser.people import FAKE_DEVICES

pytestmark = pytest.mark.browser

PUBLISH = """async () => {
  const pc = window.pc = new RTCPeerConnection()
  const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 480}, audio: true})
  for (const track of stream.getTracks()) pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]})
  await pc.setLocalDescription(await pc.createOffer())
  const answer = await fetch('/whip', {method: 'POST', headers: {'Content-Type': 'application/sdp'},
                                       body: pc.localDescription.sdp})
  window.resource = answer.headers.get('Location')
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()})
  return answer.status
}"""

PLAY = """async () => {
  const pc = window.pc = new RTCPeerConnection(), stream = new MediaStream()
  for (const kind of ['audio', 'video']) pc.addTransceiver(kind, {direction: 'recvonly'})
  const video = document.body.appendChild(document.createElement('video'))
  Object.assign(video, {autoplay: true, playsInline: true, srcObject: stream})
  pc.ontrack = event => stream.addTrack(event.track)
  await pc.setLocalDescription(await pc.createOffer())
  const answer = await fetch('/whep', {method: 'POST', headers: {'Content-Type': 'application/sdp'},
                                       body: pc.localDescription.sdp})
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()})
  return answer.status
}"""

RECEIVED = """async () => {
  const figures = {frames: 0, energy: 0, nacks: 0}
  for (const report of (await window.pc.getStats()).values()) {
    if (report.type !== 'inbound-rtp') continue
    if (report.kind === 'video') {
      figures.frames = report.framesDecoded
      figures.nacks = report.nackCount
    } else figures.energy = report.totalAudioEnergy
  }
  return figures
}"""

SENT = """async () => {
  for (const report of (await window.pc.getStats()).values())
    if (report.type === 'candidate-pair' && report.nominated) return {bitrate: report.availableOutgoingBitrate}
  return {bitrate: 0}
}"""

UNTIL = """async ([figures, condition]) => {
  const read = eval(figures), holds = eval(condition)
  for (let tries = 0; tries < 1200; tries++) {
    const found = await read()
    if (holds(found)) return found
    await new Promise(done => setTimeout(done, 50))
  }
  throw new Error('never: ' + condition + ', last ' + JSON.stringify(await read()))
}"""


@pytest.fixture
def worker_url() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "webvisio_media", "--udp-port", "0", "--http-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().split("/whip")[0]
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def _open(browser: Browser, url: str, script: str) -> Page:
    page = browser.new_page()
    page.route(
        f"{url}/page", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><body>")
    )
    page.goto(f"{url}/page")
    assert page.evaluate(script) == 201
    return page


def _until(page: Page, figures: str, condition: str) -> dict[str, float]:
    """Read `figures` in the page until `condition` holds, for a minute at most."""
    found: dict[str, float] = page.evaluate(UNTIL, [f"({figures})", condition])
    return found


def test_a_published_camera_and_microphone_are_seen_and_heard(
    worker_url: str, launch: Callable[..., Browser]
) -> None:
    browser = launch(*FAKE_DEVICES)
    publisher, player = (_open(browser, worker_url, script) for script in (PUBLISH, PLAY))
    _until(player, RECEIVED, "f => f.frames > 10 && f.energy > 0")
    before: dict[str, float] = player.evaluate(RECEIVED)
    _until(player, RECEIVED, f"f => f.frames > {before['frames'] + 20} && f.energy > {before['energy']}")
    # Feedback reaches the publisher: its estimate leaves the 300 kbit/s that it starts with.
    _until(publisher, SENT, "f => f.bitrate > 500_000")
    assert publisher.evaluate("async () => (await fetch(window.resource, {method: 'DELETE'})).status") == 200
    assert publisher.evaluate("async () => (await fetch(window.resource, {method: 'DELETE'})).status") == 404
