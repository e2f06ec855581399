"""A room's session: who is inside, who waits, what is said, who is shown.

Commands take `now` and return effects, in order; nothing else changes the
session. Every command ends in `_settle`, which moves the lifecycle, lets in
those whom a moderator's arrival lets in, and assigns the video slots.

The module is long because one invariant binds it: a person (account or guest
cookie) has at most one presence, inside or before the door, and whoever is
inside a running session has exactly one open attendance interval.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from webvisio_protocol.identifiers import ParticipantId, Role, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import (
    CHAT_HISTORY,
    RESUME_GRACE_S,
    Admission,
    Audience,
    ChatPosted,
    ChatView,
    CloseCode,
    DocumentsChanged,
    Feature,
    LineState,
    MediaStrained,
    MutedByModerator,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantView,
    Permission,
    PermissionsChanged,
    Presented,
    PresentedKind,
    PresentedView,
    Reacted,
    Reaction,
    RoomChanged,
    RoomView,
    SessionEnded,
    SlotAssignment,
    Source,
    Speakers,
    Waiting,
    WaitingChanged,
    WaitingReason,
    Welcome,
)
from webvisio_rooms.domain import features, lifecycle
from webvisio_rooms.domain.addresses import is_web_address
from webvisio_rooms.domain.effects import (
    ChatKept,
    Dismiss,
    Effect,
    ForwardingSet,
    GroupReleased,
    HandsKept,
    PeerReleased,
    PersonChanged,
    SessionClosed,
    SessionOpened,
    SlotsAssigned,
    StageKept,
    StayBegan,
    StayEnded,
    ToAll,
    ToInside,
    ToModerators,
    ToOne,
)
from webvisio_rooms.domain.people import Applicant, Arrival, Identity, Participant, Presence, view_of
from webvisio_rooms.domain.permissions import Action, may, may_act_on
from webvisio_rooms.domain.pictures import Picture, Sender, Shown, Slots, assign, changed, in_default_order
from webvisio_rooms.domain.turn import TurnServer

TURNED_AWAY_S = 60
"""How long somebody who was not admitted may not knock again."""
MAX_REMEMBERED_PEOPLE = 5000
MAX_PRESENT = 2000
"""People inside and before the door: a bound on memory, far above what a media worker carries."""


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What the session knows of its room; replaced as a whole when it changes."""

    room_id: RoomId
    name: str
    customer_name: str
    admission: Admission
    is_guest_access_open: bool
    welcome: str = ""
    entitled_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """Let in, or let wait. `supersedes`: another tab of the same person must go."""

    participant_id: ParticipantId
    supersedes: bool
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class StaleTab:
    """A tab that was superseded came back with its old token: it stays out."""


_SOUNDS = frozenset({Source.MICROPHONE, Source.SCREEN_AUDIO})

Entry = Entered | StaleTab | Refusal


@dataclass(slots=True)
class _Person:
    """What a session remembers of somebody, present or not."""

    participant_id: ParticipantId
    lent_role: Role | None = None
    was_admitted: bool = False
    is_removed: bool = False
    turned_away_until: datetime | None = None
    hand_kept_at: datetime | None = None
    """Since when the hand of somebody was up whom a restart of the service sent out."""


