"""The room's WebSocket: what a browser says and what it hears.

One JSON object a message, told apart by `type`. The first message of a client
is `Hello`; the server answers `Welcome`, `Waiting` or `Refused`. A malformed
message is answered with `Failed` and the connection stays; after
`MAX_FAULTS` of them, or one above `MAX_MESSAGE_BYTES`, it is closed.

Media is negotiated once a connection: the client offers one peer connection
whose sending m-lines carry its own sources and whose `recvonly` m-lines are
*slots*; afterwards `Slots` says who is shown in which slot (the slot's name is
its mid) and nobody renegotiates when people come and go.

It is long because it is one conversation: what one side may say is read beside
what the other answers.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Literal

import msgspec

from webvisio_protocol.identifiers import ParticipantId, Role, RoomId

MAX_MESSAGE_BYTES = 128 * 1024
MAX_FAULTS = 10
MAX_CHAT_CHARACTERS = 4000
MAX_NAME_CHARACTERS = 60
CHAT_HISTORY = 200
RESUME_GRACE_S = 30

Locale = Literal["en", "fr"]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
GuestPassword = Annotated[str, msgspec.Meta(min_length=8, max_length=128)]
Mid = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]


class CloseCode(IntEnum):
    """WebSocket close codes; the reason is always told in a message before."""

    MALFORMED = 4400
    LOGIN_REQUIRED = 4401
    REFUSED = 4403
    SILENT = 4408
    SUPERSEDED = 4409
    ENDED = 4410
    ACCESS_CHANGED = 4420
    STALE = 4421
    SLOW = 4422
    TOO_LARGE = 1009
    RESTARTING = 1012


class Source(StrEnum):
    """What a participant can send."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"
    SCREEN_AUDIO = "screen_audio"


class LineState(StrEnum):
    """How sound and picture pass, one way, as the person's own browser sees it; `none`: not at all."""

    GOOD = "good"
    POOR = "poor"
    NONE = "none"


class RoomState(StrEnum):
    """The life of a room's session; see `webvisio_rooms.domain.lifecycle`."""

    IDLE = "idle"
    WAITING = "waiting"
    OPEN = "open"
    LINGERING = "lingering"
    CUT = "cut"


class Admission(StrEnum):
    """Who comes into an open room without being let in; the others wait for a moderator (moderators never do)."""

    EVERYBODY = "everybody"
    MEMBERS = "members"
    NOBODY = "nobody"


class WaitingReason(StrEnum):
    NO_HOST = "no_host"
    NEEDS_ADMISSION = "needs_admission"


class Reaction(StrEnum):
    THUMBS_UP = "thumbs_up"
    APPLAUSE = "applause"
    HEART = "heart"
    LAUGH = "laugh"
    SURPRISE = "surprise"
    SLOWER = "slower"


class Feature(StrEnum):
    """What moderators allow or withhold while a session goes on."""

    CHAT = "chat"
    PUBLISH_AUDIO = "publish_audio"
    PUBLISH_VIDEO = "publish_video"
    SHARE_SCREEN = "share_screen"
    DRAW = "draw"
    WRITE_NOTES = "write_notes"
    UPLOAD = "upload"


class Audience(StrEnum):
    """Whom a feature is open to: all, none but moderators, these people, all but these. Moderators always may."""

    ALL = "all"
    MODERATORS = "moderators"
    PEOPLE = "people"
    EXCEPT = "except"


class PresentedKind(StrEnum):
    DOCUMENT = "document"
    FILE = "file"
    WEB = "web"


# ---- views: pieces that messages share -------------------------------------------------


class RefusalView(msgspec.Struct, frozen=True, rename="camel"):
    """A refusal as a person reads it, already in their language.

    `code` is stable; `clause` is a clause of the terms or None where no clause
    is at stake; `reference` finds the event in the server's log.
    """

    code: str
    title: str
    message: str
    remedy: str
    clause: str | None = None
    clause_text: str | None = None
    reference: str | None = None


class RoomView(msgspec.Struct, frozen=True, rename="camel"):
    """What everybody in a room, or before its door, may know of it."""

    room_id: RoomId
    name: str
    customer_name: str
    state: RoomState
    admission: Admission
    is_guest_access_open: bool
    welcome: str = ""
    opened_at: datetime | None = None
    entitled_until: datetime | None = None


class ParticipantView(msgspec.Struct, frozen=True, rename="camel"):
    """One person in the room; `sources` lists what is switched on."""

    participant_id: ParticipantId
    name: str
    role: Role
    is_guest: bool
    sources: tuple[Source, ...] = ()
    hand_raised_at: datetime | None = None
    is_reconnecting: bool = False
    has_media: bool = False
    sends: LineState = LineState.GOOD
    receives: LineState = LineState.GOOD


