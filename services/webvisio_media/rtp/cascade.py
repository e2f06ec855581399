"""What workers tell each other of a session that is on several of them (a cascade).

A datagram between two workers is a header (version, which life of the sender,
when it was sent) and then *entries* in their order: RTP packets, decrypted,
each under the number of its stream; and messages, under number 0. Messages
are soft state: each tells all of one thing, is repeated every second, and what
is not repeated for `LEASE_S` is over. So a lost datagram, or a worker that was
replaced, needs no further care.

Extended sequence numbers travel whole: who starts to listen late, or after a
pause, need not guess.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Annotated, NamedTuple

import msgspec

from webvisio_media.errors import Malformed
from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.signalling import Source

VERSION = 1
LEASE_S = 3.5
"""What was told counts for so long: three repetitions."""
MOST_DATAGRAM_BYTES = 60_000
MESSAGE = 0
"""The number of what is no packet."""

_HEADER = Struct("!BId")
_ENTRY = Struct("!IQIBBH")
HEADER_BYTES, ENTRY_BYTES = _HEADER.size, _ENTRY.size

Number = Annotated[int, msgspec.Meta(ge=1, le=(1 << 32) - 1)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class StreamState(msgspec.Struct, frozen=True, array_like=True):
    """One stream of a track, as its own worker sees it."""

    number: Number
    rid: Annotated[str, msgspec.Meta(max_length=16)]
    payload_type: Annotated[int, msgspec.Meta(ge=0, le=127)]
    codec: Annotated[str, msgspec.Meta(max_length=16)]
    clock_rate: Annotated[int, msgspec.Meta(ge=8000, le=192_000)]
    parameters: Annotated[str, msgspec.Meta(max_length=500)]
    is_running: bool
    has_temporal: bool
    height: Annotated[int, msgspec.Meta(ge=0, le=1 << 14)]
    bitrate_bps: Annotated[float, msgspec.Meta(ge=0, le=1e9)]
    report: tuple[int, int] | None
    """Of its last sender report: the publisher's clock (NTP, 64 bits) and the same instant in RTP ticks."""


class TrackState(msgspec.Struct, frozen=True, array_like=True):
    """One track that has begun to flow at some time."""

    source: Source
    is_video: bool
    rids: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=16)], ...], msgspec.Meta(max_length=8)]
    is_forwarded: bool
    is_running: bool
    streams: Annotated[tuple[StreamState, ...], msgspec.Meta(max_length=8)]


class PeerTracks(msgspec.Struct, frozen=True, array_like=True, tag="tracks"):
    """All that a peer publishes; without tracks, the peer is gone."""

    group_id: GroupId
    peer_id: PeerId
    clock_offset_s: float | None
    """This machine's wall clock minus the publisher's."""
    tracks: Annotated[tuple[TrackState, ...], msgspec.Meta(max_length=16)]


class TrackDemand(msgspec.Struct, frozen=True, array_like=True, tag="demand"):
    """What the sender's people watch of a track of the other worker: these streams and no others."""

    track_id: Annotated[TrackId, msgspec.Meta(max_length=200)]
    streams: Annotated[tuple[Number, ...], msgspec.Meta(max_length=8)]
    layers: Annotated[int, msgspec.Meta(ge=0, le=8)]
    """How many simulcast layers they need, whether or not these flow already."""
    key_frames: Annotated[tuple[Number, ...], msgspec.Meta(max_length=8)] = ()
    """Streams of which somebody waits for a key frame."""


Message = PeerTracks | TrackDemand
_messages = msgspec.msgpack.Decoder(Message)
_encode = msgspec.msgpack.Encoder().encode


class CarriedPacket(NamedTuple):
    """One packet on its way between workers; `level` is that of RFC 6464 (sound)."""

    number: int
    sequence: int
    timestamp: int
    marker: int
    level: int
    payload: bytes


class Opened(NamedTuple):
    """The header of a datagram; `sent_at` is on the machine's monotonic clock."""

    life: int
    sent_at: float


def write_header(life: int, sent_at: float) -> bytes:
    """Begin a datagram."""
    return _HEADER.pack(VERSION, life, sent_at)


def write_packet(
    number: int, sequence: int, timestamp: int, marker: int, level: int, payload_bytes: int
) -> bytes:
    """Begin the entry of a packet; its payload follows."""
    return _ENTRY.pack(number, sequence, timestamp, marker, level, payload_bytes)


def write_message(message: Message) -> bytes:
    """Write the entry of a message; raises `ValueError` when it does not fit into a datagram."""
    body = _encode(message)
    if len(body) > MOST_DATAGRAM_BYTES - HEADER_BYTES - ENTRY_BYTES:
        raise ValueError("message too long")
    return _ENTRY.pack(MESSAGE, 0, 0, 0, 0, len(body)) + body


def read_header(data: bytes | memoryview) -> Opened:
    """Read the header of a datagram; raises `Malformed`."""
    if len(data) < HEADER_BYTES:
        raise Malformed("cascade header")
    version, life, sent_at = _HEADER.unpack_from(data)
    if version != VERSION:
        raise Malformed("cascade version")
    return Opened(life, sent_at)


def read_entries(data: bytes | memoryview) -> Iterator[CarriedPacket | Message]:
    """Read what follows the header; raises `Malformed` where it breaks off, what came before counts."""
    at, end = HEADER_BYTES, len(data)
    while at < end:
        if end - at < ENTRY_BYTES:
            raise Malformed("cascade entry")
        number, sequence, timestamp, marker, level, size = _ENTRY.unpack_from(data, at)
        at += ENTRY_BYTES
        if size > end - at:
            raise Malformed("cascade length")
        body = bytes(data[at : at + size])
        at += size
        if number != MESSAGE:
            yield CarriedPacket(number, sequence, timestamp, marker & 0x80, level & 0x7F, body)
            continue
        try:
            yield _messages.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise Malformed("cascade message") from problem
