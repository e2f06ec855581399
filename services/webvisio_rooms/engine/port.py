"""What rooms ask of media: intents, not WebRTC calls.

A peer is one person's connection; its video slots are bound by
`assign_slots`. Commands that are not awaited are carried out in order; those
for a peer or a track that is gone do nothing. Whoever implements this passes
`tests/unit/rooms/test_rooms_engine.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice
from webvisio_protocol.refusals import RefusalCode
from webvisio_protocol.signalling import Source


class MediaRefused(Exception):  # noqa: N818 - an outcome
    """The engine did not open a peer; `code` says why, stable."""

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """Media can flow."""

    peer_id: PeerId


@dataclass(frozen=True, slots=True)
class PeerLost:
    """The peer is gone, by its own side or by silence."""

    peer_id: PeerId


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """Who speaks in a group, loudest first."""

    group_id: GroupId
    peer_ids: tuple[PeerId, ...]


@dataclass(frozen=True, slots=True)
class SlotsPaused:
    """All slots of a peer that show nothing because its line carries no more."""

    peer_id: PeerId
    mids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """How many layers of a peer's camera anybody watches."""

    peer_id: PeerId
    layers: int


@dataclass(frozen=True, slots=True)
class StrainChanged:
    """A worker does not keep up with its work, or does again; `is_strained` tells whose media suffer."""


@dataclass(frozen=True, slots=True)
class EngineLost:
    """A worker died: these peers are gone, here with their groups; None: all of them."""

    peers: Mapping[PeerId, GroupId] | None = None


@dataclass(frozen=True, slots=True)
class EngineReady:
    """Peers can be opened (again)."""


EngineEvent = (
    PeerConnected
    | PeerLost
    | SpeakersChanged
    | SlotsPaused
    | LayersWanted
    | StrainChanged
    | EngineLost
    | EngineReady
)


class MediaEngine(Protocol):
    """See the module."""

    @property
    def is_ready(self) -> bool:
        """Whether peers can be opened."""
        ...

    @property
    def restarts(self) -> int:
        """How often a worker had to be replaced."""
        ...

    async def start(self) -> None:
        """Begin; returns at once, ready or not (`EngineReady` tells)."""
        ...

    async def stop(self) -> None:
        """End every peer and leave no process behind."""
        ...

    def listen(self, hear: Callable[[EngineEvent], None]) -> None:
        """Name the one that hears events, on the loop's thread."""
        ...

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
        """Open a peer from an SDP offer; returns the SDP answer, raises `MediaRefused`.

        `sources` names what each sending m-line sends, by mid; one without a name is refused.
        Pictures are to be sent in one of `video_codecs`, best first, where the offer has any of them; empty: in any.
        """
        ...

    async def restart_ice(self, peer_id: PeerId, ufrag: str) -> tuple[str, str]:
        """Give a peer new ICE credentials, ufrag and password; raises `MediaRefused` when it is gone."""
        ...

    def assign_slots(self, peer_id: PeerId, choices: tuple[SlotChoice, ...]) -> None:
        """Bind video slots; those not named keep what they show."""
        ...

    def set_forwarding(self, track_id: TrackId, is_forwarded: bool) -> None:
        """Stop or resume forwarding a track."""
        ...

    def is_strained(self, group_id: GroupId) -> bool:
        """Whether a worker that has people of the group does not keep up with its work."""
        ...

    def close_peer(self, peer_id: PeerId) -> None:
        """Close one peer; no event follows."""
        ...

    def close_group(self, group_id: GroupId) -> None:
        """Close every peer of a group at once; no event follows."""
        ...

    async def statistics(self) -> dict[str, float]:
        """Read the figures of all workers together; empty when there is none."""
        ...

    async def statistics_by_group(self) -> dict[GroupId, dict[str, float]]:
        """Read the figures of each group, of all workers that have people of it together."""
        ...

    async def statistics_by_worker(self) -> list[dict[str, float]]:
        """Read each worker's figures, in a stable order; empty ones for a worker that is away."""
        ...
