"""A group: peers that see and hear each other, and who of them is heard.

Audio slots are filled by the group: all audio tracks while they fit, else the
loudest, with hysteresis; never a peer's own. What goes with a receiver's first
picture, the stage, is always among them, in the slot that is kept in sync with it.
"""

from collections.abc import Iterable, Sequence

from webvisio_media.engine.links import Link
from webvisio_media.engine.meters import Meter
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.remote import RemotePeer
from webvisio_media.engine.streams import Track
from webvisio_media.rtp.speakers import Selection
from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_protocol.signalling import Source

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


def stage_voice(peer: Peer) -> Track | None:
    """Find the sound that belongs to what the first picture of `peer` shows: a screen's own, or its owner's voice."""
    shown = peer.video_slots[0].target if peer.has_stage else None
    if shown is None or shown.peer is peer:
        return None
    tracks = {track.source: track for track in shown.peer.tracks.values()}
    order = (
        (Source.SCREEN_AUDIO, Source.MICROPHONE) if shown.source is Source.SCREEN else (Source.MICROPHONE,)
    )
    flowing = (tracks[source] for source in order if source in tracks)
    return next((track for track in flowing if track.is_running and track.is_forwarded), None)


def wanted_audio(peer: Peer, audible: Sequence[Track]) -> list[Track | None]:
    """Say which track each audio slot of `peer` carries: what is carried already stays where it is.

    The first one is the stage's: browsers keep it in sync with the first
    picture. Somebody else is heard there only when all others are taken.
    """
    stage = stage_voice(peer)
    places = len(peer.audio_slots) - (stage is not None)
    heard = [track for track in audible if track.peer is not peer and track is not stage][:places]
    carried: list[Track | None] = [slot.target if slot.target in heard else None for slot in peer.audio_slots]
    if stage is not None:
        carried[0] = stage
    fresh = iter([track for track in heard if track not in carried])
    for place in sorted(range(len(carried)), key=lambda place: place == 0):
        if carried[place] is None:
            carried[place] = next(fresh, None)
    return carried