class ChatView(msgspec.Struct, frozen=True, rename="camel"):
    """A chat line; `client_id` is the sender's own identifier for it."""

    message_id: int
    client_id: str
    author_id: ParticipantId
    author_name: str
    text: str
    posted_at: datetime


class Permission(msgspec.Struct, frozen=True, rename="camel"):
    """Who may use a feature; `people` are those who may (`PEOPLE`) or may not (`EXCEPT`). Moderators always may."""

    feature: Feature
    audience: Audience
    people: Annotated[tuple[ParticipantId, ...], msgspec.Meta(max_length=200)] = ()


class PresentedView(msgspec.Struct, frozen=True, rename="camel"):
    """What is on everybody's stage: a document or a file of the room, or a web address.

    `target` is the document's or file's identifier, or the address; `page` counts
    from 1, `zoom` is 1 where the page fits what it is shown in, and `scroll` is how
    far down a web page of the room is, from 0 to 1.
    """

    kind: PresentedKind
    target: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    page: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    by: ParticipantId | None = None
    zoom: Annotated[float, msgspec.Meta(ge=0.1, le=10)] | msgspec.UnsetType = msgspec.UNSET
    scroll: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET


class SlotAssignment(msgspec.Struct, frozen=True, rename="camel"):
    """Who is shown in a receiving slot; both None when it is free."""

    mid: Mid
    participant_id: ParticipantId | None = None
    source: Source | None = None


class VideoRequest(msgspec.Struct, frozen=True, rename="camel"):
    """A picture that a client wants, at the size (CSS pixels) it will be shown."""

    participant_id: ParticipantId
    source: Source
    width: Annotated[int, msgspec.Meta(ge=0, le=8192)]
    height: Annotated[int, msgspec.Meta(ge=0, le=8192)]


class IceServer(msgspec.Struct, frozen=True, rename="camel"):
    """A TURN server of the operator's own; never a third party's."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


# ---- from the browser ------------------------------------------------------------------


class ClientMessageBase(
    msgspec.Struct, frozen=True, tag_field="type", rename="camel", forbid_unknown_fields=True
):
    """What every message of a client has: strict fields and its own tag."""


class Hello(ClientMessageBase, frozen=True, tag="hello"):
    """First message. `tab_id` is random per tab; `resume` comes from an earlier `Welcome`."""

    protocol: int
    locale: Locale
    tab_id: ShortText
    resume: Annotated[str, msgspec.Meta(max_length=128)] | None = None


class MediaOffer(ClientMessageBase, frozen=True, tag="media_offer"):
    """An SDP offer. `sources` maps the mid of each sending m-line to what it sends.

    A new offer replaces the connection's peer (after `MediaReset` or an ICE failure).
    """

    sdp: Annotated[str, msgspec.Meta(max_length=100_000)]
    sources: Annotated[dict[Mid, Source], msgspec.Meta(max_length=8)]


class IceRestart(ClientMessageBase, frozen=True, tag="ice_restart"):
    """The network changed: asks for fresh ICE credentials of the same peer, answered by `IceRestarted`.

    `ufrag` is the browser's new one. Media, DTLS and slots go on; nothing else
    is negotiated. `Failed` when the peer is gone: then a new offer is due.
    """

    ufrag: Annotated[str, msgspec.Meta(min_length=4, max_length=256, pattern="^[A-Za-z0-9+/]+$")]


class SourceSwitch(ClientMessageBase, frozen=True, tag="source_switch"):
    """Tells that a source of one's own was switched on or off."""

    source: Source
    is_on: bool


class Layout(ClientMessageBase, frozen=True, tag="layout"):
    """The pictures wanted, most important first; the rest of the slots are freed."""

    videos: Annotated[tuple[VideoRequest, ...], msgspec.Meta(max_length=64)]


class LineReport(ClientMessageBase, frozen=True, tag="line_report"):
    """Tells how sound and picture pass for this client, whenever that changes; shown to the others."""

    sends: LineState
    receives: LineState


class ChatSend(ClientMessageBase, frozen=True, tag="chat_send"):
    """A chat line; sending the same `client_id` again posts it once."""

    client_id: ShortText
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CHAT_CHARACTERS)]


class Hand(ClientMessageBase, frozen=True, tag="hand"):
    """Raises or lowers one's own hand, or (moderators) lowers somebody's."""

    is_raised: bool
    participant_id: ParticipantId | None = None


class React(ClientMessageBase, frozen=True, tag="react"):
    reaction: Reaction


class Admit(ClientMessageBase, frozen=True, tag="admit"):
    """Lets a waiting person in, or turns them away (moderators)."""

    participant_id: ParticipantId
    is_admitted: bool


