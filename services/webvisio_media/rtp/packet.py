"""Where things are in an RTP packet (RFC 3550 section 5.1) and in its extensions (RFC 8285).

A forwarder needs offsets, not objects: a published packet is looked at once,
and what leaves is a fresh header before the same payload.
"""

from typing import NamedTuple

from webvisio_media.errors import Malformed
from webvisio_media.rtp.vp8 import Descriptor

HEADER_BYTES = 12
ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
MARKER = 0x80


class Packet(NamedTuple):
    """One packet of a stream, decrypted: what histories keep and what is forwarded.

    `sequence` is extended; `timestamp` is the publisher's (RTP ticks, wraps at
    2^32); `marker` is 0 or 0x80; `descriptor` is set for VP8.
    """

    sequence: int
    timestamp: int
    marker: int
    payload: bytes
    descriptor: Descriptor | None


class Layout(NamedTuple):
    """Offsets into a packet; `profile` is 0 when there is no extension block."""

    payload_start: int
    payload_end: int
    profile: int
    extensions_start: int
    extensions_end: int


def locate(data: bytes) -> Layout:
    """Find the payload and the extension block of an RTP packet.

    Raises `Malformed` when a length in the packet points beyond its end.
    """
    length = len(data)
    if length < HEADER_BYTES or data[0] >> 6 != 2:
        raise Malformed("RTP header")
    first = data[0]
    at = HEADER_BYTES + 4 * (first & 0x0F)
    profile = start = end = 0
    if first & 0x10:
        if at + 4 > length:
            raise Malformed("RTP extension header")
        profile = data[at] << 8 | data[at + 1]
        start = at + 4
        at = end = start + 4 * (data[at + 2] << 8 | data[at + 3])
    payload_end = length
    if first & 0x20:
        padding = data[length - 1]
        if padding == 0:
            raise Malformed("RTP padding")
        payload_end -= padding
    if at > payload_end:
        raise Malformed("RTP length")
    return Layout(at, payload_end, profile, start, end)


def extension_elements(data: bytes, layout: Layout) -> dict[int, bytes]:
    """Read the header extensions of a packet, by their negotiated number.

    An element that runs beyond the block ends the reading; what came before
    it counts. Unknown profiles read as empty (RFC 8285 section 4.1).
    """
    elements: dict[int, bytes] = {}
    at, end = layout.extensions_start, layout.extensions_end
    if layout.profile == ONE_BYTE_PROFILE:
        while at < end:
            first = data[at]
            if first == 0:
                at += 1
                continue
            number = first >> 4
            size = (first & 15) + 1
            if number == 15 or at + 1 + size > end:
                break
            elements[number] = data[at + 1 : at + 1 + size]
            at += 1 + size
    elif layout.profile & 0xFFF0 == TWO_BYTE_PROFILE:
        while at + 1 < end:
            number = data[at]
            if number == 0:
                at += 1
                continue
            size = data[at + 1]
            if at + 2 + size > end:
                break
            elements[number] = data[at + 2 : at + 2 + size]
            at += 2 + size
    return elements


def is_rtcp(second_byte: int) -> bool:
    """Tell RTCP from RTP on a shared port by the second byte (RFC 5761 section 4)."""
    return 192 <= second_byte <= 223
