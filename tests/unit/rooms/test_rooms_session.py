"""The session under random commands: its invariants hold after each one (seeded by Hypothesis)."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from webvisio_protocol.identifiers import ParticipantId, Role, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import (
    CHAT_HISTORY,
    RESUME_GRACE_S,
    Admission,
    CloseCode,
    Source,
    Waiting,
    Welcome,
)
from webvisio_rooms.domain import lifecycle
from webvisio_rooms.domain.effects import (
    Dismiss,
    Effect,
    ForwardingSet,
    SessionClosed,
    SessionOpened,
    StayBegan,
    StayEnded,
    ToOne,
)
from webvisio_rooms.domain.entering import Entered, StaleTab
from webvisio_rooms.domain.lifecycle import LINGER_S
from webvisio_rooms.domain.people import Arrival, Identity
from webvisio_rooms.domain.pictures import Picture, Shown
from webvisio_rooms.domain.room import RoomFacts
from webvisio_rooms.domain.session import RoomSession

PERSONS = ["user:host", "user:cohost", "user:ana", "user:ben", "guest:eve", "user:watcher"]
ROLES = [Role.HOST, Role.COHOST, Role.PARTICIPANT, Role.PARTICIPANT, Role.PARTICIPANT, Role.OBSERVER]
FACTS = RoomFacts(RoomId("python"), "Python", "Acme", Admission.EVERYBODY, True)
SHUT = Refusal(RefusalCode.SUSPENDED_UNPAID)

who = st.integers(0, len(PERSONS) - 1)
any_source = st.sampled_from(Source)


class Sessions(RuleBasedStateMachine):
    """Drives a session and watches what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.session = RoomSession(FACTS)
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.fresh = itertools.count(1)
        self.ids: dict[int, ParticipantId] = {}
        self.resumes: dict[int, str] = {}
        self.open_stays: set[ParticipantId] = set()
        self.greeted: set[ParticipantId] = set()
        self.is_session_open = False
        self.is_door_open = True

    def take(self, outcome: tuple[Effect, ...] | Refusal) -> None:
        """Follow the effects as the application would."""
        if isinstance(outcome, Refusal):
            return
        for effect in outcome:
            match effect:
                case SessionOpened():
                    assert not self.is_session_open
                    self.is_session_open = True
                case SessionClosed():
                    assert self.is_session_open
                    assert not self.open_stays, "people are still there when their session ends"
                    self.is_session_open = False
                case StayBegan(presence, _):
                    assert self.is_session_open
                    assert presence.participant_id not in self.open_stays
                    self.open_stays.add(presence.participant_id)
                case StayEnded(participant_id, at):
                    self.open_stays.remove(participant_id)
                    assert at <= self.now
                case ToOne(participant_id, Welcome() | Waiting()):
                    self.greeted.add(participant_id)
                case Dismiss(participant_id):
                    self.greeted.discard(participant_id)

    def id_of(self, index: int) -> ParticipantId:
        return self.ids.get(index, ParticipantId("nobody"))

    @initialize(admission=st.sampled_from(Admission), present=st.sets(who), are_publishing=st.booleans())
    def begin(self, admission: Admission, present: set[int], are_publishing: bool) -> None:
        """Start in the middle of a class, so that few steps are spent on getting there."""
        self.take(self.session.change_facts(replace(FACTS, admission=admission), self.now))
        for index in sorted(present):
            self.enter(index, "1", False)
            if are_publishing:
                self.negotiate(index, 3)
                self.switch(index, Source.CAMERA, True)
                self.switch(index, Source.SCREEN, True)

    @rule(index=who, tab=st.sampled_from(["1", "2"]), comes_back=st.booleans())
    def enter(self, index: int, tab: str, comes_back: bool) -> None:
        if not self.is_door_open:
            return  # the application asks the door first
        number = next(self.fresh)
        arrival = Arrival(
            "fr",
            tab,
            ParticipantId(f"p{number}"),
            f"r{number}",
            self.resumes.get(index, "lost") if comes_back else None,
        )
        person = PERSONS[index]
        identity = Identity(person, person, ROLES[index], person.startswith("guest"))
        before = self.session.presence_of(person)
        entry = self.session.enter(identity, arrival, self.now)
        match entry:
            case Entered(participant_id, _, effects):
                assert before is None or before.participant_id == participant_id
                self.ids[index] = participant_id
                self.take(effects)
                presence = self.session.presence(participant_id)
                assert presence is not None
                assert presence.is_connected
                assert presence.tab_id == tab
                assert participant_id in self.greeted
                self.resumes[index] = presence.resume
            case StaleTab():
                assert before is not None
                assert before.tab_id != tab
            case Refusal(code):
                assert code in (RefusalCode.REMOVED, RefusalCode.NOT_ADMITTED)

    @rule(index=who)
    def drop(self, index: int) -> None:
        self.take(self.session.drop(self.id_of(index), self.now))

    @rule(index=who)
    def leave(self, index: int) -> None:
        self.take(self.session.leave(self.id_of(index), self.now))
        assert self.session.presence(self.id_of(index)) is None

    @rule(seconds=st.sampled_from([1, RESUME_GRACE_S - 1, RESUME_GRACE_S, 61, LINGER_S]))
    def wait(self, seconds: int) -> None:
        target = self.now + timedelta(seconds=seconds)
        while (deadline := self.session.next_deadline()) is not None and deadline <= target:
            self.now = max(self.now, deadline)
            self.take(self.session.pass_time(self.now))
            assert self.session.next_deadline() != deadline, "a deadline must be met once"
        self.now = target

    @rule(is_open=st.booleans())
    def move_the_door(self, is_open: bool) -> None:
        self.is_door_open = is_open
        self.take(self.session.set_door(None if is_open else SHUT, self.now))

    @rule(actor=who, whom=who, is_admitted=st.booleans())
    def admit(self, actor: int, whom: int, is_admitted: bool) -> None:
        self.take(self.session.admit(self.id_of(actor), self.id_of(whom), is_admitted, self.now))

    @rule(actor=who, whom=who)
    def remove(self, actor: int, whom: int) -> None:
        outcome = self.session.remove(self.id_of(actor), self.id_of(whom), self.now)
        self.take(outcome)
        if not isinstance(outcome, Refusal):
            assert self.session.presence_of(PERSONS[whom]) is None

    @rule(actor=who, whom=who, role=st.sampled_from(Role))
    def set_role(self, actor: int, whom: int, role: Role) -> None:
        self.take(self.session.set_role(self.id_of(actor), self.id_of(whom), role, self.now))

    @rule(actor=who, whom=who, source=any_source)
    def mute(self, actor: int, whom: int, source: Source) -> None:
        self.take(self.session.mute(self.id_of(actor), self.id_of(whom), source, self.now))

    @rule(actor=who)
    def end(self, actor: int) -> None:
        outcome = self.session.end(self.id_of(actor), self.now)
        self.take(outcome)
        if not isinstance(outcome, Refusal):
            assert self.session.is_empty
            assert not self.is_session_open

    @rule(index=who, text=st.sampled_from(["a", "b"]))
    def chat(self, index: int, text: str) -> None:
        self.take(self.session.post(self.id_of(index), text, text, self.now))

    @rule(index=who, is_raised=st.booleans(), whom=st.none() | who)
    def hand(self, index: int, is_raised: bool, whom: int | None) -> None:
        other = None if whom is None else self.id_of(whom)
        self.take(self.session.hand(self.id_of(index), is_raised, other, self.now))

    @rule(index=who, source=any_source, is_on=st.booleans())
    def switch(self, index: int, source: Source, is_on: bool) -> None:
        self.take(self.session.switch_source(self.id_of(index), source, is_on, self.now))

    @rule(index=who, count=st.integers(0, 4))
    def negotiate(self, index: int, count: int) -> None:
        slots = [str(n) for n in range(count)]
        self.take(self.session.media_opened(self.id_of(index), slots, list(Source), self.now))

    @rule(index=who)
    def lose_media(self, index: int) -> None:
        self.take(self.session.media_lost(self.id_of(index), self.now))

    @rule()
    def lose_all_media(self) -> None:
        self.take(self.session.worker_lost(tuple(self.session.inside), self.now))

    @rule(index=who, others=st.lists(who, max_size=4), source=st.sampled_from([Source.CAMERA, Source.SCREEN]))
    def lay_out(self, index: int, others: list[int], source: Source) -> None:
        wishes = [Shown(Picture(self.id_of(whom), source), 10, 10) for whom in others]
        self.take(self.session.lay_out(self.id_of(index), wishes, self.now))

    @rule(speakers=st.lists(who, max_size=3, unique=True))
    def speak(self, speakers: list[int]) -> None:
        self.take(self.session.speakers_changed([self.id_of(s) for s in speakers], self.now))

    @rule(index=who, role=st.none() | st.sampled_from(Role))
    def change_standing(self, index: int, role: Role | None) -> None:
        self.take(self.session.change_standing(PERSONS[index], role, self.now))

    # ---- what always holds -----------------------------------------------------------

    @invariant()
    def a_person_is_in_one_place_at_most(self) -> None:
        everybody = [*self.session.inside.values(), *self.session.before_door.values()]
        persons = [presence.identity.person for presence in everybody]
        assert len(set(persons)) == len(persons)
        for presence in everybody:
            assert self.session.presence_of(presence.identity.person) is presence

    @invariant()
    def whoever_is_inside_has_one_open_interval(self) -> None:
        assert self.open_stays == set(self.session.inside)

    @invariant()
    def the_state_agrees_with_who_is_there(self) -> None:
        session = self.session
        moderators = [p for p in session.inside.values() if p.role.moderates]
        match session.state:
            case lifecycle.Open():
                assert moderators
            case lifecycle.Lingering():
                assert not moderators
            case lifecycle.Idle():
                assert session.is_empty
            case lifecycle.Waiting():
                assert session.before_door
                assert not session.inside
            case lifecycle.Cut():
                assert session.is_empty
        assert self.is_session_open is (session.opened_at is not None)
        assert isinstance(session.state, lifecycle.Cut) is not self.is_door_open

    @invariant()
    def nobody_waits_for_a_host_who_is_there(self) -> None:
        if self.session.opened_at is not None:
            assert all(a.reason.value == "needs_admission" for a in self.session.before_door.values())
        assert not any(a.role.moderates for a in self.session.before_door.values())

    @invariant()
    def slots_show_what_is_on_and_nobody_to_themselves(self) -> None:
        for participant in self.session.inside.values():
            shown = [slot.picture for slot in participant.slots.values() if slot is not None]
            assert len(set(shown)) == len(shown)
            for picture in shown:
                other = self.session.inside[picture.participant_id]
                assert other is not participant
                assert picture.source in other.sources
                assert other.has_media

    @invariant()
    def observers_send_nothing(self) -> None:
        for participant in self.session.inside.values():
            assert participant.role.publishes or not participant.sources

    @invariant()
    def chat_is_bounded_and_ordered(self) -> None:
        numbers = [line.message_id for line in self.session.chat.lines]
        assert numbers == sorted(numbers)
        assert len(numbers) <= CHAT_HISTORY


