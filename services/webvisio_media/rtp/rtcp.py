"""RTCP, parsed and built (RFC 3550 section 6, RFC 4585, RFC 5104, REMB).

`parse` reads a compound packet and raises `Malformed` when a length runs
beyond its end. Packet types that a forwarder does not act upon are left out.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from webvisio_media.errors import Malformed

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 205, 206
NACK_FORMAT, TRANSPORT_CC_FORMAT = 1, 15
PLI_FORMAT, FIR_FORMAT, REMB_FORMAT = 1, 4, 15

MOST_NACKED = 512
"""Sequence numbers read out of one NACK."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one stream.

    `fraction_lost` is in 1/256; `jitter` in RTP ticks; `last_report` the middle
    32 bits of the sender report's NTP time; `delay_since` in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay_since: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A publisher's clock: `ntp` (64 bits) and the same instant in RTP ticks."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """Reports of somebody who sends nothing."""

    ssrc: int
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Streams that end."""

    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    """Packets of `media_ssrc` that a receiver lacks."""

    media_ssrc: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyFrameRequest:
    """A PLI or FIR: streams that need a key frame."""

    media_ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BitrateEstimate:
    """A REMB: what a receiver thinks that it can take."""

    bitrate_bps: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Transport-wide feedback, still packed: `transport_cc.read_feedback` reads `body`."""

    body: bytes


RtcpPacket = (
    SenderReport | ReceiverReport | Goodbye | Nack | KeyFrameRequest | BitrateEstimate | TransportFeedback
)


def parse(data: bytes) -> list[RtcpPacket]:
    """Read a compound RTCP packet."""
    packets: list[RtcpPacket] = []
    at, end = 0, len(data)
    while at < end:
        if at + 4 > end or data[at] >> 6 != 2:
            raise Malformed("RTCP header")
        count, kind = data[at] & 31, data[at + 1]
        stop = at + 4 + 4 * (data[at + 2] << 8 | data[at + 3])
        if stop > end:
            raise Malformed("RTCP length")
        body_end = stop
        if data[at] & 0x20:
            padding = data[stop - 1]
            if padding == 0 or padding > stop - at - 4:
                raise Malformed("RTCP padding")
            body_end -= padding
        packet = _read(kind, count, data[at + 4 : body_end])
        if packet is not None:
            packets.append(packet)
        at = stop
    return packets


def is_feedback_alone(data: bytes | memoryview, at: int, size: int) -> bool:
    """Whether the `size` bytes at `at` are one packet of transport-wide feedback and nothing else (RFC 5506).

    It looks at the first four bytes, which SRTCP leaves readable.
    """
    return (
        data[at + 1] == TRANSPORT_FEEDBACK
        and data[at] == 0x80 | TRANSPORT_CC_FORMAT
        and 4 + 4 * (data[at + 2] << 8 | data[at + 3]) == size >= 20
    )


def _read(kind: int, count: int, body: bytes) -> RtcpPacket | None:
    if kind == SENDER_REPORT:
        if len(body) < 24:
            raise Malformed("sender report")
        ssrc, ntp, timestamp, sent, octets = struct.unpack_from("!IQIII", body)
        return SenderReport(ssrc, ntp, timestamp, sent, octets, _report_blocks(body, 24, count))
    if kind == RECEIVER_REPORT:
        if len(body) < 4:
            raise Malformed("receiver report")
        return ReceiverReport(int.from_bytes(body[:4], "big"), _report_blocks(body, 4, count))
    if kind == GOODBYE:
        if len(body) < 4 * count:
            raise Malformed("goodbye")
        return Goodbye(struct.unpack_from(f"!{count}I", body))
    if kind in (TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK):
        if len(body) < 8:
            raise Malformed("feedback")
        media_ssrc = int.from_bytes(body[4:8], "big")
        if kind == TRANSPORT_FEEDBACK:
            if count == NACK_FORMAT:
                return Nack(media_ssrc, _nacked(body))
            return TransportFeedback(body) if count == TRANSPORT_CC_FORMAT else None
        if count == PLI_FORMAT:
            return KeyFrameRequest((media_ssrc,))
        if count == FIR_FORMAT:
            entries = range(8, len(body) - 7, 8)
            return KeyFrameRequest(tuple(int.from_bytes(body[at : at + 4], "big") for at in entries))
        if count == REMB_FORMAT and body[8:12] == b"REMB":
            return _remb(body)
    return None


def _report_blocks(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    if len(body) < at + 24 * count:
        raise Malformed("report block")
    blocks: list[ReportBlock] = []
    for _ in range(count):
        ssrc, loss, highest, jitter, last, delay = struct.unpack_from("!6I", body, at)
        lost = loss & 0xFFFFFF
        blocks.append(
            ReportBlock(
                ssrc, loss >> 24, lost - (1 << 24) if lost & 0x800000 else lost, highest, jitter, last, delay
            )
        )
        at += 24
    return tuple(blocks)


def _nacked(body: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    for at in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, at)
        numbers.append(first)
        numbers.extend((first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1)
        if len(numbers) >= MOST_NACKED:
            break
    return tuple(numbers[:MOST_NACKED])


def _remb(body: bytes) -> BitrateEstimate:
    if len(body) < 16:
        raise Malformed("REMB")
    count = body[12]
    if len(body) < 16 + 4 * count:
        raise Malformed("REMB")
    exponent, mantissa = body[13] >> 2, (body[13] & 3) << 16 | body[14] << 8 | body[15]
    return BitrateEstimate(min(mantissa << exponent, 1 << 40), struct.unpack_from(f"!{count}I", body, 16))


# ---- building --------------------------------------------------------------------------


def _packet(count: int, kind: int, body: bytes) -> bytes:
    assert len(body) % 4 == 0
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """Build the report of one slot; counts wrap at 2^32."""
    body = struct.pack(
        "!IQIII", ssrc, ntp, timestamp & 0xFFFF_FFFF, packets & 0xFFFF_FFFF, octets & 0xFFFF_FFFF
    )
    return _packet(0, SENDER_REPORT, body)


def receiver_report(ssrc: int, blocks: Iterable[ReportBlock]) -> bytes:
    """Build a report on a publisher's streams (at most 31 of them)."""
    packed = [
        struct.pack(
            "!6I",
            block.ssrc,
            block.fraction_lost << 24 | (max(-0x800000, min(0x7FFFFF, block.packets_lost)) & 0xFFFFFF),
            block.highest_sequence & 0xFFFF_FFFF,
            block.jitter & 0xFFFF_FFFF,
            block.last_report,
            block.delay_since & 0xFFFF_FFFF,
        )
        for block in blocks
    ]
    return _packet(len(packed), RECEIVER_REPORT, struct.pack("!I", ssrc) + b"".join(packed))


