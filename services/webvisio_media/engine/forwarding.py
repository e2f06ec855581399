"""From a publisher's packet to its receivers.

A packet is looked at once: which stream, where in the order, is it the start
of a key frame. Packets of a frame are gathered and leave together, never held
longer than `Timing.burst_hold_s`. A waiting slot begins at a key frame (video)
or at any packet (audio); before a slot leaves a stream, the stream's burst is
sent, so that `Feed.newest` is what its receivers have. Of a simulcast track a
slot shows one layer; it goes on showing it until the one that it shall have
begins anew with a key frame.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from webvisio_media.engine.fanout import MOST_BURST, MOST_PAYLOAD_BYTES, FanOut
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.slots import Slot
from webvisio_media.engine.streams import Feed, Repeats, Stream, ThinFeed, Track, lay_out
from webvisio_media.errors import Malformed
from webvisio_media.rtp.cascade import CarriedPacket
from webvisio_media.rtp.keyframes import starts_key_frame
from webvisio_media.rtp.layers import steps
from webvisio_media.rtp.numbers import extend
from webvisio_media.rtp.packet import MARKER, Packet, extension_elements, locate
from webvisio_media.rtp.speakers import UNKNOWN_LEVEL
from webvisio_media.rtp.vp8 import Descriptor, frame_size, read_descriptor

LONG_AGO = 3000
"""A packet so many numbers behind the newest is a stray, or the publisher began anew."""
MOST_STRAYS = 20

NO_EXTENSIONS: dict[int, bytes] = {}


class Forwarder:
    """Takes decrypted RTP packets, and binds slots to tracks."""

    def __init__(
        self,
        fan_out: FanOut,
        limits: Limits,
        timing: Timing,
        counts: Counter[str],
        *,
        started: Callable[[Track], None],
        changed: Callable[[Track], None],
        ask_key_frame: Callable[[Stream, float], None],
        hurry: Callable[[], None],
    ) -> None:
        """`started` is called when a track begins to flow, `changed` when its streams are not what they were;
        `ask_key_frame` sends or delays a PLI; `hurry` when there are holes to ask for."""
        self._fan_out = fan_out
        self._limits = limits
        self._timing = timing
        self._counts = counts
        self._started = started
        self._changed = changed
        self._ask_key_frame = ask_key_frame
        self._hurry = hurry
        self._gathering: dict[Feed, None] = {}
        self.lossy: set[Stream] = set()
        """Streams with holes that may be asked for."""

    # ---- packets -----------------------------------------------------------------------

    def take(self, peer: Peer, data: bytes, now: float, arrival_us: int) -> None:
        """Take one decrypted RTP packet of `peer`, which came at `arrival_us`; raises `Malformed`."""
        layout = locate(data)
        elements = extension_elements(data, layout) if layout.profile else NO_EXTENSIONS
        if peer.transport_cc_extension is not None:
            number = elements.get(peer.transport_cc_extension)
            if number is not None and len(number) == 2:
                peer.arrivals.arrived(number[0] << 8 | number[1], arrival_us)
        payload_type = data[1] & 0x7F
        ssrc = int.from_bytes(data[8:12], "big")
        number16 = data[2] << 8 | data[3]
        payload = data[layout.payload_start : layout.payload_end]
        carrier = peer.streams.get(ssrc) or self._identify(peer, ssrc, payload_type, number16, elements)
        if isinstance(carrier, Repeats):
            self._take_repeated(carrier, payload_type, data, payload, now)
            return
        if carrier is None:
            self._counts["rtp_unknown_stream"] += 1
            return
        track = carrier.track
        if payload_type != carrier.payload_type:
            if payload_type not in track.codecs:
                self._counts["rtp_unknown_payload_type"] += 1
                return
            carrier = self._replace(track, carrier.rid, ssrc, payload_type, number16, now)
        if track.kind == "audio":
            element = None if track.level_extension is None else elements.get(track.level_extension)
            track.level = element[0] & 0x7F if element else UNKNOWN_LEVEL
            track.loudness.heard(track.level, now)
        track.last_packet_at = now
        if not track.is_running:
            track.is_running = True
            self._started(track)
        timestamp = int.from_bytes(data[4:8], "big")
        carrier.reception.arrived(timestamp, arrival_us / 1e6)
        self._place(carrier, number16, timestamp, data[1] & MARKER, payload, now)

    def _take_repeated(
        self, repeats: Repeats, payload_type: int, data: bytes, payload: bytes, now: float
    ) -> None:
        """Take a packet of an RTX stream (RFC 4588): the original number is in the payload's first bytes."""
        track, rid = repeats
        stream = track.streams.get(rid)
        if stream is None or len(payload) < 3 or track.repeats.get(payload_type) != stream.payload_type:
            return  # bandwidth probes are RTX packets of mere padding
        self._counts["rtx_received"] += 1
        self._place(
            stream,
            payload[0] << 8 | payload[1],
            int.from_bytes(data[4:8], "big"),
            data[1] & MARKER,
            payload[2:],
            now,
        )

    def _place(
        self, stream: Stream, number: int, timestamp: int, marker: int, payload: bytes, now: float
    ) -> None:
        self._put(stream, extend(number, stream.highest), timestamp, marker, payload, now)

    def take_carried(self, stream: Stream, carried: CarriedPacket, now: float) -> None:
        """Take a packet that another worker carried here; raises `Malformed`."""
        track = stream.track
        if track.kind == "audio":
            track.loudness.heard(carried.level, now)
        track.last_packet_at = now
        if stream.newest is None:
            stream.highest = carried.sequence - 1
        _, sequence, timestamp, marker, _, payload = carried
        if sequence > stream.highest - LONG_AGO:
            self._put(stream, sequence, timestamp, marker, payload, now)

    def _put(
        self, stream: Stream, sequence: int, timestamp: int, marker: int, payload: bytes, now: float
    ) -> None:
        if len(payload) > MOST_PAYLOAD_BYTES:
            raise Malformed("RTP payload length")
        codec = stream.codec.name
        descriptor: Descriptor | None = None
        if codec == "VP8":
            descriptor = read_descriptor(payload)
            is_key = descriptor is not None and descriptor.is_key_frame_start
        else:
            is_key = starts_key_frame(codec, payload)
        packet = Packet(sequence, timestamp, marker, payload, descriptor)
        distance = sequence - stream.highest
        if distance <= 0:
            self._take_late(stream, packet, -distance, now)
            return
        track = stream.track
        # What is lost of a layer that nobody watches is not missed; a hole in what another worker carries here
        # is that worker's to mend.
        if (
            distance > 1
            and not track.is_remote
            and (stream.active or stream.thin or stream.links or not track.rids)
        ):
            if not stream.losses.jumped(stream.highest, sequence, now) and stream.active:
                self._ask_key_frame(stream, now)
            self.lossy.add(stream)
            self._hurry()
        stream.strays = 0
        stream.highest = sequence
        stream.octets += len(payload)
        stream.history.add(packet)
        for link in stream.links:
            link.carry(stream, packet, track.level)
        thinned = [(feed, feed.take(packet)) for feed in stream.thin.values()] if stream.thin else ()
        if is_key:
            stream.throttle.satisfy()
            self._counts["key_frames"] += 1
            if descriptor is not None:
                self._measure_frame(stream, payload, now)
        if descriptor is not None and descriptor.temporal_layer and not stream.has_temporal:
            stream.has_temporal = True
        if not stream.is_running:
            stream.is_running = True
            self.choose_layers(track, now)
        if track.waiting and track.is_forwarded:
            if is_key or track.kind == "audio":
                self._activate(stream, packet, now)
            elif descriptor is not None and descriptor.is_frame_start and not descriptor.temporal_layer:
                self._change_thinning(stream, packet, dict(thinned), now)
        for feed, kept in thinned:
            if kept is not None:
                self._append(feed, kept, now)
        self._append(stream, packet, now)

    def _append(self, feed: Feed, packet: Packet, now: float) -> None:
        feed.newest, feed.newest_at = packet, now
        if feed.active:
            feed.burst.append(packet)
            self._gathering[feed] = None
            if len(feed.burst) >= MOST_BURST:
                self.flush(feed)

    def _measure_frame(self, stream: Stream, payload: bytes, now: float) -> None:
        size = frame_size(payload)
        if size is not None and size[1] != stream.height:
            stream.height = size[1]
            self.choose_layers(stream.track, now)

    def _take_late(self, stream: Stream, packet: Packet, distance: int, now: float) -> None:
        if distance > LONG_AGO:
            stream.strays += 1
            if stream.strays > MOST_STRAYS:
                number = packet.sequence & 0xFFFF
                self._replace(stream.track, stream.rid, stream.ssrc, stream.payload_type, number, now)
            return
        if stream.history.get(packet.sequence) is not None:
            self._counts["rtp_duplicates"] += 1
            return
        stream.losses.arrived(packet.sequence)
        stream.history.add(packet)
        for link in stream.links:
            link.carry(stream, packet, stream.track.level)
        self._send_late(stream, packet)
        for feed in stream.thin.values():
            kept = feed.take_late(packet)
            if kept is not None:
                self._send_late(feed, kept)

    def _send_late(self, feed: Feed, packet: Packet) -> None:
        slots = [slot for slot in feed.active if slot.has_begun_before(packet.sequence)]
        for group in lay_out(slots):
            self._fan_out.send(group, [packet])
        feed.forwarded_packets += 1
        feed.forwarded_octets += len(packet.payload)

    def _identify(
        self, peer: Peer, ssrc: int, payload_type: int, number: int, elements: dict[int, bytes]
    ) -> Stream | Repeats | None:
        """Find what a new SSRC carries: the track by the offer, the MID, or the only one with that payload
        type; its layer by the RID."""
        track = peer.declared.get(ssrc)
        if track is None and peer.mid_extension is not None and (mid := elements.get(peer.mid_extension)):
            track = peer.tracks.get(mid.decode("ascii", "replace"))
        if track is None:
            able = [t for t in peer.tracks.values() if payload_type in t.codecs or payload_type in t.repeats]
            track = able[0] if len(able) == 1 else None
        if track is None or len(peer.streams) >= self._limits.streams_per_peer:
            return None
        is_repeating = payload_type in track.repeats
        if not is_repeating and payload_type not in track.codecs:
            return None
        rid = ""
        if track.rids:
            extension = peer.repaired_rid_extension if is_repeating else peer.rid_extension
            rid = elements.get(extension or 0, b"").decode("ascii", "replace")
            if rid not in track.rids:
                return None
        if is_repeating:
            repeats = peer.streams[ssrc] = Repeats(track, rid)
            return repeats
        return self._replace(track, rid, ssrc, payload_type, number, track.last_packet_at)

    def begin_remote(self, track: Track, rid: str, number: int, payload_type: int, now: float) -> Stream:
        """Begin a stream that another worker may carry here, under its number there."""
        return self._replace(track, rid, number, payload_type, 0, now)

    def end_remote(self, stream: Stream, now: float) -> None:
        """End such a stream: its worker has it no more."""
        self._suspend(stream)
        self._retire(stream)
        stream.track.streams.pop(stream.rid, None)
        stream.track.peer.streams.pop(stream.ssrc, None)
        self.choose_layers(stream.track, now)

    def _replace(
        self, track: Track, rid: str, ssrc: int, payload_type: int, number: int, now: float
    ) -> Stream:
        """Begin a stream of `track`; what showed the one before waits for a key frame of the new one."""
        previous = track.streams.get(rid)
        if previous is not None:
            self._suspend(previous)
            self._retire(previous)
            track.peer.streams.pop(previous.ssrc, None)
        stream = Stream(track, rid, ssrc, payload_type, number, self._limits, self._timing)
        track.streams[rid] = track.peer.streams[ssrc] = stream
        self.choose_layers(track, now)
        return stream

    # ---- bursts ------------------------------------------------------------------------

    def flush_complete(self) -> bool:
        """Send the bursts that end a frame; True when others are still gathering."""
        for feed in list(self._gathering):
            if feed.burst[-1].marker or feed.track.kind == "audio":
                self.flush(feed)
        return bool(self._gathering)

    def flush_all(self) -> None:
        """Send every burst: nothing is held longer."""
        for feed in list(self._gathering):
            self.flush(feed)

    def flush(self, feed: Feed) -> None:
        """Send what `feed` has gathered."""
        burst = feed.burst
        self._gathering.pop(feed, None)
        if not burst:
            return
        feed.burst = []
        for group in feed.rows():
            self._fan_out.send(group, burst)
        feed.forwarded_packets += len(burst)
        feed.forwarded_octets += sum(len(packet.payload) for packet in burst)

    # ---- slots -------------------------------------------------------------------------

    def assign(self, slot: Slot, track: Track | None, now: float) -> None:
        """Set what a slot shows; it begins at the track's next key frame (audio: next packet)."""
        if slot.target is track:
            return
        self.release(slot)
        if track is None:
            return
        slot.target = track
        track.targets.add(slot)
        track.waiting.add(slot)
        self.choose_layer(slot, now)
        self.want_key_frame(track, now)

    def release(self, slot: Slot) -> None:
        """Free a slot."""
        self._show_nothing(slot)
        slot.wanted = None
        if slot.target is not None:
            slot.target.targets.discard(slot)
            slot.target.waiting.discard(slot)
            slot.target = None

    def choose_layers(self, track: Track, now: float) -> None:
        """Choose anew for all slots that are to show `track`: its streams are not what they were."""
        self._changed(track)
        for slot in track.targets:
            self.choose_layer(slot, now)

    def choose_layer(self, slot: Slot, now: float) -> None:
        """Choose what `slot` is to show of its track: enough for its size, and for its share of the bandwidth."""
        track = slot.target
        if track is None:
            return
        flowing = track.flowing()
        if not flowing:
            return
        wanted: Feed | None = flowing[0]
        if track.kind == "video":
            step = slot.choose_step(steps([stream.layer() for stream in flowing], slot.height))
            wanted = None if step is None else flowing[step.layer].feed(step.temporal)
        if wanted is slot.wanted and (wanted is not None or slot.feed is None):
            return
        slot.wanted = wanted
        if wanted is None:
            self._show_nothing(slot)
            track.waiting.add(slot)
        elif slot.feed is wanted:
            track.waiting.discard(slot)
        else:
            track.waiting.add(slot)
            if slot.feed is None or slot.feed.stream is not wanted.stream:
                self.want_key_frame(track, now)

    def pause(self, track: Track) -> None:
        """Stop forwarding a track; its slots keep their place."""
        track.is_forwarded = False
        for stream in track.streams.values():
            self._suspend(stream)

    def resume(self, track: Track, now: float) -> None:
        """Forward a track again, from its next key frame on."""
        track.is_forwarded = True
        self.want_key_frame(track, now)

    def want_key_frame(self, track: Track, now: float) -> None:
        """Ask the publisher for the key frames that receivers wait for, a request a layer."""
        if track.kind != "video" or not track.is_forwarded:
            return
        awaited = {
            slot.wanted.stream
            for slot in track.waiting
            if slot.wanted is not None
            and slot.peer.is_connected
            and (slot.feed is None or slot.feed.stream is not slot.wanted.stream)
        }
        for stream in awaited:
            self._ask_key_frame(stream, now)

    def forget(self, track: Track) -> list[Slot]:
        """Take a track away; returns the slots that showed it, now free."""
        slots = list(track.targets)
        for slot in slots:
            self.release(slot)
        for stream in track.streams.values():
            for feed in stream.feeds():
                self.flush(feed)
            self._retire(stream)
        track.streams.clear()
        return slots

    def _show_nothing(self, slot: Slot) -> None:
        if slot.feed is not None:
            self.flush(slot.feed)
            slot.end()

    def _retire(self, stream: Stream) -> None:
        stream.track.peer.group.meter.add_stream(stream)
        self._counts["packets_lost"] += stream.losses.lost
        # Slots remember their last feeds for late NACKs; the packets themselves must not live on with them.
        for feed in stream.feeds():
            feed.history.clear()
        self.lossy.discard(stream)

    def _suspend(self, stream: Stream) -> None:
        for feed in stream.feeds():
            self.flush(feed)
            for slot in list(feed.active):
                slot.end()
                stream.track.waiting.add(slot)

    def _activate(self, stream: Stream, packet: Packet, now: float) -> None:
        """Let waiting slots begin with `packet`, with which `stream` can be decoded."""
        for feed in stream.feeds():
            self.flush(feed)
        for slot in _ready(stream.track.waiting):
            if not slot.can_show(stream):
                self._counts["codec_not_negotiated"] += 1
                continue
            wanted = slot.wanted
            if wanted is not None and wanted.stream is stream:
                # A thin feed is joined at its next frame: a key frame is a good beginning for both.
                self._begin(slot, stream, packet, now)
                if wanted is stream:
                    stream.track.waiting.discard(slot)
            elif wanted is not None and slot.feed is None:
                self._begin(slot, stream, packet, now)  # better another layer now than the right one later

    def _change_thinning(
        self, stream: Stream, packet: Packet, thinned: dict[ThinFeed, Packet | None], now: float
    ) -> None:
        """Move slots between a stream and its thin feeds, where a frame of the lowest temporal layer begins."""
        for slot in _ready(stream.track.waiting):
            wanted = slot.wanted
            if (
                wanted is None
                or slot.feed is None
                or wanted.stream is not stream
                or slot.feed.stream is not stream
            ):
                continue
            first = thinned.get(wanted) if isinstance(wanted, ThinFeed) else packet
            if first is not None:
                self._begin(slot, wanted, first, now)
                stream.track.waiting.discard(slot)

    def _begin(self, slot: Slot, feed: Feed, first: Packet, now: float) -> None:
        self._show_nothing(slot)
        slot.begin(feed, first, now)
        self._counts["slot_switches"] += 1
        slot.peer.group.meter.slot_switches += 1


def _ready(slots: Iterable[Slot]) -> list[Slot]:
    return [slot for slot in slots if slot.peer.is_connected]
