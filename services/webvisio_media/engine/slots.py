"""A slot: one SSRC at one receiver, which shows now this track, now that.

States: free (no target), waiting (a target, but no packet to begin with yet:
for video that is a key frame), active (its row is in the stream's fan).
"""

from typing import TYPE_CHECKING

from webvisio_media.engine.fanout import Row
from webvisio_media.engine.streams import Stream, Track
from webvisio_media.rtp.mapping import SlotMapping
from webvisio_media.rtp.offer import MediaLine
from webvisio_media.rtp.packet import Packet
from webvisio_protocol.identifiers import TrackId

if TYPE_CHECKING:
    from webvisio_media.engine.peers import Peer

CLOCK_RATES = {"audio": 48000, "video": 90000}


class Slot:
    """One `recvonly` m-line of a peer."""

    def __init__(self, peer: "Peer", line: MediaLine, ssrc: int, rtx_ssrc: int | None, seed: int) -> None:
        """`seed` is random: the first sequence number and timestamp come from it."""
        self.peer = peer
        self.mid = line.mid
        self.kind = line.kind
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.rtx_sequence = seed >> 48 & 0xFFFF
        self.payload_types = line.codec_set.numbers
        self.repeats = line.codec_set.retransmissions
        self.has_nack = line.codec_set.has_feedback("nack")
        self.mapping: SlotMapping[Stream] = SlotMapping(
            CLOCK_RATES[line.kind], seed & 0x7FFF, seed >> 16 & 0x7FFF_FFFF
        )
        self.target: Track | None = None
        self.expected: TrackId | None = None
        """The track that the slot is to show, even while that track is not there."""
        self.stream: Stream | None = None
        self.width = self.height = 0
        self.sent_packets = self.sent_octets = 0
        self._marked_packets = self._marked_octets = 0
        self.payload_type = 0

    def can_show(self, stream: Stream) -> bool:
        """Whether the receiver negotiated the stream's codec."""
        return stream.codec.key in self.payload_types

    def begin(self, stream: Stream, first: Packet, now: float) -> None:
        """Show `stream` from `first` on."""
        assert self.stream is None
        self.mapping.begin(stream, first, now)
        self.payload_type = self.payload_types[stream.codec.key]
        self.stream = stream
        self._marked_packets, self._marked_octets = stream.forwarded_packets, stream.forwarded_octets
        stream.active.append(self)
        stream.changed()

    def end(self, now: float) -> None:
        """Show nothing of the stream any more; the numbers are kept for what comes next.

        The stream's burst must have been sent before.
        """
        stream = self.stream
        if stream is None:
            return
        self.sent_packets, self.sent_octets = self.counts()
        newest = stream.newest
        assert newest is not None
        self.mapping.end(newest, now)
        self.stream = None
        stream.active.remove(self)
        stream.changed()

    def has_begun_before(self, sequence: int) -> bool:
        """Whether a late packet belongs to the present epoch."""
        epoch = self.mapping.current
        return epoch is not None and epoch.first <= sequence

    def counts(self) -> tuple[int, int]:
        """Packets and payload octets sent in all epochs."""
        if self.stream is None:
            return self.sent_packets, self.sent_octets
        return (
            self.sent_packets + self.stream.forwarded_packets - self._marked_packets,
            self.sent_octets + self.stream.forwarded_octets - self._marked_octets,
        )

    def row(self) -> Row:
        """The slot's constants for the tight loop."""
        epoch, address = self.mapping.current, self.peer.address
        assert epoch is not None and address is not None
        return Row(
            self.peer.outbound,
            0x8000 | self.payload_type,
            epoch.sequence_offset,
            epoch.timestamp_offset,
            self.ssrc,
            epoch.picture_id_offset,
            epoch.tl0_offset,
            address,
        )
