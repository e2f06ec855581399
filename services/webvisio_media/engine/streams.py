"""What a peer publishes: tracks, the streams (SSRCs) that carry them, and what slots are fed from.

A track has one stream, or one a simulcast layer. A *feed* is a sequence of
packets that slots show: a stream as it came, or the same without its upper
temporal layers, numbered anew. A feed keeps, once for all receivers, its
extended numbering, the history for retransmission, and the slots that it
feeds; a stream also its holes, reception counts and the throttle of key-frame
requests. Per-slot state is only constants (`rtp.mapping`), so a packet costs
its receivers no bookkeeping.
"""

from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from webvisio_media.engine.fanout import RowGroup
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.rtp.answer import takes_layers
from webvisio_media.rtp.history import PacketHistory
from webvisio_media.rtp.layers import ALL_TEMPORAL, Layer, layers_needed
from webvisio_media.rtp.losses import LossTracker
from webvisio_media.rtp.numbers import FIRST_EXTENDED
from webvisio_media.rtp.offer import AUDIO_LEVEL_URI, Codec, MediaLine
from webvisio_media.rtp.packet import Packet
from webvisio_media.rtp.reception import Reception
from webvisio_media.rtp.rtcp import SenderReport
from webvisio_media.rtp.speakers import UNKNOWN_LEVEL, Loudness
from webvisio_media.rtp.thinning import Thinning
from webvisio_media.rtp.throttle import KeyFrameThrottle
from webvisio_protocol.identifiers import TrackId
from webvisio_protocol.signalling import Source

if TYPE_CHECKING:
    from webvisio_media.engine.links import Link
    from webvisio_media.engine.peers import Peer
    from webvisio_media.engine.remote import RemotePeer
    from webvisio_media.engine.slots import Slot


ASSUMED_BPS = (120_000, 400_000, 1_200_000, 2_000_000)
"""Of layers that were not measured yet, smallest first."""
OVERHEAD = 1.06
"""Headers of RTP, SRTP, UDP and IP, beside the payload."""

_numbers = count(1)


class Demand(NamedTuple):
    """What the people of another worker watch of a track of this one."""

    streams: frozenset[int]
    layers: int
    told_at: float


class Track:
    """One sending m-line of a peer; or, of a peer of another worker, what it forwards here."""

    def __init__(
        self,
        peer: "Peer | RemotePeer",
        track_id: TrackId,
        source: Source,
        kind: str,
        rids: tuple[str, ...] = (),
        line: MediaLine | None = None,
    ) -> None:
        """`line` is the m-line, of which a peer of another worker has none here."""
        self.peer = peer
        self.track_id = track_id
        self.source = source
        self.kind = kind
        self.rids = rids
        self.mid = ""
        self.codecs: dict[int, Codec] = {}
        self.repeats: dict[int, int] = {}
        self.level_extension: int | None = None
        self.has_nack = self.has_pli = False
        self.is_remote = line is None
        if line is not None:
            self.mid = line.mid
            self.codecs.update({codec.payload_type: codec for codec in line.codecs})
            self.repeats.update({rtx: apt for apt, rtx in line.codec_set.retransmissions.items()})
            self.level_extension = line.extensions.get(AUDIO_LEVEL_URI)
            self.has_nack = line.codec_set.has_feedback("nack")
            self.has_pli = line.codec_set.has_feedback("nack pli")
        self.level = UNKNOWN_LEVEL
        """Of the newest packet of sound, for other workers."""
        self.demands: dict[int, Demand] = {}
        """Of other workers, by the number of their link."""
        self.layers_told = len(self.rids)
        """What its owner was last told to send."""
        self.falls = 0
        """How many looks in a row found that fewer were needed."""
        self.loudness = Loudness()
        self.streams: dict[str, Stream] = {}
        """What carries it now, by rid; the only one without simulcast has the rid ""."""
        self.is_forwarded = True
        self.is_running = False
        self.last_packet_at = float("-inf")
        self.targets: set[Slot] = set()
        """Slots that are to show this track, whether or not they already do."""
        self.waiting: set[Slot] = set()
        """Those that wait for a packet to begin with, or to change the layer with."""

    @staticmethod
    def offered(peer: "Peer", line: MediaLine, track_id: TrackId, source: Source) -> "Track":
        """Make the track of a sending m-line."""
        return Track(peer, track_id, source, line.kind, line.rids if takes_layers(line) else (), line)

    def layers_needed(self) -> int:
        """How many simulcast layers anybody is to be shown, smallest first, flowing or not."""
        heights = [self.streams[rid].height if rid in self.streams else 0 for rid in self.rids]
        here = max((layers_needed(heights, slot.height) for slot in self.targets), default=0)
        return max([here, *(demand.layers for demand in self.demands.values())])

    def flowing(self) -> "list[Stream]":
        """List the streams that flow, smallest picture first."""
        flowing = [stream for stream in self.streams.values() if stream.is_running]
        flowing.sort(key=lambda stream: (stream.height, stream.place))
        return flowing


