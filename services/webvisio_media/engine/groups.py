"""A group: peers that see and hear each other, and who of them is heard.

Audio slots are filled by the group: all audio tracks while they fit, else the
loudest, with hysteresis; never a peer's own.
"""

from collections.abc import Iterable

from webvisio_media.engine.links import Link
from webvisio_media.engine.meters import Meter
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.remote import RemotePeer
from webvisio_media.engine.streams import Track
from webvisio_media.rtp.speakers import Selection
from webvisio_protocol.identifiers import GroupId, PeerId

MOST_SPEAKERS = 16
MOST_CARRIED_SOUND = 16
"""Audio tracks of a group that one worker carries to the others."""


class Group:
    """The peers of one room session."""

    def __init__(self, group_id: GroupId) -> None:
        self.group_id = group_id
        self.peers: dict[PeerId, Peer] = {}
        self.remote: dict[PeerId, RemotePeer] = {}
        """Those of other workers that publish something."""
        self.links: tuple[Link, ...] = ()
        """To the other workers that have people of the group."""
        self.carried_sound: frozenset[Track] = frozenset()
        """Tracks of this worker that are carried to the others."""
        self.meter = Meter()
        self.speakers: tuple[PeerId, ...] = ()
        self._selection: Selection[Track] = Selection()
        self._carried_selection: Selection[Track] = Selection()
        self._tracks: dict[str, dict[Track, None]] = {"audio": {}, "video": {}}
        """In order of joining; most peers of a large group send nothing."""

    def join(self, peer: Peer) -> None:
        """Take a peer in, in the place of one with the same id."""
        self.peers[peer.peer_id] = peer
        for track in peer.tracks.values():
            self.add(track)

    def leave(self, peer: Peer) -> None:
        """Let a peer go."""
        if self.peers.get(peer.peer_id) is peer:
            del self.peers[peer.peer_id]
        for track in peer.tracks.values():
            self.remove(track)

    def add(self, track: Track) -> None:
        """Take a track in."""
        self._tracks[track.kind][track] = None

    def remove(self, track: Track) -> None:
        """Let a track go."""
        self._tracks[track.kind].pop(track, None)

    def tracks(self, kind: str) -> Iterable[Track]:
        """Every track of `kind` that flows and may be forwarded."""
        return (track for track in self._tracks[kind] if track.is_running and track.is_forwarded)

    def audible(self, now: float) -> tuple[Track, ...]:
        """Choose the audio tracks that are heard, loudest first.

        One more than the largest receiver has slots, because nobody hears
        their own.
        """
        places = max((len(peer.audio_slots) for peer in self.peers.values()), default=0) + 1
        candidates = [(track, track.loudness.loudness(now)) for track in self.tracks("audio")]
        return self._selection.choose(candidates, places)

    def choose_carried(self, now: float) -> frozenset[Track]:
        """Choose the audio tracks of this worker that the others hear: the loudest, more than fit any slots.

        Whoever is not among the loudest here is not among those of the whole group. None while the group is
        nowhere else.
        """
        if not self.links:
            self._carried_selection = Selection()
            return frozenset()
        candidates = [
            (track, track.loudness.loudness(now)) for track in self.tracks("audio") if not track.is_remote
        ]
        return frozenset(self._carried_selection.choose(candidates, MOST_CARRIED_SOUND))

    def needs_choice(self) -> bool:
        """Whether there are more audio tracks than somebody's slots, so that loudness decides."""
        places = min((len(p.audio_slots) for p in self.peers.values() if p.audio_slots), default=0)
        return places > 0 and sum(1 for _ in self.tracks("audio")) > places

    def speaking(self, now: float) -> tuple[PeerId, ...]:
        """List who speaks now, loudest first, each peer once."""
        loud = [
            (track.loudness.loudness(now), track.peer.peer_id)
            for track in self.tracks("audio")
            if track.loudness.is_speaking(now)
        ]
        loud.sort(key=lambda pair: -pair[0])
        return tuple(dict.fromkeys(peer_id for _, peer_id in loud))[:MOST_SPEAKERS]


def wanted_audio(peer: Peer, audible: tuple[Track, ...]) -> list[Track | None]:
    """Say which track each audio slot of `peer` carries: what is carried already stays where it is."""
    wanted = [track for track in audible if track.peer is not peer][: len(peer.audio_slots)]
    places: list[Track | None] = [slot.target if slot.target in wanted else None for slot in peer.audio_slots]
    fresh = iter(track for track in wanted if track not in places)
    return [track if track is not None else next(fresh, None) for track in places]
