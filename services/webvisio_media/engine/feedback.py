"""RTCP both ways: what receivers ask for, what publishers are told.

Receivers' NACKs are answered from the publisher's history, their PLI and FIR
become at most one request a stream and interval. Publishers get NACKs for
holes, receiver reports, and transport-wide feedback or a REMB, without which
a browser stays at a few hundred kbit/s. Sender reports are written anew for
each slot, on this machine's clock.
"""

import struct
from collections import Counter
from collections.abc import Callable

from webvisio_media.engine.congestion import Congestion
from webvisio_media.engine.forwarding import Forwarder
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.remote import RemotePeer
from webvisio_media.engine.slots import Slot
from webvisio_media.engine.streams import Stream
from webvisio_media.rtp import rtcp
from webvisio_media.rtp.numbers import from_ntp, to_ntp
from webvisio_media.rtp.vp8 import renumber

MOST_REPORT_BLOCKS = 31
MOST_COMPOUND_BYTES = 1100
CNAME = "webvisio"


class Feedback:
    """Reads and writes RTCP for all peers of a worker."""

    def __init__(
        self,
        limits: Limits,
        timing: Timing,
        counts: Counter[str],
        hurry: Callable[[], None],
        congestion: Congestion,
        ask_other_worker: Callable[[Stream], None],
    ) -> None:
        """`hurry` is called when something must be asked for soon: `ask_publishers` does it.

        `ask_other_worker` asks for a key frame of a stream whose publisher is there.
        """
        self._ask_other_worker = ask_other_worker
        self._hurry = hurry
        self._congestion = congestion
        self._limits = limits
        self._timing = timing
        self._counts = counts
        self._wanting: set[Stream] = set()

    # ---- from peers --------------------------------------------------------------------

    def take(self, peer: Peer, data: bytes, now: float, wall_s: float) -> None:
        """Act upon a decrypted compound packet; raises `Malformed`."""
        if len(data) >= 4 and rtcp.is_feedback_alone(data, 0, len(data)):
            self._congestion.take(peer, data[4:], now)
            return
        for packet in rtcp.parse(data):
            match packet:
                case rtcp.SenderReport():
                    self._reported(peer, packet, now, wall_s)
                    self._received(peer, packet.blocks, wall_s)
                case rtcp.ReceiverReport():
                    self._received(peer, packet.blocks, wall_s)
                case rtcp.Nack():
                    slot = peer.slots_by_ssrc.get(packet.media_ssrc)
                    if slot is not None:
                        self._repeat(slot, packet.numbers, now)
                case rtcp.KeyFrameRequest():
                    for ssrc in packet.media_ssrcs:
                        slot = peer.slots_by_ssrc.get(ssrc)
                        if slot is not None and slot.feed is not None:
                            self._counts["key_frame_requests_received"] += 1
                            self.ask_key_frame(slot.feed.stream, now)
                case rtcp.TransportFeedback():
                    self._congestion.take(peer, packet.body, now)
                case rtcp.Goodbye():
                    for ssrc in packet.ssrcs:
                        stream = peer.streams.get(ssrc)
                        if isinstance(stream, Stream):
                            stream.track.last_packet_at = float("-inf")
                case _:
                    pass

    def _reported(self, peer: Peer, report: rtcp.SenderReport, now: float, wall_s: float) -> None:
        stream = peer.streams.get(report.ssrc)
        if not isinstance(stream, Stream):
            return
        stream.report = report
        stream.reception.reported(report, now)
        offset = wall_s - from_ntp(report.ntp)
        # The smallest difference seen is the one least delayed; a millisecond a report lets it follow drift.
        if peer.clock_offset_s is None or abs(offset - peer.clock_offset_s) > 60:
            peer.clock_offset_s = offset
        else:
            peer.clock_offset_s = min(peer.clock_offset_s + 0.001, offset)

    def _received(self, peer: Peer, blocks: tuple[rtcp.ReportBlock, ...], wall_s: float) -> None:
        middle = to_ntp(wall_s) >> 16 & 0xFFFF_FFFF
        for block in blocks:
            if block.last_report and block.ssrc in peer.slots_by_ssrc:
                ticks = (middle - block.last_report - block.delay_since) & 0xFFFF_FFFF
                if ticks < 10 * 65536:
                    peer.round_trip_s += (ticks / 65536 - peer.round_trip_s) / 4

    # ---- repeating ---------------------------------------------------------------------

    def _repeat(self, slot: Slot, numbers: tuple[int, ...], now: float) -> None:
        """Answer a receiver's NACK from the history of whatever the slot showed."""
        peer = slot.peer
        if not slot.has_nack or not peer.is_connected:
            return
        self._counts["nacks_received"] += len(numbers)
        if now - peer.repeat_window_at >= 1:
            peer.repeat_window_at, peer.repeated = now, 0
        highest = slot.feed.highest if slot.feed is not None else 0
        for number in numbers:
            if peer.repeated >= self._limits.retransmissions_per_second:
                self._counts["repeats_limited"] += 1
                return
            found = slot.mapping.find(number, highest)
            packet = found and found[0].source.history.get(found[1])
            if not found or packet is None:
                self._counts["repeats_unavailable"] += 1
                continue
            epoch = found[0]
            payload = bytearray(packet.payload)
            if packet.descriptor is not None and (epoch.picture_id_offset or epoch.tl0_offset):
                renumber(payload, 0, packet.descriptor, epoch.picture_id_offset, epoch.tl0_offset)
            payload_type = slot.payload_types.get(epoch.source.codec.key, slot.payload_type)
            timestamp = (packet.timestamp + epoch.timestamp_offset) & 0xFFFF_FFFF
            repeat = slot.repeats.get(payload_type)
            if repeat is not None and slot.rtx_ssrc is not None:
                slot.rtx_sequence = (slot.rtx_sequence + 1) & 0xFFFF
                head = (repeat, slot.rtx_sequence, slot.rtx_ssrc)
                payload[0:0] = number.to_bytes(2, "big")
            elif slot.line is not None:
                self._counts["repeats_unavailable"] += 1
                continue
            else:
                # The very same bytes again: with AES-GCM nothing else may be sent under the same number.
                head = (payload_type, number, slot.ssrc)
            header = struct.pack("!BBHII", 0x80, packet.marker | head[0], head[1], timestamp, head[2])
            peer.repeated += 1
            if peer.repeat(header, payload, slot.line):
                self._counts["repeats_sent"] += 1
                peer.group.meter.packets_repeated += 1
            else:
                self._counts["repeats_unavailable"] += 1

    # ---- to publishers -----------------------------------------------------------------

    def ask_key_frame(self, stream: Stream, now: float) -> None:
        """Ask for a key frame now, or when the stream's interval is over."""
        if stream.throttle.request(now):
            self._send_key_frame_request(stream)
        else:
            self._wanting.add(stream)
            self._hurry()

    def _send_key_frame_request(self, stream: Stream) -> None:
        peer = stream.track.peer
        if isinstance(peer, RemotePeer):
            self._ask_other_worker(stream)
            return
        self._counts["key_frame_requests_sent"] += 1
        peer.group.meter.key_frame_requests_sent += 1
        if stream.track.has_pli:
            peer.send_rtcp(
                rtcp.receiver_report(peer.local_ssrc, ()) + rtcp.picture_loss(peer.local_ssrc, stream.ssrc)
            )
            return
        stream.full_intra_requests += 1
        peer.send_rtcp(
            rtcp.receiver_report(peer.local_ssrc, ())
            + rtcp.full_intra_request(peer.local_ssrc, stream.ssrc, stream.full_intra_requests)
        )

    def ask_publishers(self, forwarder: Forwarder, now: float) -> bool:
        """Send the requests that are due, for key frames and holes; True when there may be more to ask for."""
        for stream in list(self._wanting):
            if stream.throttle.is_due(now):
                self._send_key_frame_request(stream)
            if not stream.throttle.is_waiting:
                self._wanting.discard(stream)
        for stream in list(forwarder.lossy):
            peer = stream.track.peer
            if isinstance(peer, RemotePeer):
                forwarder.lossy.discard(stream)
                continue
            numbers = stream.losses.due(now, peer.round_trip_s)
            if numbers and stream.track.has_nack:
                self._counts["nacks_sent"] += len(numbers)
                peer.send_rtcp(rtcp.nack(peer.local_ssrc, stream.ssrc, numbers))
            if not stream.losses:
                forwarder.lossy.discard(stream)
        return bool(self._wanting or forwarder.lossy)

    def tell_arrivals(self, peer: Peer) -> None:
        """Send transport-wide feedback for what came since the last one."""
        if not peer.arrivals or not peer.is_connected:
            return
        media_ssrc = next((s.ssrc for s in peer.streams.values() if isinstance(s, Stream)), 0)
        for body in peer.arrivals.feedback():
            peer.send_rtcp(rtcp.transport_feedback(peer.local_ssrc, media_ssrc, body))

    # ---- reports -----------------------------------------------------------------------

    def report(self, peer: Peer, now: float, wall_s: float) -> None:
        """Send a peer its sender reports, receiver reports and bitrate limit, in compounds that fit."""
        pieces: list[bytes] = []
        if now - peer.sender_reported_at >= 2 * self._timing.report_s:
            shown = [slot for slot in peer.slots.values() if slot.feed is not None]
            if shown:
                peer.sender_reported_at = now
            pieces += [self._sender_report(slot, now, wall_s) for slot in shown]
        streams = [stream for stream in peer.streams.values() if isinstance(stream, Stream)]
        blocks = [
            stream.reception.block(stream.highest, now) for stream in streams if stream.track.is_running
        ]
        for start in range(0, len(blocks), MOST_REPORT_BLOCKS):
            pieces.append(rtcp.receiver_report(peer.local_ssrc, blocks[start : start + MOST_REPORT_BLOCKS]))
        if blocks and peer.transport_cc_extension is None:
            pieces.append(
                rtcp.bitrate_estimate(
                    peer.local_ssrc, self._limits.publisher_bitrate_bps, [s.ssrc for s in streams]
                )
            )
        compound = b""
        for piece in pieces:
            if len(compound) + len(piece) > MOST_COMPOUND_BYTES:
                peer.send_rtcp(compound)
                compound = b""
            # A compound begins with a report and names its source (RFC 3550 section 6.1).
            compound += piece if compound else piece + rtcp.source_description(piece[4:8], CNAME)
        if compound:
            peer.send_rtcp(compound)

    def _sender_report(self, slot: Slot, now: float, wall_s: float) -> bytes:
        epoch = slot.mapping.current
        assert slot.feed is not None and epoch is not None
        stream = slot.feed.stream
        assert stream.newest is not None
        rate = stream.codec.clock_rate
        peer = stream.track.peer
        if stream.report is not None and peer.clock_offset_s is not None:
            elapsed_s = wall_s - peer.clock_offset_s - from_ntp(stream.report.ntp)
            timestamp = stream.report.timestamp + round(elapsed_s * rate)
        else:
            timestamp = stream.newest.timestamp + round((now - stream.newest_at) * rate)
        packets, octets = slot.counts()
        return rtcp.sender_report(
            slot.ssrc, to_ntp(wall_s), timestamp + epoch.timestamp_offset, packets, octets
        )