class MuteParticipant(ClientMessageBase, frozen=True, tag="mute_participant"):
    """Switches somebody's source off (moderators); they may switch it on again."""

    participant_id: ParticipantId
    source: Source


class RemoveParticipant(ClientMessageBase, frozen=True, tag="remove_participant"):
    """Sends a person away for this session (moderators)."""

    participant_id: ParticipantId


class SetRole(ClientMessageBase, frozen=True, tag="set_role"):
    """Gives a person another role for this session (hosts)."""

    participant_id: ParticipantId
    role: Role


class RoomSettings(ClientMessageBase, frozen=True, tag="room_settings"):
    """Changes the room (moderators); UNSET fields stay, a None password closes guest access."""

    admission: Admission | msgspec.UnsetType = msgspec.UNSET
    welcome: Annotated[str, msgspec.Meta(max_length=2000)] | msgspec.UnsetType = msgspec.UNSET
    guest_password: Annotated[str, msgspec.Meta(min_length=8, max_length=128)] | msgspec.UnsetType | None = (
        msgspec.UNSET
    )


class SetPermission(ClientMessageBase, frozen=True, tag="set_permission"):
    """Opens a feature to others, or withholds it (moderators)."""

    permission: Permission


class Present(ClientMessageBase, frozen=True, tag="present"):
    """Puts something on everybody's stage, or takes it away with None (moderators); `by` is not read."""

    what: PresentedView | None


class EndSession(ClientMessageBase, frozen=True, tag="end_session"):
    """Ends the session for everybody (moderators)."""


class Leave(ClientMessageBase, frozen=True, tag="leave"):
    """Leaves at once, without the grace of a dropped connection."""


class Ping(ClientMessageBase, frozen=True, tag="ping"):
    """Heartbeat: browsers cannot see WebSocket pings."""

    sent_at_ms: float


ClientMessage = (
    Hello
    | MediaOffer
    | IceRestart
    | SourceSwitch
    | Layout
    | LineReport
    | ChatSend
    | Hand
    | React
    | Admit
    | MuteParticipant
    | RemoveParticipant
    | SetRole
    | RoomSettings
    | SetPermission
    | Present
    | EndSession
    | Leave
    | Ping
)


# ---- to the browser --------------------------------------------------------------------


class ServerMessageBase(msgspec.Struct, frozen=True, tag_field="type", rename="camel"):
    """What every message of the server has: its own tag."""


class Welcome(ServerMessageBase, frozen=True, tag="welcome"):
    """The whole state, after joining or resuming; it replaces what the client knew.

    `is_media_kept` tells a resuming client that its peer connection still lives.
    `video_codecs` are the codecs of pictures to offer, of those that the browser
    knows, best first (`VP8`, `H264`, `VP9`, `AV1`).
    """

    participant_id: ParticipantId
    resume: str
    room: RoomView
    participants: tuple[ParticipantView, ...]
    chat: tuple[ChatView, ...]
    slots: tuple[SlotAssignment, ...]
    waiting: tuple[ParticipantView, ...]
    ice_servers: tuple[IceServer, ...]
    server_time: datetime
    is_media_kept: bool = False
    permissions: tuple[Permission, ...] = ()
    presented: PresentedView | None = None
    is_media_strained: bool = False
    video_codecs: tuple[str, ...] = ()


class Waiting(ServerMessageBase, frozen=True, tag="waiting"):
    """One is before the door; `Welcome` follows when it opens."""

    reason: WaitingReason
    room: RoomView
    participant_id: ParticipantId
    resume: str


class Refused(ServerMessageBase, frozen=True, tag="refused"):
    """The door stays shut, or shuts (the cut); the connection is closed after it."""

    refusal: RefusalView


class Failed(ServerMessageBase, frozen=True, tag="failed"):
    """One message was not carried out; the connection stays.

    `in_reply_to` is the type of that message, for chat its `client_id`.
    """

    refusal: RefusalView
    in_reply_to: str | None = None


class ParticipantJoined(ServerMessageBase, frozen=True, tag="participant_joined"):
    participant: ParticipantView


class ParticipantChanged(ServerMessageBase, frozen=True, tag="participant_changed"):
    participant: ParticipantView


class ParticipantLeft(ServerMessageBase, frozen=True, tag="participant_left"):
    participant_id: ParticipantId
    was_removed: bool = False


class WaitingChanged(ServerMessageBase, frozen=True, tag="waiting_changed"):
    """The whole waiting list, to moderators only."""

    waiting: tuple[ParticipantView, ...]


class RoomChanged(ServerMessageBase, frozen=True, tag="room_changed"):
    room: RoomView


class ChatPosted(ServerMessageBase, frozen=True, tag="chat_posted"):
    chat: ChatView


