"""A session that is on several workers: what this one tells the others, and what it makes of what they tell.

A publisher is decrypted once, at its own worker, which tells the others of
its tracks; they tell which streams their people watch, and those alone are
carried over (of sound: the loudest). There a carried stream is forwarded as if
it came from a browser: with a history of its own for NACKs, the same choice of
layers, the same numbers for slots. A request for a key frame goes back to the
worker that has the publisher, and meets those of its own people there: one a
stream and interval.

Which workers have people of a group is what rooms says (`PlaceGroup`), and
nothing is taken of a group from a worker that rooms did not name.
"""

import logging
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from webvisio_media.engine.feedback import Feedback
from webvisio_media.engine.forwarding import Forwarder
from webvisio_media.engine.groups import Group
from webvisio_media.engine.limits import Limits
from webvisio_media.engine.links import MOST_DATAGRAMS, Link
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.remote import RemotePeer
from webvisio_media.engine.showing import Showing
from webvisio_media.engine.streams import Demand, Stream, Track
from webvisio_media.errors import Malformed
from webvisio_media.rtp import rtcp
from webvisio_media.rtp.cascade import (
    LEASE_S,
    CarriedPacket,
    PeerTracks,
    StreamState,
    TrackDemand,
    TrackState,
    read_entries,
    read_header,
    write_message,
)
from webvisio_media.rtp.offer import SUPPORTED, Codec
from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_protocol.media_control import track_id

log = logging.getLogger(__name__)


