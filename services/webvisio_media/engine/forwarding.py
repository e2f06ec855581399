"""From a publisher's packet to its receivers.

A packet is looked at once: which stream, where in the order, is it the start
of a key frame. Packets of a frame are gathered and leave together, never held
longer than `Timing.burst_hold_s`. A waiting slot begins at a key frame (video)
or at any packet (audio); before a slot leaves a stream, the stream's burst is
sent, so that `Stream.newest` is what its receivers have.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from webvisio_media.engine.fanout import MOST_BURST, MOST_PAYLOAD_BYTES, FanOut
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.slots import Slot
from webvisio_media.engine.streams import Stream, Track, lay_out
from webvisio_media.errors import Malformed
from webvisio_media.rtp.keyframes import starts_key_frame
from webvisio_media.rtp.numbers import extend
from webvisio_media.rtp.packet import MARKER, Packet, extension_elements, locate
from webvisio_media.rtp.speakers import UNKNOWN_LEVEL
from webvisio_media.rtp.vp8 import Descriptor, read_descriptor

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
        ask_key_frame: Callable[[Stream, float], None],
        hurry: Callable[[], None],
    ) -> None:
        """`started` is called when a track begins to flow; `ask_key_frame` sends or delays a PLI; `hurry`
        when there are holes to ask for."""
        self._fan_out = fan_out
        self._limits = limits
        self._timing = timing
        self._counts = counts
        self._started = started
        self._ask_key_frame = ask_key_frame
        self._hurry = hurry
        self._gathering: dict[Stream, None] = {}
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
        if isinstance(carrier, Track):
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
            carrier = self._replace(track, ssrc, payload_type, number16, now)
        if track.kind == "audio":
            element = None if track.level_extension is None else elements.get(track.level_extension)
            track.loudness.heard(element[0] & 0x7F if element else UNKNOWN_LEVEL, now)
        track.last_packet_at = now
        if not track.is_running:
            track.is_running = True
            self._started(track)
        timestamp = int.from_bytes(data[4:8], "big")
        carrier.reception.arrived(timestamp, arrival_us / 1e6)
        self._place(carrier, number16, timestamp, data[1] & MARKER, payload, now)

    def _take_repeated(
        self, track: Track, payload_type: int, data: bytes, payload: bytes, now: float
    ) -> None:
        """Take a packet of an RTX stream (RFC 4588): the original number is in the payload's first bytes."""
        stream = track.stream
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
        if len(payload) > MOST_PAYLOAD_BYTES:
            raise Malformed("RTP payload length")
        sequence = extend(number, stream.highest)
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
        if distance > 1:
            if not stream.losses.jumped(stream.highest, sequence, now) and stream.active:
                self._ask_key_frame(stream, now)
            self.lossy.add(stream)
            self._hurry()
        stream.strays = 0
        stream.highest = sequence
        stream.history.add(packet)
        track = stream.track
        if is_key:
            stream.throttle.satisfy()
            self._counts["key_frames"] += 1
        if track.waiting and track.is_forwarded and (is_key or track.kind == "audio"):
            self.flush(stream)
            self._activate(stream, packet, now)
        stream.newest = packet
        if stream.active:
            stream.burst.append(packet)
            self._gathering[stream] = None
            if len(stream.burst) >= MOST_BURST:
                self.flush(stream)

    def _take_late(self, stream: Stream, packet: Packet, distance: int, now: float) -> None:
        if distance > LONG_AGO:
            stream.strays += 1
            if stream.strays > MOST_STRAYS:
                self._replace(stream.track, stream.ssrc, stream.payload_type, packet.sequence & 0xFFFF, now)
            return
        if stream.history.get(packet.sequence) is not None:
            self._counts["rtp_duplicates"] += 1
            return
        stream.losses.arrived(packet.sequence)
        stream.history.add(packet)
        slots = [slot for slot in stream.active if slot.has_begun_before(packet.sequence)]
        for group in lay_out(slots):
            self._fan_out.send(group, [packet])
        stream.forwarded_packets += 1
        stream.forwarded_octets += len(packet.payload)

    def _identify(
        self, peer: Peer, ssrc: int, payload_type: int, number: int, elements: dict[int, bytes]
    ) -> Stream | Track | None:
        """Find which track a new SSRC belongs to: by the offer, the MID, or the only one with that payload type."""
        track = peer.declared.get(ssrc)
        if track is None and peer.mid_extension is not None and (mid := elements.get(peer.mid_extension)):
            track = peer.tracks.get(mid.decode("ascii", "replace"))
        if track is None:
            able = [t for t in peer.tracks.values() if payload_type in t.codecs or payload_type in t.repeats]
            track = able[0] if len(able) == 1 else None
        if track is None or len(peer.streams) >= self._limits.streams_per_peer:
            return None
        if payload_type in track.repeats:
            peer.streams[ssrc] = track
            return track
        if payload_type not in track.codecs:
            return None
        return self._replace(track, ssrc, payload_type, number, track.last_packet_at)

    def _replace(self, track: Track, ssrc: int, payload_type: int, number: int, now: float) -> Stream:
        """Begin a stream of `track`; what showed the one before waits for a key frame of the new one."""
        previous = track.stream
        if previous is not None:
            self._suspend(previous, now)
            self._retire(previous)
            track.peer.streams.pop(previous.ssrc, None)
        stream = Stream(track, ssrc, payload_type, number, self._limits, self._timing)
        track.stream = track.peer.streams[ssrc] = stream
        return stream

    # ---- bursts ------------------------------------------------------------------------

    def flush_complete(self) -> bool:
        """Send the bursts that end a frame; True when others are still gathering."""
        for stream in list(self._gathering):
            if stream.burst[-1].marker or stream.track.kind == "audio":
                self.flush(stream)
        return bool(self._gathering)

    def flush_all(self) -> None:
        """Send every burst: nothing is held longer."""
        for stream in list(self._gathering):
            self.flush(stream)

    def flush(self, stream: Stream) -> None:
        """Send what `stream` has gathered."""
        burst = stream.burst
        self._gathering.pop(stream, None)
        if not burst:
            return
        stream.burst = []
        for group in stream.rows():
            self._fan_out.send(group, burst)
        stream.forwarded_packets += len(burst)
        stream.forwarded_octets += sum(len(packet.payload) for packet in burst)

    # ---- slots -------------------------------------------------------------------------

    def assign(self, slot: Slot, track: Track | None, now: float) -> None:
        """Set what a slot shows; it begins at the track's next key frame (audio: next packet)."""
        if slot.target is track:
            return
        self.release(slot, now)
        if track is None:
            return
        slot.target = track
        track.targets.add(slot)
        track.waiting.add(slot)
        self.want_key_frame(track, now)

    def release(self, slot: Slot, now: float) -> None:
        """Free a slot."""
        if slot.stream is not None:
            self.flush(slot.stream)
            slot.end(now)
        if slot.target is not None:
            slot.target.targets.discard(slot)
            slot.target.waiting.discard(slot)
            slot.target = None

    def pause(self, track: Track, now: float) -> None:
        """Stop forwarding a track; its slots keep their place."""
        track.is_forwarded = False
        if track.stream is not None:
            self._suspend(track.stream, now)

    def resume(self, track: Track, now: float) -> None:
        """Forward a track again, from its next key frame on."""
        track.is_forwarded = True
        self.want_key_frame(track, now)

    def want_key_frame(self, track: Track, now: float) -> None:
        """Ask the publisher for a key frame if a receiver waits for one."""
        stream = track.stream
        if stream is None or track.kind != "video" or not track.is_forwarded:
            return
        if any(slot.peer.is_connected for slot in track.waiting):
            self._ask_key_frame(stream, now)

    def forget(self, track: Track, now: float) -> list[Slot]:
        """Take a track away; returns the slots that showed it, now free."""
        slots = list(track.targets)
        for slot in slots:
            self.release(slot, now)
        if track.stream is not None:
            self.flush(track.stream)
            self._retire(track.stream)
            track.stream = None
        return slots

    def _retire(self, stream: Stream) -> None:
        # Slots remember their last streams for late NACKs; the packets themselves must not live on with them.
        stream.history.clear()
        self.lossy.discard(stream)

    def _suspend(self, stream: Stream, now: float) -> None:
        self.flush(stream)
        for slot in list(stream.active):
            slot.end(now)
            stream.track.waiting.add(slot)

    def _activate(self, stream: Stream, packet: Packet, now: float) -> None:
        waiting = stream.track.waiting
        for slot in _ready(waiting):
            if not slot.can_show(stream):
                self._counts["codec_not_negotiated"] += 1
                continue
            waiting.discard(slot)
            slot.begin(stream, packet, now)
            self._counts["slot_switches"] += 1


def _ready(slots: Iterable[Slot]) -> list[Slot]:
    return [slot for slot in slots if slot.peer.is_connected]
