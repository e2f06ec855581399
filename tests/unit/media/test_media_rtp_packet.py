"""RTP headers and extensions: hand-made bytes, truncated ones included (RFC 3550, RFC 8285)."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.errors import Malformed
from webvisio_media.rtp.numbers import FIRST_EXTENDED, extend, from_ntp, is_newer, to_ntp
from webvisio_media.rtp.packet import extension_elements, is_rtcp, locate

PLAIN = bytes.fromhex("80e0 0102 0000 0bb8 1234 5678".replace(" ", "")) + b"payload"
ONE_BYTE = (
    bytes.fromhex("906f0102 00000bb8 12345678 bede0002".replace(" ", ""))
    + bytes([0x10, 0x85, 0x31, 0xAB, 0xCD, 0x00, 0x00, 0x00])
    + b"opus"
)


def test_a_plain_packet_is_all_payload_after_twelve_bytes() -> None:
    layout = locate(PLAIN)
    assert PLAIN[layout.payload_start : layout.payload_end] == b"payload"
    assert layout.profile == 0


def test_contributing_sources_are_skipped() -> None:
    data = bytes([0x82]) + PLAIN[1:12] + bytes(8) + b"x"
    assert data[locate(data).payload_start :] == b"x"


def test_padding_is_not_payload() -> None:
    data = bytes([0xA0]) + PLAIN[1:] + b"\0\0\3"
    layout = locate(data)
    assert data[layout.payload_start : layout.payload_end] == b"payload"


def test_one_byte_extensions_are_read_past_padding() -> None:
    layout = locate(ONE_BYTE)
    assert extension_elements(ONE_BYTE, layout) == {1: b"\x85", 3: b"\xab\xcd"}
    assert ONE_BYTE[layout.payload_start :] == b"opus"


def test_two_byte_extensions_are_read() -> None:
    block = bytes([5, 1, 0x7F, 0, 9, 0, 0, 0])
    data = bytes([0x90]) + PLAIN[1:12] + struct.pack("!HH", 0x1000, 2) + block + b"x"
    assert extension_elements(data, locate(data)) == {5: b"\x7f", 9: b""}


def test_an_element_beyond_its_block_ends_the_reading() -> None:
    data = bytes([0x90]) + PLAIN[1:12] + struct.pack("!HH", 0xBEDE, 1) + bytes([0x10, 1, 0x2F, 2]) + b"x"
    assert extension_elements(data, locate(data)) == {1: b"\x01"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:11],
        bytes([0x40]) + PLAIN[1:],
        bytes([0x8F]) + PLAIN[1:],
        bytes([0xA0]) + PLAIN[1:-1] + b"\0",
        bytes([0xA0]) + PLAIN[1:-1] + b"\xff",
        bytes([0x90]) + PLAIN[1:14],
        bytes([0x90]) + PLAIN[1:12] + struct.pack("!HH", 0xBEDE, 400) + bytes(16),
    ],
)
def test_lengths_beyond_the_end_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        locate(data)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    try:
        layout = locate(data)
    except Malformed:
        return
    assert 12 <= layout.payload_start <= layout.payload_end <= len(data)
    for element in extension_elements(data, layout).values():
        assert element in data


@given(st.integers(FIRST_EXTENDED, 1 << 40), st.integers(-0x7FFF, 0x7FFF))
def test_a_number_near_the_reference_is_extended_to_itself(reference: int, distance: int) -> None:
    sequence = reference + distance
    assert extend(sequence & 0xFFFF, reference) == sequence
    assert is_newer(sequence & 0xFFFF, reference & 0xFFFF) == (distance > 0)


def test_rtcp_is_told_from_rtp_by_its_type() -> None:
    assert is_rtcp(200)
    assert is_rtcp(206)
    assert not is_rtcp(96)
    assert not is_rtcp(0x80 | 111)


@given(st.floats(1e9, 2e9))
def test_ntp_round_trips_below_a_microsecond(unix_s: float) -> None:
    assert abs(from_ntp(to_ntp(unix_s)) - unix_s) < 1e-6
