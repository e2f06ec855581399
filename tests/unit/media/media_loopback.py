"""Peers of aiortc that speak raw RTP with an engine in the same process.

They connect as browsers do (SDP, ICE, DTLS, SRTP) and then send and keep
packets as bytes. Waiting is always for a packet or an event, never for time.
"""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Generic, NamedTuple, TypeVar

import aioice.ice
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from shared.patience import PATIENCE_S
from webvisio_media.engine.engine import Engine
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.errors import Malformed
from webvisio_media.rtp import rtcp
from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_protocol.media_control import Event
from webvisio_protocol.signalling import Source

GROUP = GroupId("g")
T = TypeVar("T")
SOURCES = {"microphone": "audio", "camera": "video", "screen": "video", "screen_audio": "audio"}


class Mailbox(Generic[T]):
    """Things that arrive, and a way to await one that fits."""

    def __init__(self) -> None:
        self.all: list[T] = []
        self._changed = asyncio.Event()

    def put(self, thing: T) -> None:
        self.all.append(thing)
        self._changed.set()

    async def until(self, holds: Callable[[list[T]], bool]) -> list[T]:
        async with asyncio.timeout(PATIENCE_S):
            while not holds(self.all):
                self._changed.clear()
                await self._changed.wait()
        return self.all

    async def first(self, fits: Callable[[T], bool]) -> T:
        found = await self.until(lambda things: any(fits(thing) for thing in things))
        return next(thing for thing in found if fits(thing))


class Rtp(NamedTuple):
    """A packet as a receiver sees it."""

    ssrc: int
    payload_type: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes


class RawPeer:
    """A peer that offers `sends` (sources) and slots, and speaks raw RTP."""

    def __init__(
        self,
        name: str,
        sends: Sequence[str] = (),
        video_slots: int = 0,
        audio_slots: int = 0,
        has_rtx: bool = True,
    ) -> None:
        self.peer_id = PeerId(name)
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._senders = {s: self._pc.addTransceiver(SOURCES[s], direction="sendonly") for s in sends}
        kinds = ["video"] * video_slots + ["audio"] * audio_slots
        self._slots = [self._pc.addTransceiver(kind, direction="recvonly") for kind in kinds]
        self.rtp: Mailbox[Rtp] = Mailbox()
        self.rtcp: Mailbox[rtcp.RtcpPacket] = Mailbox()
        self.answer = ""
        self.wire: Mailbox[bytes] = Mailbox()
        """RTP as it came, still encrypted."""
        self._has_rtx = has_rtx

    async def offer(self) -> str:
        await self._pc.setLocalDescription(await self._pc.createOffer())
        sdp: str = self._pc.localDescription.sdp
        return sdp if self._has_rtx else sdp.replace(" rtx/", " none/")

    @property
    def sources(self) -> dict[str, Source]:
        return {t.mid: Source(source) for source, t in self._senders.items()}

    @property
    def mids(self) -> list[str]:
        """The slots, video first."""
        return [t.mid for t in self._slots]

    def ssrc(self, source: str) -> int:
        ssrc: int = self._senders[source].sender._ssrc
        return ssrc

    @property
    def _dtls(self) -> Any:
        transceiver = next(iter(self._pc.getTransceivers()))
        return transceiver.sender.transport

    async def accept(self, answer: str) -> None:
        self.answer = answer
        await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        self._dtls._handle_rtp_data = self._take_rtp
        ice = self._dtls.transport
        receive = ice._recv

        async def tapped() -> bytes:
            data: bytes = await receive()
            if data[0] >> 6 == 2 and not 192 <= data[1] <= 223:
                self.wire.put(data)
            return data

        ice._recv = tapped
        self._dtls._handle_rtcp_data = self._take_rtcp

    async def _take_rtp(self, data: bytes, arrival_time_ms: int) -> None:
        _, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
        self.rtp.put(Rtp(ssrc, second & 0x7F, sequence, timestamp, bool(second & 0x80), data[12:]))

    async def _take_rtcp(self, data: bytes) -> None:
        try:
            for packet in rtcp.parse(data):
                self.rtcp.put(packet)
        except Malformed as problem:
            raise AssertionError("the engine sent malformed RTCP") from problem

    async def send(
        self,
        source: str,
        sequence: int,
        timestamp: int,
        payload: bytes,
        *,
        marker: bool = True,
        payload_type: int = 0,
    ) -> None:
        kind = SOURCES[source]
        number = payload_type or (97 if kind == "video" else 96)
        second = number | (0x80 if marker else 0)
        head = struct.pack(
            "!BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, self.ssrc(source)
        )
        await self._dtls._send_rtp(head + payload)

    async def speak(self, source: str, level: int, count: int, first: int = 100) -> None:
        """Send audio packets with a level (RFC 6464, extension 2 of aiortc)."""
        for n in range(count):
            block = struct.pack("!HHBBxx", 0xBEDE, 1, 0x20, 0x80 | level)
            head = struct.pack("!BBHII", 0x90, 96, first + n, 960 * (first + n), self.ssrc(source))
            await self._dtls._send_rtp(head + block + self.peer_id.encode() + n.to_bytes(2, "big"))

    async def send_rtcp(self, data: bytes) -> None:
        await self._dtls._send_rtp(data)

    async def send_raw(self, data: bytes) -> None:
        """Send bytes that are not encrypted, from the peer's own address."""
        await self._dtls.transport._send(data)

    async def send_rtx(self, source: str, sequence: int, timestamp: int, payload: bytes) -> None:
        ssrc: int = self._senders[source].sender._rtx_ssrc
        await self._dtls._send_rtp(struct.pack("!BBHII", 0x80, 98, sequence, timestamp, ssrc) + payload)

    def _section(self, mid: str) -> str:
        return next(part for part in self.answer.split("m=") if f"a=mid:{mid}\r\n" in part)

    def slot_ssrc(self, index: int) -> int:
        """The SSRC that the answer gives to slot `index`."""
        found = re.search(r"a=ssrc:(\d+) ", self._section(self.mids[index]))
        assert found
        return int(found[1])

    @property
    def streams(self) -> dict[str, str]:
        """The stream (msid) that the answer puts each slot into, by mid."""
        found = {mid: re.search(r"a=msid:(\S+) ", self._section(mid)) for mid in self.mids}
        return {mid: match[1] for mid, match in found.items() if match}

    def rtx_ssrc(self, index: int) -> int:
        found = re.search(r"a=ssrc-group:FID \d+ (\d+)", self._section(self.mids[index]))
        assert found
        return int(found[1])

    def credentials(self) -> tuple[str, str]:
        """The engine's ufrag and password for this peer."""
        found = re.search(r"a=ice-ufrag:(\S+)\r\na=ice-pwd:(\S+)", self.answer)
        assert found
        return found[1], found[2]

    def fall_silent(self) -> None:
        """Send nothing more, as a laptop that was shut."""
        connection = self._dtls.transport._connection
        for protocol in connection._protocols:
            protocol.transport.sendto = lambda *_: None

    async def reached(self, state: str) -> None:
        """Await a state of the peer's DTLS."""
        changed = asyncio.Event()
        self._dtls.on("statechange", changed.set)
        async with asyncio.timeout(PATIENCE_S):
            while self._dtls.state != state:
                await changed.wait()
                changed.clear()

    async def close(self) -> None:
        await self._pc.close()