@dataclass(slots=True)
class RoomSession:
    """See the module."""

    facts: RoomFacts
    turn: TurnServer | None = None
    state: lifecycle.Lifecycle = field(default_factory=lifecycle.Idle)
    inside: dict[ParticipantId, Participant] = field(default_factory=dict)
    before_door: dict[ParticipantId, Applicant] = field(default_factory=dict)
    chat: deque[ChatView] = field(default_factory=lambda: deque(maxlen=CHAT_HISTORY))
    permissions: features.Table = field(default_factory=features.initial)
    presented: PresentedView | None = None
    is_media_strained: bool = False
    _hands_kept_until: datetime | None = None
    _by_person: dict[str, ParticipantId] = field(default_factory=dict)
    _people: dict[str, _Person] = field(default_factory=dict)
    _is_door_open: bool = True
    _last_message_id: int = 0
    _join_order: int = 0
    _turns: int = 0
    _speakers: tuple[ParticipantId, ...] = ()
    _is_stage_dirty: bool = False
    _available: tuple[Picture, ...] = ()
    _effects: list[Effect] = field(default_factory=list)

    # ---- what is known ---------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        return not self.inside and not self.before_door

    @property
    def opened_at(self) -> datetime | None:
        return lifecycle.opened_at_of(self.state)

    def presence(self, participant_id: ParticipantId) -> Presence | None:
        """Find somebody inside or before the door."""
        return self.inside.get(participant_id) or self.before_door.get(participant_id)

    def presence_of(self, person: str) -> Presence | None:
        """Find the presence of a person."""
        participant_id = self._by_person.get(person)
        return None if participant_id is None else self.presence(participant_id)

    def standing(self, identity: Identity) -> Role | Refusal:
        """Tell in which role somebody may use the room's documents, inside or not, or why not.

        Guests only while they are inside; nobody who was removed.
        """
        known = self._people.get(identity.person)
        if known is not None and known.is_removed:
            return Refusal(RefusalCode.REMOVED)
        presence = self.presence_of(identity.person)
        if isinstance(presence, Participant):
            return presence.role
        if identity.is_guest:
            return Refusal(RefusalCode.NOT_ADMITTED)
        return (known.lent_role if known is not None else None) or identity.role

    def may_use(self, feature: Feature, person: str, role: Role) -> bool:
        """Tell whether a person may use a feature in this session."""
        known = self._people.get(person)
        participant_id = None if known is None else known.participant_id
        return features.allows(self.permissions, feature, participant_id, role)

    def room_view(self) -> RoomView:
        """Show the room."""
        facts = self.facts
        return RoomView(
            facts.room_id,
            facts.name,
            facts.customer_name,
            lifecycle.room_state(self.state),
            facts.admission,
            facts.is_guest_access_open,
            facts.welcome,
            self.opened_at,
            facts.entitled_until,
        )

    def next_deadline(self) -> datetime | None:
        """Tell when `pass_time` has something to do next, the door apart."""
        grace = timedelta(seconds=RESUME_GRACE_S)
        dropped = [
            presence.dropped_at + grace
            for presence in (*self.inside.values(), *self.before_door.values())
            if presence.dropped_at is not None
        ]
        end = lifecycle.deadline_of(self.state)
        return min(dropped if end is None else [*dropped, end], default=None)

    # ---- coming and going ------------------------------------------------------------

    def enter(self, identity: Identity, arrival: Arrival, now: datetime) -> Entry:
        """Let somebody in, let them wait, or refuse them.

        The caller attaches the connection to the participant before it carries
        out the effects, which begin with `Welcome` or `Waiting`.
        """
        known = self._people.get(identity.person)
        if known is not None and known.is_removed:
            return Refusal(RefusalCode.REMOVED)
        if known is not None and known.turned_away_until is not None and known.turned_away_until > now:
            return Refusal(RefusalCode.NOT_ADMITTED)
        present = self.presence_of(identity.person)
        if present is not None:
            return self._come_back(present, identity, arrival, now)
        if len(self.inside) + len(self.before_door) >= MAX_PRESENT:
            return Refusal(RefusalCode.MEDIA_LIMIT)
        if known is None:
            known = self._remember(identity.person, arrival.fresh_id)
        role = known.lent_role or identity.role
        applicant = Applicant(
            known.participant_id, identity, role, arrival.locale, arrival.tab_id, arrival.fresh_resume, now
        )
        self._by_person[identity.person] = applicant.participant_id
        reason = self._waiting_reason(applicant, known)
        if reason is None:
            self._let_in(applicant, now)
        else:
            applicant.reason = reason
            self.before_door[applicant.participant_id] = applicant
            self._advance(now)  # `Waiting` must say it already
            self._effects.append(ToOne(applicant.participant_id, self._waiting(applicant)))
            self._tell_waiting()
        return Entered(applicant.participant_id, False, self._settle(now))

    def drop(self, participant_id: ParticipantId, now: datetime) -> tuple[Effect, ...]:
        """Note that a connection was lost; the grace for coming back begins."""
        presence = self.presence(participant_id)
        if presence is not None and presence.is_connected:
            presence.dropped_at = now
            self._tell_presence(presence)
        return self._settle(now)

    def leave(self, participant_id: ParticipantId, now: datetime) -> tuple[Effect, ...]:
        """Let somebody go at their own will, without grace."""
        presence = self.presence(participant_id)
        if presence is not None:
            self._effects.append(Dismiss(participant_id, presence.locale, None, CloseCode.ENDED))
            self._take_out(presence, now)
        return self._settle(now)

    def pass_time(self, now: datetime) -> tuple[Effect, ...]:
        """Do what is due: connections whose grace is over, a session that lingered enough."""
        for presence in [*self.inside.values(), *self.before_door.values()]:
            dropped_at = presence.dropped_at
            if dropped_at is not None and dropped_at + timedelta(seconds=RESUME_GRACE_S) <= now:
                self._take_out(presence, dropped_at)
        return self._settle(now)

    def change_standing(self, person: str, role: Role | None, now: datetime) -> tuple[Effect, ...]:
        """Follow the hub: another role in the room, or None: no longer invited."""
        presence = self.presence_of(person)
        if presence is None:
            return self._settle(now)
        if role is None:
            return self.dismiss(
                presence.participant_id, Refusal(RefusalCode.NOT_INVITED), CloseCode.REFUSED, now
            )
        self._take_identity(presence, replace(presence.identity, role=role))
        return self._settle(now)

    def dismiss(
        self, participant_id: ParticipantId, refusal: Refusal, code: CloseCode, now: datetime
    ) -> tuple[Effect, ...]:
        """Send somebody away with a refusal."""
        presence = self.presence(participant_id)
        if presence is not None:
            self._effects.append(Dismiss(participant_id, presence.locale, refusal, code))
            self._take_out(presence, now)
        return self._settle(now)

    # ---- the door --------------------------------------------------------------------

    def set_door(self, refusal: Refusal | None, now: datetime) -> tuple[Effect, ...]:
        """Shut the door with a refusal (the cut), or open it with None."""
        self._is_door_open = refusal is None
        if refusal is not None and not isinstance(self.state, lifecycle.Cut):
            everybody: list[Presence] = [*self.inside.values(), *self.before_door.values()]
            if self.inside:
                self._effects.append(GroupReleased())
            for presence in everybody:
                self._effects.append(
                    Dismiss(presence.participant_id, presence.locale, refusal, CloseCode.REFUSED)
                )
            for participant in self.inside.values():
                self._effects.append(StayEnded(participant.participant_id, participant.dropped_at or now))
            self.inside.clear()
            self.before_door.clear()
            self._by_person.clear()
            self._speakers = ()
        return self._settle(now)

    def change_facts(self, facts: RoomFacts, now: datetime) -> tuple[Effect, ...]:
        """Take in what changed of the room, and tell everybody."""
        if facts != self.facts:
            self.facts = facts
            self._effects.append(ToAll(RoomChanged(self.room_view())))
        return self._settle(now)

    # ---- what moderators do ----------------------------------------------------------

    def admit(
        self, actor_id: ParticipantId, target_id: ParticipantId, is_admitted: bool, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Let a waiting person in, or turn them away."""
        actor, applicant = self.inside.get(actor_id), self.before_door.get(target_id)
        if actor is None or not may(actor.role, Action.ADMIT):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        if applicant is None:
            return Refusal(RefusalCode.NOT_FOUND)
        known = self._people[applicant.identity.person]
        if is_admitted:
            known.was_admitted = True
            self._let_in(applicant, now)
        else:
            known.turned_away_until = now + timedelta(seconds=TURNED_AWAY_S)
            refusal = Refusal(RefusalCode.NOT_ADMITTED)
            self._effects.append(Dismiss(target_id, applicant.locale, refusal, CloseCode.REFUSED))
            self._take_out(applicant, now)
        return self._settle(now)

    def mute(
        self, actor_id: ParticipantId, target_id: ParticipantId, source: Source, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Switch somebody's source off; they may switch it on again."""
        found = self._pair(actor_id, target_id, Action.MUTE)
        if isinstance(found, Refusal):
            return found
        actor, target = found
        if source in target.sources:
            self._switch(target, source, False)
            self._effects.append(ToOne(target_id, MutedByModerator(source, actor.identity.name)))
        return self._settle(now)

    def remove(
        self, actor_id: ParticipantId, target_id: ParticipantId, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Send a person away for the rest of this session."""
        found = self._pair(actor_id, target_id, Action.REMOVE)
        if isinstance(found, Refusal):
            return found
        _, target = found
        if target_id == actor_id:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        self._people[target.identity.person].is_removed = True
        self._keep_person(target)
        self._effects.append(
            Dismiss(target_id, target.locale, Refusal(RefusalCode.REMOVED), CloseCode.REFUSED)
        )
        self._take_out(target, now, was_removed=True)
        return self._settle(now)

    def set_role(
        self, actor_id: ParticipantId, target_id: ParticipantId, role: Role, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Lend somebody another role for this session."""
        found = self._pair(actor_id, target_id, Action.SET_ROLE)
        if isinstance(found, Refusal):
            return found
        _, target = found
        if target_id == actor_id or (target.identity.is_guest and role.moderates):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)  # an account is needed to moderate (clause 5.4)
        self._people[target.identity.person].lent_role = role
        self._give_role(target, role)
        return self._settle(now)

    def set_permission(
        self, actor_id: ParticipantId, permission: Permission, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Open a feature to others or withhold it; what is withheld and switched on is switched off."""
        actor = self.inside.get(actor_id)
        if actor is None or not may(actor.role, Action.SET_PERMISSION):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        names_people = permission.audience in (Audience.PEOPLE, Audience.EXCEPT)
        people = permission.people if names_people else ()
        self.permissions[permission.feature] = Permission(permission.feature, permission.audience, people)
        for participant in self.inside.values():
            for source in tuple(participant.sources):
                if not self._may_publish(participant, source):
                    self._switch(participant, source, False)
                    told = MutedByModerator(source, actor.identity.name)
                    self._effects.append(ToOne(participant.participant_id, told))
        self._effects += [ToInside(PermissionsChanged(self._permissions())), self._stage()]
        return self._settle(now)

    def present(
        self, actor_id: ParticipantId, what: PresentedView | None, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Put something on everybody's stage, or take it away with None."""
        actor = self.inside.get(actor_id)
        if actor is None or not may(actor.role, Action.PRESENT):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        if what is not None:
            if what.kind is PresentedKind.WEB and not is_web_address(what.target):
                return Refusal(RefusalCode.ADDRESS_REFUSED)
            what = msgspec.structs.replace(what, by=actor_id)
        if what != self.presented:
            self.presented = what
            self._effects += [ToInside(Presented(what)), self._stage()]
        return self._settle(now)

    def documents_changed(self, now: datetime) -> tuple[Effect, ...]:
        """Have everybody inside read the list of documents again."""
        self._effects.append(ToInside(DocumentsChanged()))
        return self._settle(now)

    def end(self, actor_id: ParticipantId, now: datetime) -> tuple[Effect, ...] | Refusal:
        """End the session for everybody."""
        actor = self.inside.get(actor_id)
        if actor is None or not may(actor.role, Action.END_SESSION):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        for applicant in self.before_door.values():
            message = SessionEnded(actor.identity.name)
            self._effects.append(
                Dismiss(applicant.participant_id, applicant.locale, message, CloseCode.ENDED)
            )
            self._by_person.pop(applicant.identity.person, None)
        self.before_door.clear()
        self._empty(actor.identity.name, now)
        return self._settle(now, has_ended=True)

    # ---- what everybody does ---------------------------------------------------------

    def post(
        self, author_id: ParticipantId, client_id: str, text: str, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Post a chat line; one that was posted already is not posted again."""
        author = self.inside.get(author_id)
        if author is None or not may(author.role, Action.CHAT):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        if not features.allows(self.permissions, Feature.CHAT, author_id, author.role):
            return Refusal(RefusalCode.FEATURE_WITHHELD)
        for line in self.chat:
            if line.author_id == author_id and line.client_id == client_id:
                self._effects.append(ToOne(author_id, ChatPosted(line)))
                return self._settle(now)
        self._last_message_id += 1
        line = ChatView(self._last_message_id, client_id, author_id, author.identity.name, text, now)
        self.chat.append(line)
        self._effects += [ToInside(ChatPosted(line)), ChatKept(line)]
        return self._settle(now)

    def hand(
        self, actor_id: ParticipantId, is_raised: bool, target_id: ParticipantId | None, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Raise or lower a hand; hands queue by the instant they were raised at."""
        actor = self.inside.get(actor_id)
        target = self.inside.get(target_id or actor_id)
        if actor is None or target is None:
            return Refusal(RefusalCode.NOT_FOUND)
        is_own = target is actor
        if not may(actor.role, Action.RAISE_HAND if is_own else Action.LOWER_OTHERS_HAND):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        if is_raised and not is_own:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        if is_raised is (target.hand_raised_at is None):
            target.hand_raised_at = now if is_raised else None
            self._tell_presence(target)
            self._effects.append(self._hands())
        return self._settle(now)

    def react(
        self, actor_id: ParticipantId, reaction: Reaction, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Show a reaction to everybody."""
        actor = self.inside.get(actor_id)
        if actor is None or not may(actor.role, Action.REACT):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        self._effects.append(ToInside(Reacted(actor_id, reaction)))
        return self._settle(now)

    def switch_source(
        self, actor_id: ParticipantId, source: Source, is_on: bool, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Switch a source of one's own on or off."""
        actor = self.inside.get(actor_id)
        if actor is None or (is_on and not may(actor.role, Action.PUBLISH)):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        if is_on and not self._may_publish(actor, source):
            return Refusal(RefusalCode.FEATURE_WITHHELD)
        if is_on is (source not in actor.sources):
            self._switch(actor, source, is_on)
        return self._settle(now)

    def lay_out(
        self, participant_id: ParticipantId, wishes: Iterable[Shown], now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Take the pictures somebody wants, most important first."""
        participant = self.inside.get(participant_id)
        if participant is None:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        participant.wishes = tuple(wishes)
        self._assign_slots(participant)
        return self._settle(now)

    # ---- what the media engine says --------------------------------------------------

    def report_line(
        self, participant_id: ParticipantId, sends: LineState, receives: LineState, now: datetime
    ) -> tuple[Effect, ...] | Refusal:
        """Take how sound and picture pass for somebody, by their own account, and tell the others."""
        participant = self.inside.get(participant_id)
        if participant is None:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        if (sends, receives) != (participant.sends, participant.receives):
            participant.sends, participant.receives = sends, receives
            self._tell_presence(participant)
        return self._settle(now)

    def set_strained(self, is_strained: bool, now: datetime) -> tuple[Effect, ...]:
        """Note whether the server keeps up with the room's media, and tell everybody."""
        if is_strained != self.is_media_strained:
            self.is_media_strained = is_strained
            self._effects.append(ToInside(MediaStrained(is_strained)))
        return self._settle(now)

    def media_opened(
        self, participant_id: ParticipantId, slots: Iterable[str], sources: Iterable[Source], now: datetime
    ) -> tuple[Effect, ...]:
        """Note a negotiated peer: its video slots are empty, and only what is on is forwarded."""
        participant = self.inside.get(participant_id)
        if participant is None:
            return self._settle(now)
        participant.has_media = True
        participant.slots = dict.fromkeys(slots)
        for source in sources:
            self._effects.append(ForwardingSet(participant_id, source, source in participant.sources))
        self._is_stage_dirty = True
        self._tell_presence(participant)
        return self._settle(now)

    def media_lost(self, participant_id: ParticipantId, now: datetime) -> tuple[Effect, ...]:
        """Note that a peer is gone; its owner may offer again."""
        participant = self.inside.get(participant_id)
        if participant is not None and participant.has_media:
            participant.has_media = False
            participant.sends = participant.receives = LineState.GOOD
            participant.slots = {}
            self._is_stage_dirty = True
            self._tell_presence(participant)
        return self._settle(now)

    def worker_lost(self, people: Iterable[ParticipantId], now: datetime) -> tuple[Effect, ...]:
        """Note that a media worker took these people's peers with it; they are told by `MediaReset`, and the others
        nothing, for it is a matter of a second."""
        lost = [self.inside[one] for one in people if one in self.inside]
        for participant in lost:
            participant.has_media = False
            participant.slots = {}
        gone = {participant.participant_id for participant in lost}
        self._speakers = tuple(speaker for speaker in self._speakers if speaker not in gone)
        self._is_stage_dirty = True
        return self._settle(now)

    def speakers_changed(self, speakers: Iterable[ParticipantId], now: datetime) -> tuple[Effect, ...]:
        """Tell who speaks, loudest first, among those whose sound is on."""
        heard = tuple(s for s in speakers if s in self.inside and self.inside[s].sources & _SOUNDS)
        for speaker in reversed([s for s in heard if s not in self._speakers]):
            self._turns += 1
            self.inside[speaker].spoke_order = self._turns
            self._is_stage_dirty = True
        if heard != self._speakers:
            self._speakers = heard
            self._effects.append(ToInside(Speakers(heard)))
        return self._settle(now)

    # ---- a restart -------------------------------------------------------------------

    def restore(
        self,
        opened_at: datetime,
        last_seen_at: datetime,
        chat: Iterable[ChatView],
        people: Iterable["Remembered"],
        permissions: Iterable[Permission] = (),
        presented: PresentedView | None = None,
        hands: Mapping[str, datetime] | None = None,
    ) -> None:
        """Take up a session that was under way when the service stopped: it lingers.

        A hand that was up is up again when its owner comes back while it would linger.
        """
        closes_at = last_seen_at + timedelta(seconds=lifecycle.LINGER_S)
        self.state = lifecycle.Lingering(opened_at, closes_at)
        self.chat.extend(chat)
        self._last_message_id = max((line.message_id for line in self.chat), default=0)
        self.permissions, self.presented = features.restored(permissions), presented
        for person in people:
            known = self._remember(person.person, person.participant_id)
            known.lent_role, known.is_removed = person.lent_role, person.is_removed
            known.was_admitted = True
            known.hand_kept_at = None if hands is None else hands.get(person.person)
        self._hands_kept_until = closes_at

    # ---- inside ----------------------------------------------------------------------

    def _remember(self, person: str, participant_id: ParticipantId) -> _Person:
        known = _Person(participant_id)
        self._people[person] = known
        if len(self._people) > MAX_REMEMBERED_PEOPLE:
            absent = next(p for p, k in self._people.items() if p not in self._by_person and k is not known)
            del self._people[absent]
        return known

    def _keep_person(self, presence: Presence) -> None:
        person = presence.identity.person
        known = self._people[person]
        self._effects.append(PersonChanged(person, known.participant_id, known.lent_role, known.is_removed))

    def _waiting_reason(self, applicant: Presence, known: _Person) -> WaitingReason | None:
        if applicant.role.moderates:
            return None
        if self.opened_at is None:
            return WaitingReason.NO_HOST
        match self.facts.admission:
            case Admission.EVERYBODY:
                is_free = True
            case Admission.MEMBERS:
                is_free = not applicant.identity.is_guest
            case Admission.NOBODY:
                is_free = False
        return None if is_free or known.was_admitted else WaitingReason.NEEDS_ADMISSION

    def _come_back(self, present: Presence, identity: Identity, arrival: Arrival, now: datetime) -> Entry:
        is_same_tab = present.tab_id == arrival.tab_id
        is_resumed = arrival.resume is not None and arrival.resume == present.resume
        if present.is_connected and arrival.resume is not None and not is_resumed and not is_same_tab:
            return StaleTab()
        supersedes = present.is_connected and not is_same_tab
        was_dropped = not present.is_connected
        present.dropped_at = None
        present.locale, present.tab_id = arrival.locale, arrival.tab_id
        if not (is_resumed and is_same_tab):
            present.resume = arrival.fresh_resume  # what the other tab holds is worth nothing from now on
        self._take_identity(present, identity)
        participant_id = present.participant_id
        if isinstance(present, Applicant):
            self._effects.append(ToOne(participant_id, self._waiting(present)))
            if was_dropped:
                self._tell_waiting()
            return Entered(participant_id, supersedes, self._settle(now))
        assert isinstance(present, Participant)
        is_kept = is_resumed and is_same_tab and present.has_media
        if not is_kept:
            self._forget_media(present)
        self._effects.append(ToOne(participant_id, self._welcome(present, now, is_kept)))
        if was_dropped or not is_kept:
            self._effects.append(ToInside(ParticipantChanged(view_of(present)), but=participant_id))
        return Entered(participant_id, supersedes, self._settle(now))

    def _take_identity(self, presence: Presence, identity: Identity) -> None:
        presence.identity = identity
        if self._people[identity.person].lent_role is None:
            self._give_role(presence, identity.role)

    def _forget_media(self, participant: Participant) -> None:
        self._effects.append(PeerReleased(participant.participant_id))
        participant.has_media = False
        participant.slots = {}
        participant.wishes = None
        participant.sources.clear()
        self._is_stage_dirty = True

    def _let_in(self, applicant: Presence, now: datetime) -> None:
        """Move somebody inside; the lifecycle follows in `_settle`, but `Welcome` must say it already."""
        has_waited = self.before_door.pop(applicant.participant_id, None) is not None
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
            hand_raised_at=self._kept_hand(applicant.identity.person, now),
        )
        self.inside[participant.participant_id] = participant
        self._people[participant.identity.person].was_admitted = True
        self._advance(now)
        self._effects.append(ToOne(participant.participant_id, self._welcome(participant, now, False)))
        self._effects.append(
            ToInside(ParticipantJoined(view_of(participant)), but=participant.participant_id)
        )
        self._keep_person(participant)
        self._effects.append(StayBegan(participant, now))
        if has_waited:
            self._tell_waiting()

    def _kept_hand(self, person: str, now: datetime) -> datetime | None:
        known = self._people[person]
        raised_at, known.hand_kept_at = known.hand_kept_at, None
        is_in_time = self._hands_kept_until is not None and now < self._hands_kept_until
        return raised_at if is_in_time else None

    def _take_out(self, presence: Presence, left_at: datetime, *, was_removed: bool = False) -> None:
        participant_id = presence.participant_id
        self._by_person.pop(presence.identity.person, None)
        if self.before_door.pop(participant_id, None) is not None:
            self._tell_waiting()
            return
        participant = self.inside.pop(participant_id)
        if participant.hand_raised_at is not None:
            self._effects.append(self._hands())
        self._speakers = tuple(s for s in self._speakers if s != participant_id)
        self._is_stage_dirty = True
        self._effects += [
            PeerReleased(participant_id),
            StayEnded(participant_id, left_at),
            ToInside(ParticipantLeft(participant_id, was_removed)),
        ]

    def _give_role(self, presence: Presence, role: Role) -> None:
        if presence.role is role:
            return
        saw_waiting = may(presence.role, Action.SEE_WAITING)
        presence.role = role
        if not isinstance(presence, Participant):
            if role.moderates:
                self._people[presence.identity.person].was_admitted = True
            self._tell_waiting()
            return
        for source in tuple(presence.sources):
            if not may(role, Action.PUBLISH) or not self._may_publish(presence, source):
                self._switch(presence, source, False, tell=False)
        self._is_stage_dirty = True
        self._keep_person(presence)
        self._tell_presence(presence)
        if may(role, Action.SEE_WAITING) and not saw_waiting:
            self._effects.append(ToOne(presence.participant_id, WaitingChanged(self._waiting_views())))

    def _switch(self, participant: Participant, source: Source, is_on: bool, *, tell: bool = True) -> None:
        if is_on:
            participant.sources.add(source)
        else:
            participant.sources.discard(source)
        if participant.has_media:
            self._effects.append(ForwardingSet(participant.participant_id, source, is_on))
        self._is_stage_dirty = True
        if tell:
            self._tell_presence(participant)

    def _pair(
        self, actor_id: ParticipantId, target_id: ParticipantId, action: Action
    ) -> tuple[Participant, Participant] | Refusal:
        actor, target = self.inside.get(actor_id), self.inside.get(target_id)
        if actor is None or not may(actor.role, action):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        if target is None:
            return Refusal(RefusalCode.NOT_FOUND)
        if not may_act_on(actor.role, action, target.role):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        return actor, target

    def _empty(self, by: str, now: datetime) -> None:
        """Send everybody inside away, the session being over."""
        if self.inside:
            self._effects.append(GroupReleased())
        for participant in self.inside.values():
            self._effects.append(
                Dismiss(participant.participant_id, participant.locale, SessionEnded(by), CloseCode.ENDED)
            )
            self._effects.append(StayEnded(participant.participant_id, participant.dropped_at or now))
            self._by_person.pop(participant.identity.person, None)
        self.inside.clear()
        self._speakers = ()
        self._is_stage_dirty = True

    # ---- telling ---------------------------------------------------------------------

    def _welcome(self, participant: Participant, now: datetime, is_media_kept: bool) -> Welcome:
        return Welcome(
            participant.participant_id,
            participant.resume,
            self.room_view(),
            tuple(view_of(p) for p in self.inside.values()),
            tuple(self.chat),
            assignments(participant.slots),
            self._waiting_views() if may(participant.role, Action.SEE_WAITING) else (),
            () if self.turn is None else (self.turn.credentials(participant.participant_id, now),),
            now,
            is_media_kept,
            self._permissions(),
            self.presented,
            self.is_media_strained,
        )

    def _permissions(self) -> tuple[Permission, ...]:
        return tuple(self.permissions.values())

    def _stage(self) -> StageKept:
        return StageKept(self._permissions(), self.presented)

    def _hands(self) -> HandsKept:
        hands = {
            person: known.hand_kept_at
            for person, known in self._people.items()
            if known.hand_kept_at is not None
        }
        for participant in self.inside.values():
            if participant.hand_raised_at is not None:
                hands[participant.identity.person] = participant.hand_raised_at
        return HandsKept(hands)

    def _may_publish(self, participant: Participant, source: Source) -> bool:
        feature = features.SOURCE_FEATURES[source]
        return features.allows(self.permissions, feature, participant.participant_id, participant.role)

    def _waiting(self, applicant: Applicant) -> Waiting:
        return Waiting(applicant.reason, self.room_view(), applicant.participant_id, applicant.resume)

    def _waiting_views(self) -> tuple[ParticipantView, ...]:
        return tuple(view_of(applicant) for applicant in self.before_door.values())

    def _tell_waiting(self) -> None:
        self._effects.append(ToModerators(WaitingChanged(self._waiting_views())))

    def _tell_presence(self, presence: Presence) -> None:
        if isinstance(presence, Participant):
            self._effects.append(ToInside(ParticipantChanged(view_of(presence))))
        else:
            self._tell_waiting()

    # ---- settling --------------------------------------------------------------------

    def _advance(self, now: datetime, *, has_ended: bool = False) -> None:
        before, view = self.opened_at, lifecycle.room_state(self.state)
        self.state = lifecycle.advance(self.state, self._facts(has_ended), now)
        if before is not None and self.opened_at != before:
            self._over(now)
            self.state = lifecycle.advance(self.state, self._facts(False), now)
        if self.opened_at is not None and self.opened_at != before:
            self._effects.append(SessionOpened(self.opened_at))
        if view is not lifecycle.room_state(self.state):
            self._effects.append(ToAll(RoomChanged(self.room_view())))

    def _facts(self, has_ended: bool) -> lifecycle.Facts:
        return lifecycle.Facts(
            self._is_door_open,
            sum(participant.role.moderates for participant in self.inside.values()),
            len(self.inside),
            len(self.before_door),
            has_ended,
        )

    def _over(self, now: datetime) -> None:
        """End what only lived in this session: chat, lent roles, removals."""
        if self.opened_at is None:
            self._empty("", now)
        self._effects.append(SessionClosed(now))
        self.chat.clear()
        self._last_message_id = 0
        self.permissions, self.presented = features.initial(), None
        self._people = {p: k for p, k in self._people.items() if p in self._by_person}
        for known in self._people.values():
            known.lent_role, known.was_admitted, known.is_removed = None, False, False
            known.hand_kept_at = None

    def _settle(self, now: datetime, *, has_ended: bool = False) -> tuple[Effect, ...]:
        self._advance(now, has_ended=has_ended)
        if self._is_door_open:
            # a moderator's coming in opens the room for those who came before them
            for applicant in sorted(self.before_door.values(), key=lambda one: not one.role.moderates):
                reason = self._waiting_reason(applicant, self._people[applicant.identity.person])
                if reason is None:
                    self._let_in(applicant, now)
                elif reason is not applicant.reason:
                    applicant.reason = reason
                    self._effects.append(ToOne(applicant.participant_id, self._waiting(applicant)))
        if self._is_stage_dirty:
            self._is_stage_dirty = False
            senders = [
                Sender(p.participant_id, p.role.moderates, p.spoke_order, p.join_order, frozenset(p.sources))
                for p in self.inside.values()
                if p.has_media
            ]
            self._available = in_default_order(senders)
            for participant in self.inside.values():
                self._assign_slots(participant)
        effects = tuple(self._effects)
        self._effects.clear()
        return effects

    def _assign_slots(self, participant: Participant) -> None:
        if not participant.slots:
            return
        before: Slots = participant.slots
        after = assign(before, participant.wishes, self._available, participant.participant_id)
        changes = changed(before, after)
        if changes:
            participant.slots = after
            self._effects.append(SlotsAssigned(participant.participant_id, changes, after))


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was stored of somebody's place in a session."""

    person: str
    participant_id: ParticipantId
    lent_role: Role | None
    is_removed: bool


def assignments(slots: Slots) -> tuple[SlotAssignment, ...]:
    """Show the slots to their owner."""
    return tuple(
        SlotAssignment(mid)
        if shown is None
        else SlotAssignment(mid, shown.picture.participant_id, shown.picture.source)
        for mid, shown in slots.items()
    )
