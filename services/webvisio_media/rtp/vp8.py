"""The VP8 payload descriptor (RFC 7741 section 4.2).

Decoders check that picture ids and TL0PICIDX go on without a jump, so a slot
that changes its source rewrites both by a constant.
"""

from struct import Struct
from typing import NamedTuple


class Descriptor(NamedTuple):
    """What a forwarder needs of a descriptor.

    `picture_id_at` and `tl0_at` are offsets into the payload, -1 when absent;
    a picture id has 15 bits when `is_long`, else 7.
    """

    picture_id_at: int
    is_long: bool
    picture_id: int
    tl0_at: int
    tl0: int
    temporal_layer: int
    is_key_frame_start: bool
    is_frame_start: bool = False


def read_descriptor(payload: bytes) -> Descriptor | None:
    """Read the descriptor at the start of a VP8 payload; None when it is cut short."""
    length = len(payload)
    if length < 2:
        return None
    first = payload[0]
    at = 1
    picture_id_at = tl0_at = -1
    picture_id = tl0 = temporal_layer = 0
    is_long = False
    if first & 0x80:
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if at >= length:
                return None
            picture_id_at = at
            is_long = bool(payload[at] & 0x80)
            if is_long:
                if at + 1 >= length:
                    return None
                picture_id = (payload[at] & 0x7F) << 8 | payload[at + 1]
                at += 2
            else:
                picture_id = payload[at]
                at += 1
        if flags & 0x40:
            if at >= length:
                return None
            tl0_at, tl0 = at, payload[at]
            at += 1
        if flags & 0x30:
            if at >= length:
                return None
            temporal_layer = payload[at] >> 6 if flags & 0x20 else 0
            at += 1
    if at >= length:
        return None
    # First byte of the frame's own header: its lowest bit is 0 on a key frame (RFC 6386 section 9.1);
    # it is there when this packet starts partition 0 (S set, PID 0).
    is_start = first & 0x17 == 0x10
    is_key = is_start and payload[at] & 1 == 0
    return Descriptor(picture_id_at, is_long, picture_id, tl0_at, tl0, temporal_layer, is_key, is_start)


def frame_size(payload: bytes) -> tuple[int, int] | None:
    """Read width and height of the key frame that begins in `payload` (RFC 6386 section 9.1)."""
    # frame tag, start code, then two 16-bit numbers whose upper two bits are a scale
    at = payload.find(b"\x9d\x01\x2a", 4, 16)
    if at < 0 or at + 7 > len(payload):
        return None
    return (
        (payload[at + 3] | payload[at + 4] << 8) & 0x3FFF,
        (payload[at + 5] | payload[at + 6] << 8) & 0x3FFF,
    )


_LONG_ID_AND_TL0 = Struct("!HB").pack_into


def renumber(
    packet: memoryview | bytearray,
    payload_at: int,
    descriptor: Descriptor,
    picture_offset: int,
    tl0_offset: int,
) -> None:
    """Add constants to the picture id and TL0PICIDX of the payload at `payload_at`, in place."""
    _, is_long, picture_id, tl0_at, tl0, _, _, _ = descriptor
    at = descriptor[0]
    if is_long and tl0_at == at + 2:
        _LONG_ID_AND_TL0(
            packet,
            payload_at + at,
            0x8000 | ((picture_id + picture_offset) & 0x7FFF),
            (tl0 + tl0_offset) & 0xFF,
        )
        return
    if at >= 0:
        number = picture_id + picture_offset
        if is_long:
            packet[payload_at + at] = 0x80 | (number >> 8 & 0x7F)
            packet[payload_at + at + 1] = number & 0xFF
        else:
            packet[payload_at + at] = number & 0x7F
    if tl0_at >= 0:
        packet[payload_at + tl0_at] = (tl0 + tl0_offset) & 0xFF
