"""A room with people in it: carries a session's effects out.

The session decides, this sends, records and drives media. A message to many is
encoded once. A connection hears what concerns the room only after its own
`Welcome` (or `Waiting`), so that a client never hears of a change to a state it
does not have yet.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from webvisio_protocol.identifiers import GroupId, ParticipantId, PeerId, RoomId, TrackId
from webvisio_protocol.media_control import SlotChoice, track_id
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import (
    CameraLayers,
    CloseCode,
    IceRestarted,
    MediaAnswer,
    MediaReset,
    ServerMessage,
    Slots,
    SlotsPaused,
    Source,
    Superseded,
    Waiting,
    Welcome,
)
from webvisio_rooms.application import randomness
from webvisio_rooms.application.figures import Figures
from webvisio_rooms.application.timing import Alarm, Timers
from webvisio_rooms.application.wording import Wording
from webvisio_rooms.application.writer import Writer
from webvisio_rooms.domain import lifecycle
from webvisio_rooms.domain.codecs import PictureCodecs
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
from webvisio_rooms.domain.entering import Entered, Entry, StaleTab
from webvisio_rooms.domain.negotiation import video_slots
from webvisio_rooms.domain.people import Arrival, Identity
from webvisio_rooms.domain.pictures import Shown, assignments
from webvisio_rooms.domain.session import RoomSession
from webvisio_rooms.engine.port import MediaEngine, MediaRefused
from webvisio_rooms.storage.records import StayRecord
from webvisio_rooms.storage.store import Store

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


_STANDING = (Dismiss, PersonChanged, SessionClosed, StageKept, StayBegan, StayEnded)
"""Effects after which somebody may read or write other documents than before."""


class Connection(Protocol):
    """A client's line; both calls return at once and never fail."""

    def send(self, data: bytes) -> None:
        """Queue an encoded message."""
        ...

    def close(self, code: CloseCode) -> None:
        """Close after what is queued; the session is told nothing more of it."""
        ...


