"""Fuzzes every parser of the media plane, and a whole engine, with bytes that were valid before they were hurt.

`make fuzz` runs it at length; `WEBVISIO_FUZZ_EXAMPLES` says how long. A parser
may answer or raise `Malformed` (offers: `OfferInvalid`), nothing else; an
engine counts what it drops and goes on. Hypothesis prints the example that
breaks one; it then becomes a test beside the parser's own.
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unit.media.media_loopback import GROUP, RawPeer, running, vp8
from webvisio_media.engine.connectivity import read_request
from webvisio_media.errors import Malformed, OfferInvalid
from webvisio_media.rtp import cascade, rtcp
from webvisio_media.rtp.keyframes import starts_key_frame
from webvisio_media.rtp.offer import read_offer
from webvisio_media.rtp.packet import extension_elements, locate
from webvisio_media.rtp.send_log import SendLog
from webvisio_media.rtp.transport_cc import ArrivalLog, read_feedback
from webvisio_media.rtp.vp8 import frame_size, read_descriptor
from webvisio_protocol.identifiers import PeerId, TrackId
from webvisio_protocol.signalling import Source

EXAMPLES = int(os.environ.get("WEBVISIO_FUZZ_EXAMPLES", "20000"))
OFFERS = sorted((Path(__file__).parents[1] / "unit" / "media" / "offers").glob("*.sdp"))
at_length = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def _stun() -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:them"
    message.attributes["PRIORITY"] = 7
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(b"password")
    message.add_fingerprint()
    return bytes(message)


def _cascade() -> bytes:
    stream = cascade.StreamState(7, "q", 96, "VP8", 90000, "", True, True, 180, 1e5, (3 << 60, 1 << 31))
    camera = cascade.TrackState(Source.CAMERA, True, ("q", "f"), True, True, (stream,))
    return (
        cascade.write_header(1, 2.5)
        + cascade.write_message(cascade.PeerTracks(GROUP, PeerId("anna"), 0.5, (camera,)))
        + cascade.write_packet(7, 70_000, 90_000, 0x80, 60, 4)
        + vp8(b"")[:4]
        + cascade.write_message(cascade.TrackDemand(TrackId("anna/camera"), (7,), 1, (7,)))
    )


def _feedback() -> bytes:
    log = ArrivalLog()
    for number in (*range(10), 12, 40, *range(65530, 65536)):
        log.arrived(number, number * 1000)
    return rtcp.transport_feedback(1, 2, log.feedback()[0])


BLOCK = rtcp.ReportBlock(7, 3, 9, 70_000, 12, 5, 6)
RTCP = [
    rtcp.sender_report(1, 1 << 60, 2, 3, 4),
    rtcp.receiver_report(1, [BLOCK] * 3),
    rtcp.nack(1, 2, [5, 6, 7, 40, 65535]),
    rtcp.picture_loss(1, 2),
    rtcp.full_intra_request(1, 2, 3),
    rtcp.bitrate_estimate(1, 1_000_000, [2, 3]),
    rtcp.goodbye([1, 2]),
    _feedback(),
]
RTP = [
    struct.pack("!BBHIIHHB2sB", 0x90, 96, 7, 8, 9, 0xBEDE, 1, 0x11, b"ab", 0) + vp8(b"picture", is_key=True),
    struct.pack("!BBHIIHHBB2s", 0x90, 96, 7, 8, 9, 0x1000, 1, 3, 2, b"ab") + b"sound",
    struct.pack("!BBHII", 0xA0, 96, 7, 8, 9) + bytes(10) + b"\x0a",
]
PAYLOADS = [
    vp8(b"x", is_key=True, picture_id=400, tl0=3),
    bytes([0x10, 0x10, 0, 0, 0x9D, 1, 0x2A, 0, 5, 0xD0, 2]),
    b"\x78\x00\x04\x67abc\x00\x04\x65abc",
    b"\x7c\x85abc",
    b"\x8a\x85\x01abc",
    b"\x18\x0a\x0b",
]


@st.composite
def hurt(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Take something valid and change, cut, repeat or insert a few bytes."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                data[at] = draw(st.integers(0, 255))
            case 1:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 2:
                del data[at:]
            case 3:
                data[at:at] = draw(st.binary(max_size=8))
            case _:
                data += data[at:]
    return bytes(data[:4000])


@at_length
@given(hurt([_stun()]))
def test_stun(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_request(data)


@at_length
@given(hurt(RTP))
def test_rtp(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        layout = locate(data)
        assert 0 <= layout.payload_start <= layout.payload_end <= len(data)
        extension_elements(data, layout)


@at_length
@given(hurt([_cascade()]))
def test_datagrams_of_another_worker(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        cascade.read_header(data)
        for entry in cascade.read_entries(data):
            assert isinstance(entry, cascade.CarriedPacket | cascade.PeerTracks | cascade.TrackDemand)


@at_length
@given(hurt(RTCP))
def test_rtcp(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        for packet in rtcp.parse(data):
            if isinstance(packet, rtcp.TransportFeedback):
                log = SendLog()
                log.sent(200, 1000, 1.0)
                log.deliver(read_feedback(packet.body))


@at_length
@given(hurt(PAYLOADS), st.sampled_from(["VP8", "VP9", "H264", "AV1", "unknown"]))
def test_payloads(data: bytes, codec: str) -> None:
    starts_key_frame(codec, data)
    read_descriptor(data)
    frame_size(data)


@settings(at_length, max_examples=max(1, EXAMPLES // 20))
@given(hurt([path.read_bytes() for path in OFFERS]), st.data())
def test_offers(offer: bytes, data: st.DataObject) -> None:
    lines = offer.decode("utf-8", "replace").split("\n")
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(
            st.sampled_from([*lines, "a=rid:q send", "a=simulcast:send q;h", "m=video 9 x 1"])
        )
    with contextlib.suppress(OfferInvalid):
        read_offer("\n".join(lines))


def test_an_engine_survives_whatever_strangers_and_peers_send() -> None:
    @settings(at_length, max_examples=max(1, EXAMPLES // 10))
    @given(
        st.lists(hurt([_stun(), *RTP, *RTCP, bytes([22, 254, 253]) * 20]), min_size=1, max_size=20),
        st.booleans(),
    )
    def attack(datagrams: list[bytes], is_peer: bool) -> None:
        send = sends[is_peer]
        for data in datagrams:
            send(data)

    sends: dict[bool, Callable[[bytes], object]] = {}

    async def main() -> None:
        async with running() as loop:
            peer = await loop.connect(RawPeer("anna", sends=["camera"], video_slots=1))
            transport = peer._dtls.transport._connection._protocols[0].transport
            stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            where = ("127.0.0.1", loop.engine.port)
            sends[False] = lambda data: stranger.sendto(data, where)
            event_loop = asyncio.get_running_loop()
            sends[True] = lambda data: event_loop.call_soon_threadsafe(transport.sendto, data, where)
            with stranger:
                await asyncio.to_thread(attack)
                other = await loop.connect(RawPeer("bruno", video_slots=1))
            assert loop.engine.counts["internal_errors"] == 0
            assert loop.engine.has_peer(other.peer_id)
            assert loop.engine.remote_ufrag(peer.peer_id) is not None
            assert GROUP in loop.engine._groups

    asyncio.run(main())
