"""Simulcast and temporal layers: the choice, the thinning, and both through an engine."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from unit.media.media_loopback import GROUP, RawPeer, running, vp8
from webvisio_media.errors import OfferInvalid
from webvisio_media.rtp.layers import ALL_TEMPORAL, Layer, Step, steps
from webvisio_media.rtp.offer import read_offer
from webvisio_media.rtp.packet import Packet
from webvisio_media.rtp.thinning import Thinning
from webvisio_media.rtp.vp8 import frame_size, read_descriptor
from webvisio_protocol.identifiers import PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice

CAMERA = [Layer(180, 100e3, True), Layer(360, 400e3, True), Layer(720, 1200e3, True)]


def _payload(picture_id: int, layer: int, tl0: int = 0, *, is_first: bool = True) -> bytes:
    first = 0x90 if is_first else 0x80
    return bytes([first, 0xE0, 0x80 | picture_id >> 8, picture_id & 255, tl0, layer << 6]) + b"\x11x"


def _packet(sequence: int, picture_id: int, layer: int, *, is_first: bool = True) -> Packet:
    payload = _payload(picture_id, layer, is_first=is_first)
    return Packet(sequence, 3000 * picture_id, 0, payload, read_descriptor(payload))


def test_the_best_step_is_the_smallest_layer_that_is_large_enough() -> None:
    assert steps(CAMERA, 180)[-1] == Step(0, ALL_TEMPORAL, 100e3)
    assert steps(CAMERA, 200)[-1].layer == 0  # enlarged by a tenth: nobody sees it
    assert steps(CAMERA, 300)[-1].layer == 1
    assert steps(CAMERA, 2000)[-1].layer == 2
    assert steps(CAMERA, 0)[-1].layer == 2  # a receiver that did not say


def test_steps_without_temporal_layers_are_whole_layers() -> None:
    assert [step.temporal for step in steps([Layer(0, 1e5, False), Layer(0, 5e5, False)], 720)] == [2, 2]


def test_the_worst_step_costs_least() -> None:
    costs = [step.bitrate_bps for step in steps(CAMERA[:1], 720)]
    assert costs == sorted(costs)


def test_thinning_numbers_on_without_a_gap() -> None:
    thinning = Thinning(0)
    # the pattern of three temporal layers, two packets a frame
    layers = [0, 2, 1, 2] * 5
    packets = [
        _packet(1000 + 2 * frame + part, frame, layer, is_first=part == 0)
        for frame, layer in enumerate(layers)
        for part in (0, 1)
    ]
    kept = [packet for packet in map(thinning.next, packets) if packet is not None]
    assert [packet.sequence for packet in kept] == list(range(1000, 1010))
    assert [packet.descriptor.picture_id for packet in kept if packet.descriptor] == [
        n for n in range(5) for _ in (0, 1)
    ]
    assert all(read_descriptor(packet.payload) == packet.descriptor for packet in kept)
    assert all(packet.payload.endswith(b"\x11x") for packet in kept)


@given(
    frames=st.lists(st.integers(0, 2), min_size=4, max_size=60),
    lost=st.sets(st.integers(0, 59), max_size=10),
    cap=st.integers(0, 1),
)
def test_thinning_gives_each_number_once_under_loss(frames: list[int], lost: set[int], cap: int) -> None:
    thinning = Thinning(cap)
    packets = [_packet(500 + n, n, layer) for n, layer in enumerate(frames)]
    in_time = [packet for n, packet in enumerate(packets) if n not in lost]
    late = [packet for n, packet in enumerate(packets) if n in lost and n > min(set(range(60)) - lost)]
    kept = [p for p in map(thinning.next, in_time) if p is not None]
    mended = [p for p in map(thinning.late, late) if p is not None]
    numbers = [packet.sequence for packet in kept + mended]
    assert len(set(numbers)) == len(numbers)
    assert [p.sequence for p in kept] == sorted(p.sequence for p in kept)
    if not lost:
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


def test_a_key_frame_tells_its_size() -> None:
    key = bytes([0x10, 0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02])
    assert frame_size(key) == (1280, 720)
    assert frame_size(key[:9]) is None
    assert frame_size(b"\x10\x11abcdefgh") is None


def simulcast(offer: str) -> str:
    """Make the camera of an offer one of two layers."""
    extensions = (
        "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
        "a=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f\r\n"
    )
    head, mark, tail = offer.partition("a=rtcp-mux\r\n")
    return head + mark + extensions + tail


async def test_an_offer_of_layers_is_answered_with_them() -> None:
    peer = RawPeer("anna", sends=["camera"])
    offer = read_offer(simulcast(await peer.offer()))
    assert offer.media[0].rids == ("q", "f")
    await peer.close()


async def test_a_layer_that_is_not_described_is_refused() -> None:
    peer = RawPeer("anna", sends=["camera"])
    text = simulcast(await peer.offer()).replace("a=rid:f send\r\n", "")
    await peer.close()
    try:
        read_offer(text)
    except OfferInvalid as problem:
        assert str(problem) == "rid"
    else:
        raise AssertionError("taken")


async def send_layer(peer: RawPeer, rid: str, sequence: int, payload: bytes) -> None:
    block = struct.pack("!HHB1sxx", 0xBEDE, 1, 0x90, rid.encode())
    head = struct.pack("!BBHII", 0x90, 0x80 | 97, sequence, 3000 * sequence, 7000 + ord(rid))
    await peer._dtls._send_rtp(head + block + payload)


def key_frame(height: int, text: bytes) -> bytes:
    frame = bytes([0x10, 0, 0, 0x9D, 1, 0x2A]) + struct.pack("<HH", height * 16 // 9, height)
    return bytes([0x90, 0xE0, 0x80, 7, 3, 0]) + frame + text


async def test_a_slot_changes_the_layer_at_a_key_frame_and_numbers_go_on() -> None:
    async with running() as loop:
        anna, bruno = RawPeer("anna", sends=["camera"]), RawPeer("bruno", video_slots=1)
        loop.peers.append(anna)
        answer = loop.engine.open_peer(GROUP, anna.peer_id, simulcast(await anna.offer()), anna.sources)
        assert "a=simulcast:recv q;f" in answer and "a=rid:q recv" in answer
        await anna.accept(answer)
        await loop.event("PeerConnected", peer_id=anna.peer_id)
        await anna.reached("connected")
        await loop.connect(bruno)

        def show(height: int) -> None:
            choice = SlotChoice(bruno.mids[0], TrackId("anna/camera"), height * 16 // 9, height)
            loop.engine.assign_slots(PeerId("bruno"), [choice])

        show(180)
        await send_layer(anna, "q", 10, key_frame(180, b"small"))
        first = await bruno.rtp.first(lambda p: p.payload.endswith(b"small"))
        await send_layer(anna, "f", 500, key_frame(720, b"unwanted"))
        await send_layer(anna, "q", 11, vp8(b"small goes on", picture_id=8, tl0=4))
        second = await bruno.rtp.first(lambda p: p.payload.endswith(b"small goes on"))
        assert second.sequence == (first.sequence + 1) & 0xFFFF
        show(720)
        await send_layer(anna, "f", 501, vp8(b"no key frame", picture_id=70, tl0=30))
        await send_layer(anna, "q", 12, vp8(b"until then", picture_id=9, tl0=5))
        third = await bruno.rtp.first(lambda p: p.payload.endswith(b"until then"))
        await send_layer(anna, "f", 502, key_frame(720, b"large"))
        await send_layer(anna, "q", 13, vp8(b"not any more", picture_id=10, tl0=6))
        fourth = await bruno.rtp.first(lambda p: p.payload.endswith(b"large"))
        await send_layer(anna, "f", 503, vp8(b"large goes on", picture_id=8, tl0=4))
        fifth = await bruno.rtp.first(lambda p: p.payload.endswith(b"large goes on"))
        taken = [first, second, third, fourth, fifth]
        assert [(p.sequence - first.sequence) & 0xFFFF for p in taken] == [0, 1, 2, 3, 4]
        described = [read_descriptor(p.payload) for p in taken]
        assert [d.picture_id - 7 for d in described if d] == [0, 1, 2, 3, 4]
        assert {p.ssrc for p in bruno.rtp.all} == {bruno.slot_ssrc(0)}
        assert not any(
            p.payload.endswith((b"unwanted", b"no key frame", b"not any more")) for p in bruno.rtp.all
        )
