"""The people of a session: those inside and those before the door."""

from dataclasses import dataclass, field
from datetime import datetime

from webvisio_protocol.identifiers import ParticipantId, Role
from webvisio_protocol.signalling import LineState, Locale, ParticipantView, Source, WaitingReason
from webvisio_rooms.domain.pictures import Shown


@dataclass(frozen=True, slots=True)
class Identity:
    """Who comes: `person` is the same for all tabs of one account or one guest cookie.

    `role` is the one the hub's groups give; a session may lend another.
    """

    person: str
    name: str
    role: Role
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a connection says of itself, with fresh secrets to use if it is let in.

    `resume` was given by the client (None: a first visit); `fresh_id` and
    `fresh_resume` are random, made by the caller.
    """

    locale: Locale
    tab_id: str
    fresh_id: ParticipantId
    fresh_resume: str
    resume: str | None = None


@dataclass(slots=True)
class Presence:
    """Somebody inside or before the door; `dropped_at` is set while the connection is lost."""

    participant_id: ParticipantId
    identity: Identity
    role: Role
    locale: Locale
    tab_id: str
    resume: str
    arrived_at: datetime
    dropped_at: datetime | None = None

    @property
    def is_connected(self) -> bool:
        return self.dropped_at is None


@dataclass(slots=True)
class Applicant(Presence):
    """Somebody before the door."""

    reason: WaitingReason = WaitingReason.NO_HOST


@dataclass(slots=True)
class Participant(Presence):
    """Somebody inside.

    `slots` is empty until media was negotiated; `wishes` is None until the
    client laid out its pictures.
    """

    join_order: int = 0
    sources: set[Source] = field(default_factory=set)
    hand_raised_at: datetime | None = None
    has_media: bool = False
    sends: LineState = LineState.GOOD
    receives: LineState = LineState.GOOD
    spoke_order: int = 0
    slots: dict[str, Shown | None] = field(default_factory=dict)
    wishes: tuple[Shown, ...] | None = None


def view_of(presence: Presence) -> ParticipantView:
    """Show somebody to the others."""
    if not isinstance(presence, Participant):
        return ParticipantView(
            presence.participant_id,
            presence.identity.name,
            presence.role,
            presence.identity.is_guest,
            is_reconnecting=not presence.is_connected,
        )
    return ParticipantView(
        presence.participant_id,
        presence.identity.name,
        presence.role,
        presence.identity.is_guest,
        tuple(source for source in Source if source in presence.sources),
        presence.hand_raised_at,
        not presence.is_connected,
        presence.has_media,
        presence.sends,
        presence.receives,
    )