class Reacted(ServerMessageBase, frozen=True, tag="reacted"):
    participant_id: ParticipantId
    reaction: Reaction


class MediaAnswer(ServerMessageBase, frozen=True, tag="media_answer"):
    sdp: str


class IceRestarted(ServerMessageBase, frozen=True, tag="ice_restarted"):
    """The worker's new credentials, to take the place of those in the answer."""

    ufrag: str
    password: str


class MediaReset(ServerMessageBase, frozen=True, tag="media_reset"):
    """The media worker forgot this peer: make a new peer connection and offer again."""


class Slots(ServerMessageBase, frozen=True, tag="slots"):
    """All video slots of this client, as they are from now on."""

    assignments: tuple[SlotAssignment, ...]


class SlotsPaused(ServerMessageBase, frozen=True, tag="slots_paused"):
    """All slots that show nothing because this client's line carries no more; empty when all go on."""

    mids: tuple[Mid, ...]


class MediaStrained(ServerMessageBase, frozen=True, tag="media_strained"):
    """The server does not keep up with sound and picture, or does again: what suffers is nobody's line."""

    is_strained: bool


class CameraLayers(ServerMessageBase, frozen=True, tag="camera_layers"):
    """How many layers of this client's camera anybody watches, smallest first; the others need not be sent."""

    layers: int


class Speakers(ServerMessageBase, frozen=True, tag="speakers"):
    """Who is speaking, loudest first; may be empty."""

    participant_ids: tuple[ParticipantId, ...]


class MutedByModerator(ServerMessageBase, frozen=True, tag="muted_by_moderator"):
    source: Source
    by: str


class PermissionsChanged(ServerMessageBase, frozen=True, tag="permissions_changed"):
    """The whole table, as it is from now on."""

    permissions: tuple[Permission, ...]


class Presented(ServerMessageBase, frozen=True, tag="presented"):
    """What is on everybody's stage from now on; None: nothing."""

    what: PresentedView | None


class DocumentsChanged(ServerMessageBase, frozen=True, tag="documents_changed"):
    """The list of documents is to be read again."""


class FilesChanged(ServerMessageBase, frozen=True, tag="files_changed"):
    """The list of files is to be read again."""


class FileReceived(ServerMessageBase, frozen=True, tag="file_received"):
    """Somebody sent a file to this person alone."""

    file_id: str
    name: str
    by: str


class SessionEnded(ServerMessageBase, frozen=True, tag="session_ended"):
    """The session is over by a moderator's will; the connection is closed after it."""

    by: str


class Superseded(ServerMessageBase, frozen=True, tag="superseded"):
    """The same person came in by another tab; this one is closed."""


class Pong(ServerMessageBase, frozen=True, tag="pong"):
    sent_at_ms: float


ServerMessage = (
    Welcome
    | Waiting
    | Refused
    | Failed
    | ParticipantJoined
    | ParticipantChanged
    | ParticipantLeft
    | WaitingChanged
    | RoomChanged
    | ChatPosted
    | Reacted
    | MediaAnswer
    | IceRestarted
    | MediaReset
    | Slots
    | SlotsPaused
    | MediaStrained
    | CameraLayers
    | Speakers
    | MutedByModerator
    | PermissionsChanged
    | Presented
    | DocumentsChanged
    | FilesChanged
    | FileReceived
    | SessionEnded
    | Superseded
    | Pong
)


# ---- HTTP views of the rooms service ---------------------------------------------------


class Visitor(msgspec.Struct, frozen=True, rename="camel"):
    """Who stands before the door: a hub user, a guest who gave the password, or nobody yet."""

    kind: Literal["anonymous", "user", "guest"]
    name: str = ""
    role: Role | None = None


class LinkView(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of `GET api/links/CODE`: what the link page shows before anybody joins."""

    code: str
    room: RoomView
    hosts: tuple[str, ...]
    visitor: Visitor
    refusal: RefusalView | None = None


class GuestEntry(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of `POST api/links/CODE/guest`."""

    name: Name
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class MyRoom(msgspec.Struct, frozen=True, rename="camel"):
    """One row of `GET api/rooms`: a room that the caller belongs to."""

    room: RoomView
    role: Role
    link: str
    participants: int
    refusal: RefusalView | None = None


class MyRooms(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of `GET api/rooms`."""

    user_name: str
    rooms: tuple[MyRoom, ...]


class AttendanceInterval(msgspec.Struct, frozen=True, rename="camel"):
    """One stay of one person in a session; `left_at` is None while they are there."""

    name: str
    role: Role
    is_guest: bool
    joined_at: datetime
    left_at: datetime | None = None


class Attendance(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of `GET api/rooms/ID/attendance`, in order of joining; may be empty."""

    room_id: RoomId
    intervals: tuple[AttendanceInterval, ...]
