"""What the store gives and takes: plain values, no rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webvisio_protocol.identifiers import ParticipantId, Role, RoomId
from webvisio_protocol.signalling import Admission, ChatView, Permission, PresentedView
from webvisio_rooms.domain.roster import Remembered


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room as it is stored."""

    room_id: RoomId
    link_code: str
    name: str
    customer_name: str
    admission: Admission
    welcome: str
    guest_password_hash: str | None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session that was not ended, with what it takes to go on."""

    session_id: str
    room_id: RoomId
    opened_at: datetime
    chat: tuple[ChatView, ...]
    people: tuple[Remembered, ...]
    permissions: tuple[Permission, ...] = ()
    presented: PresentedView | None = None
    hands: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StayRecord:
    """An attendance interval that begins."""

    session_id: str
    room_id: RoomId
    participant_id: ParticipantId
    person: str
    name: str
    role: Role
    is_guest: bool
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class RetiredLink:
    """The code led somewhere once."""