class Feed:
    """A sequence of packets that slots show."""

    def __init__(
        self, stream: "Stream | None", track: Track, codec: Codec, highest: int, limits: Limits
    ) -> None:
        """`stream` is the one that it is taken from; None for a stream itself."""
        self.stream: Stream = stream if stream is not None else self._itself()
        self.track = track
        self.codec = codec
        self.highest = highest
        self.newest: Packet | None = None
        self.newest_at = float("-inf")
        self.history = PacketHistory(
            limits.history_packets if track.kind == "video" else limits.audio_history_packets,
            limits.history_bytes,
        )
        self.burst: list[Packet] = []
        self.active: list[Slot] = []
        self.groups: list[RowGroup] | None = None
        self.forwarded_packets = 0
        self.forwarded_octets = 0

    def _itself(self) -> "Stream":
        assert isinstance(self, Stream)
        return self

    def rows(self) -> list[RowGroup]:
        """The receivers as the tight loop wants them, laid out anew after a change."""
        if self.groups is None:
            self.groups = lay_out(self.active)
        return self.groups

    def changed(self) -> None:
        """Say that the receivers, or their addresses, are not what they were."""
        self.groups = None


class ThinFeed(Feed):
    """A stream without its temporal layers above `temporal`."""

    def __init__(self, stream: "Stream", temporal: int, limits: Limits) -> None:
        super().__init__(stream, stream.track, stream.codec, stream.highest, limits)
        self._thinning = Thinning(temporal)

    def take(self, packet: Packet) -> Packet | None:
        """Take the stream's next packet; returns it as this feed has it, None when it is left out."""
        kept = self._thinning.next(packet)
        if kept is not None:
            self.highest = kept.sequence
            self.history.add(kept)
        return kept

    def take_late(self, packet: Packet) -> Packet | None:
        """Take a packet that was missing."""
        kept = self._thinning.late(packet)
        if kept is not None:
            self.history.add(kept)
        return kept


class Stream(Feed):
    """One SSRC of a track, from its first packet on."""

    def __init__(
        self,
        track: Track,
        rid: str,
        ssrc: int,
        payload_type: int,
        first_number: int,
        limits: Limits,
        timing: Timing,
    ) -> None:
        super().__init__(None, track, track.codecs[payload_type], FIRST_EXTENDED + first_number - 1, limits)
        self._limits = limits
        self.number = next(_numbers)
        """What it is called between workers."""
        self.links: tuple[Link, ...] = ()
        """Other workers that it is carried to."""
        self.rid = rid
        self.place = track.rids.index(rid) if rid else 0
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.losses = LossTracker()
        self.reception = Reception(ssrc, self.codec.clock_rate, self.highest + 1)
        self.throttle = KeyFrameThrottle(timing.key_frame_interval_s)
        self.report: SenderReport | None = None
        self.thin: dict[int, ThinFeed] = {}
        """Feeds without the upper temporal layers, by the highest that they keep."""
        self.is_running = True
        self.has_temporal = False
        self.height = 0
        """Of the last key frame, where the codec tells; else 0."""
        self.octets = 0
        self.bitrate_bps = 0.0
        self._measured_at = float("-inf")
        self._measured_octets = 0
        self.full_intra_requests = 0
        self.strays = 0

    def feed(self, temporal: int) -> Feed:
        """Find, or begin, the feed that keeps the temporal layers up to `temporal`."""
        if temporal >= ALL_TEMPORAL or not self.has_temporal:
            return self
        feed = self.thin.get(temporal)
        if feed is None:
            feed = self.thin[temporal] = ThinFeed(self, temporal, self._limits)
        return feed

    def feeds(self) -> Iterable[Feed]:
        """The stream itself and what is taken from it."""
        yield self
        yield from self.thin.values()

    def measure(self, now: float) -> None:
        """Follow the bitrate; to be called about once a second."""
        elapsed = now - self._measured_at
        if elapsed < float("inf") and elapsed > 0:
            rate = (self.octets - self._measured_octets) * 8 / elapsed
            self.bitrate_bps = (
                rate if not self.bitrate_bps else self.bitrate_bps + (rate - self.bitrate_bps) / 3
            )
        self._measured_at, self._measured_octets = now, self.octets

    def layer(self) -> Layer:
        """Describe it to whoever chooses."""
        bitrate = self.bitrate_bps or ASSUMED_BPS[min(self.place, len(ASSUMED_BPS) - 1)]
        return Layer(self.height, bitrate * OVERHEAD, self.has_temporal)


class Repeats(NamedTuple):
    """What an SSRC carries that only repeats: the RTX stream of a track, or of one of its layers."""

    track: Track
    rid: str


def lay_out(slots: "Iterable[Slot]") -> list[RowGroup]:
    """Lay out the rows of active slots, by what makes their packets equal but for numbers."""
    alike: dict[tuple[int, int, int, int], list[Slot]] = {}
    for slot in slots:
        address = slot.peer.address
        if address is not None:
            extension = 0 if slot.line is None else slot.line.extension
            key = (id(address.socket), slot.peer.dtls.tag_bytes, extension, slot.payload_type)
            alike.setdefault(key, []).append(slot)
    groups = []
    for (_, tag_bytes, extension, _), members in alike.items():
        rows = [slot.row() for slot in members]
        groups.append(RowGroup(rows[0].address.socket, tag_bytes, rows, extension))
    return groups
