"""A media engine without media: remembers what it was told, and can be made to fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice
from webvisio_protocol.refusals import RefusalCode
from webvisio_protocol.signalling import Source
from webvisio_rooms.domain.negotiation import media_lines
from webvisio_rooms.engine.port import (
    EngineEvent,
    EngineLost,
    EngineReady,
    LayersWanted,
    MediaRefused,
    PeerConnected,
    PeerLost,
    SlotsPaused,
    SpeakersChanged,
    StrainChanged,
)


@dataclass(slots=True)
class FakePeer:
    """What was asked for one peer."""

    group_id: GroupId
    offer: str
    sources: dict[str, Source]
    fills_video_slots: bool
    video_codecs: tuple[str, ...] = ()
    slots: dict[str, SlotChoice] = field(default_factory=dict)
    restarts: int = 0


class FakeEngine:
    """See the module. Tracks are forwarded until they are told not to be."""

    def __init__(self) -> None:
        self.peers: dict[PeerId, FakePeer] = {}
        self.stopped_tracks: set[TrackId] = set()
        self.placed: dict[GroupId, tuple[int, ...]] = {}
        """As a worker of a pool: which others have people of a group."""
        self.restarts = 0
        self._is_ready = False
        self._is_strained = False
        self._hear: Callable[[EngineEvent], None] = lambda event: None

    @property
    def is_ready(self) -> bool:
        return self._is_ready

    async def start(self) -> None:
        self._is_ready = True
        self._hear(EngineReady())

    async def stop(self) -> None:
        self._is_ready = False
        self.peers.clear()

    def listen(self, hear: Callable[[EngineEvent], None]) -> None:
        self._hear = hear

    async def open_peer(
        self,
        group_id: GroupId,
        peer_id: PeerId,
        offer: str,
        sources: Mapping[str, Source],
        *,
        fills_video_slots: bool = False,
        video_codecs: Sequence[str] = (),
    ) -> str:
        if not self._is_ready:
            raise MediaRefused(RefusalCode.MEDIA_UNAVAILABLE)
        if not offer.startswith("v=0"):
            raise MediaRefused(RefusalCode.OFFER_INVALID, "no SDP")
        sending = {line.mid for line in media_lines(offer) if line.direction in ("sendonly", "sendrecv")}
        if not sending <= set(sources):
            raise MediaRefused(RefusalCode.OFFER_INVALID, "a line that sends has no source")
        self.peers[peer_id] = FakePeer(group_id, offer, dict(sources), fills_video_slots, tuple(video_codecs))
        self._hear(PeerConnected(peer_id))
        return "v=0\r\ns=answer\r\n"

    async def restart_ice(self, peer_id: PeerId, ufrag: str) -> tuple[str, str]:
        peer = self.peers.get(peer_id)
        if peer is None:
            raise MediaRefused(RefusalCode.NOT_FOUND)
        peer.restarts += 1
        return f"ufrag-{peer.restarts}", f"password-{peer.restarts}"

    def assign_slots(self, peer_id: PeerId, choices: tuple[SlotChoice, ...]) -> None:
        if peer := self.peers.get(peer_id):
            peer.slots.update({choice.mid: choice for choice in choices})

    def set_forwarding(self, track_id: TrackId, is_forwarded: bool) -> None:
        if is_forwarded:
            self.stopped_tracks.discard(track_id)
        else:
            self.stopped_tracks.add(track_id)

    def is_strained(self, group_id: GroupId) -> bool:
        return self._is_strained

    def close_peer(self, peer_id: PeerId) -> None:
        self.peers.pop(peer_id, None)

    def close_group(self, group_id: GroupId) -> None:
        for peer_id in [p for p, peer in self.peers.items() if peer.group_id == group_id]:
            del self.peers[peer_id]

    def place_group(self, group_id: GroupId, places: tuple[int, ...]) -> None:
        """Note which other workers have people of a group."""
        self.placed[group_id] = places

    async def statistics(self) -> dict[str, float]:
        return {"peers": float(len(self.peers))} if self._is_ready else {}

    async def statistics_by_group(self) -> dict[GroupId, dict[str, float]]:
        figures: dict[GroupId, dict[str, float]] = {}
        for peer in self.peers.values():
            figures.setdefault(peer.group_id, {"peers": 0.0})["peers"] += 1
        return figures

    async def statistics_by_worker(self) -> list[dict[str, float]]:
        return [await self.statistics()]

    # ---- what a test makes happen ----------------------------------------------------

    def strain(self, *, is_strained: bool) -> None:
        """Let the worker keep up with its work no more, or again."""
        self._is_strained = is_strained
        self._hear(StrainChanged())

    def die(self) -> None:
        """Lose the worker and all its peers."""
        self._is_ready = False
        self.peers.clear()
        self.stopped_tracks.clear()
        self.restarts += 1
        self._hear(EngineLost())

    def lose_some(self, *peer_ids: PeerId) -> None:
        """Lose one worker of several, with these peers; another takes over at once."""
        lost = {peer_id: self.peers.pop(peer_id).group_id for peer_id in peer_ids}
        self.restarts += 1
        self._hear(EngineLost(lost))
        self._hear(EngineReady())

    def revive(self) -> None:
        """Get another worker."""
        self._is_ready = True
        self._hear(EngineReady())

    def lose_peer(self, peer_id: PeerId) -> None:
        """Lose one peer by its own side."""
        self.peers.pop(peer_id, None)
        self._hear(PeerLost(peer_id))

    def pause(self, peer_id: PeerId, *mids: str) -> None:
        """Let these slots of a peer, and no others, be paused."""
        self._hear(SlotsPaused(peer_id, mids))

    def watch(self, peer_id: PeerId, layers: int) -> None:
        """Let so many layers of a peer's camera be watched."""
        self._hear(LayersWanted(peer_id, layers))

    def speak(self, group_id: GroupId, *peer_ids: PeerId) -> None:
        """Let people speak, loudest first."""
        self._hear(SpeakersChanged(group_id, peer_ids))
