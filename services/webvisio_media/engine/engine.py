"""The engine: sockets, peers and groups of one worker, behind intents.

`Engine.open_peer` answers an offer, `assign_slots` and the others act at once;
what happens is told to `emit` as events of `webvisio_protocol.media_control`.
One asyncio task a peer does its DTLS handshake; media itself never awaits.

It is long because it is where every part meets: each method is an intent or a
turn of a timer, finds the peers it is about, and asks the part that knows.
"""

import asyncio
import gc
import logging
import secrets
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence

from webvisio_media.engine.cascade import Cascade
from webvisio_media.engine.certificates import Certificates
from webvisio_media.engine.congestion import Congestion
from webvisio_media.engine.dtls import DtlsEndpoint, HandshakeFailed
from webvisio_media.engine.fanout import FanOut
from webvisio_media.engine.feedback import CNAME, Feedback
from webvisio_media.engine.forwarding import Forwarder
from webvisio_media.engine.groups import Group
from webvisio_media.engine.intake import Intake
from webvisio_media.engine.libc import give_memory_back
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.engine.meters import MOST_GROUPS_TOLD, figures_of
from webvisio_media.engine.opening import add_slots, add_tracks, check_offer
from webvisio_media.engine.pacing import PacedReader
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.showing import Showing
from webvisio_media.engine.statistics import gauge
from webvisio_media.engine.streams import Stream, Track
from webvisio_media.engine.tcp import TcpAddress, TcpListener
from webvisio_media.engine.udp import UdpSocket, bind_port
from webvisio_media.errors import LimitReached, OfferInvalid
from webvisio_media.rtp.answer import LocalTransport, write_answer
from webvisio_media.rtp.losses import REORDER_S
from webvisio_media.rtp.offer import read_offer
from webvisio_media.rtp.preference import prefer, prefer_pictures
from webvisio_media.rtp.strain import Strain
from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import (
    Event,
    GroupSpeakers,
    PeerConnected,
    PeerLost,
    SlotChoice,
    TrackStarted,
    TrackStopped,
    WorkerStrained,
)
from webvisio_protocol.signalling import Mid, Source