class Loop:
    """An engine on loopback, and the peers that a test connected to it."""

    def __init__(self, engine: Engine, events: Mailbox[Event]) -> None:
        self.engine = engine
        self.events = events
        self.peers: list[RawPeer] = []

    async def connect(
        self, peer: RawPeer, group: GroupId = GROUP, *, fills_video_slots: bool = False
    ) -> RawPeer:
        self.peers.append(peer)
        offer = await peer.offer()
        answer = self.engine.open_peer(group, peer.peer_id, offer, peer.sources, fills_video_slots)
        await peer.accept(answer)
        await self.event("PeerConnected", peer_id=peer.peer_id)
        await peer.reached("connected")
        return peer

    async def event(self, kind: str, **fields: object) -> Event:
        """Await an event by its class and fields."""

        def fits(event: Event) -> bool:
            return type(event).__name__ == kind and all(
                getattr(event, name) == value for name, value in fields.items()
            )

        return await self.events.first(fits)


@asynccontextmanager
async def running(
    limits: Limits | None = None,
    timing: Timing | None = None,
    links: Mapping[int, socket.socket] | None = None,
    codecs: Sequence[str] = (),
    address: str = "127.0.0.1",
) -> AsyncIterator[Loop]:
    """Run an engine on a free port of loopback."""
    patch = pytest.MonkeyPatch()
    patch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [address])
    events: Mailbox[Event] = Mailbox()
    engine = Engine(events.put, [address], 0, limits, timing, links=links, codecs=codecs)
    await engine.start()
    loop = Loop(engine, events)
    try:
        yield loop
        assert engine.counts["internal_errors"] == 0
    finally:
        await asyncio.gather(*(peer.close() for peer in loop.peers))
        await engine.close()
        patch.undo()


def vp8(text: bytes, *, is_key: bool = False, picture_id: int = 0, tl0: int = 0) -> bytes:
    """Make a VP8 payload: a descriptor with picture id and TL0PICIDX, a frame tag, then `text`."""
    return (
        bytes([0x90, 0xE0, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF, tl0 & 0xFF, 0x20])
        + (b"\x10" if is_key else b"\x11")
        + text
    )
