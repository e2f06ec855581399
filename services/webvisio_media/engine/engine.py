"""The engine: sockets, peers and groups of one worker, behind intents.

`Engine.open_peer` answers an offer, `assign_slots` and the others act at once;
what happens is told to `emit` as events of `webvisio_protocol.media_control`.
One asyncio task a peer does its DTLS handshake; media itself never awaits.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from webvisio_media.engine.connectivity import BindingRequest, Ignored, is_authentic, read_request, respond
from webvisio_media.engine.dtls import Certificate, DtlsEndpoint, HandshakeFailed
from webvisio_media.engine.fanout import FanOut
from webvisio_media.engine.feedback import CNAME, Feedback
from webvisio_media.engine.forwarding import Forwarder
from webvisio_media.engine.groups import Group, wanted_audio
from webvisio_media.engine.libc import Alarm, srtp, srtp_ffi
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.slots import Slot
from webvisio_media.engine.statistics import gauge
from webvisio_media.engine.streams import Track
from webvisio_media.engine.udp import BATCH, BUFFER_BYTES, Address, UdpSocket, bind_port
from webvisio_media.errors import LimitReached, Malformed, OfferInvalid
from webvisio_media.rtp.answer import LocalTransport, SlotStreams, uses_transport_cc, write_answer
from webvisio_media.rtp.offer import MID_URI, TRANSPORT_CC_URI, Offer, read_offer
from webvisio_media.rtp.packet import is_rtcp
from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import (
    Event,
    GroupSpeakers,
    PeerConnected,
    PeerLost,
    SlotChoice,
    TrackStarted,
    TrackStopped,
    track_id,
)
from webvisio_protocol.signalling import Mid, Source

log = logging.getLogger(__name__)

MOST_BATCHES = 8
"""Batches read before the loop may do something else."""
MOST_SSRC = (1 << 32) - 1


class Engine:
    """One worker's media plane."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        addresses: Sequence[str],
        port: int,
        limits: Limits | None = None,
        timing: Timing | None = None,
        is_segmenting: bool = True,
    ) -> None:
        """`addresses` are advertised in answers; `port` 0 takes a free one."""
        self._emit = emit
        self._addresses = tuple(addresses)
        self._wanted_port = port
        self.limits = limits or Limits()
        self.timing = timing or Timing()
        self.counts: Counter[str] = Counter()
        self.fan_out = FanOut(is_segmenting)
        self._certificate = Certificate.generateCertificate()
        self._feedback = Feedback(self.limits, self.timing, self.counts)
        self._forwarder = Forwarder(
            self.fan_out,
            self.limits,
            self.timing,
            self.counts,
            started=self._track_started,
            ask_key_frame=self._feedback.ask_key_frame,
        )
        self._groups: dict[GroupId, Group] = {}
        self._peers: dict[PeerId, Peer] = {}
        self._by_ufrag: dict[str, Peer] = {}
        self._by_address: dict[bytes, Peer] = {}
        self._sockets: list[UdpSocket] = []
        self._alarm = Alarm()
        self._tasks: set[asyncio.Task[None]] = set()
        self._length = srtp_ffi.new("int *")
        self._stun_window_at = 0.0
        self._stun_strangers = 0
        self._speakers_at = 0.0
        self._lag_at = 0.0
        self._lag_us = 0
        self._lag_shown_us = 0
        self.port = 0

    # ---- life --------------------------------------------------------------------------

    async def start(self) -> None:
        """Bind the sockets and begin to work."""
        loop = asyncio.get_running_loop()
        self._sockets = bind_port(self._addresses, self._wanted_port)
        self.port = self._sockets[0].port
        for udp in self._sockets:
            loop.add_reader(udp.descriptor, self._readable, udp)
        loop.add_reader(self._alarm.descriptor, self._alarmed)
        self._spawn(self._tick())

    async def close(self) -> None:
        """Say goodbye to every peer and give everything back."""
        for peer in list(self._peers.values()):
            self._end(peer)
        loop = asyncio.get_running_loop()
        goodbyes = [task for task in self._tasks if task.get_name() == "goodbye"]
        if goodbyes:
            await asyncio.wait(goodbyes, timeout=1)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for udp in self._sockets:
            loop.remove_reader(udp.descriptor)
            udp.close()
        loop.remove_reader(self._alarm.descriptor)
        self._alarm.close()

    def _spawn(self, work: "asyncio._CoroutineLike[None]", name: str = "work") -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # ---- intents -----------------------------------------------------------------------

    def open_peer(
        self,
        group_id: GroupId,
        peer_id: PeerId,
        offer_text: str,
        sources: Mapping[Mid, Source],
        fills_video_slots: bool = False,
    ) -> str:
        """Open a peer, in the place of one with the same id; returns the SDP answer.

        Raises `OfferInvalid` or `LimitReached`; the peer that was there stays then.
        """
        if len(offer_text.encode()) > self.limits.offer_bytes:
            raise LimitReached("offer_bytes")
        offer = read_offer(offer_text)
        sending = [line for line in offer.media if line.sends]
        slots = [line for line in offer.media if line.receives_only]
        if len(sending) > self.limits.tracks_per_peer:
            raise LimitReached("tracks_per_peer")
        if len(slots) > self.limits.slots_per_peer:
            raise LimitReached("slots_per_peer")
        unnamed = [line.mid for line in sending if line.mid not in sources]
        if unnamed:
            raise OfferInvalid(f"no source for m-line {unnamed[0]}")
        if len({sources[line.mid] for line in sending}) != len(sending):
            raise OfferInvalid("a source is sent twice")
        previous = self._peers.get(peer_id)
        if previous is None and len(self._peers) >= self.limits.peers:
            raise LimitReached("peers")
        if previous is not None:
            self._end(previous)
        group = self._groups.setdefault(group_id, Group(group_id))
        peer = Peer(
            peer_id,
            group,
            offer,
            _token(4),
            _token(18),
            fills_video_slots=fills_video_slots,
            now=time.monotonic(),
        )
        peer.dtls = DtlsEndpoint(self._certificate, peer.send, self.limits.dtls_waiting)
        peer.local_ssrc = self._new_ssrc(peer)
        for line in sending:
            track = Track(peer, line, track_id(peer_id, sources[line.mid]), sources[line.mid])
            peer.tracks[line.mid] = track
            for ssrc in (*line.ssrcs, *line.retransmission_ssrcs):
                peer.declared[ssrc] = track
            peer.mid_extension = peer.mid_extension or line.extensions.get(MID_URI)
            if uses_transport_cc(line):
                peer.transport_cc_extension = line.extensions[TRANSPORT_CC_URI]
        streams = self._open_slots(peer, offer)
        self._peers[peer_id] = group.peers[peer_id] = self._by_ufrag[peer.ufrag] = peer
        self._bind_expected(group)
        self._fill(group)
        peer.task = self._spawn(self._connect(peer))
        self.counts["peers_opened"] += 1
        transport = LocalTransport(
            peer.ufrag, peer.password, self._certificate.fingerprint, self._addresses, self.port
        )
        return write_answer(offer, secrets.randbits(62), transport, streams, CNAME)

    def _open_slots(self, peer: Peer, offer: Offer) -> dict[str, SlotStreams]:
        lines = [line for line in offer.media if line.receives_only]
        kinds = [line.kind for line in lines]
        is_pair = sorted(kinds) == ["audio", "video"]
        streams: dict[str, SlotStreams] = {}
        for line in lines:
            has_rtx = bool(line.codec_set.retransmissions)
            ssrc = self._new_ssrc(peer)
            rtx_ssrc = self._new_ssrc(peer) if has_rtx else None
            slot = Slot(peer, line, ssrc, rtx_ssrc, secrets.randbits(64))
            peer.slots[line.mid] = peer.slots_by_ssrc[ssrc] = slot
            (peer.audio_slots if line.kind == "audio" else peer.video_slots).append(slot)
            # Browsers keep tracks of one stream in sync: right for one publisher, wrong for slots that change.
            streams[line.mid] = SlotStreams(ssrc, rtx_ssrc, "webvisio" if is_pair else f"slot-{line.mid}")
        return streams

    def assign_slots(self, peer_id: PeerId, choices: Sequence[SlotChoice]) -> None:
        """Set video slots; unknown peers and slots are ignored: they may just have gone."""
        peer = self._peers.get(peer_id)
        if peer is None:
            return
        now = time.monotonic()
        for choice in choices:
            slot = peer.slots.get(choice.mid)
            if slot is None or slot.kind != "video":
                continue
            slot.expected = choice.track_id
            slot.width, slot.height = choice.width, choice.height
            track = None if choice.track_id is None else self._find_track(peer.group, choice.track_id)
            self._forwarder.assign(slot, track, now)

    def set_forwarding(self, track: TrackId, is_forwarded: bool) -> None:
        """Stop or resume a track for everybody."""
        found = self._find_track_anywhere(track)
        if found is None or found.is_forwarded == is_forwarded:
            return
        now = time.monotonic()
        if is_forwarded:
            self._forwarder.resume(found, now)
        else:
            self._forwarder.pause(found, now)
        self._fill(found.peer.group)

    def close_peer(self, peer_id: PeerId) -> None:
        """Close a peer, if it is there."""
        peer = self._peers.get(peer_id)
        if peer is not None:
            self._end(peer)

    def close_group(self, group_id: GroupId) -> None:
        """Close all peers of a group at once."""
        group = self._groups.get(group_id)
        for peer in list(group.peers.values()) if group else ():
            self._end(peer)

    def has_peer(self, peer_id: PeerId) -> bool:
        """Tell whether a peer is open."""
        return peer_id in self._peers

    def remote_ufrag(self, peer_id: PeerId) -> str | None:
        """Name the ICE session that the peer offered."""
        peer = self._peers.get(peer_id)
        return peer.remote_ufrag if peer else None

    def statistics(self) -> dict[str, float]:
        """Figures of the worker; counters only grow."""
        figures = gauge(self._peers, self._groups, self.counts, self.fan_out, self._sockets)
        return figures | {"loop_lag_ms": max(self._lag_us, self._lag_shown_us) / 1000}

    # ---- slots and tracks --------------------------------------------------------------

    def _find_track(self, group: Group, wanted: TrackId) -> Track | None:
        peer = group.peers.get(PeerId(wanted.rpartition("/")[0]))
        if peer is None:
            return None
        return next((track for track in peer.tracks.values() if track.track_id == wanted), None)

    def _find_track_anywhere(self, wanted: TrackId) -> Track | None:
        peer = self._peers.get(PeerId(wanted.rpartition("/")[0]))
        return self._find_track(peer.group, wanted) if peer else None

    def _bind_expected(self, group: Group) -> None:
        """Bind video slots to tracks that they were told to show before the tracks were there."""
        now = time.monotonic()
        for peer in group.peers.values():
            for slot in peer.video_slots:
                if slot.target is None and slot.expected is not None:
                    self._forwarder.assign(slot, self._find_track(group, slot.expected), now)

    def _fill(self, group: Group) -> None:
        """Fill audio slots with the loudest, and the video slots of those who want that (WHEP)."""
        now = time.monotonic()
        audible = group.audible(now)
        for peer in group.peers.values():
            if peer.audio_slots:
                wanted = wanted_audio(peer, audible)
                pairs = list(zip(peer.audio_slots, wanted, strict=True))
                for slot, track in pairs:
                    if slot.target is not track:
                        self._forwarder.release(slot, now)
                for slot, track in pairs:
                    self._forwarder.assign(slot, track, now)
            if peer.fills_video_slots:
                self._fill_video(peer, now)

    def _fill_video(self, peer: Peer, now: float) -> None:
        shown = {slot.target for slot in peer.video_slots}
        free = [slot for slot in peer.video_slots if slot.target is None]
        for track in peer.group.tracks("video"):
            if not free:
                return
            if track.peer is not peer and track not in shown:
                self._forwarder.assign(free.pop(0), track, now)

    def _track_started(self, track: Track) -> None:
        self._fill(track.peer.group)
        self._emit(TrackStarted(track.peer.peer_id, track.track_id))

    # ---- datagrams ---------------------------------------------------------------------

    def _readable(self, udp: UdpSocket) -> None:
        now = time.monotonic()
        for _ in range(MOST_BATCHES):
            count = udp.receive()
            if count:
                self._lag_us = max(self._lag_us, int(time.time() * 1e6) - udp.arrival_us(0))
            for index in range(count):
                try:
                    self._datagram(udp, index, now)
                except Malformed as problem:
                    self.counts["malformed"] += 1
                    log.debug("malformed datagram: %s", problem)
                except Exception:
                    # The outermost loop: one bad datagram must not take the others' media down.
                    self.counts["internal_errors"] += 1
                    log.exception("a datagram could not be handled")
            if count < BATCH:
                break
        if self._forwarder.flush_complete() and not self._alarm.is_set:
            self._alarm.set(self.timing.burst_hold_s)

    def _alarmed(self) -> None:
        self._alarm.acknowledge()
        self._forwarder.flush_all()

    def _datagram(self, udp: UdpSocket, index: int, now: float) -> None:
        size = udp.size(index)
        at = index * BUFFER_BYTES
        if size < 12:
            raise Malformed("datagram length")
        first = udp.view[at]
        key = udp.key(index)
        peer = self._by_address.get(key)
        if 128 <= first <= 191:
            if peer is None or peer.inbound is None:
                self.counts["media_from_strangers"] += 1
            elif is_rtcp(udp.view[at + 1]):
                self._control(peer, udp, index, size, now)
            else:
                self._media(peer, udp, index, size, now)
        elif first <= 3:
            self._stun(peer, udp, key, udp.view[at : at + size].tobytes(), now)
        elif 20 <= first <= 63:
            if peer is None:
                self.counts["dtls_from_strangers"] += 1
            elif not peer.dtls.deliver(udp.view[at : at + size].tobytes()):
                self.counts["dtls_dropped"] += 1
        else:
            raise Malformed("datagram kind")

    def _media(self, peer: Peer, udp: UdpSocket, index: int, size: int, now: float) -> None:
        if now - peer.window_started_at >= 1:
            peer.window_started_at, peer.window_packets, peer.window_octets = now, 0, 0
        peer.window_packets += 1
        peer.window_octets += size
        if (
            peer.window_packets > self.limits.packets_per_second
            or peer.window_octets > self.limits.bytes_per_second
        ):
            self.counts["rate_limited"] += 1
            return
        length = self._length
        length[0] = size
        if srtp.srtp_unprotect(peer.inbound, udp.pointers[index], length):
            self.counts["srtp_rejected"] += 1
            return
        peer.last_heard_at = now
        self.counts["packets_received"] += 1
        self.counts["octets_received"] += size
        at = index * BUFFER_BYTES
        self._forwarder.take(peer, udp.view[at : at + length[0]].tobytes(), now, udp.arrival_us(index))

    def _control(self, peer: Peer, udp: UdpSocket, index: int, size: int, now: float) -> None:
        length = self._length
        length[0] = size
        if srtp.srtp_unprotect_rtcp(peer.inbound, udp.pointers[index], length):
            self.counts["srtcp_rejected"] += 1
            return
        peer.last_heard_at = now
        self.counts["rtcp_received"] += 1
        at = index * BUFFER_BYTES
        self._feedback.take(peer, udp.view[at : at + length[0]].tobytes(), now, time.time())

    def _stun(self, peer: Peer | None, udp: UdpSocket, key: bytes, data: bytes, now: float) -> None:
        if peer is None:
            if now - self._stun_window_at >= 1:
                self._stun_window_at, self._stun_strangers = now, 0
            self._stun_strangers += 1
            if self._stun_strangers > self.limits.unauthenticated_stun_per_second:
                self.counts[Ignored.RATE.value] += 1
                return
        request = read_request(data)
        if not isinstance(request, BindingRequest):
            self.counts[request.value] += 1
            return
        peer = self._by_ufrag.get(request.ufrag)
        if peer is None:
            self.counts[Ignored.UNKNOWN_PEER.value] += 1
            return
        if not is_authentic(request, peer.password):
            self.counts[Ignored.UNAUTHENTIC.value] += 1
            return
        peer.last_heard_at = now
        address = peer.addresses.get(key)
        if address is None:
            address = self._new_address(peer, udp, key)
        udp.send(respond(request, peer.password, address.host, address.port), address)
        if peer.address is None or (request.is_nominating and peer.address is not address):
            self._move(peer, address)

    def _new_address(self, peer: Peer, udp: UdpSocket, key: bytes) -> Address:
        if len(peer.addresses) >= self.limits.addresses_per_peer:
            oldest = next(k for k, known in peer.addresses.items() if known is not peer.address)
            self._by_address.pop(oldest, None)
            del peer.addresses[oldest]
        address = peer.addresses[key] = Address(udp, key)
        holder = self._by_address.get(key)
        if holder is not None and holder is not peer:
            holder.addresses.pop(key, None)
        self._by_address[key] = peer
        return address

    def _move(self, peer: Peer, address: Address) -> None:
        if peer.address is not None:
            self.counts["addresses_changed"] += 1
        peer.address = address
        for slot in peer.slots.values():
            if slot.stream is not None:
                slot.stream.changed()

    # ---- connecting and ending ---------------------------------------------------------

    async def _connect(self, peer: Peer) -> None:
        """Do the handshake; then media flows."""
        try:
            async with asyncio.timeout(self.timing.connect_s):
                await peer.dtls.handshake(peer.fingerprints, lambda: self._lose(peer, "closed"))
        except TimeoutError:
            self._lose(peer, "never_connected")
            return
        except HandshakeFailed:
            self._lose(peer, "handshake_failed")
            return
        except Exception:
            # The outermost loop of this session: it fails alone.
            self.counts["internal_errors"] += 1
            log.exception("a handshake could not be carried through")
            self._lose(peer, "handshake_failed")
            return
        if peer.is_closed:
            return
        peer.inbound = peer.dtls.inbound._srtp[0]
        peer.outbound = peer.dtls.outbound._srtp[0]
        peer.is_connected = True
        self.counts["peers_connected"] += 1
        self._emit(PeerConnected(peer.peer_id))
        now = time.monotonic()
        for slot in peer.slots.values():
            if slot.target is not None:
                self._forwarder.want_key_frame(slot.target, now)

    def _lose(self, peer: Peer, reason: str) -> None:
        if not peer.is_closed:
            self._end(peer)
            self.counts["peers_lost"] += 1
            self._emit(PeerLost(peer.peer_id, reason))

    def _end(self, peer: Peer) -> None:
        """Take a peer out of everything, and tell it."""
        if peer.is_closed:
            return
        peer.is_closed = True
        now = time.monotonic()
        for slot in peer.slots.values():
            self._forwarder.release(slot, now)
        for track in peer.tracks.values():
            self._forwarder.forget(track, now)
        peer.is_connected = False
        peer.inbound = None
        self._by_ufrag.pop(peer.ufrag, None)
        for key in peer.addresses:
            if self._by_address.get(key) is peer:
                del self._by_address[key]
        if self._peers.get(peer.peer_id) is peer:
            del self._peers[peer.peer_id]
        group = peer.group
        if group.peers.get(peer.peer_id) is peer:
            del group.peers[peer.peer_id]
        if not group.peers:
            self._groups.pop(group.group_id, None)
        else:
            self._fill(group)
        self._spawn(self._say_goodbye(peer), name="goodbye")

    async def _say_goodbye(self, peer: Peer) -> None:
        if peer.task is not None and peer.task is not asyncio.current_task() and not peer.task.done():
            peer.task.cancel()
            await asyncio.gather(peer.task, return_exceptions=True)
        await peer.dtls.stop()

    # ---- now and then ------------------------------------------------------------------

    async def _tick(self) -> None:
        timing = self.timing
        while True:
            await asyncio.sleep(timing.tick_s)
            try:
                self._work(time.monotonic(), time.time())
            except Exception:
                # The outermost loop: what failed once must not stop reports and time-outs for all.
                self.counts["internal_errors"] += 1
                log.exception("periodic work failed")

    def _work(self, now: float, wall_s: float) -> None:
        self._feedback.tick(self._forwarder, now)
        for peer in list(self._peers.values()):
            if peer.transport_cc_extension is not None and now - peer.feedback_at >= self.timing.feedback_s:
                peer.feedback_at = now
                self._feedback.tell_arrivals(peer)
            if now - peer.reported_at >= self.timing.report_s:
                peer.reported_at = now
                self._look_after(peer, now, wall_s)
        if now - self._lag_at >= self.timing.report_s:
            self._lag_at, self._lag_shown_us, self._lag_us = now, self._lag_us, 0
        if now - self._speakers_at >= self.timing.speakers_s:
            self._speakers_at = now
            for group in list(self._groups.values()):
                self._hear(group, now)

    def _look_after(self, peer: Peer, now: float, wall_s: float) -> None:
        if now - peer.last_heard_at > self.timing.silence_s:
            self._lose(peer, "silent")
            return
        for track in peer.tracks.values():
            if track.is_running and now - track.last_packet_at > self.timing.track_stop_s:
                track.is_running = False
                self._fill(peer.group)
                self._emit(TrackStopped(peer.peer_id, track.track_id))
            elif track.is_running and track.waiting:
                # A request may be lost, and a decoder that gets nothing asks for nothing.
                self._forwarder.want_key_frame(track, now)
        if peer.is_connected:
            self._feedback.report(peer, now, wall_s)

    def _hear(self, group: Group, now: float) -> None:
        speakers = group.speaking(now)
        if speakers != group.speakers:
            group.speakers = speakers
            self._emit(GroupSpeakers(group.group_id, speakers))
        if group.needs_choice():
            self._fill(group)

    def _new_ssrc(self, peer: Peer) -> int:
        while True:
            ssrc = secrets.randbelow(MOST_SSRC) + 1
            if ssrc not in peer.slots_by_ssrc and ssrc not in peer.declared and ssrc != peer.local_ssrc:
                return ssrc


def _token(size: int) -> str:
    return secrets.token_hex(size)