log = logging.getLogger(__name__)


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
        tcp_port: int | None = None,
        links: Mapping[int, socket.socket] | None = None,
        codecs: Sequence[str] = (),
    ) -> None:
        """`addresses` are advertised in answers; `port` 0 takes a free one; `tcp_port` None takes the same
        number as UDP, 0 none. `links` lead to other workers, by their numbers. `codecs`: see `prefer`."""
        self._emit = emit
        self._addresses = tuple(addresses)
        self._wanted_port = port
        self._wanted_tcp_port = tcp_port
        self._codecs = tuple(codecs)
        self.limits = limits or Limits()
        self.timing = timing or Timing()
        self.counts: Counter[str] = Counter()
        self.fan_out = FanOut(is_segmenting)
        self._certificates = Certificates(self.timing.certificate_s, self.counts)
        self._congestion = Congestion(self.counts, emit)
        self._feedback = Feedback(
            self.limits, self.timing, self.counts, self._hurry, self._congestion, self._ask_other_worker
        )
        self._forwarder = Forwarder(
            self.fan_out,
            self.limits,
            self.timing,
            self.counts,
            started=self._track_started,
            changed=self._track_changed,
            ask_key_frame=self._feedback.ask_key_frame,
            hurry=self._hurry,
        )
        self._congestion.forwarder = self._forwarder
        self._showing = Showing(self._forwarder, self._congestion, emit)
        self._intake = Intake(self._forwarder, self._feedback, self.limits, self.timing, self.counts)
        self._tcp = TcpListener(self._intake.take_framed, self._intake.lose, self.limits, self.counts)
        self._groups: dict[GroupId, Group] = {}
        self._peers: dict[PeerId, Peer] = {}
        self._cascade = Cascade(
            links or {},
            self._groups,
            self._peers,
            self.limits,
            self.counts,
            forwarder=self._forwarder,
            feedback=self._feedback,
            showing=self._showing,
            send_ready=self._intake.send_ready,
        )
        self._showing.watched = self._cascade.watched
        self._intake.before_sending = self._cascade.flush
        self._sockets: list[UdpSocket] = []
        self._rtcp: list[PacedReader] = []
        self._numbering: dict[PeerId, Peer] = {}
        """Peers that number their packets, to be told of each arrival."""
        self._turns: deque[Peer] = deque()
        self._hurrying: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._speakers_at = 0.0
        self._lag_at = 0.0
        self._strain = Strain()
        self._has_ended_peers = False
        self._memory_given_at = 0.0
        self.port = 0

    # ---- life --------------------------------------------------------------------------

    async def start(self) -> None:
        """Bind the sockets and begin to work."""
        loop = asyncio.get_running_loop()
        self._sockets = bind_port(self._addresses, self._wanted_port)
        self.port = self._sockets[0].port
        for udp in self._sockets:
            loop.add_reader(udp.descriptor, self._intake.readable, udp)
            if udp.rtcp is not None:
                self._rtcp.append(PacedReader(udp.rtcp, self._intake.read_rtcp, self.timing.rtcp_s))
        loop.add_reader(self._intake.alarm.descriptor, self._intake.ring)
        self._cascade.start()
        if self._wanted_tcp_port != 0:
            self._listen_tcp(self._wanted_tcp_port or self.port)
        self._spawn(self._tick())

    def _listen_tcp(self, port: int) -> None:
        try:
            self._tcp.listen(self._addresses, port)
        except OSError:
            # Networks that block UDP are then shut out, everybody else is served.
            self.counts["tcp_unavailable"] += 1
            log.error("TCP port %d cannot be had: no media for networks that block UDP", port)

    async def close(self) -> None:
        """Say goodbye to every peer and give everything back."""
        for group_id in list(self._groups):
            self.close_group(group_id)
        loop = asyncio.get_running_loop()
        goodbyes = [task for task in self._tasks if task.get_name() == "goodbye"]
        if goodbyes:
            await asyncio.wait(goodbyes, timeout=1)
        if self._hurrying is not None:
            self._hurrying.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tcp.close()
        self._cascade.close()
        for reader in self._rtcp:
            reader.close()
        for udp in self._sockets:
            loop.remove_reader(udp.descriptor)
            udp.close()
        loop.remove_reader(self._intake.alarm.descriptor)
        self._intake.alarm.close()

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
        video_codecs: Sequence[str] = (),
    ) -> str:
        """Open a peer, in the place of one with the same id; returns the SDP answer.

        `video_codecs`: those in which its pictures are to come, best first.
        Raises `OfferInvalid` or `LimitReached`; the peer that was there stays then.
        """
        try:
            return self._open(group_id, peer_id, offer_text, sources, fills_video_slots, video_codecs)
        except LimitReached as problem:
            self.counts[f"limit_{problem}"] += 1
            raise
        except OfferInvalid:
            self.counts["offers_invalid"] += 1
            raise

    def _open(
        self,
        group_id: GroupId,
        peer_id: PeerId,
        offer_text: str,
        sources: Mapping[Mid, Source],
        fills_video_slots: bool,
        video_codecs: Sequence[str],
    ) -> str:
        if len(offer_text.encode()) > self.limits.offer_bytes:
            raise LimitReached("offer_bytes")
        offer = prefer_pictures(prefer(read_offer(offer_text), self._codecs), video_codecs)
        check_offer(offer, sources, self.limits)
        previous = self._peers.get(peer_id)
        if previous is None and len(self._peers) >= self.limits.peers:
            raise LimitReached("peers")
        if previous is not None:
            self._end(previous)
        group = self._groups.setdefault(group_id, Group(group_id))
        peer = Peer(peer_id, group, offer, fills_video_slots=fills_video_slots, now=time.monotonic())
        certificate = self._certificates.current(peer.opened_at)
        peer.dtls = DtlsEndpoint(certificate, peer.send, self.limits.dtls_waiting)
        add_tracks(peer, offer, sources)
        streams = add_slots(peer, offer)
        self._peers[peer_id] = peer
        group.join(peer)
        if peer.transport_cc_extension is not None:
            self._numbering[peer_id] = peer
        self._turns.append(peer)
        self._intake.expect(peer)
        self._showing.bind_expected(group)
        self._showing.fill(group)
        peer.task = self._spawn(self._connect(peer))
        self.counts["peers_opened"] += 1
        transport = LocalTransport(
            peer.ufrag,
            peer.password,
            certificate.fingerprint,
            self._addresses,
            self.port,
            self._tcp.port,
        )
        return write_answer(offer, secrets.randbits(62), transport, streams, CNAME)

    def restart_ice(self, peer_id: PeerId, remote_ufrag: str) -> tuple[str, str] | None:
        """Give a peer new ICE credentials (RFC 8445 section 9), ufrag and password; None when it is gone.

        DTLS and all that is above goes on; the former credentials hold too
        until the next restart, for the browser keeps to its old path meanwhile.
        """
        peer = self._peers.get(peer_id)
        if peer is None:
            return None
        self._intake.unexpect_former(peer)
        peer.restart_ice(remote_ufrag)
        self._intake.expect(peer)
        self.counts["ice_restarts"] += 1
        return peer.ufrag, peer.password

    def assign_slots(self, peer_id: PeerId, choices: Sequence[SlotChoice]) -> None:
        """Set video slots; unknown peers and slots are ignored: they may just have gone."""
        peer = self._peers.get(peer_id)
        if peer is None:
            return
        self._showing.choose(peer, choices, time.monotonic())

    def place_group(self, group_id: GroupId, links: Collection[int]) -> None:
        """Set which other workers have people of a group, by the numbers of their links."""
        group = self._groups.get(group_id)
        if group is not None:
            self._cascade.place(group, links)

    def set_forwarding(self, track: TrackId, is_forwarded: bool) -> None:
        """Stop or resume a track for everybody."""
        found = self._find_track_anywhere(track)
        if found is None or found.is_forwarded == is_forwarded:
            return
        now = time.monotonic()
        if is_forwarded:
            self._forwarder.resume(found, now)
        else:
            self._forwarder.pause(found)
        self._showing.fill(found.peer.group)
        self._cascade.changed(found)

    def close_peer(self, peer_id: PeerId) -> None:
        """Close a peer, if it is there."""
        peer = self._peers.get(peer_id)
        if peer is not None:
            self._end(peer)

    def close_group(self, group_id: GroupId) -> None:
        """Close all peers of a group at once."""
        group = self._groups.pop(group_id, None)
        if group is None:
            return
        leaving = list(group.peers.values())
        # Emptied first: nobody's slots are chosen anew for those who go a moment later.
        for peer in leaving:
            group.leave(peer)
        for peer in leaving:
            self._end(peer)
        self._cascade.leave(group)

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
        return (
            figures
            | self._cascade.figures()
            | {
                "loop_lag_ms": self._intake.lag_ms,
                "tcp_connections": self._tcp.connections,
                "tcp_port": self._tcp.port,
                "tasks": len(asyncio.all_tasks()),
            }
        )

    def statistics_by_group(self) -> dict[GroupId, dict[str, float]]:
        """Figures of the groups that are there, the largest ones first; counters only grow while a group is."""
        largest = sorted(self._groups.values(), key=lambda group: -len(group.peers))
        return {group.group_id: figures_of(group) for group in largest[:MOST_GROUPS_TOLD]}

    # ---- slots and tracks --------------------------------------------------------------

    def _find_track_anywhere(self, wanted: TrackId) -> Track | None:
        peer = self._peers.get(PeerId(wanted.rpartition("/")[0]))
        return self._showing.find(peer.group, wanted) if peer else None

    def _ask_other_worker(self, stream: Stream) -> None:
        self._cascade.ask_key_frame(stream)

    def _track_changed(self, track: Track) -> None:
        self._cascade.changed(track)

    def _track_started(self, track: Track) -> None:
        self._showing.fill(track.peer.group)
        self._cascade.changed(track)
        self._emit(TrackStarted(track.peer.peer_id, track.track_id))

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
        for slot in peer.slots.values():
            self._forwarder.release(slot)
            peer.group.meter.add_slot(slot)
        self._cascade.withdraw(peer)
        for track in peer.tracks.values():
            self._forwarder.forget(track)
        peer.is_connected = False
        peer.inbound = None
        self._has_ended_peers = True
        self._intake.forget(peer)
        for peers in (self._peers, self._numbering):
            if peers.get(peer.peer_id) is peer:
                del peers[peer.peer_id]
        group = peer.group
        group.leave(peer)
        if group.peers:
            self._showing.fill(group)
        elif self._groups.get(group.group_id) is group:
            self._cascade.leave(group)
            del self._groups[group.group_id]
        self._spawn(self._say_goodbye(peer), name="goodbye")

    async def _say_goodbye(self, peer: Peer) -> None:
        if peer.task is not None and peer.task is not asyncio.current_task() and not peer.task.done():
            peer.task.cancel()
            await asyncio.gather(peer.task, return_exceptions=True)
        await peer.dtls.stop()
        if isinstance(peer.address, TcpAddress):
            peer.address.socket.close()

    # ---- now and then ------------------------------------------------------------------

    def _hurry(self) -> None:
        """See to holes and key frames as long as there are any; nobody wakes up for them otherwise."""
        if self._hurrying is None:
            self._hurrying = asyncio.get_running_loop().call_later(REORDER_S, self._ask_publishers)

    def _ask_publishers(self) -> None:
        self._hurrying = None
        if self._feedback.ask_publishers(self._forwarder, time.monotonic()):
            self._hurrying = asyncio.get_running_loop().call_later(self.timing.retry_s, self._ask_publishers)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self.timing.feedback_s)
            try:
                self._work(time.monotonic(), time.time())
            except Exception:
                # The outermost loop: what failed once must not stop reports and time-outs for all.
                self.counts["internal_errors"] += 1
                log.exception("periodic work failed")

    def _work(self, now: float, wall_s: float) -> None:
        for peer in self._numbering.values():
            self._feedback.tell_arrivals(peer)
        # Those who were looked after longest ago are first: a tick touches only those whose turn it is.
        turns = self._turns
        while turns and (turns[0].is_closed or now - turns[0].looked_after_at >= self.timing.report_s):
            peer = turns.popleft()
            if not peer.is_closed:
                peer.looked_after_at = now
                turns.append(peer)
                self._look_after(peer, now, wall_s)
        if now - self._lag_at >= self.timing.report_s:
            self._lag_at = now
            if self._strain.look(self._intake.lag_ms):
                self._emit(WorkerStrained(self._strain.is_strained))
            self._intake.turn_lag()
            self._cascade.look_after(now)
            self._tcp.close_strangers(now, self.timing.connect_s)
        if self._has_ended_peers and (not self._peers or now - self._memory_given_at >= self.timing.memory_s):
            self._memory_given_at, self._has_ended_peers = now, False
            if not self._peers:
                gc.collect()  # nobody's media can suffer from the pause
            give_memory_back()
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
                self._showing.fill(peer.group)
                self._cascade.changed(track)
                self._emit(TrackStopped(peer.peer_id, track.track_id))
            elif track.is_running and track.waiting:
                # A request may be lost, and a decoder that gets nothing asks for nothing.
                self._forwarder.want_key_frame(track, now)
            self._measure_layers(track, now)
            self._showing.tell_layers(track, is_patient=False)
        if peer.is_connected:
            self._feedback.report(peer, now, wall_s)
            self._congestion.look_after(peer, now)

    def _measure_layers(self, track: Track, now: float) -> None:
        """Follow bitrates, and notice layers that the publisher's browser has stopped for want of bandwidth."""
        for stream in track.streams.values():
            stream.measure(now)
            if track.rids and stream.is_running and now - stream.newest_at > self.timing.layer_stop_s:
                stream.is_running = False
                self._forwarder.choose_layers(track, now)

    def _hear(self, group: Group, now: float) -> None:
        speakers = group.speaking(now)
        if speakers != group.speakers:
            group.speakers = speakers
            self._emit(GroupSpeakers(group.group_id, speakers))
        if group.links:
            self._cascade.choose_sound(group, now)
        if group.needs_choice():
            self._showing.fill(group)
