"""Who is inside, who is before the door, and what is remembered of both.

The invariant: a person (account or guest cookie) has at most one presence,
inside or before the door, and always the same participant id while the session
lasts. The roster moves people; what that means to the others, to attendance
and to media is the session's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webvisio_protocol.identifiers import ParticipantId, Role
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import RESUME_GRACE_S, ParticipantView, WaitingChanged, WaitingReason
from webvisio_rooms.domain.effects import Effect, PersonChanged, ToModerators, told_inside
from webvisio_rooms.domain.people import Applicant, Arrival, Identity, Participant, Presence, view_of
from webvisio_rooms.domain.permissions import Action, may, may_act_on

TURNED_AWAY_S = 60
"""How long somebody who was not admitted may not knock again."""
MAX_REMEMBERED_PEOPLE = 5000
MAX_PRESENT = 2000
"""People inside and before the door: a bound on memory, far above what a media worker carries."""

_GRACE = timedelta(seconds=RESUME_GRACE_S)


@dataclass(slots=True)
class Known:
    """What a session remembers of somebody, present or not."""

    participant_id: ParticipantId
    lent_role: Role | None = None
    was_admitted: bool = False
    is_removed: bool = False
    turned_away_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was stored of somebody's place in a session."""

    person: str
    participant_id: ParticipantId
    lent_role: Role | None
    is_removed: bool


