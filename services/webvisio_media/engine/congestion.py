"""Congestion control of every receiver: feedback in, layers out, and trying whether there is room for more.

A receiver without transport-wide feedback is outside of this: it gets what its
slots show. Work is done at the rate of feedback, never per packet.
"""

import struct
from collections import Counter
from collections.abc import Callable

from webvisio_media.engine.forwarding import Forwarder
from webvisio_media.engine.lines import FIRST_PROBE_PAUSE_S, LONGEST_PROBE_PAUSE_S, Line, Probe
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.slots import Slot
from webvisio_media.rtp.allocation import Wish, allocate, next_wanted_bps
from webvisio_media.rtp.bandwidth import REST_S
from webvisio_media.rtp.layers import steps
from webvisio_media.rtp.send_log import Arrival
from webvisio_media.rtp.transport_cc import read_feedback
from webvisio_protocol.media_control import Event, SlotsPaused
from webvisio_protocol.signalling import Source

AUDIO_BPS = 45_000
"""Kept for each audio slot that carries something."""
REALLOCATION_S, CONTENT_REALLOCATION_S = 0.5, 1.0
"""Between two allocations while the estimate rises, and where nothing is wanted: what pictures cost is measured
once a second. A fall is acted upon at once."""
FALL = 0.95
PROBE_S = 0.02
"""How long a probe would take at the rate that is tried."""
PADDING_BYTES = 255
PADDING = bytes(PADDING_BYTES - 1) + bytes([PADDING_BYTES])
PROBE_PACKET_BYTES = PADDING_BYTES + 12 + 8 + 16 + 28
FEWEST_PROBE_PACKETS, MOST_PROBE_PACKETS = 6, 60
MOST_STEP = 2.5
"""A probe tries at most so many times the estimate."""


class Congestion:
    """Acts upon the lines of a worker's peers."""

    def __init__(self, counts: Counter[str], emit: Callable[[Event], None]) -> None:
        self.forwarder: Forwarder
        self._counts = counts
        self._emit = emit

    def take(self, peer: Peer, body: bytes, now: float) -> None:
        """Take a receiver's transport-wide feedback; raises `Malformed`."""
        line = peer.line
        if line is None:
            return
        self._counts["transport_feedback_received"] += 1
        estimator = line.estimator
        delivery = line.log.deliver(read_feedback(body), line.has_unread)
        line.has_unread = False
        estimator.take(delivery, peer.round_trip_s, now)
        if line.probe is not None:
            number = line.probe.number
            self._learn(line, line.probe, [a for a in delivery.arrivals if a.probe == number], now)
        pause_s = CONTENT_REALLOCATION_S if line.wanted_bps is None else REALLOCATION_S
        if estimator.target_bps < FALL * line.allocated_bps or now - line.allocated_at >= pause_s:
            self.allocate(peer, now)
        if line.wanted_bps is None and estimator.allows_rest(delivery):
            line.rests_until = now + REST_S

    def look_after(self, peer: Peer, now: float) -> None:
        """Once a second: try for more where more is wanted."""
        line = peer.line
        if line is None:
            return
        if line.paused and now - line.allocated_at >= REALLOCATION_S:
            # Where all is paused no feedback comes, while the pictures' cost may have changed.
            self.allocate(peer, now)
        if line.probe is not None:
            self._learn(line, line.probe, [], now)
        estimator = line.estimator
        if (
            line.wanted_bps is not None
            and line.probe is None
            and line.wanted_bps > estimator.target_bps
            and now >= line.probe_at
            and not estimator.is_congested
            and estimator.is_loss_usual
        ):
            self._try(peer, line, min(1.15 * line.wanted_bps, MOST_STEP * estimator.target_bps), now)

    def allocate(self, peer: Peer, now: float) -> None:
        """Share the estimate out among the peer's slots."""
        line = peer.line
        if line is None:
            return
        sound_bps = AUDIO_BPS * sum(slot.feed is not None for slot in peer.audio_slots)
        slots: list[Slot] = []
        wishes: list[Wish] = []
        for slot in peer.video_slots:
            track = slot.target
            flowing = track.flowing() if track is not None and track.is_forwarded else []
            if track is None or not flowing:
                continue
            options = steps([stream.layer() for stream in flowing], slot.height)
            current = -1
            if slot.allowance_bps > 0:
                step = slot.choose_step(options)
                current = options.index(step) if step is not None else 0
            slots.append(slot)
            wishes.append(Wish(track.source is Source.SCREEN, slot.height, options, current))
        target = line.estimator.target_bps
        granted = allocate(target - sound_bps, wishes)
        spent = float(sound_bps)
        for slot, wish, chosen in zip(slots, wishes, granted, strict=True):
            cost = wish.options[chosen].bitrate_bps if chosen >= 0 else 0.0
            slot.allowance_bps = 1.02 * cost
            spent += cost
            self.forwarder.choose_layer(slot, now)
        line.allocated_at, line.allocated_bps = now, target
        line.wanted_bps = next_wanted_bps(spent, wishes, granted)
        if line.wanted_bps is not None:
            line.rests_until = now
        paused = tuple(slot.mid for slot, chosen in zip(slots, granted, strict=True) if chosen < 0)
        if paused != line.paused:
            line.paused = paused
            self._counts["pauses_told"] += 1
            self._emit(SlotsPaused(peer.peer_id, paused))

    def _try(self, peer: Peer, line: Line, bps: float, now: float) -> None:
        """Send a train of padding on an RTX stream: receivers drop it, and tell when it came."""
        slot = next((s for s in peer.video_slots if s.rtx_ssrc is not None and s.repeats), None)
        if slot is None or slot.rtx_ssrc is None:
            return
        # A slot that has shown nothing yet has no payload type, and needs the room most of all.
        payload_type = slot.repeats.get(slot.payload_type) or next(iter(slot.repeats.values()))
        packets = round(bps * PROBE_S / 8 / PROBE_PACKET_BYTES)
        packets = max(FEWEST_PROBE_PACKETS, min(MOST_PROBE_PACKETS, packets))
        line.probe_count += 1
        line.probe = Probe(line.probe_count, packets, bps, now)
        line.log.probe = line.probe_count
        for _ in range(packets):
            slot.rtx_sequence = (slot.rtx_sequence + 1) & 0xFFFF
            # P: all that follows the header is padding
            header = struct.pack("!BBHII", 0xA0, payload_type, slot.rtx_sequence, 0, slot.rtx_ssrc)
            peer.repeat(header, PADDING, line)
        line.log.probe = 0
        self._counts["probes_sent"] += 1

    def _learn(self, line: Line, probe: Probe, arrivals: list[Arrival], now: float) -> None:
        probe.arrivals += arrivals
        if not probe.is_over(now):
            return
        line.probe = None
        if line.estimator.probed(probe.measured_bps(), probe.tried_bps):
            line.probe_pause_s = FIRST_PROBE_PAUSE_S
        else:
            line.probe_pause_s = min(LONGEST_PROBE_PAUSE_S, 2 * line.probe_pause_s)
        line.probe_at = now + line.probe_pause_s
