"""A room's session: the commands that change it, and what follows from each.

Commands take `now` and return effects, in order, or a refusal that changed
nothing; nothing else changes the session. The rules are in the parts it is
made of: who is here (`roster`), who may come in (`entering`), what is said
(`chat`), raised hands (`hands`), what moderators withhold and present
(`stage`), sound and picture (`media`), the room's life (`lifecycle`). The
session finds the people, asks the part, and ends in `_settle`, which moves the
lifecycle, lets in those whom a moderator's arrival lets in, and assigns the
video slots. It is long because a room's commands are many: each says here whom
it needs and which part decides, and little more.

Invariant across the parts: whoever is inside a running session has exactly one
open attendance interval.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from webvisio_protocol.identifiers import ParticipantId, Role
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import (
    ChatView,
    CloseCode,
    DocumentsChanged,
    Feature,
    LineState,
    MutedByModerator,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    Permission,
    PresentedView,
    Reacted,
    Reaction,
    RoomChanged,
    RoomView,
    SessionEnded,
    Source,
    Waiting,
    WaitingChanged,
    WaitingReason,
    Welcome,
)
from webvisio_rooms.domain import lifecycle
from webvisio_rooms.domain.chat import Chat
from webvisio_rooms.domain.effects import (
    Dismiss,
    Effect,
    GroupReleased,
    SessionClosed,
    SessionOpened,
    StayBegan,
    StayEnded,
    ToAll,
    ToInside,
    ToOne,
    told_inside,
)
from webvisio_rooms.domain.entering import Entered, Entry, StaleTab, come_back, waiting_reason
from webvisio_rooms.domain.hands import Hands
from webvisio_rooms.domain.media import Media
from webvisio_rooms.domain.people import Applicant, Arrival, Identity, Participant, Presence, view_of
from webvisio_rooms.domain.permissions import Action, may
from webvisio_rooms.domain.pictures import Shown, assignments
from webvisio_rooms.domain.room import RoomFacts, view_of_room
from webvisio_rooms.domain.roster import Remembered, Roster
from webvisio_rooms.domain.stage import Stage
from webvisio_rooms.domain.turn import TurnServer

Effects = tuple[Effect, ...]


@dataclass(slots=True)
class RoomSession:
    """See the module."""

    facts: RoomFacts
    turn: TurnServer | None = None
    state: lifecycle.Lifecycle = field(default_factory=lifecycle.Idle)
    chat: Chat = field(default_factory=Chat)
    _roster: Roster = field(default_factory=Roster)
    _hands: Hands = field(default_factory=Hands)
    _stage: Stage = field(default_factory=Stage)
    _media: Media = field(default_factory=Media)
    _is_door_open: bool = True
    _effects: list[Effect] = field(default_factory=list)

    # ---- what is known ---------------------------------------------------------------

    @property
    def inside(self) -> Mapping[ParticipantId, Participant]:
        return self._roster.inside

    @property
    def before_door(self) -> Mapping[ParticipantId, Applicant]:
        return self._roster.before_door

    @property
    def is_empty(self) -> bool:
        return self._roster.is_empty

    @property
    def opened_at(self) -> datetime | None:
        return lifecycle.opened_at_of(self.state)

    def presence(self, participant_id: ParticipantId) -> Presence | None:
        """Find somebody inside or before the door."""
        return self._roster.presence(participant_id)

    def presence_of(self, person: str) -> Presence | None:
        """Find the presence of a person."""
        return self._roster.presence_of(person)

    def standing(self, identity: Identity) -> Role | Refusal:
        """Tell in which role somebody may use the room's documents, inside or not, or why not."""
        return self._roster.standing(identity)

    def may_use(self, feature: Feature, person: str, role: Role) -> bool:
        """Tell whether a person may use a feature in this session."""
        known = self._roster.known(person)
        return self._stage.allows(feature, None if known is None else known.participant_id, role)

    def room_view(self) -> RoomView:
        """Show the room."""
        return view_of_room(self.facts, self.state)

    def next_deadline(self) -> datetime | None:
        """Tell when `pass_time` has something to do next, the door apart."""
        deadlines = (self._roster.next_grace_end(), lifecycle.deadline_of(self.state))
        return min((at for at in deadlines if at is not None), default=None)

    # ---- coming and going ------------------------------------------------------------

    def enter(self, identity: Identity, arrival: Arrival, now: datetime) -> Entry:
        """Let somebody in, let them wait, or refuse them.

        The caller attaches the connection to the participant before it carries
        out the effects, which begin with `Welcome` or `Waiting`.
        """
        refusal = self._roster.refusal_to_knock(identity.person, now)
        if refusal is not None:
            return refusal
        present = self.presence_of(identity.person)
        if present is not None:
            return self._come_back(present, identity, arrival, now)
        applicant = self._roster.knock(identity, arrival, now)
        if isinstance(applicant, Refusal):
            return applicant
        reason = self._waiting_reason(applicant)
        if reason is None:
            self._let_in(applicant, now)
        else:
            self._roster.wait(applicant, reason)
            self._advance(now)  # `Waiting` must say it already
            self._tell_to_wait(applicant)
            self._effects.append(self._roster.told_waiting())
        return Entered(applicant.participant_id, False, self._settle(now))

    def drop(self, participant_id: ParticipantId, now: datetime) -> Effects:
        """Note that a connection was lost; the grace for coming back begins."""
        presence = self.presence(participant_id)
        if presence is not None and presence.is_connected:
            presence.dropped_at = now
            self._effects.append(self._roster.told(presence))
        return self._settle(now)

    def leave(self, participant_id: ParticipantId, now: datetime) -> Effects:
        """Let somebody go at their own will, without grace."""
        presence = self.presence(participant_id)
        if presence is not None:
            self._effects.append(Dismiss(participant_id, presence.locale, None, CloseCode.ENDED))
            self._take_out(presence, now)
        return self._settle(now)

    def dismiss(
        self, participant_id: ParticipantId, refusal: Refusal, code: CloseCode, now: datetime
    ) -> Effects:
        """Send somebody away with a refusal."""
        presence = self.presence(participant_id)
        if presence is not None:
            self._effects.append(Dismiss(participant_id, presence.locale, refusal, code))
            self._take_out(presence, now)
        return self._settle(now)

    def change_standing(self, person: str, role: Role | None, now: datetime) -> Effects:
        """Follow the hub: another role in the room, or None: no longer invited."""
        presence = self.presence_of(person)
        if presence is None:
            return self._settle(now)
        if role is None:
            refusal = Refusal(RefusalCode.NOT_INVITED)
            return self.dismiss(presence.participant_id, refusal, CloseCode.REFUSED, now)
        self._take_identity(presence, replace(presence.identity, role=role))
        return self._settle(now)

    def pass_time(self, now: datetime) -> Effects:
        """Do what is due: connections whose grace is over, a session that lingered enough."""
        for presence, dropped_at in self._roster.long_dropped(now):
            self._take_out(presence, dropped_at)
        return self._settle(now)

    # ---- the room --------------------------------------------------------------------

    def set_door(self, refusal: Refusal | None, now: datetime) -> Effects:
        """Shut the door with a refusal (the cut), or open it with None."""
        self._is_door_open = refusal is None
        if refusal is not None and not isinstance(self.state, lifecycle.Cut):
            if self.inside:
                self._effects.append(GroupReleased())
            self._effects += [
                Dismiss(presence.participant_id, presence.locale, refusal, CloseCode.REFUSED)
                for presence in self._roster.everybody()
            ]
            self._effects += [
                StayEnded(participant.participant_id, participant.dropped_at or now)
                for participant in self.inside.values()
            ]
            self._roster.clear()
            self._media.emptied()
        return self._settle(now)

    def change_facts(self, facts: RoomFacts, now: datetime) -> Effects:
        """Take in what changed of the room, and tell everybody."""
        if facts != self.facts:
            self.facts = facts
            self._effects.append(ToAll(RoomChanged(self.room_view())))
        return self._settle(now)

    def documents_changed(self, now: datetime) -> Effects:
        """Have everybody inside read the list of documents again."""
        return self._settle(now, (ToInside(DocumentsChanged()),))

    # ---- what moderators do ----------------------------------------------------------

    def admit(
        self, actor_id: ParticipantId, target_id: ParticipantId, is_admitted: bool, now: datetime
    ) -> Effects | Refusal:
        """Let a waiting person in, or turn them away."""
        actor, applicant = self._roster.actor(actor_id, Action.ADMIT), self.before_door.get(target_id)
        if isinstance(actor, Refusal):
            return actor
        if applicant is None:
            return Refusal(RefusalCode.NOT_FOUND)
        if is_admitted:
            self._let_in(applicant, now)
        else:
            self._roster.turn_away(applicant, now)
            refusal = Refusal(RefusalCode.NOT_ADMITTED)
            self._effects.append(Dismiss(target_id, applicant.locale, refusal, CloseCode.REFUSED))
            self._take_out(applicant, now)
        return self._settle(now)

    def mute(
        self, actor_id: ParticipantId, target_id: ParticipantId, source: Source, now: datetime
    ) -> Effects | Refusal:
        """Switch somebody's source off; they may switch it on again."""
        found = self._roster.pair(actor_id, target_id, Action.MUTE)
        if isinstance(found, Refusal):
            return found
        actor, target = found
        if source in target.sources:
            self._mute(target, source, actor)
        return self._settle(now)

    def remove(self, actor_id: ParticipantId, target_id: ParticipantId, now: datetime) -> Effects | Refusal:
        """Send a person away for the rest of this session."""
        found = self._roster.pair(actor_id, target_id, Action.REMOVE)
        if isinstance(found, Refusal):
            return found
        _, target = found
        if target_id == actor_id:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        self._roster.known_as(target).is_removed = True
        refusal = Refusal(RefusalCode.REMOVED)
        self._effects += [
            self._roster.place_kept(target),
            Dismiss(target_id, target.locale, refusal, CloseCode.REFUSED),
        ]
        self._take_out(target, now, was_removed=True)
        return self._settle(now)

    def set_role(
        self, actor_id: ParticipantId, target_id: ParticipantId, role: Role, now: datetime
    ) -> Effects | Refusal:
        """Lend somebody another role for this session."""
        found = self._roster.pair(actor_id, target_id, Action.SET_ROLE)
        if isinstance(found, Refusal):
            return found
        _, target = found
        if target_id == actor_id or (target.identity.is_guest and role.moderates):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)  # an account is needed to moderate (clause 5.4)
        self._roster.known_as(target).lent_role = role
        self._give_role(target, role)
        return self._settle(now)

    def set_permission(
        self, actor_id: ParticipantId, permission: Permission, now: datetime
    ) -> Effects | Refusal:
        """Open a feature to others or withhold it; what is withheld and switched on is switched off."""
        actor = self._roster.actor(actor_id, Action.SET_PERMISSION)
        if isinstance(actor, Refusal):
            return actor
        told = self._stage.set_permission(permission)
        for participant in self.inside.values():
            for source in tuple(participant.sources):
                if not self._stage.may_publish(participant, source):
                    self._mute(participant, source, actor)
        return self._settle(now, told)

    def present(
        self, actor_id: ParticipantId, what: PresentedView | None, now: datetime
    ) -> Effects | Refusal:
        """Put something on everybody's stage, or take it away with None."""
        actor = self._roster.actor(actor_id, Action.PRESENT)
        if isinstance(actor, Refusal):
            return actor
        told = self._stage.present(actor_id, what)
        return told if isinstance(told, Refusal) else self._settle(now, told)

    def end(self, actor_id: ParticipantId, now: datetime) -> Effects | Refusal:
        """End the session for everybody."""
        actor = self._roster.actor(actor_id, Action.END_SESSION)
        if isinstance(actor, Refusal):
            return actor
        message = SessionEnded(actor.identity.name)
        for applicant in tuple(self.before_door.values()):
            self._effects.append(
                Dismiss(applicant.participant_id, applicant.locale, message, CloseCode.ENDED)
            )
            self._roster.take_out(applicant)
        self._empty(message, now)
        return self._settle(now, has_ended=True)

    # ---- what everybody does ---------------------------------------------------------

    def post(self, author_id: ParticipantId, client_id: str, text: str, now: datetime) -> Effects | Refusal:
        """Post a chat line; one that was posted already is not posted again."""
        author = self._roster.actor(author_id, Action.CHAT)
        if isinstance(author, Refusal):
            return author
        if not self._stage.allows(Feature.CHAT, author_id, author.role):
            return Refusal(RefusalCode.FEATURE_WITHHELD)
        return self._settle(now, self.chat.post(author, client_id, text, now))

    def hand(
        self, actor_id: ParticipantId, is_raised: bool, target_id: ParticipantId | None, now: datetime
    ) -> Effects | Refusal:
        """Raise or lower a hand; hands queue by the instant they were raised at."""
        actor, target = self.inside.get(actor_id), self.inside.get(target_id or actor_id)
        if actor is None or target is None:
            return Refusal(RefusalCode.NOT_FOUND)
        refusal = self._hands.refusal(actor, target, is_raised)
        if refusal is not None:
            return refusal
        return self._settle(now, self._hands.set(target, is_raised, self.inside.values(), now))

    def react(self, actor_id: ParticipantId, reaction: Reaction, now: datetime) -> Effects | Refusal:
        """Show a reaction to everybody."""
        actor = self._roster.actor(actor_id, Action.REACT)
        if isinstance(actor, Refusal):
            return actor
        return self._settle(now, (ToInside(Reacted(actor_id, reaction)),))

    def switch_source(
        self, actor_id: ParticipantId, source: Source, is_on: bool, now: datetime
    ) -> Effects | Refusal:
        """Switch a source of one's own on or off."""
        actor = self.inside.get(actor_id)
        if actor is None or (is_on and not may(actor.role, Action.PUBLISH)):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        if is_on and not self._stage.may_publish(actor, source):
            return Refusal(RefusalCode.FEATURE_WITHHELD)
        if is_on is (source not in actor.sources):
            self._effects += [*self._media.switch(actor, source, is_on), told_inside(actor)]
        return self._settle(now)

    def lay_out(
        self, participant_id: ParticipantId, wishes: Iterable[Shown], now: datetime
    ) -> Effects | Refusal:
        """Take the pictures somebody wants, most important first."""
        participant = self.inside.get(participant_id)
        if participant is None:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        return self._settle(now, self._media.lay_out(participant, wishes))

    def report_line(
        self, participant_id: ParticipantId, sends: LineState, receives: LineState, now: datetime
    ) -> Effects | Refusal:
        """Take how sound and picture pass for somebody, by their own account, and tell the others."""
        participant = self.inside.get(participant_id)
        if participant is None:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        return self._settle(now, self._media.report_line(participant, sends, receives))

    # ---- what the media engine says --------------------------------------------------

    def media_opened(
        self, participant_id: ParticipantId, slots: Iterable[str], sources: Iterable[Source], now: datetime
    ) -> Effects:
        """Note a negotiated peer: its video slots are empty, and only what is on is forwarded."""
        participant = self.inside.get(participant_id)
        told = () if participant is None else self._media.opened(participant, slots, sources)
        return self._settle(now, told)

    def media_lost(self, participant_id: ParticipantId, now: datetime) -> Effects:
        """Note that a peer is gone; its owner may offer again."""
        participant = self.inside.get(participant_id)
        return self._settle(now, () if participant is None else self._media.lost(participant))

    def worker_lost(self, people: Iterable[ParticipantId], now: datetime) -> Effects:
        """Note that a media worker took these people's peers with it; they are told by `MediaReset`, and the others
        nothing, for it is a matter of a second."""
        self._media.worker_lost(self.inside[one] for one in people if one in self.inside)
        return self._settle(now)

    def speakers_changed(self, speakers: Iterable[ParticipantId], now: datetime) -> Effects:
        """Tell who speaks, loudest first, among those whose sound is on."""
        return self._settle(now, self._media.speaking(speakers, self.inside))

    def set_strained(self, is_strained: bool, now: datetime) -> Effects:
        """Note whether the server keeps up with the room's media, and tell everybody."""
        return self._settle(now, self._media.set_strained(is_strained))

    # ---- a restart -------------------------------------------------------------------

    def restore(
        self,
        opened_at: datetime,
        last_seen_at: datetime,
        chat: Iterable[ChatView],
        people: Iterable[Remembered],
        permissions: Iterable[Permission] = (),
        presented: PresentedView | None = None,
        hands: Mapping[str, datetime] | None = None,
    ) -> None:
        """Take up a session that was under way when the service stopped: it lingers.

        A hand that was up is up again when its owner comes back while it would linger.
        """
        closes_at = last_seen_at + timedelta(seconds=lifecycle.LINGER_S)
        self.state = lifecycle.Lingering(opened_at, closes_at)
        self.chat.restore(chat)
        self._stage.restore(permissions, presented)
        self._roster.restore(people)
        self._hands.restore(hands or {}, closes_at)

    # ---- inside ----------------------------------------------------------------------

    def _waiting_reason(self, applicant: Presence) -> WaitingReason | None:
        return waiting_reason(
            applicant,
            self.facts.admission,
            has_begun=self.opened_at is not None,
            was_admitted=self._roster.known_as(applicant).was_admitted,
        )

    def _come_back(self, present: Presence, identity: Identity, arrival: Arrival, now: datetime) -> Entry:
        how = come_back(present, arrival)
        if isinstance(how, StaleTab):
            return how
        self._take_identity(present, identity)
        if isinstance(present, Participant):
            is_media_kept = how.is_resumed and present.has_media
            if not is_media_kept:
                self._effects.append(self._media.begin_anew(present))
            self._welcome(present, now, is_media_kept=is_media_kept)
            if how.was_dropped or not is_media_kept:
                changed = ParticipantChanged(view_of(present))
                self._effects.append(ToInside(changed, but=present.participant_id))
        elif isinstance(present, Applicant):
            self._tell_to_wait(present)
            if how.was_dropped:
                self._effects.append(self._roster.told_waiting())
        return Entered(present.participant_id, how.supersedes, self._settle(now))

    def _let_in(self, applicant: Applicant, now: datetime) -> None:
        """Move somebody inside; the lifecycle follows in `_settle`, but `Welcome` must say it already."""
        has_waited = applicant.participant_id in self.before_door
        hand_raised_at = self._hands.take_back(applicant.identity.person, now)
        participant = self._roster.let_in(applicant, hand_raised_at, now)
        self._advance(now)
        self._welcome(participant, now, is_media_kept=False)
        self._effects += [
            ToInside(ParticipantJoined(view_of(participant)), but=participant.participant_id),
            self._roster.place_kept(participant),
            StayBegan(participant, now),
        ]
        if has_waited:
            self._effects.append(self._roster.told_waiting())

    def _take_out(self, presence: Presence, left_at: datetime, *, was_removed: bool = False) -> None:
        self._roster.take_out(presence)
        if not isinstance(presence, Participant):
            self._effects.append(self._roster.told_waiting())
            return
        if presence.hand_raised_at is not None:
            self._effects.append(self._hands.kept(self.inside.values()))
        self._effects += [
            self._media.left(presence),
            StayEnded(presence.participant_id, left_at),
            ToInside(ParticipantLeft(presence.participant_id, was_removed)),
        ]

    def _empty(self, message: SessionEnded, now: datetime) -> None:
        """Send everybody inside away, the session being over."""
        if self.inside:
            self._effects.append(GroupReleased())
        for participant in tuple(self.inside.values()):
            who = participant.participant_id
            self._effects += [
                Dismiss(who, participant.locale, message, CloseCode.ENDED),
                StayEnded(who, participant.dropped_at or now),
            ]
            self._roster.take_out(participant)
        self._media.emptied()

    def _take_identity(self, presence: Presence, identity: Identity) -> None:
        presence.identity = identity
        if self._roster.known_as(presence).lent_role is None:
            self._give_role(presence, identity.role)

    def _give_role(self, presence: Presence, role: Role) -> None:
        if presence.role is role:
            return
        saw_waiting = may(presence.role, Action.SEE_WAITING)
        presence.role = role
        if not isinstance(presence, Participant):
            if role.moderates:
                self._roster.known_as(presence).was_admitted = True
            self._effects.append(self._roster.told_waiting())
            return
        for source in tuple(presence.sources):
            if not may(role, Action.PUBLISH) or not self._stage.may_publish(presence, source):
                self._effects += self._media.switch(presence, source, False)
        self._media.role_changed()
        self._effects += [self._roster.place_kept(presence), told_inside(presence)]
        if may(role, Action.SEE_WAITING) and not saw_waiting:
            waiting = WaitingChanged(self._roster.waiting_views())
            self._effects.append(ToOne(presence.participant_id, waiting))

    def _mute(self, target: Participant, source: Source, moderator: Participant) -> None:
        self._effects += [
            *self._media.switch(target, source, False),
            told_inside(target),
            ToOne(target.participant_id, MutedByModerator(source, moderator.identity.name)),
        ]

    def _welcome(self, participant: Participant, now: datetime, *, is_media_kept: bool) -> None:
        who = participant.participant_id
        welcome = Welcome(
            who,
            participant.resume,
            self.room_view(),
            tuple(view_of(one) for one in self.inside.values()),
            tuple(self.chat.lines),
            assignments(participant.slots),
            self._roster.waiting_views() if may(participant.role, Action.SEE_WAITING) else (),
            () if self.turn is None else (self.turn.credentials(who, now),),
            now,
            is_media_kept,
            self._stage.permissions(),
            self._stage.presented,
            self._media.is_strained,
        )
        self._effects.append(ToOne(who, welcome))

    def _tell_to_wait(self, applicant: Applicant) -> None:
        who = applicant.participant_id
        waiting = Waiting(applicant.reason, self.room_view(), who, applicant.resume)
        self._effects.append(ToOne(who, waiting))

    # ---- settling --------------------------------------------------------------------

    def _settle(self, now: datetime, told: Iterable[Effect] = (), *, has_ended: bool = False) -> Effects:
        """End a command: `told` is what it says last, before what follows from it."""
        self._effects += told
        self._advance(now, has_ended=has_ended)
        if self._is_door_open:
            # a moderator's coming in opens the room for those who came before them
            for applicant in sorted(self.before_door.values(), key=lambda one: not one.role.moderates):
                reason = self._waiting_reason(applicant)
                if reason is None:
                    self._let_in(applicant, now)
                elif reason is not applicant.reason:
                    applicant.reason = reason
                    self._tell_to_wait(applicant)
        self._effects += self._media.settle(self.inside)
        effects = tuple(self._effects)
        self._effects.clear()
        return effects

    def _advance(self, now: datetime, *, has_ended: bool = False) -> None:
        before, view = self.opened_at, lifecycle.room_state(self.state)
        self.state = lifecycle.advance(self.state, self._lifecycle_facts(has_ended), now)
        if before is not None and self.opened_at != before:
            self._over(now)
            self.state = lifecycle.advance(self.state, self._lifecycle_facts(False), now)
        if self.opened_at is not None and self.opened_at != before:
            self._effects.append(SessionOpened(self.opened_at))
        if view is not lifecycle.room_state(self.state):
            self._effects.append(ToAll(RoomChanged(self.room_view())))

    def _lifecycle_facts(self, has_ended: bool) -> lifecycle.Facts:
        return lifecycle.Facts(
            self._is_door_open,
            sum(participant.role.moderates for participant in self.inside.values()),
            len(self.inside),
            len(self.before_door),
            has_ended,
        )

    def _over(self, now: datetime) -> None:
        """End what only lived in this session: chat, hands, lent roles, removals, the stage."""
        if self.opened_at is None:
            self._empty(SessionEnded(""), now)
        self._effects.append(SessionClosed(now))
        self.chat.clear()
        self._stage.clear()
        self._roster.forget_session()
        self._hands.clear()