@dataclass(slots=True)
class Roster:
    """See the module."""

    inside: dict[ParticipantId, Participant] = field(default_factory=dict)
    before_door: dict[ParticipantId, Applicant] = field(default_factory=dict)
    _by_person: dict[str, ParticipantId] = field(default_factory=dict)
    _known: dict[str, Known] = field(default_factory=dict)
    _join_order: int = 0

    # ---- who is here -----------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        return not self.inside and not self.before_door

    def everybody(self) -> list[Presence]:
        """List those inside, then those before the door."""
        return [*self.inside.values(), *self.before_door.values()]

    def presence(self, participant_id: ParticipantId) -> Presence | None:
        """Find somebody inside or before the door."""
        return self.inside.get(participant_id) or self.before_door.get(participant_id)

    def presence_of(self, person: str) -> Presence | None:
        """Find the presence of a person."""
        participant_id = self._by_person.get(person)
        return None if participant_id is None else self.presence(participant_id)

    def known(self, person: str) -> Known | None:
        """Find what is remembered of a person."""
        return self._known.get(person)

    def known_as(self, presence: Presence) -> Known:
        """Give what is remembered of somebody who is here."""
        return self._known[presence.identity.person]

    def standing(self, identity: Identity) -> Role | Refusal:
        """Tell in which role somebody may use the room's documents, inside or not, or why not.

        Guests only while they are inside; nobody who was removed.
        """
        known = self.known(identity.person)
        if known is not None and known.is_removed:
            return Refusal(RefusalCode.REMOVED)
        presence = self.presence_of(identity.person)
        if isinstance(presence, Participant):
            return presence.role
        if identity.is_guest:
            return Refusal(RefusalCode.NOT_ADMITTED)
        return (known.lent_role if known is not None else None) or identity.role

    # ---- who may do what to whom -----------------------------------------------------

    def actor(self, participant_id: ParticipantId, action: Action) -> Participant | Refusal:
        """Find somebody inside who may do this."""
        actor = self.inside.get(participant_id)
        if actor is None or not may(actor.role, action):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        return actor

    def pair(
        self, actor_id: ParticipantId, target_id: ParticipantId, action: Action
    ) -> tuple[Participant, Participant] | Refusal:
        """Find two people inside, of whom the first may do this to the second."""
        actor = self.actor(actor_id, action)
        if isinstance(actor, Refusal):
            return actor
        target = self.inside.get(target_id)
        if target is None:
            return Refusal(RefusalCode.NOT_FOUND)
        if not may_act_on(actor.role, action, target.role):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        return actor, target

    # ---- coming and going ------------------------------------------------------------

    def knock(self, identity: Identity, arrival: Arrival, now: datetime) -> Applicant | Refusal:
        """Take up somebody who is not here yet; the caller lets them in or has them wait."""
        if len(self.inside) + len(self.before_door) >= MAX_PRESENT:
            return Refusal(RefusalCode.MEDIA_LIMIT)
        known = self.known(identity.person) or self._remember(identity.person, arrival.fresh_id)
        self._by_person[identity.person] = known.participant_id
        role = known.lent_role or identity.role
        return Applicant(
            known.participant_id, identity, role, arrival.locale, arrival.tab_id, arrival.fresh_resume, now
        )

    def refusal_to_knock(self, person: str, now: datetime) -> Refusal | None:
        """Tell why somebody may not even wait: they were removed, or turned away just now."""
        known = self.known(person)
        if known is None:
            return None
        if known.is_removed:
            return Refusal(RefusalCode.REMOVED)
        if known.turned_away_until is not None and known.turned_away_until > now:
            return Refusal(RefusalCode.NOT_ADMITTED)
        return None

    def wait(self, applicant: Applicant, reason: WaitingReason) -> None:
        """Have somebody wait before the door."""
        applicant.reason = reason
        self.before_door[applicant.participant_id] = applicant

    def turn_away(self, applicant: Applicant, now: datetime) -> None:
        """Have somebody not knock again for a while."""
        self.known_as(applicant).turned_away_until = now + timedelta(seconds=TURNED_AWAY_S)

    def let_in(self, applicant: Applicant, hand_raised_at: datetime | None, now: datetime) -> Participant:
        """Move somebody inside; from now on they are admitted in this session."""
        self.before_door.pop(applicant.participant_id, None)
        self._join_order += 1
        participant = Participant(
            applicant.participant_id,
            applicant.identity,
            applicant.role,
            applicant.locale,
            applicant.tab_id,
            applicant.resume,
            now,
            applicant.dropped_at,
            join_order=self._join_order,
            hand_raised_at=hand_raised_at,
        )
        self.inside[participant.participant_id] = participant
        self.known_as(participant).was_admitted = True
        return participant

    def take_out(self, presence: Presence) -> None:
        """Have somebody be here no longer; they are remembered."""
        self._by_person.pop(presence.identity.person, None)
        if self.before_door.pop(presence.participant_id, None) is None:
            del self.inside[presence.participant_id]

    def clear(self) -> None:
        """Have nobody be here any longer."""
        self.inside.clear()
        self.before_door.clear()
        self._by_person.clear()

    def long_dropped(self, now: datetime) -> list[tuple[Presence, datetime]]:
        """List those who did not come back in time, and since when their connection was lost."""
        return [
            (presence, presence.dropped_at)
            for presence in self.everybody()
            if presence.dropped_at is not None and presence.dropped_at + _GRACE <= now
        ]

    def next_grace_end(self) -> datetime | None:
        """Tell when the next grace for coming back ends."""
        dropped = (presence.dropped_at for presence in self.everybody())
        return min((at + _GRACE for at in dropped if at is not None), default=None)

    # ---- what is remembered ----------------------------------------------------------

    def restore(self, people: Iterable[Remembered]) -> None:
        """Remember those who had a place in the session before a restart."""
        for person in people:
            known = self._remember(person.person, person.participant_id)
            known.lent_role, known.is_removed = person.lent_role, person.is_removed
            known.was_admitted = True

    def forget_session(self) -> None:
        """Forget lent roles, admissions and removals, and those who are not here."""
        self._known = {person: known for person, known in self._known.items() if person in self._by_person}
        for known in self._known.values():
            known.lent_role, known.was_admitted, known.is_removed = None, False, False

    def _remember(self, person: str, participant_id: ParticipantId) -> Known:
        fresh = Known(participant_id)
        self._known[person] = fresh
        if len(self._known) > MAX_REMEMBERED_PEOPLE:
            absent = next(p for p, k in self._known.items() if p not in self._by_person and k is not fresh)
            del self._known[absent]
        return fresh

    # ---- telling ---------------------------------------------------------------------

    def place_kept(self, presence: Presence) -> PersonChanged:
        """Have somebody's place kept for a restart."""
        known = self.known_as(presence)
        return PersonChanged(
            presence.identity.person, known.participant_id, known.lent_role, known.is_removed
        )

    def waiting_views(self) -> tuple[ParticipantView, ...]:
        """Show those before the door."""
        return tuple(view_of(applicant) for applicant in self.before_door.values())

    def told_waiting(self) -> Effect:
        """Tell the moderators who waits."""
        return ToModerators(WaitingChanged(self.waiting_views()))

    def told(self, presence: Presence) -> Effect:
        """Tell whom it concerns how somebody is now."""
        return told_inside(presence) if isinstance(presence, Participant) else self.told_waiting()
