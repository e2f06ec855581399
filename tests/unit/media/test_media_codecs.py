"""Key frames per codec, and the VP8 payload descriptor (RFC 7741, 9628, 6184; AV1 RTP)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.rtp.keyframes import starts_key_frame
from webvisio_media.rtp.vp8 import read_descriptor, renumber

VP8_KEY = bytes.fromhex("90e0 8123 4020 50ea 009d012a".replace(" ", ""))
VP8_DELTA = bytes.fromhex("90e0 8124 4160 31ea".replace(" ", ""))


def test_a_full_descriptor_is_read() -> None:
    descriptor = read_descriptor(VP8_KEY)
    assert descriptor is not None
    assert (descriptor.picture_id, descriptor.is_long, descriptor.picture_id_at) == (0x123, True, 2)
    assert (descriptor.tl0, descriptor.tl0_at, descriptor.temporal_layer) == (0x40, 4, 0)
    assert descriptor.is_key_frame_start


def test_a_delta_frame_and_a_later_packet_start_no_key_frame() -> None:
    delta = read_descriptor(VP8_DELTA)
    assert delta is not None
    assert not delta.is_key_frame_start
    assert delta.temporal_layer == 1
    assert not starts_key_frame("VP8", bytes([0x00, 0x00, 0x00]))
    assert not starts_key_frame("VP8", bytes([0x11, 0x00, 0x00]))


def test_a_short_picture_id_has_seven_bits() -> None:
    descriptor = read_descriptor(bytes([0x90, 0x80, 0x7F, 0x00]))
    assert descriptor is not None
    assert (descriptor.is_long, descriptor.picture_id, descriptor.tl0_at) == (False, 0x7F, -1)


@pytest.mark.parametrize("length", range(7))
def test_a_truncated_descriptor_is_none(length: int) -> None:
    assert read_descriptor(VP8_KEY[:length]) is None


@given(st.integers(0, 0x7FFF), st.integers(0, 0xFF), st.integers(0, 0x7FFF), st.integers(0, 0xFF))
def test_renumbering_adds_and_wraps_and_touches_nothing_else(
    pid: int, tl0: int, more: int, more_tl0: int
) -> None:
    payload = bytearray([0x90, 0xE0, 0x80 | pid >> 8, pid & 0xFF, tl0, 0x20, 0x50, 1, 2])
    descriptor = read_descriptor(bytes(payload))
    assert descriptor is not None
    packet = bytearray(b"header......") + payload
    renumber(packet, 12, descriptor, more, more_tl0)
    after = read_descriptor(bytes(packet[12:]))
    assert after is not None
    assert (after.picture_id, after.tl0) == ((pid + more) & 0x7FFF, (tl0 + more_tl0) & 0xFF)
    assert packet[:14] + packet[17:] == b"header......" + payload[:2] + payload[5:]


@given(st.integers(0, 0x7F), st.integers(0, 0x7FFF))
def test_a_short_picture_id_stays_short(pid: int, more: int) -> None:
    packet = bytearray([0x90, 0x80, pid, 0x00, 7])
    descriptor = read_descriptor(bytes(packet))
    assert descriptor is not None
    renumber(packet, 0, descriptor, more, 0)
    assert packet == bytes([0x90, 0x80, (pid + more) & 0x7F, 0x00, 7])


@pytest.mark.parametrize(
    ("codec", "payload", "expected"),
    [
        ("H264", "65b80004", True),
        ("H264", "6742c01f", True),
        ("H264", "41e00000", False),
        ("H264", "7800046742c01f000468ce3c80", True),
        ("H264", "780004419a0000", False),
        ("H264", "7c85b800", True),
        ("H264", "7c05b800", False),
        ("H264", "7c81b800", False),
        ("H264", "78ff", False),
        ("VP9", "8b8001", True),
        ("VP9", "0c", True),
        ("VP9", "cb8001", False),
        ("VP9", "04", False),
        ("VP9", "ac80010000", True),
        ("VP9", "ac80010300", False),
        ("AV1", "180a0b00", True),
        ("AV1", "100a0b00", False),
        ("AV1", "980a0b00", False),
        ("opus", "65b80004", False),
    ],
)
def test_key_frames_are_found(codec: str, payload: str, expected: bool) -> None:
    assert starts_key_frame(codec, bytes.fromhex(payload)) is expected


@given(st.sampled_from(["VP8", "VP9", "H264", "AV1", "opus"]), st.binary(max_size=20))
def test_any_payload_is_judged_without_an_error(codec: str, payload: bytes) -> None:
    assert starts_key_frame(codec, payload) in (True, False)
