"""What the rooms service says to a media worker, and what the worker answers.

Newline-delimited JSON over one end of a socket pair, whose descriptor the
worker inherits and is told with `--control FD`; it first says `WorkerReady`.
Commands that carry a `request_id` are answered by `Answered` or
`CommandFailed` with the same one; all else is an event. A worker knows peers,
tracks and slots: no names, no contracts. When the connection closes, the
worker exits.

A *peer* is one WebRTC connection. Its sending m-lines are *tracks*, named
``<peer_id>/<source>``; its `recvonly` m-lines are *slots*, named by their mid.
Audio slots are filled by the worker with the loudest tracks of the group;
video slots by `AssignSlots`.

A worker may have links to others (`--link NUMBER=FD`, one end of a socket pair
each); a group may then be on several workers (`PlaceGroup`).
"""

from typing import Annotated

import msgspec

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.signalling import Mid, Source

MAX_CONTROL_LINE_BYTES = 256 * 1024


def track_id(peer_id: PeerId, source: Source) -> TrackId:
    """Name the track by which a peer sends `source`."""
    return TrackId(f"{peer_id}/{source.value}")


class ControlBase(msgspec.Struct, frozen=True, tag_field="type"):
    """What every control message has: its own tag."""


# ---- rooms -> worker -------------------------------------------------------------------


class OpenPeer(ControlBase, frozen=True, tag="open_peer"):
    """Opens (or replaces) a peer from an SDP offer; answered with the SDP answer.

    `sources` maps the mids of sending m-lines to sources. With
    `fills_video_slots` the worker fills video slots by itself, in order of
    publishing (WHEP); otherwise they stay empty until `AssignSlots`. Pictures
    are to be sent in one of `video_codecs`, best first, where the offer has any
    of them; empty: in any that can be forwarded.
    """

    request_id: int
    group_id: GroupId
    peer_id: PeerId
    offer: str
    sources: dict[Mid, Source]
    fills_video_slots: bool = False
    video_codecs: tuple[str, ...] = ()


class RestartIce(ControlBase, frozen=True, tag="restart_ice"):
    """Gives a peer new ICE credentials; answered with them. The former ones hold until the next restart."""

    request_id: int
    peer_id: PeerId
    ufrag: str


class SlotChoice(msgspec.Struct, frozen=True):
    """What a video slot shows, and the size (CSS pixels) at which it is shown; None frees it."""

    mid: Mid
    track_id: TrackId | None
    width: int = 0
    height: int = 0


class AssignSlots(ControlBase, frozen=True, tag="assign_slots"):
    """Sets the video slots of a peer; slots that are not named keep what they show."""

    peer_id: PeerId
    choices: tuple[SlotChoice, ...]


class SetTrackForwarding(ControlBase, frozen=True, tag="set_track_forwarding"):
    """Stops or resumes forwarding one track (muted by a moderator, source switched off)."""

    track_id: TrackId
    is_forwarded: bool


class ClosePeer(ControlBase, frozen=True, tag="close_peer"):
    peer_id: PeerId


class CloseGroup(ControlBase, frozen=True, tag="close_group"):
    """Closes every peer of a group at once: the cut."""

    group_id: GroupId


class PlaceGroup(ControlBase, frozen=True, tag="place_group"):
    """Says which other workers have peers of a group, by the numbers that their links have; none: it is here
    alone. A worker takes nothing of a group from a worker that is not named."""

    group_id: GroupId
    links: tuple[int, ...]


class GetStatistics(ControlBase, frozen=True, tag="get_statistics"):
    request_id: int


Command = (
    OpenPeer
    | RestartIce
    | AssignSlots
    | SetTrackForwarding
    | ClosePeer
    | CloseGroup
    | PlaceGroup
    | GetStatistics
)


# ---- worker -> rooms -------------------------------------------------------------------


class WorkerReady(ControlBase, frozen=True, tag="worker_ready"):
    """First line: the worker's process, and where its media port is."""

    pid: int
    udp_port: int


class Answered(ControlBase, frozen=True, tag="answered"):
    """Result of a command: the SDP answer of `OpenPeer`, the credentials of `RestartIce`, the figures of
    `GetStatistics`."""

    request_id: int
    sdp: str = ""
    ufrag: str = ""
    password: str = ""
    statistics: dict[str, float] = {}
    groups: dict[GroupId, dict[str, float]] = {}


class CommandFailed(ControlBase, frozen=True, tag="command_failed"):
    """The command was not carried out; `code` is one of `webvisio_protocol.refusals`."""

    request_id: int
    code: str
    detail: str = ""


class PeerConnected(ControlBase, frozen=True, tag="peer_connected"):
    """ICE and DTLS are up: media can flow."""

    peer_id: PeerId


class PeerLost(ControlBase, frozen=True, tag="peer_lost"):
    """The peer is gone: never connected in time, silent, or closed from its side."""

    peer_id: PeerId
    reason: str


class TrackStarted(ControlBase, frozen=True, tag="track_started"):
    """First packet of a track arrived (again, after a pause)."""

    peer_id: PeerId
    track_id: TrackId


class TrackStopped(ControlBase, frozen=True, tag="track_stopped"):
    """A track has sent nothing for some seconds."""

    peer_id: PeerId
    track_id: TrackId


class GroupSpeakers(ControlBase, frozen=True, tag="group_speakers"):
    """Who is speaking in a group, loudest first; sent when it changes, at most 5 times a second."""

    group_id: GroupId
    peer_ids: Annotated[tuple[PeerId, ...], msgspec.Meta(max_length=16)]


class SlotsPaused(ControlBase, frozen=True, tag="slots_paused"):
    """All video slots of a peer that show nothing because its line carries no more; empty when all go on."""

    peer_id: PeerId
    mids: tuple[Mid, ...]


class LayersWanted(ControlBase, frozen=True, tag="layers_wanted"):
    """How many simulcast layers of a track anybody watches, smallest first; 0 when nobody does."""

    peer_id: PeerId
    track_id: TrackId
    layers: int


class WorkerStrained(ControlBase, frozen=True, tag="worker_strained"):
    """This worker does not keep up with its work, or does again; sent when it changes."""

    is_strained: bool


Event = (
    WorkerReady
    | WorkerStrained
    | Answered
    | CommandFailed
    | PeerConnected
    | PeerLost
    | TrackStarted
    | TrackStopped
    | GroupSpeakers
    | SlotsPaused
    | LayersWanted
)
