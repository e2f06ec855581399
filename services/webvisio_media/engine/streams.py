"""What a peer publishes: tracks, and the streams (SSRCs) that carry them.

A stream keeps, once for all receivers: its extended numbering, the history
for retransmission, its holes, reception counts, the throttle of key-frame
requests, and the slots that it feeds. Per-slot state is only constants
(`rtp.mapping`), so a packet costs its receivers no bookkeeping.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from webvisio_media.engine.fanout import RowGroup
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.rtp.history import PacketHistory
from webvisio_media.rtp.losses import LossTracker
from webvisio_media.rtp.numbers import FIRST_EXTENDED
from webvisio_media.rtp.offer import AUDIO_LEVEL_URI, MediaLine
from webvisio_media.rtp.packet import Packet
from webvisio_media.rtp.reception import Reception
from webvisio_media.rtp.rtcp import SenderReport
from webvisio_media.rtp.speakers import Loudness
from webvisio_media.rtp.throttle import KeyFrameThrottle
from webvisio_protocol.identifiers import TrackId
from webvisio_protocol.signalling import Source

if TYPE_CHECKING:
    from webvisio_media.engine.peers import Peer
    from webvisio_media.engine.slots import Slot


class Track:
    """One sending m-line of a peer."""

    def __init__(self, peer: "Peer", line: MediaLine, track_id: TrackId, source: Source) -> None:
        self.peer = peer
        self.track_id = track_id
        self.source = source
        self.mid = line.mid
        self.kind = line.kind
        self.codecs = {codec.payload_type: codec for codec in line.codecs}
        self.repeats = {rtx: apt for apt, rtx in line.codec_set.retransmissions.items()}
        self.level_extension = line.extensions.get(AUDIO_LEVEL_URI)
        self.has_nack = line.codec_set.has_feedback("nack")
        self.has_pli = line.codec_set.has_feedback("nack pli")
        self.loudness = Loudness()
        self.stream: Stream | None = None
        self.is_forwarded = True
        self.is_running = False
        self.last_packet_at = float("-inf")
        self.targets: set[Slot] = set()
        """Slots that are to show this track, whether or not they already do."""
        self.waiting: set[Slot] = set()
        """Those that wait for a packet to begin with."""


class Stream:
    """One SSRC of a track, from its first packet on."""

    def __init__(
        self, track: Track, ssrc: int, payload_type: int, first_number: int, limits: Limits, timing: Timing
    ) -> None:
        self.track = track
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.codec = track.codecs[payload_type]
        self.highest = FIRST_EXTENDED + first_number - 1
        self.newest: Packet | None = None
        self.history = PacketHistory(
            limits.history_packets if track.kind == "video" else limits.audio_history_packets,
            limits.history_bytes,
        )
        self.losses = LossTracker()
        self.reception = Reception(ssrc, self.codec.clock_rate, self.highest + 1)
        self.throttle = KeyFrameThrottle(timing.key_frame_interval_s)
        self.report: SenderReport | None = None
        self.burst: list[Packet] = []
        self.active: list[Slot] = []
        self.groups: list[RowGroup] | None = None
        self.forwarded_packets = 0
        self.forwarded_octets = 0
        self.full_intra_requests = 0
        self.strays = 0

    def rows(self) -> list[RowGroup]:
        """The receivers as the tight loop wants them, laid out anew after a change."""
        if self.groups is None:
            self.groups = lay_out(self.active)
        return self.groups

    def changed(self) -> None:
        """Say that the receivers, or their addresses, are not what they were."""
        self.groups = None


def lay_out(slots: "Iterable[Slot]") -> list[RowGroup]:
    """Lay out the rows of active slots, by what makes their packets equal in size."""
    by_size: dict[tuple[int, int], list[Slot]] = {}
    for slot in slots:
        address = slot.peer.address
        if address is not None:
            by_size.setdefault((id(address.socket), slot.peer.dtls.tag_bytes), []).append(slot)
    groups = []
    for (_, tag_bytes), alike in by_size.items():
        rows = [slot.row() for slot in alike]
        groups.append(RowGroup(rows[0].address.socket, tag_bytes, rows))
    return groups
