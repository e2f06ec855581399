"""A peer: one WebRTC connection, with its tracks and its slots."""

import asyncio
import hmac
import secrets
import struct
import time
from typing import TYPE_CHECKING, Any

from webvisio_media.engine.dtls import DtlsEndpoint
from webvisio_media.engine.fanout import EXTENSION_WORD
from webvisio_media.engine.libc import srtp, srtp_ffi
from webvisio_media.engine.lines import Line
from webvisio_media.engine.slots import Slot
from webvisio_media.engine.streams import Repeats, Stream, Track
from webvisio_media.engine.tcp import TcpAddress
from webvisio_media.engine.udp import Address
from webvisio_media.rtp.offer import Offer
from webvisio_media.rtp.transport_cc import ArrivalLog
from webvisio_protocol.identifiers import PeerId

if TYPE_CHECKING:
    from webvisio_media.engine.groups import Group

DEFAULT_ROUND_TRIP_S = 0.1
SRTP_ROOM_BYTES = 144
"""What libsrtp may write beyond a packet: the longest tag and MKI."""


class Peer:
    """State of one connection; the engine and its helpers act upon it."""

    def __init__(
        self,
        peer_id: PeerId,
        group: "Group",
        offer: Offer,
        fills_video_slots: bool,
        now: float,
    ) -> None:
        self.peer_id = peer_id
        self.group = group
        self.fingerprints = offer.fingerprints
        self.remote_ufrag = offer.ufrag
        self.ufrag = secrets.token_hex(4)
        self.password = secrets.token_hex(18)
        self.signer = _signer(self.password)
        """Copied for each STUN message: setting one up costs more than the message."""
        self.former: tuple[str, hmac.HMAC] | None = None
        """Ufrag and signer before the last ICE restart."""
        self.fills_video_slots = fills_video_slots
        self.opened_at = now
        self.last_heard_at = now
        self.dtls: DtlsEndpoint
        self.task: asyncio.Task[None] | None = None
        self.address: Address | TcpAddress | None = None
        self.addresses: dict[bytes, Address | TcpAddress] = {}
        self.inbound: Any = None
        """libsrtp's session for what comes in; None before the handshake."""
        self.outbound: Any = None
        self.is_connected = False
        self.is_closed = False

        self.tracks: dict[str, Track] = {}
        self.slots: dict[str, Slot] = {}
        self.slots_by_ssrc: dict[int, Slot] = {}
        self.audio_slots: list[Slot] = []
        self.video_slots: list[Slot] = []

        self.local_ssrc = 0
        self.declared: dict[int, Track] = {}
        """Tracks by the SSRCs that the offer names, RTX included."""
        self.streams: dict[int, Stream | Repeats] = {}
        """What an SSRC that was seen carries: a stream, or the repetitions of one."""
        self.mid_extension: int | None = None
        self.rid_extension: int | None = None
        self.repaired_rid_extension: int | None = None
        self.transport_cc_extension: int | None = None
        self.arrivals = ArrivalLog()
        self.looked_after_at = now
        self.sender_reported_at = float("-inf")
        self.line: Line | None = None
        """The way to the peer, when it tells what arrives; None for those that do not."""
        self.round_trip_s = DEFAULT_ROUND_TRIP_S
        self.clock_offset_s: float | None = None
        """This machine's wall clock minus the publisher's, as its sender reports show it."""

        self.window_started_at = now
        self.window_packets = 0
        self.window_octets = 0
        self.window_checks = 0
        self.repeat_window_at = now
        self.repeated = 0

    @property
    def has_stage(self) -> bool:
        """Whether its first picture and its first sound are kept in sync, and other sound has slots beside."""
        return bool(self.video_slots) and len(self.audio_slots) > 1

    def restart_ice(self, remote_ufrag: str) -> None:
        """Take new ICE credentials; those at hand become the former ones."""
        self.former = self.ufrag, self.signer
        self.remote_ufrag = remote_ufrag
        self.ufrag = secrets.token_hex(4)
        self.password = secrets.token_hex(18)
        self.signer = _signer(self.password)

    def signer_of(self, ufrag: str) -> hmac.HMAC:
        """Find what signs messages under one of the peer's ufrags."""
        if self.former is not None and ufrag == self.former[0]:
            return self.former[1]
        return self.signer

    def send(self, data: bytes) -> None:
        """Send one datagram to where the peer is."""
        if self.address is not None:
            self.address.socket.send(data, self.address)

    def repeat(self, header: bytes, payload: bytes | bytearray, line: Line | None) -> bool:
        """Encrypt and send one RTP packet out of the ordinary; False when libsrtp refuses it (too old)."""
        if line is None:
            packet = header + payload
        else:
            extension = struct.pack(
                "!IBHB", EXTENSION_WORD, line.extension << 4 | 1, line.log.next_number & 0xFFFF, 0
            )
            packet = bytes([header[0] | 0x10]) + header[1:] + extension + payload
            line.log.sent(1, len(packet), time.monotonic())
        length = srtp_ffi.new("int *", len(packet))
        cell = srtp_ffi.new("char[]", len(packet) + SRTP_ROOM_BYTES)
        srtp_ffi.memmove(cell, packet, len(packet))
        if srtp.srtp_protect(self.outbound, cell, length):
            return False
        self.send(bytes(srtp_ffi.buffer(cell, length[0])))
        return True

    def send_rtcp(self, data: bytes) -> None:
        """Encrypt and send a compound RTCP packet."""
        if self.is_connected:
            self.send(self.dtls.outbound.protect_rtcp(data))


def _signer(password: str) -> hmac.HMAC:
    return hmac.new(password.encode(), digestmod="sha1")
