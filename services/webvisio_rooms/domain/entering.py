"""Who may come in, who waits before the door, and what a tab that comes back is given.

A person is in a room by one tab at a time: of two the newer wins, and what the
older one holds is worth nothing from then on.
"""

from dataclasses import dataclass

from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.refusals import Refusal
from webvisio_protocol.signalling import Admission, WaitingReason
from webvisio_rooms.domain.effects import Effect
from webvisio_rooms.domain.people import Arrival, Presence


@dataclass(frozen=True, slots=True)
class Entered:
    """Let in, or let wait. `supersedes`: another tab of the same person must go."""

    participant_id: ParticipantId
    supersedes: bool
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class StaleTab:
    """A tab that was superseded came back with its old token: it stays out."""


Entry = Entered | StaleTab | Refusal


@dataclass(frozen=True, slots=True)
class Return:
    """How somebody came back. `is_resumed`: by the same line of the same tab, whose media may go on."""

    supersedes: bool
    was_dropped: bool
    is_resumed: bool


def come_back(present: Presence, arrival: Arrival) -> Return | StaleTab:
    """Give somebody's presence to the tab that arrives, unless another one has it by right."""
    is_same_tab = present.tab_id == arrival.tab_id
    has_token = arrival.resume is not None and arrival.resume == present.resume
    if present.is_connected and arrival.resume is not None and not has_token and not is_same_tab:
        return StaleTab()
    came_back = Return(
        supersedes=present.is_connected and not is_same_tab,
        was_dropped=not present.is_connected,
        is_resumed=has_token and is_same_tab,
    )
    present.dropped_at = None
    present.locale, present.tab_id = arrival.locale, arrival.tab_id
    if not came_back.is_resumed:
        present.resume = arrival.fresh_resume
    return came_back


def waiting_reason(
    presence: Presence, admission: Admission, *, has_begun: bool, was_admitted: bool
) -> WaitingReason | None:
    """Tell why somebody waits before the door; None: they come in.

    `has_begun`: a moderator has opened the session. Whoever was admitted once
    need not wait again.
    """
    if presence.role.moderates:
        return None
    if not has_begun:
        return WaitingReason.NO_HOST
    match admission:
        case Admission.EVERYBODY:
            is_free = True
        case Admission.MEMBERS:
            is_free = not presence.identity.is_guest
        case Admission.NOBODY:
            is_free = False
    return None if is_free or was_admitted else WaitingReason.NEEDS_ADMISSION
