"""What slots show: which tracks, and how much of them is asked of their publishers.

Video slots show what they were told (or, for WHEP, what there is), audio slots
what the group chooses, the first one what goes with the first picture. A slot
may be told to show a track that is not there yet; it is bound when the track
comes.
"""

import time
from collections.abc import Callable, Sequence

from webvisio_media.engine.congestion import Congestion
from webvisio_media.engine.forwarding import Forwarder
from webvisio_media.engine.groups import Group, wanted_audio
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.streams import Track
from webvisio_protocol.identifiers import PeerId, TrackId
from webvisio_protocol.media_control import Event, LayersWanted, SlotChoice

FALLS = 3
"""Looks, one a second, before a publisher is told that a layer is not needed any more."""


class Showing:
    """Binds slots to tracks, for all groups of a worker."""

    def __init__(self, forwarder: Forwarder, congestion: Congestion, emit: Callable[[Event], None]) -> None:
        self.watched: Callable[[Track], None] = lambda track: None
        """Called when a track of another worker may be watched otherwise than before."""
        self._forwarder = forwarder
        self._congestion = congestion
        self._emit = emit

    def find(self, group: Group, wanted: TrackId) -> Track | None:
        """Find a track of a group by its id, here or at another worker."""
        peer_id = PeerId(wanted.rpartition("/")[0])
        peer = group.peers.get(peer_id) or group.remote.get(peer_id)
        if peer is None:
            return None
        return next((track for track in peer.tracks.values() if track.track_id == wanted), None)

    def choose(self, peer: Peer, choices: Sequence[SlotChoice], now: float) -> None:
        """Set video slots of a peer; unknown ones are ignored."""
        for choice in choices:
            slot = peer.slots.get(choice.mid)
            if slot is None or slot.kind != "video":
                continue
            slot.expected = choice.track_id
            slot.width, slot.height = choice.width, choice.height
            self._forwarder.choose_layer(slot, now)
            track = None if choice.track_id is None else self.find(peer.group, choice.track_id)
            self._forwarder.assign(slot, track, now)
            if track is not None:
                self.ask_layers(track)
        if peer.has_stage and any(choice.mid == peer.video_slots[0].mid for choice in choices):
            self._fill_audio(peer, peer.group.audible(now), now)
        self._congestion.allocate(peer, now)

    def bind_expected(self, group: Group) -> None:
        """Bind video slots to tracks that they were told to show before the tracks were there."""
        now = time.monotonic()
        for peer in group.peers.values():
            for slot in peer.video_slots:
                if slot.target is None and slot.expected is not None:
                    self._forwarder.assign(slot, self.find(group, slot.expected), now)

    def fill(self, group: Group) -> None:
        """Fill audio slots with the loudest, and the video slots of those who want that (WHEP)."""
        now = time.monotonic()
        audible = group.audible(now)
        for peer in group.peers.values():
            if peer.fills_video_slots:
                self._fill_video(peer, now)
            self._fill_audio(peer, audible, now)

    def _fill_audio(self, peer: Peer, audible: Sequence[Track], now: float) -> None:
        pairs = list(zip(peer.audio_slots, wanted_audio(peer, audible), strict=True))
        for slot, track in pairs:
            if slot.target is not track:
                self._forwarder.release(slot)
        for slot, track in pairs:
            self._forwarder.assign(slot, track, now)

    def _fill_video(self, peer: Peer, now: float) -> None:
        shown = {slot.target for slot in peer.video_slots}
        free = [slot for slot in peer.video_slots if slot.target is None]
        for track in peer.group.tracks("video"):
            if not free:
                return
            if track.peer is not peer and track not in shown:
                self._forwarder.assign(free.pop(0), track, now)

    def ask_layers(self, track: Track) -> None:
        """See to it at once that a track comes in as many layers as are watched."""
        if track.is_remote:
            self.watched(track)
        else:
            self.tell_layers(track)

    def tell_layers(self, track: Track, is_patient: bool = True) -> None:
        """Tell a publisher how many layers are watched: more at once, fewer after `FALLS` looks."""
        if not track.rids:
            return
        needed = track.layers_needed()
        if needed < track.layers_told:
            if is_patient:
                return
            track.falls += 1
            if track.falls < FALLS:
                return
        elif needed == track.layers_told:
            track.falls = 0
            return
        track.falls = 0
        track.layers_told = needed
        self._emit(LayersWanted(track.peer.peer_id, track.track_id, needed))