class LiveRoom:
    """See the module."""

    def __init__(
        self,
        session: RoomSession,
        *,
        codecs: PictureCodecs,
        engine: MediaEngine,
        store: Store,
        writer: Writer,
        timers: Timers,
        figures: Figures,
        on_empty: Callable[["LiveRoom"], None],
        on_standing: Callable[[RoomId], None] = lambda room_id: None,
        session_id: str | None = None,
    ) -> None:
        self.session = session
        self.room_id = session.facts.room_id
        self.session_id = session_id
        self._codecs = codecs
        self._engine = engine
        self._store = store
        self._writer = writer
        self._timers = timers
        self._figures = figures
        self._on_empty = on_empty
        self._on_standing = on_standing
        self._connections: dict[ParticipantId, Connection] = {}
        self._welcomed: set[ParticipantId] = set()
        self._greeted: set[ParticipantId] = set()
        self._peers: dict[ParticipantId, PeerId] = {}
        self._owners: dict[PeerId, ParticipantId] = {}
        self._offers: dict[ParticipantId, int] = {}
        self._wants_reset: set[ParticipantId] = set()
        self._offer_count = 0
        self._was_entered = False
        self._alarm = Alarm(timers, self.pass_time)

    @property
    def is_over(self) -> bool:
        """Whether nobody is here and no session is to be gone on with."""
        return self.session.is_empty and self.session.opened_at is None

    # ---- coming and going ------------------------------------------------------------

    def enter(self, identity: Identity, arrival: Arrival, connection: Connection | None) -> Entry:
        """Let somebody in with their connection (None: WHIP and WHEP have none)."""
        entry = self.session.enter(identity, arrival, self._timers.now())
        if isinstance(entry, Refusal | StaleTab):
            return entry
        participant_id = entry.participant_id
        before = self._connections.pop(participant_id, None)
        if before is not None:
            if entry.supersedes:
                before.send(_encode(Superseded()))
            before.close(CloseCode.SUPERSEDED)
        self._welcomed.discard(participant_id)
        self._greeted.discard(participant_id)
        if connection is not None:
            self._connections[participant_id] = connection
        self._was_entered = True
        self._figures.entries.inc()
        self.carry_out(entry.effects)
        return entry

    def enter_admitted(self, identity: Identity, arrival: Arrival) -> Entered | Refusal:
        """Let in a line without a WebSocket (WHIP, WHEP), or refuse it: it cannot wait."""
        entry = self.enter(identity, arrival, None)
        if isinstance(entry, StaleTab):
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        if isinstance(entry, Entered) and entry.participant_id not in self.session.inside:
            self.carry_out(self.session.leave(entry.participant_id, self._timers.now()))
            return Refusal(RefusalCode.NOT_ADMITTED)
        return entry

    def lost(self, participant_id: ParticipantId, connection: Connection) -> None:
        """Note that a connection broke; one that was replaced changes nothing."""
        if self._connections.get(participant_id) is connection:
            del self._connections[participant_id]
            self.carry_out(self.session.drop(participant_id, self._timers.now()))

    def holds(self, participant_id: ParticipantId, connection: Connection) -> bool:
        """Tell whether `connection` speaks for the participant."""
        return self._connections.get(participant_id) is connection

    def act(self, command: Callable[[RoomSession, datetime], tuple[Effect, ...] | Refusal]) -> Refusal | None:
        """Carry out one command of the session; returns its refusal."""
        outcome = command(self.session, self._timers.now())
        if isinstance(outcome, Refusal):
            return outcome
        self.carry_out(outcome)
        return None

    def pass_time(self) -> None:
        """Do what is due by the clock."""
        self.carry_out(self.session.pass_time(self._timers.now()))

    def set_door(self, refusal: Refusal | None) -> None:
        """Open the door, or shut it with a refusal: the cut."""
        was_cut = isinstance(self.session.state, lifecycle.Cut)
        began_s = time.perf_counter()
        people = len(self._connections)
        self.carry_out(self.session.set_door(refusal, self._timers.now()))
        if refusal is not None and not was_cut and people:
            self._figures.cuts.labels(refusal.code.value).inc()
            self._figures.cut_seconds.observe(time.perf_counter() - began_s)
            _log.info("room %s was cut (%s): %d connections", self.room_id, refusal.code.value, people)

    def say_goodbye(self) -> None:
        """Close every connection because the service stops; people will come back."""
        for connection in self._connections.values():
            connection.close(CloseCode.RESTARTING)
        self._connections.clear()
        self._alarm.set(None)
        now = self._timers.now()
        if self.session_id is not None:
            for participant in self.session.inside.values():
                self._writer.later(
                    self._store.end_stay,
                    self.session_id,
                    participant.participant_id,
                    participant.dropped_at or now,
                )

    # ---- media -----------------------------------------------------------------------

    @property
    def group_id(self) -> GroupId:
        """The media group of the session under way."""
        return GroupId(f"{self.room_id}.{self.session_id or 'none'}")

    async def negotiate(
        self,
        participant_id: ParticipantId,
        offer: str,
        sources: dict[str, Source],
        *,
        fills_video_slots: bool = False,
    ) -> str:
        """Open a peer for somebody inside, replacing theirs; returns the answer, raises `MediaRefused`.

        Of two offers under way the later one counts.
        """
        if participant_id not in self.session.inside:
            raise MediaRefused(RefusalCode.MESSAGE_UNEXPECTED)
        self._offer_count += 1
        number = self._offers[participant_id] = self._offer_count
        self._release_peer(participant_id)
        self.carry_out(self.session.media_lost(participant_id, self._timers.now()))
        peer_id = PeerId(f"{participant_id}-{number}")
        codecs = self._codecs.enter(participant_id, offer, self.session.inside)
        try:
            answer = await self._engine.open_peer(
                self.group_id,
                peer_id,
                offer,
                sources,
                fills_video_slots=fills_video_slots,
                video_codecs=codecs,
            )
        except MediaRefused as refused:
            if refused.code is RefusalCode.MEDIA_UNAVAILABLE:
                self._wants_reset.add(participant_id)
            raise
        if participant_id not in self.session.inside or self._offers.get(participant_id) != number:
            self._engine.close_peer(peer_id)
            raise MediaRefused(RefusalCode.MESSAGE_UNEXPECTED)
        self._wants_reset.discard(participant_id)
        self._peers[participant_id] = peer_id
        self._owners[peer_id] = participant_id
        self._tell(participant_id, MediaAnswer(answer))
        slots = () if fills_video_slots else video_slots(offer)
        self.carry_out(self.session.media_opened(participant_id, slots, sources.values(), self._timers.now()))
        self.strain_changed()
        self._ask_to_offer_again(self._codecs.outdated())
        return answer

    async def restart_ice(self, participant_id: ParticipantId, ufrag: str) -> None:
        """Give somebody's peer new ICE credentials; raises `MediaRefused` when it is gone."""
        peer_id = self._peers.get(participant_id)
        if peer_id is None:
            raise MediaRefused(RefusalCode.MEDIA_UNAVAILABLE)
        try:
            fresh_ufrag, password = await self._engine.restart_ice(peer_id, ufrag)
        except MediaRefused as refused:
            raise MediaRefused(RefusalCode.MEDIA_UNAVAILABLE) from refused
        if self._peers.get(participant_id) == peer_id:
            self._tell(participant_id, IceRestarted(fresh_ufrag, password))

    def owns(self, peer_id: PeerId) -> bool:
        """Tell whether a peer is of this room."""
        return peer_id in self._owners

    def peer_lost(self, peer_id: PeerId) -> None:
        """Note that the engine lost a peer; whoever has no other line leaves."""
        participant_id = self._owners.pop(peer_id, None)
        if participant_id is None or self._peers.get(participant_id) != peer_id:
            return
        del self._peers[participant_id]
        now = self._timers.now()
        self.carry_out(self.session.media_lost(participant_id, now))
        participant = self.session.inside.get(participant_id)
        if participant_id not in self._connections and participant is not None and participant.is_connected:
            self.carry_out(self.session.leave(participant_id, now))

    def slots_paused(self, peer_id: PeerId, mids: tuple[str, ...]) -> None:
        """Tell somebody which of their pictures are paused."""
        self._tell_owner(peer_id, SlotsPaused(mids))

    def strain_changed(self) -> None:
        """Let everybody know whether the server, and nobody's line, is what sound and picture suffer from."""
        is_strained = self._engine.is_strained(self.group_id)
        self.carry_out(self.session.set_strained(is_strained, self._timers.now()))

    def layers_wanted(self, peer_id: PeerId, layers: int) -> None:
        """Tell somebody how much of their camera is watched."""
        self._tell_owner(peer_id, CameraLayers(layers))

    def _tell_owner(self, peer_id: PeerId, message: ServerMessage) -> None:
        participant_id = self._owners.get(peer_id)
        if participant_id is not None and participant_id in self._welcomed:
            self._tell(participant_id, message)

    def engine_lost(self, peers: Collection[PeerId] | None) -> None:
        """Note that these peers are gone, or all of them; the others are not touched."""
        lost = [p for p, peer_id in self._peers.items() if peers is None or peer_id in peers]
        if not lost:
            return
        self._wants_reset.update(lost)
        gone = [p for p in lost if p not in self._connections and self._is_connected(p)]
        for participant_id in lost:
            self._owners.pop(self._peers.pop(participant_id), None)
        now = self._timers.now()
        self.carry_out(self.session.worker_lost(lost, now))
        for participant_id in gone:
            self.carry_out(self.session.leave(participant_id, now))

    def engine_ready(self) -> None:
        """Ask those whose media is gone to offer again."""
        wanting, self._wants_reset = self._wants_reset, set()
        self._ask_to_offer_again(wanting)

    def _ask_to_offer_again(self, participants: Iterable[ParticipantId]) -> None:
        data = _encode(MediaReset())
        for participant_id in self._welcomed.intersection(participants):
            self._send(participant_id, data)

    def speaking(self, peers: Iterable[PeerId]) -> None:
        """Note who speaks."""
        people = [self._owners[peer] for peer in peers if peer in self._owners]
        self.carry_out(self.session.speakers_changed(people, self._timers.now()))

    # ---- carrying out ----------------------------------------------------------------

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Do what the session asks for, in order."""
        wording = Wording(self.room_id)
        has_standing_changed = False
        for effect in effects:
            self._carry_out_one(effect, wording)
            has_standing_changed |= isinstance(effect, _STANDING)
        self._alarm.set(self.session.next_deadline())
        if self.is_over and self._was_entered:
            self._alarm.set(None)
            self._on_empty(self)
        if has_standing_changed:
            self._on_standing(self.room_id)

    def _carry_out_one(self, effect: Effect, wording: Wording) -> None:
        match effect:
            case ToOne(participant_id, message):
                self._tell(participant_id, message)
            case ToInside(message, but):
                data = _encode(message)
                for participant_id in self.session.inside:
                    if participant_id != but and participant_id in self._welcomed:
                        self._send(participant_id, data)
            case ToModerators(message):
                data = _encode(message)
                for participant in self.session.inside.values():
                    if participant.role.moderates and participant.participant_id in self._welcomed:
                        self._send(participant.participant_id, data)
            case ToAll(message):
                data = _encode(message)
                for participant_id in tuple(self._greeted):
                    self._send(participant_id, data)
            case Dismiss():
                self._dismiss(effect, wording)
            case SlotsAssigned():
                self._assign(effect)
            case ForwardingSet(participant_id, source, is_forwarded):
                if peer_id := self._peers.get(participant_id):
                    self._engine.set_forwarding(track_id(peer_id, source), is_forwarded)
            case PeerReleased(participant_id):
                self._release_peer(participant_id)
                self._offers.pop(participant_id, None)
                self._wants_reset.discard(participant_id)
            case GroupReleased():
                self._engine.close_group(self.group_id)
                self._peers.clear()
                self._owners.clear()
                self._offers.clear()
                self._wants_reset.clear()
            case _:
                self._record(effect)

    def _record(self, effect: Effect) -> None:
        write, store = self._writer.later, self._store
        if isinstance(effect, SessionOpened):
            self.session_id = randomness.session_id()
            write(store.open_session, self.session_id, self.room_id, effect.at)
        if self.session_id is None:
            return
        match effect:
            case SessionClosed(at):
                write(store.close_session, self.session_id, at)
                self.session_id = None
            case PersonChanged(person, participant_id, lent_role, is_removed):
                write(
                    store.remember_person,
                    self.session_id,
                    person,
                    participant_id,
                    lent_role,
                    is_removed=is_removed,
                )
            case StayBegan(presence, at):
                identity = presence.identity
                stay = StayRecord(
                    self.session_id,
                    self.room_id,
                    presence.participant_id,
                    identity.person,
                    identity.name,
                    presence.role,
                    identity.is_guest,
                    at,
                )
                write(store.begin_stay, stay)
            case StayEnded(participant_id, at):
                write(store.end_stay, self.session_id, participant_id, at)
            case ChatKept(chat):
                write(store.keep_chat, self.session_id, chat)
            case StageKept(permissions, presented):
                write(store.keep_stage, self.session_id, permissions, presented)
            case HandsKept(hands):
                write(store.keep_hands, self.session_id, hands)
            case _:
                pass

    def _dismiss(self, effect: Dismiss, wording: Wording) -> None:
        connection = self._connections.pop(effect.participant_id, None)
        self._welcomed.discard(effect.participant_id)
        self._greeted.discard(effect.participant_id)
        if connection is None:
            return
        match effect.reason:
            case None:
                pass
            case Refusal() as refusal:
                connection.send(wording.of(refusal, effect.locale))
            case message:
                connection.send(_encode(message))
        connection.close(effect.close_code)

    def _assign(self, effect: SlotsAssigned) -> None:
        self._tell(effect.participant_id, Slots(assignments(effect.slots)))
        if peer_id := self._peers.get(effect.participant_id):
            choices = tuple(self._choice(mid, shown) for mid, shown in effect.changes.items())
            self._engine.assign_slots(peer_id, choices)

    def _choice(self, mid: str, shown: Shown | None) -> SlotChoice:
        if shown is None:
            return SlotChoice(mid, None)
        peer_id = self._peers.get(shown.picture.participant_id)
        track: TrackId | None = None if peer_id is None else track_id(peer_id, shown.picture.source)
        return SlotChoice(mid, track, shown.width, shown.height)

    def _release_peer(self, participant_id: ParticipantId) -> None:
        peer_id = self._peers.pop(participant_id, None)
        if peer_id is not None:
            self._owners.pop(peer_id, None)
            self._engine.close_peer(peer_id)

    def _tell(self, participant_id: ParticipantId, message: ServerMessage) -> None:
        if isinstance(message, Welcome):
            message = msgspec.structs.replace(message, video_codecs=self._codecs.preferred)
            self._welcomed.add(participant_id)
            self._greeted.add(participant_id)
        elif isinstance(message, Waiting):
            self._greeted.add(participant_id)
        self._send(participant_id, _encode(message))

    def _send(self, participant_id: ParticipantId, data: bytes) -> None:
        connection = self._connections.get(participant_id)
        if connection is not None:
            self._figures.broadcasts.inc()
            connection.send(data)

    def _is_connected(self, participant_id: ParticipantId) -> bool:
        presence = self.session.presence(participant_id)
        return presence is not None and presence.is_connected