Sessions.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestSessions = Sessions.TestCase


# ---- single facts --------------------------------------------------------------------


NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def session_with(*people: tuple[str, Role], admission: Admission = Admission.EVERYBODY) -> RoomSession:
    """A session in which these people are, or wait."""
    session = RoomSession(replace(FACTS, admission=admission))
    for name, role in people:
        identity = Identity(f"user:{name}", name, role)
        session.enter(identity, Arrival("fr", "tab", ParticipantId(name), f"resume-{name}"), NOW)
    return session


def test_a_cohost_neither_removes_nor_mutes_a_host() -> None:
    session = session_with(("host", Role.HOST), ("co", Role.COHOST))
    host, cohost = ParticipantId("host"), ParticipantId("co")

    assert isinstance(session.remove(cohost, host, NOW), Refusal)
    assert isinstance(session.mute(cohost, host, Source.CAMERA, NOW), Refusal)


def test_a_host_can_neither_remove_nor_demote_themselves() -> None:
    session = session_with(("host", Role.HOST))
    host = ParticipantId("host")

    assert isinstance(session.remove(host, host, NOW), Refusal)
    assert isinstance(session.set_role(host, host, Role.OBSERVER, NOW), Refusal)


def test_a_guest_is_never_made_a_moderator() -> None:
    session = session_with(("host", Role.HOST))
    guest = Identity("guest:1", "Ana", Role.PARTICIPANT, is_guest=True)
    session.enter(guest, Arrival("fr", "tab", ParticipantId("ana"), "r"), NOW)

    refused = session.set_role(ParticipantId("host"), ParticipantId("ana"), Role.COHOST, NOW)

    assert isinstance(refused, Refusal)