def source_description(ssrc: bytes, cname: str) -> bytes:
    """Build an SDES with the CNAME that every compound report carries; `ssrc` is packed already."""
    name = cname.encode()
    item = bytes([1, len(name)]) + name + b"\0"
    item += bytes(-len(item) % 4)
    return _packet(1, SOURCE_DESCRIPTION, ssrc + item)


def goodbye(ssrcs: Iterable[int]) -> bytes:
    """Build a BYE for at most 31 streams."""
    listed = tuple(ssrcs)
    return _packet(len(listed), GOODBYE, struct.pack(f"!{len(listed)}I", *listed))


def nack(sender_ssrc: int, media_ssrc: int, numbers: Iterable[int]) -> bytes:
    """Build a NACK for 16-bit sequence `numbers`, oldest first."""
    items: list[tuple[int, int]] = []
    for number in numbers:
        number &= 0xFFFF
        if items and 0 < (distance := (number - items[-1][0]) & 0xFFFF) <= 16:
            items[-1] = (items[-1][0], items[-1][1] | 1 << (distance - 1))
        else:
            items.append((number, 0))
    packed = b"".join(struct.pack("!HH", *item) for item in items)
    return _packet(NACK_FORMAT, TRANSPORT_FEEDBACK, struct.pack("!II", sender_ssrc, media_ssrc) + packed)


def picture_loss(sender_ssrc: int, media_ssrc: int) -> bytes:
    """Build a PLI."""
    return _packet(PLI_FORMAT, PAYLOAD_FEEDBACK, struct.pack("!II", sender_ssrc, media_ssrc))


def full_intra_request(sender_ssrc: int, media_ssrc: int, number: int) -> bytes:
    """Build a FIR, for publishers that know no PLI; `number` counts the requests."""
    return _packet(
        FIR_FORMAT, PAYLOAD_FEEDBACK, struct.pack("!IIIB3x", sender_ssrc, 0, media_ssrc, number & 0xFF)
    )


def bitrate_estimate(sender_ssrc: int, bitrate_bps: int, ssrcs: Iterable[int]) -> bytes:
    """Build a REMB."""
    listed = tuple(ssrcs)
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    body = struct.pack(
        "!II4sBBH", sender_ssrc, 0, b"REMB", len(listed), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF
    )
    return _packet(REMB_FORMAT, PAYLOAD_FEEDBACK, body + struct.pack(f"!{len(listed)}I", *listed))


def transport_feedback(sender_ssrc: int, media_ssrc: int, body: bytes) -> bytes:
    """Wrap what `transport_cc` packed."""
    body += bytes(-len(body) % 4)
    return _packet(
        TRANSPORT_CC_FORMAT, TRANSPORT_FEEDBACK, struct.pack("!II", sender_ssrc, media_ssrc) + body
    )
