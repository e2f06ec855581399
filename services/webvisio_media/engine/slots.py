"""A slot: one SSRC at one receiver, which shows now this track, now that.

States: free (no target), waiting (a target, but no packet to begin with yet:
for video that is a key frame), active (its row is in the feed's fan). An
active slot may wait as well, for the key frame of another layer.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from webvisio_media.engine.fanout import Row
from webvisio_media.engine.streams import Feed, Track
from webvisio_media.rtp.answer import numbers_for
from webvisio_media.rtp.layers import Step
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
        self.mapping: SlotMapping[Feed] = SlotMapping(
            CLOCK_RATES[line.kind], seed & 0x7FFF, seed >> 16 & 0x7FFF_FFFF
        )
        self.line = peer.line if numbers_for(line) else None
        """The receiver's line, when packets of this slot are numbered on it."""
        self.target: Track | None = None
        self.expected: TrackId | None = None
        """The track that the slot is to show, even while that track is not there."""
        self.feed: Feed | None = None
        self.wanted: Feed | None = None
        """What it is to show of its target, as far as that flows; not yet shown while it waits."""
        self.width = self.height = 0
        self.allowance_bps = float("inf")
        """Its share of what the receiver's line carries; 0 while it is paused for want of it."""
        self.sent_packets = self.sent_octets = 0
        self._marked_packets = self._marked_octets = 0
        self.payload_type = 0

    def choose_step(self, options: Sequence[Step]) -> Step | None:
        """Choose of what can be sent, worst first, the best that its share of the bandwidth allows."""
        return next((step for step in reversed(options) if step.bitrate_bps <= self.allowance_bps), None)

    def can_show(self, feed: Feed) -> bool:
        """Whether the receiver negotiated the feed's codec."""
        return feed.codec.key in self.payload_types

    def begin(self, feed: Feed, first: Packet, now: float) -> None:
        """Show `feed` from `first` on."""
        assert self.feed is None
        self.mapping.begin(feed, first, now)
        self.payload_type = self.payload_types[feed.codec.key]
        self.feed = feed
        self._marked_packets, self._marked_octets = feed.forwarded_packets, feed.forwarded_octets
        feed.active.append(self)
        feed.changed()

    def end(self) -> None:
        """Show nothing of the feed any more; the numbers are kept for what comes next.

        The feed's burst must have been sent before.
        """
        feed = self.feed
        if feed is None:
            return
        self.sent_packets, self.sent_octets = self.counts()
        newest = feed.newest
        assert newest is not None
        self.mapping.end(newest, feed.newest_at)
        self.feed = None
        feed.active.remove(self)
        feed.changed()

    def has_begun_before(self, sequence: int) -> bool:
        """Whether a late packet belongs to the present epoch."""
        epoch = self.mapping.current
        return epoch is not None and epoch.first <= sequence

    def counts(self) -> tuple[int, int]:
        """Packets and payload octets sent in all epochs."""
        if self.feed is None:
            return self.sent_packets, self.sent_octets
        return (
            self.sent_packets + self.feed.forwarded_packets - self._marked_packets,
            self.sent_octets + self.feed.forwarded_octets - self._marked_octets,
        )

    def row(self) -> Row:
        """The slot's constants for the tight loop."""
        epoch, address = self.mapping.current, self.peer.address
        assert epoch is not None and address is not None
        return Row(
            self.peer.outbound,
            (0x8000 if self.line is None else 0x9000) | self.payload_type,
            epoch.sequence_offset,
            epoch.timestamp_offset,
            self.ssrc,
            epoch.picture_id_offset,
            epoch.tl0_offset,
            address,
            None if self.line is None else self.line.log,
        )