class Cascade:
    """The links of a worker, and what goes over them."""

    def __init__(
        self,
        ends: Mapping[int, socket.socket],
        groups: Mapping[GroupId, Group],
        peers: Mapping[PeerId, Peer],
        limits: Limits,
        counts: Counter[str],
        *,
        forwarder: Forwarder,
        feedback: Feedback,
        showing: Showing,
        send_ready: Callable[[], None],
    ) -> None:
        """`ends` are sockets by the number of the worker at the other end; `send_ready` is called when packets
        were taken that may leave."""
        self._groups = groups
        self._peers = peers
        self._limits = limits
        self._counts = counts
        self._forwarder = forwarder
        self._feedback = feedback
        self._showing = showing
        self._send_ready = send_ready
        life = secrets.randbits(32)
        self._links = {
            number: Link(number, end, life, limits, counts, self._dropped) for number, end in ends.items()
        }
        self._remote_peers = 0
        self._looked_at = 0.0
        self._lag_s = self._lag_before_s = 0.0

    def start(self) -> None:
        """Begin to listen."""
        for link in self._links.values():
            link.start(self._readable)

    def close(self) -> None:
        """Give the links back."""
        for link in self._links.values():
            link.close()

    def flush(self) -> None:
        """Send at once what was gathered for other workers."""
        for link in self._links.values():
            link.flush()

    def figures(self) -> dict[str, float]:
        """Gauges for the statistics."""
        return {
            "cascade_links": len(self._links),
            "cascade_remote_peers": self._remote_peers,
            "cascade_lag_ms": 1000 * max(self._lag_s, self._lag_before_s),
            "cascade_waiting_octets": sum(link.waiting_bytes for link in self._links.values()),
        }

    # ---- which workers -----------------------------------------------------------------

    def place(self, group: Group, numbers: Collection[int]) -> None:
        """Set which other workers have people of a group."""
        links = tuple(link for number, link in sorted(self._links.items()) if number in numbers)
        gone = [link for link in group.links if link not in links]
        is_new = any(link not in group.links for link in links)
        group.links = links
        self._forget_of(group, gone)
        for peer in group.peers.values():
            for track in peer.tracks.values():
                for link in gone:
                    track.demands.pop(link.number, None)
        self.choose_sound(group, time.monotonic())
        for peer in group.peers.values():
            if is_new:
                self._announce(peer)
            for track in peer.tracks.values():
                self._route(track)

    def leave(self, group: Group) -> None:
        """Forget what other workers have of a group that nobody here is in any more."""
        group.links = ()
        for remote in list(group.remote.values()):
            self._forget(remote)

    def _forget_of(self, group: Group, links: Collection[Link]) -> None:
        lost = [remote for remote in group.remote.values() if remote.link in links]
        for remote in lost:
            self._forget(remote)
        if lost:
            self._showing.fill(group)

    def _forget(self, remote: RemotePeer) -> None:
        del remote.group.remote[remote.peer_id]
        self._remote_peers -= 1
        for track in list(remote.tracks.values()):
            self._forget_track(remote, track)

    def _forget_track(self, remote: RemotePeer, track: Track) -> None:
        for stream in track.streams.values():
            remote.link.streams.pop(stream.ssrc, None)
            remote.streams.pop(stream.ssrc, None)
        self._forwarder.forget(track)
        remote.group.remove(track)
        remote.watched.discard(track)
        del remote.tracks[track.source.value]

    # ---- telling -----------------------------------------------------------------------

    def changed(self, track: Track) -> None:
        """Tell the others that one of this worker's tracks is not what it was."""
        peer = track.peer
        if isinstance(peer, Peer) and peer.group.links:
            self.choose_sound(peer.group, time.monotonic())
            self._announce(peer)
            self._route(track)

    def withdraw(self, peer: Peer) -> None:
        """Tell the others that a peer is gone."""
        if peer.group.links and any(track.streams for track in peer.tracks.values()):
            self._say(peer.group.links, PeerTracks(peer.group.group_id, peer.peer_id, None, ()))

    def _announce(self, peer: Peer) -> None:
        tracks = tuple(_describe(track) for track in peer.tracks.values() if track.streams)
        if tracks:
            told = PeerTracks(peer.group.group_id, peer.peer_id, peer.clock_offset_s, tracks)
            self._say(peer.group.links, told)

    def _say(self, links: Collection[Link], message: PeerTracks | TrackDemand) -> None:
        try:
            entry = write_message(message)
        except ValueError:
            self._counts["cascade_messages_too_long"] += 1
            return
        for link in links:
            link.say(entry)

    def watched(self, track: Track) -> None:
        """Tell the publisher's worker what is watched of one of its tracks here."""
        self._demand(track, ())

    def ask_key_frame(self, stream: Stream) -> None:
        """Ask the publisher's worker for a key frame; and for the stream, if it does not come yet."""
        self._counts["cascade_key_frames_asked"] += 1
        self._demand(stream.track, (stream.ssrc,))

    def _demand(self, track: Track, key_frames: tuple[int, ...]) -> None:
        remote = track.peer
        if not isinstance(remote, RemotePeer) or track.kind == "audio":
            return
        wanted = {feed.stream.ssrc for s in track.targets for feed in (s.feed, s.wanted) if feed is not None}
        layers = track.layers_needed()
        if wanted or layers:
            remote.watched.add(track)
        else:
            remote.watched.discard(track)
        self._say([remote.link], TrackDemand(track.track_id, tuple(sorted(wanted)), layers, key_frames))

    # ---- carrying ----------------------------------------------------------------------

    def choose_sound(self, group: Group, now: float) -> None:
        """Choose which audio tracks are carried, where there is somebody to carry them to."""
        chosen = group.choose_carried(now)
        if chosen != group.carried_sound:
            changed = chosen ^ group.carried_sound
            group.carried_sound = chosen
            for track in changed:
                self._route(track)

    def _route(self, track: Track) -> None:
        """Set to whom the streams of one of this worker's tracks are carried."""
        group = track.peer.group
        for stream in track.streams.values():
            if not track.is_forwarded or not group.links:
                stream.links = ()
            elif track.kind == "audio":
                stream.links = group.links if track in group.carried_sound else ()
            else:
                stream.links = tuple(
                    link
                    for link in group.links
                    if (demand := track.demands.get(link.number)) and stream.number in demand.streams
                )

    def _dropped(self, streams: Collection[Stream]) -> None:
        now = time.monotonic()
        for stream in streams:
            if stream.track.kind == "video" and stream.links:
                self._feedback.ask_key_frame(stream, now)

    # ---- hearing -----------------------------------------------------------------------

    def _readable(self, link: Link) -> None:
        now = time.monotonic()
        for _ in range(MOST_DATAGRAMS):
            data = link.receive()
            if data is None:
                break
            try:
                self._take(link, data, now)
            except Malformed as problem:
                self._counts["cascade_malformed"] += 1
                log.debug("malformed datagram of another worker: %s", problem)
            except Exception:
                # The outermost loop: one bad datagram must not take the others' media down.
                self._counts["internal_errors"] += 1
                log.exception("a datagram of another worker could not be handled")
        self._send_ready()

    def _take(self, link: Link, data: memoryview, now: float) -> None:
        header = read_header(data)
        if header.life != link.other_life:
            link.other_life = header.life
            for group in self._groups.values():
                self._forget_of(group, [link])
        self._lag_s = max(self._lag_s, now - header.sent_at)
        self._counts["cascade_octets_received"] += len(data)
        streams, take = link.streams, self._forwarder.take_carried
        for entry in read_entries(data):
            if isinstance(entry, CarriedPacket):
                stream = streams.get(entry.number)
                if stream is None:
                    self._counts["cascade_unknown_stream"] += 1
                else:
                    self._counts["cascade_packets_received"] += 1
                    take(stream, entry, now)
            elif isinstance(entry, TrackDemand):
                self._take_demand(link, entry, now)
            else:
                self._take_tracks(link, entry, now)

    def _take_demand(self, link: Link, told: TrackDemand, now: float) -> None:
        peer = self._peers.get(PeerId(told.track_id.rpartition("/")[0]))
        track = None if peer is None else self._showing.find(peer.group, told.track_id)
        if peer is None or track is None or link not in peer.group.links:
            self._counts["cascade_strangers"] += 1
            return
        if told.streams or told.layers:
            track.demands[link.number] = Demand(frozenset(told.streams), told.layers, now)
        else:
            track.demands.pop(link.number, None)
        self._route(track)
        self._showing.tell_layers(track)
        for stream in track.streams.values():
            if stream.number in told.key_frames:
                self._feedback.ask_key_frame(stream, now)

    def _take_tracks(self, link: Link, told: PeerTracks, now: float) -> None:
        group = self._groups.get(told.group_id)
        if group is None or link not in group.links or told.peer_id in group.peers:
            self._counts["cascade_strangers"] += 1
            return
        remote = group.remote.get(told.peer_id)
        if remote is not None and (not told.tracks or remote.link is not link):
            self._forget(remote)
            self._showing.fill(group)
            remote = None
        if not told.tracks:
            return
        if remote is None:
            if self._remote_peers >= self._limits.remote_peers:
                self._counts["cascade_peers_refused"] += 1
                return
            remote = group.remote[told.peer_id] = RemotePeer(told.peer_id, group, link, now)
            self._remote_peers += 1
        remote.heard_at = now
        remote.clock_offset_s = told.clock_offset_s
        sources = {state.source.value for state in told.tracks}
        for track in [track for source, track in remote.tracks.items() if source not in sources]:
            self._forget_track(remote, track)
        is_new = is_changed = False
        for state in told.tracks:
            known = remote.tracks.get(state.source.value)
            if known is None:
                kind = "video" if state.is_video else "audio"
                known = Track(remote, track_id(remote.peer_id, state.source), state.source, kind, state.rids)
                remote.tracks[state.source.value] = known
                group.add(known)
                is_new = True
            is_changed |= self._take_track(remote, known, state, now)
        if is_new:
            self._showing.bind_expected(group)
        if is_new or is_changed:
            self._showing.fill(group)

    def _take_track(self, remote: RemotePeer, track: Track, told: TrackState, now: float) -> bool:
        """Take over what another worker tells of a track; True when it flows or is forwarded otherwise than before."""
        is_changed = False
        for stream in list(track.streams.values()):
            if stream.ssrc not in {state.number for state in told.streams}:
                remote.link.streams.pop(stream.ssrc, None)
                self._forwarder.end_remote(stream, now)
        for state in told.streams:
            is_changed |= self._take_stream(remote, track, state, now)
        if is_changed:
            self._forwarder.choose_layers(track, now)
        if (track.is_running, track.is_forwarded) == (told.is_running, told.is_forwarded):
            return False
        track.is_running = told.is_running
        if track.is_forwarded and not told.is_forwarded:
            self._forwarder.pause(track)
        elif told.is_forwarded and not track.is_forwarded:
            self._forwarder.resume(track, now)
        return True

    def _take_stream(self, remote: RemotePeer, track: Track, told: StreamState, now: float) -> bool:
        """Take over what is told of a stream; True when the choice of layers may be another."""
        kind = SUPPORTED[track.kind]
        if told.codec not in kind or told.rid not in (track.rids or ("",)):
            raise Malformed("cascade stream")
        stream = track.streams.get(told.rid)
        is_new = stream is None or stream.ssrc != told.number
        if stream is None or is_new:
            codec = Codec(told.payload_type, told.codec, "", told.clock_rate, told.parameters)
            track.codecs[told.payload_type] = codec
            if stream is not None:
                remote.link.streams.pop(stream.ssrc, None)
            stream = self._forwarder.begin_remote(track, told.rid, told.number, told.payload_type, now)
            remote.link.streams[told.number] = stream
        before = stream.is_running, stream.height, stream.has_temporal
        stream.is_running = told.is_running
        stream.height = told.height or stream.height
        stream.has_temporal = told.has_temporal
        stream.bitrate_bps = told.bitrate_bps
        if told.report is not None:
            stream.report = rtcp.SenderReport(told.number, told.report[0], told.report[1], 0, 0, ())
        return is_new or before != (stream.is_running, stream.height, stream.has_temporal)

    # ---- now and then ------------------------------------------------------------------

    def look_after(self, now: float) -> None:
        """Once a second: repeat what counts, and let go of what was not repeated."""
        self._lag_before_s, self._lag_s = self._lag_s, 0.0
        # Who was late oneself has not read yet what the others said meanwhile.
        is_late, self._looked_at = now - self._looked_at > LEASE_S / 2, now
        for group in self._groups.values():
            if not group.links:
                continue
            for peer in group.peers.values():
                self._announce(peer)
                for track in peer.tracks.values():
                    if not is_late:
                        self._let_go(track, now)
            silent = [
                remote for remote in group.remote.values() if not is_late and now - remote.heard_at > LEASE_S
            ]
            for remote in silent:
                self._counts["cascade_peers_expired"] += 1
                self._forget(remote)
            if silent:
                self._showing.fill(group)
            for remote in group.remote.values():
                for track in remote.tracks.values():
                    if track.targets or track in remote.watched:
                        self._demand(track, ())
                    if track.waiting and track.is_running:
                        self._forwarder.want_key_frame(track, now)

    def _let_go(self, track: Track, now: float) -> None:
        late = [number for number, demand in track.demands.items() if now - demand.told_at > LEASE_S]
        for number in late:
            del track.demands[number]
        if late:
            self._route(track)


def _describe(track: Track) -> TrackState:
    """Say what a track of this worker is."""
    streams = tuple(
        StreamState(
            stream.number,
            stream.rid,
            stream.payload_type,
            stream.codec.name,
            stream.codec.clock_rate,
            stream.codec.parameters[:500],
            stream.is_running,
            stream.has_temporal,
            min(stream.height, 1 << 14),
            min(stream.bitrate_bps, 1e9),
            None if stream.report is None else (stream.report.ntp, stream.report.timestamp),
        )
        for stream in track.streams.values()
    )
    is_video = track.kind == "video"
    return TrackState(track.source, is_video, track.rids, track.is_forwarded, track.is_running, streams)