def test_a_lent_role_outlives_a_reload_but_not_the_session() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT))
    host, ana = ParticipantId("host"), ParticipantId("ana")
    session.set_role(host, ana, Role.COHOST, NOW)
    session.leave(ana, NOW)
    identity = Identity("user:ana", "ana", Role.PARTICIPANT)
    again = session.enter(identity, Arrival("fr", "tab", ParticipantId("x"), "r2"), NOW)
    assert isinstance(again, Entered)
    assert session.inside[again.participant_id].role is Role.COHOST

    session.end(host, NOW)
    session.enter(Identity("user:host", "host", Role.HOST), Arrival("fr", "t", ParticipantId("h"), "r3"), NOW)
    session.enter(identity, Arrival("fr", "tab", ParticipantId("y"), "r4"), NOW)

    present = session.presence_of("user:ana")
    assert present is not None
    assert present.role is Role.PARTICIPANT


def test_somebody_admitted_once_need_not_wait_again() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT), admission=Admission.NOBODY)
    host, ana = ParticipantId("host"), ParticipantId("ana")
    assert ana in session.before_door
    session.admit(host, ana, True, NOW)
    session.leave(ana, NOW)

    session.enter(
        Identity("user:ana", "ana", Role.PARTICIPANT), Arrival("fr", "t", ParticipantId("x"), "r"), NOW
    )

    assert session.presence_of("user:ana") is session.inside[ana]


