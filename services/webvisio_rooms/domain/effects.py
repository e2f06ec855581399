"""What a session asks its surroundings to do, as values.

The session decides; the application sends, records and tells the media
engine, in the order given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from webvisio_protocol.identifiers import ParticipantId, Role
from webvisio_protocol.refusals import Refusal
from webvisio_protocol.signalling import (
    ChatView,
    CloseCode,
    Locale,
    ParticipantChanged,
    Permission,
    PresentedView,
    ServerMessage,
    Source,
)
from webvisio_rooms.domain.people import Participant, Presence, view_of
from webvisio_rooms.domain.pictures import Shown


@dataclass(frozen=True, slots=True)
class ToOne:
    """Send to one person, inside or before the door."""

    participant_id: ParticipantId
    message: ServerMessage


@dataclass(frozen=True, slots=True)
class ToInside:
    """Send to everybody inside, except one."""

    message: ServerMessage
    but: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class ToModerators:
    """Send to the moderators inside."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class ToAll:
    """Send to everybody inside and before the door."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Send a last message, or a refusal worded in their language, and close the connection."""

    participant_id: ParticipantId
    locale: Locale
    reason: ServerMessage | Refusal | None
    close_code: CloseCode


@dataclass(frozen=True, slots=True)
class SessionOpened:
    at: datetime


@dataclass(frozen=True, slots=True)
class SessionClosed:
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """Remember somebody's place in the session, so that a restart gives it back."""

    person: str
    participant_id: ParticipantId
    lent_role: Role | None
    is_removed: bool


@dataclass(frozen=True, slots=True)
class StayBegan:
    presence: Presence
    at: datetime


@dataclass(frozen=True, slots=True)
class StayEnded:
    participant_id: ParticipantId
    at: datetime


@dataclass(frozen=True, slots=True)
class ChatKept:
    chat: ChatView


@dataclass(frozen=True, slots=True)
class StageKept:
    """Remember who may use what, and what is presented, for a restart."""

    permissions: tuple[Permission, ...]
    presented: PresentedView | None


@dataclass(frozen=True, slots=True)
class HandsKept:
    """Remember whose hand is up, by person, and since when, for a restart."""

    hands: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class SlotsAssigned:
    """Tell the person and the media engine; `changes` are the slots to bind anew."""

    participant_id: ParticipantId
    changes: Mapping[str, Shown | None]
    slots: Mapping[str, Shown | None]


@dataclass(frozen=True, slots=True)
class ForwardingSet:
    """Start or stop forwarding a source of somebody."""

    participant_id: ParticipantId
    source: Source
    is_forwarded: bool


@dataclass(frozen=True, slots=True)
class PeerReleased:
    """Close the media of one person."""

    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class GroupReleased:
    """Close the media of everybody: the cut."""


Effect = (
    ToOne
    | ToInside
    | ToModerators
    | ToAll
    | Dismiss
    | SessionOpened
    | SessionClosed
    | PersonChanged
    | StayBegan
    | StayEnded
    | ChatKept
    | StageKept
    | HandsKept
    | SlotsAssigned
    | ForwardingSet
    | PeerReleased
    | GroupReleased
)


def told_inside(participant: Participant) -> ToInside:
    """Tell everybody inside how one of them is now."""
    return ToInside(ParticipantChanged(view_of(participant)))