def test_dismissal_for_a_lost_role_frees_the_place() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT))

    effects = session.change_standing("user:ana", None, NOW)

    codes = [effect.close_code for effect in effects if isinstance(effect, Dismiss)]
    assert codes == [CloseCode.REFUSED]
    assert session.presence_of("user:ana") is None


def test_a_copied_tab_takes_over_and_leaves_the_old_token_worthless() -> None:
    session = session_with(("host", Role.HOST))
    identity = Identity("user:host", "host", Role.HOST)
    copied = Arrival("fr", "copy", ParticipantId("x"), "fresh", "resume-host")

    taken = session.enter(identity, copied, NOW)
    back = session.enter(identity, Arrival("fr", "tab", ParticipantId("y"), "fresher", "resume-host"), NOW)

    assert isinstance(taken, Entered)
    assert taken.supersedes
    assert isinstance(back, StaleTab)


def test_media_of_another_tab_is_not_kept() -> None:
    session = session_with(("host", Role.HOST))
    host = ParticipantId("host")
    session.media_opened(host, ["1"], [Source.CAMERA], NOW)
    copied = Arrival("fr", "copy", ParticipantId("x"), "fresh", "resume-host")

    entry = session.enter(Identity("user:host", "host", Role.HOST), copied, NOW)

    assert isinstance(entry, Entered)
    welcomes = [e.message for e in entry.effects if isinstance(e, ToOne) and isinstance(e.message, Welcome)]
    assert [w.is_media_kept for w in welcomes] == [False]
    assert session.inside[host].has_media is False


def test_somebody_who_comes_back_has_the_role_of_now() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT))
    ana = ParticipantId("ana")
    session.drop(ana, NOW)

    arrival = Arrival("fr", "tab", ParticipantId("x"), "fresh", "resume-ana")
    session.enter(Identity("user:ana", "ana", Role.COHOST), arrival, NOW)

    assert session.inside[ana].role is Role.COHOST


def test_one_who_becomes_host_before_the_door_lets_in_those_who_came_first() -> None:
    session = session_with(("ana", Role.PARTICIPANT), ("bo", Role.PARTICIPANT))
    assert set(session.before_door) == {"ana", "bo"}

    session.change_standing("user:bo", Role.HOST, NOW)

    assert set(session.inside) == {"ana", "bo"}


def test_a_lent_role_stands_when_the_hub_gives_another() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT))
    ana = ParticipantId("ana")
    session.set_role(ParticipantId("host"), ana, Role.OBSERVER, NOW)

    session.change_standing("user:ana", Role.COHOST, NOW)

    assert session.inside[ana].role is Role.OBSERVER


def test_one_who_becomes_an_observer_stops_sending() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT))
    ana = ParticipantId("ana")
    session.media_opened(ana, [], [Source.CAMERA], NOW)
    session.switch_source(ana, Source.CAMERA, True, NOW)

    effects = session.set_role(ParticipantId("host"), ana, Role.OBSERVER, NOW)

    assert not isinstance(effects, Refusal)
    assert ForwardingSet(ana, Source.CAMERA, False) in effects


def test_a_session_that_lingered_enough_sends_those_inside_away() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT))
    session.leave(ParticipantId("host"), NOW)

    effects = session.pass_time(NOW + timedelta(seconds=LINGER_S))

    dismissed = [(e.participant_id, e.close_code) for e in effects if isinstance(e, Dismiss)]
    assert dismissed == [(ParticipantId("ana"), CloseCode.ENDED)]
    assert isinstance(effects[-2], SessionClosed)


def test_media_that_is_lost_frees_the_slots_that_showed_it() -> None:
    session = session_with(("host", Role.HOST), ("ana", Role.PARTICIPANT))
    host, ana = ParticipantId("host"), ParticipantId("ana")
    session.media_opened(host, ["1"], [], NOW)
    session.media_opened(ana, [], [Source.CAMERA], NOW)
    session.switch_source(ana, Source.CAMERA, True, NOW)
    assert session.inside[host].slots["1"] is not None

    session.media_lost(ana, NOW)

    assert session.inside[host].slots == {"1": None}
